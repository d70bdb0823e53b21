"""DeletePeering: the connection, deleted in the requester's account and region."""

from causeway import composition
from causeway.aws.ec2.connection import ConnectionWriter
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.delete_peering import delete_peering


@step
def handler(given: StepInput) -> dict[str, str]:
    return {"connection_id": delete_peering(given, runs=composition.runs(), writer=composition.writer(ConnectionWriter))}
