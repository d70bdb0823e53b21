"""UndoChanges: a run that failed in, the plan that takes its changes back out."""

from causeway import composition
from causeway.domain.planning.rounds import PlanSummary
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.undo_changes import undo_changes


@step
def handler(given: StepInput) -> PlanSummary:
    return undo_changes(given, runs=composition.runs(), reader=composition.reader())
