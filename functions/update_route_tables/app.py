"""UpdateRouteTables: one side's routes to the peer's CIDR blocks."""

from causeway import composition
from causeway.aws.ec2.routes import RouteWriter
from causeway.domain.planning.kinds import ROUTES
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.update_side import update_side


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"changes": update_side(given, ROUTES, runs=composition.runs(), writer=composition.writer(RouteWriter))}
