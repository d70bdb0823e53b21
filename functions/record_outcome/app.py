"""RecordOutcome: how the run ended, onto the item and the bus."""

from causeway import composition
from causeway.metrics import count_outcome
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.record_outcome import record_outcome


@step
def handler(given: StepInput) -> dict[str, str]:
    status = record_outcome(
        given,
        requests=composition.requests(),
        generations=composition.generations(),
        runs=composition.runs(),
        holdings=composition.holdings(),
        locks=composition.locks(),
        approvals=composition.approvals(),
        bus=composition.bus(),
    )
    count_outcome(status)
    return {"state": status.state}
