"""UpdateNetworkAcls: one side's network ACL entries for the flows."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_network_acls


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_network_acls(given, ledger=composition.ledger(), writer=composition.writer())}
