"""RecordOutcome: how the run ended, onto the item and the bus; then request and pair are free for the next one."""

from causeway.aws.events import Bus
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.ledger import Ledger
from causeway.aws.store.requests_table import Requests
from causeway.clock import timestamp
from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.steps.common.open_questions import without_open_question
from causeway.steps.common.pair_users import holdings_of_others
from causeway.steps.common.step_input import StepInput


def record_outcome(step: StepInput, *, requests: Requests, ledger: Ledger, approvals: Approvals, bus: Bus) -> Status:
    """Write the final status and announce it. An item that is gone, or has moved on, only keeps its event."""
    run = without_open_question(ledger.load_run(step.request_id, step.generation), approvals)
    status = status_of(run, step.error, undo_error=step.undo_error, now=timestamp())
    if status.state is State.REMOVED:
        _leave(run.request.pair, step.request_id, ledger)
    if run.is_undone:
        _go_back(run, ledger)
    requests.write_status(status)
    ledger.save_outcome(status)
    bus.announce(status)
    ledger.forget_unfinished(step.request_id, step.generation)
    for lock in (run.request.pair, step.request_id):
        ledger.release(lock, step.execution)
    return status


def _go_back(run: Run, ledger: Ledger) -> None:
    """After an undo the request holds what it held before the run: nothing, if that was its first one."""
    request = run.request
    if run.before.request is None:
        ledger.forget_user(request.pair, request.request_id)
    ledger.save_holdings(request.request_id, run.before)


def _leave(pair: str, request_id: str, ledger: Ledger) -> None:
    """What was held and is there yet, the other requests of the pair want: theirs it is. Its own record goes last."""
    holdings = ledger.load_holdings(request_id)
    for user, held in holdings_of_others(pair, request_id, ledger).items():
        ledger.save_holdings(user, held.merged_with(holdings))
    ledger.forget_user(pair, request_id)
    ledger.save_holdings(request_id, NOTHING_HELD)
