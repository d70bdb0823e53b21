"""The planner: a request and what was observed in, the plan out.

1. Find the connection that is already ours, or plan to request it; again where tags are missing, which makes no second one.
2. Plan to accept it, unless it is accepted and has the accepter's tags.
3. On each side: routes to every CIDR block of the peer, rules for every flow, the DNS option.
4. Then, on each side, take away what is ours and no longer wanted: rules, then routes.
5. Let preflight look at all of it, and at what the network would then be.

A resource that is right already is not in the plan, so a second run of the same request has an empty one. A removal is the same
with nothing wanted: steps 1 to 3 find nothing to do, and the connection goes last.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from .findings import Finding
from .network import OwnedRule, PeeringConnection, Permission, SecurityGroup, Snapshot
from .ownership import NOTHING_HELD, Holdings, OwnedRoute, connection_tags, is_made_for, is_tagged
from .plan import (
    AcceptPeering,
    Addition,
    AuthorizeRule,
    CreatePeering,
    CreateRoute,
    DeletePeering,
    Plan,
    Removal,
    SetDnsResolution,
)
from .preflight import preflight
from .request import Request
from .rules import missing_permissions, needed_permissions
from .selection import selected_groups, selected_route_tables
from .surplus import RoutePlace, revocation, surplus_routes, surplus_rules
from .values import SIDES, Both, Side, Value


class Wanted(Value):
    """What a side should have: the places of the routes, and the rules of each group."""

    routes: tuple[RoutePlace, ...] = ()
    rules: tuple[tuple[str, Permission], ...] = ()


NOTHING = Wanted()


def plan_request(request: Request, generation: int, snapshots: Both[Snapshot], holdings: Holdings = NOTHING_HELD) -> Plan:
    """Plan what makes the network as the request says."""
    connection = connection_of(request, snapshots)
    wanted = Both(requester=_wanted(request, snapshots, Side.REQUESTER), accepter=_wanted(request, snapshots, Side.ACCEPTER))
    draft = Plan(
        request_id=request.request_id,
        generation=generation,
        connection_id=connection.connection_id if connection else None,
        changes=(
            *_connection_changes(request, snapshots, connection),
            *(
                change
                for side in SIDES
                for change in _additions(request, side, snapshots, connection, wanted[side], holdings=holdings)
            ),
            *(change for side in SIDES for change in _removals(request, snapshots[side], connection, holdings, wanted[side])),
        ),
    )
    return draft.with_findings(preflight(request, snapshots, draft, holdings))


def plan_removal(request: Request, generation: int, snapshots: Both[Snapshot], holdings: Holdings) -> Plan:
    """Plan what takes everything of the request out of the network."""
    connection = connection_of(request, snapshots)
    return Plan(
        request_id=request.request_id,
        generation=generation,
        connection_id=connection.connection_id if connection else None,
        changes=(
            *(change for side in SIDES for change in _removals(request, snapshots[side], connection, holdings, NOTHING)),
            *((DeletePeering(vpc=request.requester, peer=request.accepter),) if connection else ()),
        ),
    )


def refuse(request: Request, generation: int, findings: tuple[Finding, ...]) -> Plan:
    """The plan of a request whose sides cannot even be observed: nothing but the findings."""
    return Plan(request_id=request.request_id, generation=generation, findings=findings)


def holdings_after(request: Request, holdings: Holdings, plan: Plan) -> Holdings:
    """What the request holds once the plan is begun: to be saved before the first write."""
    planned = (
        OwnedRoute(side=change.side, route_table_id=change.route_table_id, destination=change.destination)
        for side in SIDES
        for change in plan.of(CreateRoute, side)
    )
    held = holdings.with_connection(plan.connection_id) if plan.connection_id else holdings
    return replace(held, request=request, routes=tuple(dict.fromkeys((*held.routes, *planned))))


def connection_of(request: Request, snapshots: Both[Snapshot]) -> PeeringConnection | None:
    """The live connection that was made for this request, as the requester's side sees it."""
    return next((each for each in snapshots.requester.peering_connections if is_made_for(request, each)), None)


def _wanted(request: Request, snapshots: Both[Snapshot], side: Side) -> Wanted:
    here, peer = snapshots[side], snapshots[side.other].vpc
    needed = tuple(dict.fromkeys(needed_permissions(request, side, snapshots)))
    return Wanted(
        routes=tuple(
            (table.route_table_id, block) for table in selected_route_tables(request, here) for block in peer.all_cidr_blocks
        ),
        rules=tuple((group.security_group_id, each) for group in selected_groups(request, here) for each in needed),
    )


def _connection_changes(
    request: Request, snapshots: Both[Snapshot], connection: PeeringConnection | None
) -> Iterator[Addition]:
    tags = connection_tags(request)
    if not is_tagged(request, connection):
        yield CreatePeering(vpc=request.requester, peer=request.accepter, tags=tags)
    if connection is None or not connection.status.is_accepted or not _accepter_has(request, snapshots, connection):
        yield AcceptPeering(vpc=request.accepter, peer=request.requester, tags=tags)


def _accepter_has(request: Request, snapshots: Both[Snapshot], connection: PeeringConnection) -> bool:
    seen = (each for each in snapshots.accepter.peering_connections if each.connection_id == connection.connection_id)
    return is_tagged(request, next(seen, None))


def _additions(
    request: Request,
    side: Side,
    snapshots: Both[Snapshot],
    connection: PeeringConnection | None,
    wanted: Wanted,
    *,
    holdings: Holdings,
) -> Iterator[Addition]:
    here, peer = snapshots[side], snapshots[side.other].vpc
    yield from _missing_routes(here, connection, wanted, holdings)
    obsolete = tuple(surplus_rules(here, request.request_id, frozenset(wanted.rules)))
    for group in here.security_groups:
        needed = [permission for group_id, permission in wanted.rules if group_id == group.security_group_id]
        for permission in missing_permissions(_without(group, obsolete), needed, peer):
            yield AuthorizeRule(side=side, security_group_id=group.security_group_id, permission=permission)
    allow = request.dns_resolution[side]
    if allow != (connection.dns_resolution[side] if connection else False):
        yield SetDnsResolution(side=side, allow=allow)


def _missing_routes(
    here: Snapshot, connection: PeeringConnection | None, wanted: Wanted, holdings: Holdings
) -> Iterator[CreateRoute]:
    """Routes to what has none, and in place of those that a connection of ours left as black holes."""
    present = {(table.route_table_id, route.destination): route for table in here.route_tables for route in table.routes}
    connection_id = connection.connection_id if connection else None
    for place in wanted.routes:
        route = present.get(place)
        if route is None:
            yield CreateRoute(side=here.side, route_table_id=place[0], destination=place[1])
        elif holdings.left_behind(route, connection_id):
            yield CreateRoute(side=here.side, route_table_id=place[0], destination=place[1], replaces=route.target)


def _without(group: SecurityGroup, obsolete: tuple[OwnedRule, ...]) -> tuple[Permission, ...]:
    """What the group will still allow: a rule that is about to go cannot stand in for one that is needed."""
    going = {rule.permission for rule in obsolete if rule.security_group_id == group.security_group_id}
    return tuple(permission for permission in group.permissions if permission not in going)


def _removals(
    request: Request, here: Snapshot, connection: PeeringConnection | None, holdings: Holdings, wanted: Wanted
) -> Iterator[Removal]:
    for rule in surplus_rules(here, request.request_id, frozenset(wanted.rules)):
        yield revocation(here, rule)
    connection_id = connection.connection_id if connection else None
    yield from surplus_routes(here, holdings, connection_id, frozenset(wanted.routes))
