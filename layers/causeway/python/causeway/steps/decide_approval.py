"""DecideApproval: a person's answer in, on record and handed to the execution that waits for it.

The decision is on record before the execution hears of it. Where it did not get that far, the same answer of the same person is
handed over again.
"""

from causeway.aws.executions import Tasks
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.generations import Generations
from causeway.clock import timestamp
from causeway.domain.authority.approval import Approval, ApprovalDecision, Decision, objection
from causeway.domain.model.errors import ApprovalDenied, ApprovalNotAsked


def decide_approval(
    answer: ApprovalDecision, decided_by: str, *, generations: Generations, approvals: Approvals, tasks: Tasks
) -> Approval:
    """Record the decision about exactly the plan that the person has seen, and let the execution go on or end.

    `decided_by` is whom AWS knows the caller by.

    Raises:
        ApprovalNotAsked: Nothing is asked, another plan is, or the question is decided or has lapsed.
    """
    generation = generations.newest(answer.request_id)
    where = f"{answer.request_id}, generation {generation}"
    asked = approvals.load_last(answer.request_id, generation)
    if asked is None:
        raise _not_asked("This request asks nobody for approval.", where)
    if (words := objection(asked, answer, decided_by)) is not None:
        raise _not_asked(words, where)
    decided = asked.decided(answer, decided_by, now=timestamp()) if asked.is_open else asked
    if asked.is_open and not approvals.save_decision(answer.request_id, generation, decided):
        raise _not_asked("Somebody else has decided at this moment.", where)
    token = approvals.load_token(answer.request_id, generation, asked)
    if not _hand_over(decided, token, where, tasks):
        raise _not_asked("The execution no longer waits for this decision.", where)
    return decided


def _hand_over(decided: Approval, token: str, where: str, tasks: Tasks) -> bool:
    if decided.decision is Decision.APPROVED:
        return tasks.succeed(token, where)
    denied = ApprovalDenied(
        f"The plan {decided.checksum} was denied by {decided.decided_by}.",
        where=where,
        remedy="Change the item, or put it again to ask again.",
    )
    return tasks.fail(token, where, denied)


def _not_asked(what: str, where: str) -> ApprovalNotAsked:
    return ApprovalNotAsked(what, where=where, remedy="The item's status tells what is asked, if anything is.")
