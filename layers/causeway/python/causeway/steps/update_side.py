"""The updates of one side: one kind of thing, as the plan says and nothing else.

What was made is recorded also where the rest failed: the item must be able to list it. An undo is one more plan.
"""

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.writer import KindWriter, Target
from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.run import Run
from causeway.domain.planning.kinds import AnyKind

from .common.recording import save_made
from .common.step_input import StepInput


def update_side(step: StepInput, kind: AnyKind, *, runs: Runs, writer: KindWriter) -> int:
    """Make the kind's additions of one side, or its removals.

    Returns:
        How many changes were made.
    """
    run = runs.load(step.request_id, step.generation)
    types = kind.types(removing=step.removing)
    planned = run.plan_for(undoing=step.undoing).changes
    changes = tuple(each for each in planned if isinstance(each, types) and each.side is step.updated_side)
    apply = writer.remove if step.removing else writer.add
    applied = apply(_target(step, run), changes) if changes else Applied(done=())
    return _record(step, run, runs, kind.step, applied)


def _target(step: StepInput, run: Run) -> Target:
    return Target(
        vpc=run.request.vpc(step.updated_side),
        request_id=step.request_id,
        tags=run.tags_for(undoing=step.undoing),
        connection_id=run.connection_so_far,
    )


def _record(step: StepInput, run: Run, runs: Runs, name: str, applied: Applied) -> int:
    if applied.done:
        record = f"{name}#removed" if step.removing else name
        save_made(step, run, runs, record, applied.done)
    if applied.error is not None:
        raise applied.error
    return len(applied.done)
