"""CallWitnesses: the other witnesses that the request names are asked about its flows."""

from causeway import composition
from causeway.observability import step
from causeway.steps.call_witnesses import call_witnesses
from causeway.steps.common.step_input import StepInput


@step
def handler(given: StepInput) -> dict[str, int]:
    return {"questions": call_witnesses(given, runs=composition.runs(), witness_clients=composition.witness_clients())}
