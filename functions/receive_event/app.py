"""ReceiveEvent: an EventBridge event in, the request's item put or deleted."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.observability import about, logger
from causeway.steps.receive_event import PeeringEvent, Wish, receive_event


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, bool]:
    received = PeeringEvent(
        wish=Wish(event["detail-type"]),
        event_id=event["id"],
        sent_at=datetime.fromisoformat(event["time"]),
        detail=event["detail"],
    )
    with about(request_id=received.detail.get("request_id"), event_id=received.event_id, sender=event["account"]):
        written = receive_event(
            received,
            requests=composition.requests(),
            ledger_table=composition.settings().require("ledger_table"),
            bus=composition.bus(),
        )
        logger.info("Received", written=written)
    return {"written": written}
