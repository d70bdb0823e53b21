"""RecordOutcome: how the run ended, onto the item and the bus; then request and pair are free for the next one."""

from causeway.aws.events import Bus
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.generations import Generations
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.locks import Locks
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.store.runs import Runs
from causeway.clock import timestamp
from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.planning.ownership import NOTHING_HELD

from .common.open_questions import without_open_question
from .common.step_input import StepInput


def record_outcome(
    step: StepInput,
    *,
    requests: RequestsTable,
    generations: Generations,
    runs: Runs,
    holdings: HoldingsStore,
    approvals: Approvals,
    locks: Locks,
    bus: Bus,
) -> Status:
    """Write the final status and announce it. An item that is gone, or has moved on, only keeps its event."""
    run = without_open_question(runs.load(step.request_id, step.generation), approvals)
    status = status_of(run, step.error, undo_error=step.undo_error, now=timestamp())
    if status.state is State.REMOVED:
        _leave(run.request.pair, step.request_id, holdings)
    if run.is_undone:
        _go_back(run, holdings)
    requests.write_status(status)
    runs.save_outcome(status)
    bus.announce(status)
    generations.mark_finished(step.request_id, step.generation)
    for lock in (run.request.pair, step.request_id):
        locks.release(lock, step.execution)
    return status


def _go_back(run: Run, holdings: HoldingsStore) -> None:
    """After an undo the request holds what it held before the run: nothing, if that was its first one."""
    request = run.request
    if run.before.request is None:
        holdings.remove_user(request.pair, request.request_id)
    holdings.save(request.request_id, run.before)


def _leave(pair: str, request_id: str, holdings: HoldingsStore) -> None:
    """What was held and is there yet, the other requests of the pair want: theirs it is. Its own record goes last."""
    left = holdings.load(request_id)
    for user, held in holdings.load_others(pair, request_id).items():
        holdings.save(user, held.merged_with(left))
    holdings.remove_user(pair, request_id)
    holdings.save(request_id, NOTHING_HELD)
