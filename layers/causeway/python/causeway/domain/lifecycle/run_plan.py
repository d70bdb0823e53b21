"""The plan of a run: a change's, a removal's or a drift run's, from both sides as they were observed."""

from causeway.domain.authority.approval import ApprovalRule, why_ask
from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.observation import Observed, both_readable, empty_if_gone
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import plan_removal, plan_request, refuse
from causeway.domain.planning.projection import project
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Verdict

from .drift import drift_plan
from .run import Occasion, Run


def plan_run(
    run: Run, observed: PerSide[Observed], holdings: Holdings, others: tuple[Holdings, ...], rule: ApprovalRule
) -> Plan:
    """What the run is to change, and why a person has to agree.

    Where a side cannot be observed, the plan has the findings of both sides and no change.

    Args:
        run: The run; it needs no plan yet.
        observed: Both sides.
        holdings: What the request holds.
        others: What the other requests of the pair hold.
        rule: What the stack asks a person for.
    """
    sides = PerSide.of(lambda side: empty_if_gone(run.request, side, observed[side])) if run.removal else observed
    if isinstance(sides.requester, Snapshot) and isinstance(sides.accepter, Snapshot):
        snapshots = PerSide(requester=sides.requester, accepter=sides.accepter)
        return _plan(run, snapshots, holdings, others, rule).with_vpcs(PerSide.of(lambda side: snapshots[side].vpc))
    findings = tuple(each for each in (sides.requester, sides.accepter) if isinstance(each, Finding))
    return refuse(run.request, run.generation, findings)


def foreseen_verdicts(request: Request, plan: Plan, observed: PerSide[Observed]) -> tuple[Verdict, ...]:
    """The verdicts on the network as the plan would leave it: the plan's findings name causes, these have every hop."""
    return check(request, *project(plan, both_readable(observed)))


def _plan(run: Run, snapshots: PerSide[Snapshot], holdings: Holdings, others: tuple[Holdings, ...], rule: ApprovalRule) -> Plan:
    if run.removal:
        return plan_removal(run.request, run.generation, snapshots, holdings, others)
    plan = plan_request(run.request, run.generation, snapshots, holdings, others)
    plan = plan.with_approval_reasons(why_ask(rule, run.request, snapshots, plan, holdings))
    return drift_plan(run.request, plan) if run.occasion is Occasion.DRIFT else plan
