"""ConfigureDns: one side's DNS option of the connection."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_tags


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_tags(given, ledger=composition.ledger(), writer=composition.writer())}
