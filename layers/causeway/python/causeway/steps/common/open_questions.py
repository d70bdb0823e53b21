"""What becomes of a question when the item changes, the network changes, or nobody answers."""

import msgspec

from causeway.aws.executions import Tasks
from causeway.aws.store.approvals import Approvals
from causeway.clock import timestamp
from causeway.domain.authority.approval import Approval
from causeway.domain.lifecycle.run import Run
from causeway.domain.model.errors import ApprovalWithdrawn
from causeway.domain.planning.plan import Plan


def withdraw(request_id: str, generation: int, approvals: Approvals, tasks: Tasks) -> None:
    """End the wait of an older generation: its execution first, then the record, so that a repetition ends both."""
    asked = approvals.load_last(request_id, generation)
    if asked is None or not asked.is_open:
        return
    where = f"{request_id}, generation {generation}"
    withdrawn = ApprovalWithdrawn("The item has changed since.", where=where, remedy="The newest change asks for itself.")
    tasks.fail(approvals.load_token(request_id, generation, asked), where, withdrawn)
    approvals.save_decision(request_id, generation, asked.withdrawn(now=timestamp()))


def of_the_same_plan(run: Run, plan: Plan, approvals: Approvals) -> Run:
    """The run, whose approval lapses if it was for another plan than this."""
    if run.approval is None or not run.approval.is_approved or run.approval.allows(plan):
        return run
    return _lapsed(run, run.approval, approvals)


def without_open_question(run: Run, approvals: Approvals) -> Run:
    """The run at its end: it waits for nobody, so that a question without an answer lapses."""
    if run.approval is None or not run.approval.is_open:
        return run
    return _lapsed(run, run.approval, approvals)


def _lapsed(run: Run, approval: Approval, approvals: Approvals) -> Run:
    lapsed = approval.lapsed(now=timestamp())
    approvals.save_lapse(run.request.request_id, run.generation, lapsed)
    return msgspec.structs.replace(run, approval=lapsed)
