"""UpdateNetworkAcls: one side's network ACL entries."""

from causeway import composition
from causeway.aws.ec2.acl_entries import AclEntryWriter
from causeway.domain.planning.kinds import ACL_ENTRIES
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_side


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_side(given, ACL_ENTRIES, runs=composition.runs(), writer=composition.writer(AclEntryWriter))}
