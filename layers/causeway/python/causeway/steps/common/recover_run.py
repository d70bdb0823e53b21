"""A run without an outcome: it is started, begun again as a new generation, or left to its execution."""

from datetime import datetime

from causeway.aws.executions import Executions
from causeway.aws.store.generations import Generations
from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.recovery import RecoveryAction, recovery_of, resumed


def recover_run(
    request_id: str, generation: int, now: datetime, *, generations: Generations, runs: Runs, executions: Executions
) -> RecoveryAction:
    """Do what is to be done about a run without an outcome.

    The execution is described before the outcome is read: it records that before it ends.
    """
    run, execution = runs.load(request_id, generation), executions.find(request_id, generation)
    has_outcome = runs.load_outcome(request_id, generation) is not None
    newest = generations.newest(request_id)
    action = recovery_of(run, execution, newest=newest, has_outcome=has_outcome, now=now)
    if action is RecoveryAction.MARK_FINISHED:
        generations.mark_finished(request_id, generation)
    elif action is RecoveryAction.START:
        executions.start(request_id, generation)
    elif execution is not None and execution.ended_at is not None and action is RecoveryAction.RESUME:
        again = resumed(run, execution.ended_at)
        if generations.begin(again):
            executions.start(request_id, again.generation)
    return action
