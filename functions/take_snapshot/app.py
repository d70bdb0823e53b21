"""TakeSnapshot: an item in, both sides as they are seen out, nothing written."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.domain.lifecycle.saved_network import pack
from causeway.observability import about, logger
from causeway.steps.take_snapshot import take_snapshot


@logger.inject_lambda_context(clear_state=True)
def handler(item: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    with about(request_id=item.get("request_id")):
        rule = composition.settings().approval_rule
        snapshot = pack(take_snapshot(item, holdings=composition.holdings(), reader=composition.reader(), rule=rule))
        logger.info("Saw both sides", characters=len(snapshot))
    return {"request_id": item["request_id"], "snapshot": snapshot}
