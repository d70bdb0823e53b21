"""CheckReachability: a verdict for every flow, on the network as it is now."""

from causeway import composition
from causeway.observability import step
from causeway.steps.check_reachability import Proof, check_reachability
from causeway.steps.common.step_input import StepInput


@step
def handler(given: StepInput) -> Proof:
    return check_reachability(given, runs=composition.runs(), holdings=composition.holdings(), reader=composition.reader())
