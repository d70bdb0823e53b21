"""UpdateTags: one side's tags of the connection and of the rules."""

from causeway import composition
from causeway.aws.ec2.tags import TagWriter
from causeway.domain.planning.kinds import TAGS
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_side


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_side(given, TAGS, runs=composition.runs(), writer=composition.writer(TagWriter))}
