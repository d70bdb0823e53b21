"""AcceptPeering: the connection, accepted in the accepter's account and region."""

from causeway import composition
from causeway.aws.ec2.connection import ConnectionWriter
from causeway.observability import step
from causeway.steps.accept_peering import accept_peering
from causeway.steps.common.step_input import StepInput


@step
def handler(given: StepInput) -> dict[str, str]:
    return {"connection_id": accept_peering(given, runs=composition.runs(), writer=composition.writer(ConnectionWriter))}
