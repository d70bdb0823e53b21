"""ConfigureDns: one side's DNS option of the connection."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import configure_dns


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": configure_dns(given, ledger=composition.ledger(), writer=composition.writer())}
