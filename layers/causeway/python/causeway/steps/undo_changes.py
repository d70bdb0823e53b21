"""UndoChanges: a run that failed and both sides' snapshots in, the plan of its undo out, saved before anything is undone.

1. Observe both sides: what is there decides what is undone, not what the steps have reported. What they have reported and
   EC2 does not show yet is waited for, some time: it would stay.
2. Plan the inverses of what is in effect, and save them. A further attempt is planned anew, from what the one before has left.
"""

from causeway.aws.ec2.reader import Reader
from causeway.aws.store.runs import Runs
from causeway.domain.model.network import Snapshot
from causeway.domain.model.observation import empty_if_gone, readable
from causeway.domain.model.values import SIDES, PerSide
from causeway.domain.planning.rounds import PlanSummary, summarise
from causeway.domain.planning.undo import plan_undo

from .common.settled_looks import refuse_unsettled
from .common.step_input import StepInput


def undo_changes(step: StepInput, *, runs: Runs, reader: Reader) -> PlanSummary:
    """Plan the undo of the run.

    Returns:
        What the state machine needs to carry it out, as for any plan.

    Raises:
        AccessDenied: A side that was readable no longer is.
        NetworkNotSettled: The look does not show yet what the run has changed.
    """
    run = runs.load(step.request_id, step.generation)
    observed = reader.observe_both(run.request)
    now = PerSide.of(lambda side: readable(empty_if_gone(run.request, side, observed[side])))
    refuse_unsettled(run, now, sides={side for side in SIDES if isinstance(observed[side], Snapshot)})
    undo = plan_undo(run.request, run.saved_plan, run.connection_so_far, now, run.undo)
    runs.save_undo(undo)
    return summarise(undo.plan, check=False)
