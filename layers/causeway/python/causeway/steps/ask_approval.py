"""AskApproval: the saved plan in, a question to people out; the execution then waits for the answer with its task token.

1. Save the question, with the token. Only then look whether a newer change of the item is there: its run withdraws whatever
   question it finds.
2. Tell it: on the item, to the topic, on the bus.
3. Give back the pair and the request: others may work on them while people think. The network is looked at again afterwards.
"""

from causeway.aws.events import Bus
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.generations import Generations
from causeway.aws.store.locks import Locks
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.store.runs import Runs
from causeway.aws.topic import Topic
from causeway.clock import timestamp
from causeway.domain.authority.approval import Approval, question_about
from causeway.domain.authority.notification import approval_notification
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.status import MAX_LISTED, State, Status
from causeway.domain.model.errors import ApprovalWithdrawn

from .common.step_input import StepInput


def ask_approval(
    step: StepInput,
    *,
    requests: RequestsTable,
    generations: Generations,
    runs: Runs,
    approvals: Approvals,
    locks: Locks,
    topic: Topic,
    bus: Bus,
) -> Approval:
    """Ask, and let go of the locks. The answer comes to the state machine, not here.

    Raises:
        ApprovalWithdrawn: A newer change of the item is there: nobody is asked.
    """
    run = runs.load(step.request_id, step.generation)
    plan = run.saved_plan
    approval = question_about(plan, run.approval, now=timestamp())
    approvals.save_question(plan, approval, step.token)
    withdrawn = generations.newest(step.request_id) > step.generation
    if not withdrawn:
        status = _awaiting(run, approval)
        requests.write_status(status)
        topic.publish(approval_notification(run.request, plan))
        bus.announce(status)
    for lock in (run.request.pair, step.request_id):
        locks.release(lock, step.execution)
    if withdrawn:
        raise ApprovalWithdrawn(
            "The item has changed again.",
            where=f"{step.request_id}, generation {step.generation}",
            remedy="The newest change is planned, and asks for itself.",
        )
    return approval


def _awaiting(run: Run, approval: Approval) -> Status:
    plan = run.saved_plan
    return Status(
        state=State.AWAITING_APPROVAL,
        request_id=plan.request_id,
        generation=plan.generation,
        updated_at=timestamp(),
        peering_connection_id=plan.connection_id,
        findings=plan.findings[:MAX_LISTED],
        approval=approval,
        changes_planned=tuple(change.sentence for change in plan.changes[:MAX_LISTED]),
        vpcs=plan.vpcs,
    )
