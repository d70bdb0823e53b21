"""What became of a network that was as its item says: what differs by now, what is done about it, and whether it is news."""

from datetime import datetime

import msgspec

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.request import DriftMode, Request
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.plan import Plan

from .run import Run
from .status import State
from .watch import Settled, pause_is_over


def only_told_unless_repaired(request: Request, plan: Plan) -> Plan:
    """The plan of a drift run.

    In mode `repair` it is carried out like any other. In mode `report`, or where something stands in the way, every change of
    it is a blocking DRIFT finding: it is told, and nothing is written.
    """
    if request.drift is DriftMode.REPAIR and not plan.is_blocked:
        return plan
    return plan.with_findings((*told(request, plan.changes), *plan.findings))


def told(request: Request, left: tuple[Change, ...]) -> tuple[Finding, ...]:
    """What a drift run has to say of each change that would mend something and is not made."""
    return tuple(
        Finding(
            code=Code.DRIFT,
            side=change.side,
            where=change.resource_id or request.vpc(change.side).vpc_id,
            message=f"The network no longer is as the item says. What would mend it: {change.sentence}. Do it by hand, or put "
            "the item again to have it done.",
        )
        for change in left
    )


def repaired(request: Request, made: tuple[Change, ...]) -> tuple[Finding, ...]:
    """What a drift run has to say of each change that it made."""
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


def is_news(settled: Settled, last: Run, seen: Plan, now: datetime) -> bool:
    """Whether a look at the network asks for a run.

    Of an ACTIVE request any difference does. Of a DRIFTED one: that nothing differs any more, or that it is not the same that
    differs. Where it still is the same, what was told is told once, and what no person has agreed to is asked once; but a
    repair that failed is tried again, each time after a pause as long as all the attempts so far, a day at most.

    Args:
        settled: What the request has settled in, ACTIVE or DRIFTED.
        last: The run that the state is from.
        seen: The plan of a drift run, on the network as it is now.
        now: When it was looked at.
    """
    differs = bool(seen.changes) or seen.is_blocked
    if settled.state is State.ACTIVE or not differs:
        return differs or settled.state is State.DRIFTED
    if _is_refused(last, seen):
        return False
    since = failing_since(settled, last, seen)
    if since is None:
        return True
    was_told = last.plan is not None and last.plan.is_blocked
    return not was_told and pause_is_over(since, settled.updated_at, now)


def failing_since(settled: Settled, last: Run, seen: Plan) -> datetime | None:
    """When the first of the runs ended that tried just what is seen now; None where the last one was about something else.

    A run that failed before it had a plan tried whatever there is to do.
    """
    if settled.state is State.ACTIVE or (last.plan is not None and _content(seen) != _content(last.plan)):
        return None
    return last.failing_since or settled.updated_at


def _is_refused(last: Run, seen: Plan) -> bool:
    """Whether it would be asked again what a person has not agreed to; findings that only inform make no other question."""
    asked = last.approval
    return asked is not None and asked.is_refused and asked.checksum == seen.checksum and not seen.is_blocked


def _content(plan: Plan) -> list[bytes]:
    """What differs, and what stands in the way; AWS lists things in no particular order."""
    blocking = (finding for finding in plan.findings if finding.blocking)
    return sorted(msgspec.json.encode(each, order="deterministic") for each in (*plan.changes, *blocking))
