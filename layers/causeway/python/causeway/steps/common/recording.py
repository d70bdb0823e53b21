"""A step's record of what it has made: with the run, or with its undo."""

from collections.abc import Sequence

from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.run import Run
from causeway.domain.planning.kinds import Change

from .step_input import StepInput


def save_made(step: StepInput, run: Run, runs: Runs, name: str, changes: Sequence[Change]) -> None:
    """Record the changes of a step that are in the network now, all of one side."""
    side = changes[0].side
    if step.undoing and run.undo is not None:
        runs.save_undone(run.undo, side, name, changes)
    else:
        runs.save_done(step.request_id, step.generation, side, name, changes)
