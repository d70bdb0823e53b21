"""AskApproval: the plan shown to people, whose answer the execution waits for."""

from causeway import composition
from causeway.observability import step
from causeway.steps.ask_approval import ask_approval
from causeway.steps.common.step_input import StepInput


@step
def handler(given: StepInput) -> dict[str, str]:
    approval = ask_approval(
        given,
        requests=composition.requests(),
        generations=composition.generations(),
        runs=composition.runs(),
        locks=composition.locks(),
        approvals=composition.approvals(),
        topic=composition.topic(),
        bus=composition.bus(),
    )
    return {"checksum": approval.checksum}
