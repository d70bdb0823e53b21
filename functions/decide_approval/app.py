"""DecideApproval: a person's decision in, by a signed call, which tells who that is."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.boundary import MalformedItem, parse_decision
from causeway.domain.model.errors import ApprovalNotAsked
from causeway.observability import about, logger
from causeway.signed_calls import Response, bad_request, body, caller, conflict, ok
from causeway.steps.decide_approval import decide_approval


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    try:
        decision = parse_decision(body(event))
    except MalformedItem as error:
        return bad_request(error)
    with about(request_id=decision.request_id, decided_by=caller(event)):
        try:
            decided = decide_approval(
                decision,
                caller(event),
                generations=composition.generations(),
                approvals=composition.approvals(),
                tasks=composition.tasks(),
            )
        except ApprovalNotAsked as error:
            logger.info("Not asked", reason=error.what)
            return conflict(error)
        logger.info("Decided", decision=decided.decision, checksum=decided.checksum)
    return ok(decided)
