"""RequestPeering: the connection, requested in the requester's account and region."""

from causeway import composition
from causeway.aws.ec2.connection import ConnectionWriter
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.request_peering import request_peering


@step
def handler(given: StepInput) -> dict[str, str]:
    runs, holdings, writer = composition.runs(), composition.holdings(), composition.writer(ConnectionWriter)
    return {"connection_id": request_peering(given, runs=runs, holdings=holdings, writer=writer)}
