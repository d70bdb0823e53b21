"""HearWitnesses: what the other witnesses have said about the request's flows."""

from causeway import composition
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.hear_witnesses import hear_witnesses


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"testimonies": hear_witnesses(given, runs=composition.runs(), witness_clients=composition.witness_clients())}
