"""UpdateSecurityGroups: one side's rules for the flows."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_security_groups


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_security_groups(given, ledger=composition.ledger(), writer=composition.writer())}
