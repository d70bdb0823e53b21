"""PreviewPlan: an item in, findings and plan out, nothing written."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.observability import about, logger
from causeway.steps.preview_plan import preview_plan


@logger.inject_lambda_context(clear_state=True)
def handler(item: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    with about(request_id=item.get("request_id")):
        preview = preview_plan(
            item,
            generations=composition.generations(),
            holdings=composition.holdings(),
            reader=composition.reader(),
            rule=composition.settings().approval_rule,
        )
        answer = preview.as_map()
        logger.info("Previewed", blocked=answer["blocked"], changes=len(answer["changes"]), checksum=answer["checksum"])
    return answer
