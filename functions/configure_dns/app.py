"""ConfigureDns: one side's DNS option of the connection."""

from causeway import composition
from causeway.aws.ec2.dns import DnsWriter
from causeway.domain.planning.kinds import DNS
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_side


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_side(given, DNS, runs=composition.runs(), writer=composition.writer(DnsWriter))}
