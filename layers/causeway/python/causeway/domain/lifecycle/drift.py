"""Drift: a network no longer is as its item says. What differs, what is done about it, and when a run is needed."""

from datetime import datetime

import msgspec

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.request import DriftMode, Request
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.plan import Plan
from causeway.domain.reachability.unknown_flows import unknown_flows

from .run import Run
from .status import State
from .watch import SettledRequest, retry_is_due


def drift_plan(request: Request, plan: Plan) -> Plan:
    """The plan of a drift run.

    In mode `repair` it is carried out like any other. In mode `report`, or where something stands in the way, every change
    becomes a blocking DRIFT finding: the drift is reported, and nothing is written.
    """
    if request.drift is DriftMode.REPAIR and not plan.is_blocked:
        return plan
    return plan.with_findings((*drift_findings(request, plan.changes), *plan.findings))


def drift_findings(request: Request, unmade: tuple[Change, ...]) -> tuple[Finding, ...]:
    """A finding for each change that would repair something and is not made."""
    return tuple(
        Finding(
            code=Code.DRIFT,
            side=change.side,
            where=change.resource_id or request.vpc(change.side).vpc_id,
            message=f"The network no longer is as the item says. What would mend it: {change.sentence}. Do it by hand, or put "
            "the item again to have it done.",
        )
        for change in unmade
    )


def repair_findings(request: Request, made: tuple[Change, ...]) -> tuple[Finding, ...]:
    """A finding for each change that repaired something."""
    return tuple(
        Finding(
            code=Code.DRIFT_REPAIRED,
            side=change.side,
            where=change.resource_id or request.vpc(change.side).vpc_id,
            message=f"The network no longer was as the item says. Done about it: {change.sentence}.",
            blocking=False,
        )
        for change in made
    )


def needs_drift_run(settled: SettledRequest, last: Run, seen: Plan, now: datetime) -> bool:
    """Whether a drift check has found something that needs a run.

    For an ACTIVE request that is any drift, or a change in which of its flows are unknown. For a DRIFTED one it is that the
    drift is gone, or is another one. The same drift is reported once, and approval for its repair is asked for once; but a
    repair that failed is tried again, after growing pauses (see `retry_is_due`).

    Args:
        settled: What the request has settled in, ACTIVE or DRIFTED.
        last: The run that the state is from.
        seen: The plan of a drift run, on the network as it is now.
        now: When it was checked.
    """
    differs = bool(seen.changes) or seen.is_blocked
    if settled.state is State.ACTIVE:
        return differs or _unknown(seen) != _was_unknown(last, seen)
    if not differs:
        return True
    if _is_refused(last, seen):
        return False
    since = failing_since(settled, last, seen)
    if since is None:
        return True
    was_reported = last.plan is not None and last.plan.is_blocked
    return not was_reported and retry_is_due(since, settled.updated_at, now)


def failing_since(settled: SettledRequest, last: Run, seen: Plan) -> datetime | None:
    """When the first of the runs ended that failed at just this drift; None where the last run was about something else.

    A run that failed before it had a plan counts as one about whatever there is to do.
    """
    if settled.state is State.ACTIVE or (last.plan is not None and _content(seen) != _content(last.plan)):
        return None
    return last.failing_since or settled.updated_at


def _is_refused(last: Run, seen: Plan) -> bool:
    """Whether the approval of just this plan was refused. Findings that only inform do not make it another plan."""
    asked = last.approval
    return asked is not None and asked.is_refused and asked.checksum == seen.checksum and not seen.is_blocked


def _unknown(seen: Plan) -> frozenset[str]:
    """What makes flows unknown."""
    return frozenset(finding.where for finding in seen.findings if finding.code is Code.FLOW_UNKNOWN)


def _was_unknown(last: Run, seen: Plan) -> frozenset[str]:
    """What made them so when they were checked last; without a check, what does now."""
    return _unknown(seen) if last.verdicts is None else frozenset(each.where for each in unknown_flows(last.verdicts))


def _content(plan: Plan) -> list[bytes]:
    """The drift, and what stands in the way of its repair; in one order, because AWS lists things in none."""
    blocking = (finding for finding in plan.findings if finding.blocking)
    return sorted(msgspec.json.encode(each, order="deterministic") for each in (*plan.changes, *blocking))
