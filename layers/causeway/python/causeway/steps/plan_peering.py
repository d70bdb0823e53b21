"""PlanPeering: both sides' snapshots in, findings and a plan out, saved before anything is written.

1. Take the request and the pair of VPCs, or ask to be called again: no two runs work on either at a time. A run that waits for
   the pair has its request already, so that no two wait for one another.
2. Stop if a newer change of the item is there already: it has the last word.
3. Withdraw the question of an older change that still waits for a person.
4. Observe both sides, plan, save the plan and what will be held. What the other requests of the pair hold goes into the plan:
   they share the connection, and none of them changes while this run has the pair. Of a plan that waits for a person only the
   plan is saved; once it is approved, both sides are observed again. The approval counts if the plan is still the same.
"""

from collections.abc import Callable

import msgspec

from causeway.aws.ec2.reader import Reader
from causeway.aws.executions import Tasks
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.generations import Generations
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.locks import Locks
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.store.runs import Runs
from causeway.clock import timestamp
from causeway.domain.authority.approval import Approval, ApprovalRule, must_ask
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.run_plan import foreseen_verdicts, plan_run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import PairBusy
from causeway.domain.model.findings import Code
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after
from causeway.domain.planning.rounds import PlanSummary, summarise

from .common.open_questions import of_the_same_plan, withdraw
from .common.step_input import StepInput

type IsRunning = Callable[[str], bool]
"""Whether the execution with this ARN is still running."""


def plan_peering(
    step: StepInput,
    *,
    requests: RequestsTable,
    generations: Generations,
    runs: Runs,
    holdings: HoldingsStore,
    approvals: Approvals,
    locks: Locks,
    tasks: Tasks,
    reader: Reader,
    rule: ApprovalRule,
    is_running: IsRunning,
) -> PlanSummary:
    """Take the pair, observe, plan, save. Called again, this gives the plan that was saved, unless it was approved since.

    Raises:
        PairBusy: Another run has the pair.
    """
    _lock(step.request_id, step.execution, locks, is_running)
    head = generations.head(step.request_id)
    if head.generation > step.generation:
        runs.save_superseded(step.request_id, step.generation)
        locks.release(step.request_id, step.execution)
        return PlanSummary(superseded=True)
    if 0 < head.asked < step.generation:
        withdraw(step.request_id, head.asked, approvals, tasks)
    loaded = runs.load(step.request_id, step.generation)
    run = _of_what_is_held(loaded, holdings.load(step.request_id), runs)
    pair = run.request.pair
    _lock(pair, step.execution, locks, is_running)
    # Once more: a request of the pair that was removed meanwhile has left something to the others.
    held = holdings.load(step.request_id)
    others = tuple(holdings.load_others(pair, step.request_id).values())
    plan = run.plan
    if plan is None or (run.approval is not None and run.approval.is_approved):
        observed = reader.observe_both(run.request, quotas=not run.removal)
        plan = plan_run(run, observed, held, others, rule)
        runs.save_plan(plan)
        if any(finding.code is Code.FLOW_BLOCKED for finding in plan.findings):
            runs.save_foreseen(step.request_id, step.generation, foreseen_verdicts(run.request, plan, observed))
        run = of_the_same_plan(run, plan, approvals)
    ask = must_ask(plan, run.approval)
    if not plan.is_blocked and not ask:
        runs.save_before(step.request_id, step.generation, held)
        holdings.save(step.request_id, holdings_after(run.request, held, plan, others))
        holdings.add_user(pair, step.request_id)
        requests.write_status(_applying(plan, run.approval))
    return summarise(plan, check=not run.removal, ask=ask)


def _lock(what: str, execution: str, locks: Locks, is_running: IsRunning) -> None:
    """Lock a request or a pair for this execution. The lock of an execution that has ended is taken over."""
    holder = locks.acquire(what, execution)
    if holder is None:
        return
    if is_running(holder) or not locks.take_over(what, execution, holder):
        raise PairBusy(
            "Another run works on this request, or on these two VPCs.",
            where=f"{what}, held by {holder}",
            remedy="It is tried again until that run has ended.",
        )


def _of_what_is_held(run: Run, held: Holdings, runs: Runs) -> Run:
    """A removal takes away what is held by now: the item may have said something else when it was deleted."""
    if not run.removal or held.request is None or held.request == run.request:
        return run
    runs.save_request(run.generation, held.request, run.occasion)
    return msgspec.structs.replace(run, request=held.request)


def _applying(plan: Plan, approval: Approval | None) -> Status:
    return Status(
        state=State.APPLYING,
        request_id=plan.request_id,
        generation=plan.generation,
        updated_at=timestamp(),
        peering_connection_id=plan.connection_id,
        approval=approval,
        vpcs=plan.vpcs,
    )
