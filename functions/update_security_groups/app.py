"""UpdateSecurityGroups: one side's security-group rules."""

from causeway import composition
from causeway.aws.ec2.rules import RuleWriter
from causeway.domain.planning.kinds import RULES
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_side


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_side(given, RULES, runs=composition.runs(), writer=composition.writer(RuleWriter))}
