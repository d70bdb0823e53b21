"""What became of a network that was as its item says: what differs by now, what is done about it, and whether it is news."""

from .findings import Code, Finding
from .plan import AclEntryChange, Change, Plan, RouteChange, RuleChange
from .request import DriftMode, Request
from .status import State


def only_told_unless_repaired(request: Request, plan: Plan) -> Plan:
    """The plan of a drift run.

    In mode `repair` it is carried out like any other. In mode `report`, or where something stands in the way, every change of
    it is a blocking DRIFT finding: it is told, and nothing is written.
    """
    if request.drift is DriftMode.REPAIR and not plan.is_blocked:
        return plan
    return plan.with_findings((*(_differing(request, change) for change in plan.changes), *plan.findings))


def repaired(request: Request, made: tuple[Change, ...]) -> tuple[Finding, ...]:
    """What a drift run has to say of each change that it made."""
    return tuple(
        Finding(
            code=Code.DRIFT_REPAIRED,
            side=change.side,
            where=_place(request, change),
            message=f"The network no longer was as the item says. Done about it: {change.sentence}.",
            blocking=False,
        )
        for change in made
    )


def is_news(state: State, told: Plan | None, seen: Plan) -> bool:
    """Whether a look at the network asks for a run.

    Of an ACTIVE request any difference does. Of a DRIFTED one: that nothing differs any more, that something can be repaired,
    or that it is not the same that differs.

    Args:
        state: The request's, ACTIVE or DRIFTED.
        told: The plan of the run that the state is from; None where it failed before it had one.
        seen: The plan of a drift run, on the network as it is now.
    """
    differs = bool(seen.changes) or seen.is_blocked
    if state is State.ACTIVE:
        return differs
    return not differs or not seen.is_blocked or told is None or _content(seen) != _content(told)


def _content(plan: Plan) -> tuple[frozenset[Change], frozenset[Finding]]:
    """What a person is told of a plan; AWS lists things in no particular order."""
    return frozenset(plan.changes), frozenset(plan.findings)


def _differing(request: Request, change: Change) -> Finding:
    return Finding(
        code=Code.DRIFT,
        side=change.side,
        where=_place(request, change),
        message=f"The network no longer is as the item says. What would mend it: {change.sentence}. Do it by hand, or put the "
        "item again to have it done.",
    )


def _place(request: Request, change: Change) -> str:
    match change:
        case RouteChange():
            return f"{change.route_table_id} {change.destination}"
        case RuleChange():
            return change.security_group_id
        case AclEntryChange():
            return change.network_acl_id
        case _:
            return request.vpc(change.side).vpc_id
