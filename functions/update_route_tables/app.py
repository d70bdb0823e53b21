"""UpdateRouteTables: one side's routes to the peer's CIDR blocks."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_route_tables


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_route_tables(given, ledger=composition.ledger(), writer=composition.writer())}
