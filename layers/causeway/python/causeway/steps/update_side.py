"""The updates of one side: one kind of thing, as the plan says and nothing else.

What was made is recorded also where the rest failed: the item must be able to list it. An undo is one more plan.

What a plan takes away or tags was seen when it was made. Where the look before the change does not show it, that is taken for
EC2's lag first: later, it is gone.
"""

import msgspec

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.writer import KindWriter, Target
from causeway.aws.store.runs import Runs
from causeway.clock import now
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.settling import may_lag
from causeway.domain.planning.kinds import AnyKind, Change

from .common.recording import save_made
from .common.settled_looks import not_shown
from .common.step_input import StepInput


def update_side(step: StepInput, kind: AnyKind, *, runs: Runs, writer: KindWriter) -> int:
    """Make the kind's additions of one side, or its removals.

    Returns:
        How many changes were made.

    Raises:
        NetworkNotSettled: EC2 does not show yet what the plan was made of.
    """
    run = runs.load(step.request_id, step.generation)
    types = kind.types(removing=step.removing)
    planned = run.plan_for(undoing=step.undoing).changes
    changes = tuple(each for each in planned if isinstance(each, types) and each.side is step.updated_side)
    apply = writer.remove if step.removing else writer.add
    applied = apply(_target(step, run), changes) if changes else Applied(done=())
    hidden = _not_shown_yet(step, run, applied)
    if hidden:
        applied = msgspec.structs.replace(applied, done=tuple(change for change in applied.done if change not in hidden))
    made = _record(step, run, runs, kind.step, applied)
    if hidden:
        raise not_shown(run, hidden)
    return made


def _not_shown_yet(step: StepInput, run: Run, applied: Applied) -> tuple[Change, ...]:
    """What the look did not show, though the plan saw it moments ago, and no attempt before this one has made."""
    if not may_lag(run.looked_at, now()):
        return ()
    reported = run.undone if step.undoing else run.done
    return tuple(change for change in applied.hidden if change not in reported)


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
