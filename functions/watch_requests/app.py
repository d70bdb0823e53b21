"""WatchRequests: a tick of the schedule, or calls to EC2 that others made, in; what is due of the requests out."""

import json
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.clock import now
from causeway.domain.lifecycle.watch import AccountRegion
from causeway.observability import about, logger
from causeway.steps.watch_requests import watch_requests


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> Any:
    sweep = watch_requests(
        _locations(event["Records"]) if "Records" in event else None,
        now(),
        requests=composition.requests(),
        generations=composition.generations(),
        checks=composition.drift_checks(),
    )
    for request_id in sweep.expired:
        with about(request_id=request_id):
            logger.info("Deleted: its time is over")
    return msgspec.to_builtins(sweep)


def _locations(messages: list[dict[str, Any]]) -> frozenset[AccountRegion]:
    """Where the calls were made: each message's body is an event of EventBridge."""
    events = (json.loads(message["body"]) for message in messages)
    return frozenset(AccountRegion(account_id=event["account"], region=event["region"]) for event in events)
