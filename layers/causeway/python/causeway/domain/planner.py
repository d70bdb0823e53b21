"""The planner: a request and what was observed in, the plan out.

1. Find the connection that is already ours, or plan to request it; again where tags are missing, which makes no second one.
2. Plan to accept it, unless it is accepted and has the accepter's tags.
3. On each side: routes to every CIDR block of the peer, rules for every flow, the DNS option.
4. Let preflight look at all of it, and at what the network would then be.

A resource that is right already is not in the plan, so a second run of the same request has an empty one.
"""

from collections.abc import Iterator

from .findings import Finding
from .network import PeeringConnection, Snapshot
from .ownership import connection_tags, is_made_for, is_tagged
from .plan import AcceptPeering, AuthorizeRule, Change, CreatePeering, CreateRoute, Plan, SetDnsResolution
from .preflight import preflight
from .request import Request
from .rules import missing_permissions, needed_permissions
from .selection import selected_groups, selected_route_tables
from .values import SIDES, Both, Side


def plan_request(request: Request, generation: int, snapshots: Both[Snapshot]) -> Plan:
    """Plan what makes the network as the request says."""
    connection = connection_of(request, snapshots)
    draft = Plan(
        request_id=request.request_id,
        generation=generation,
        connection_id=connection.connection_id if connection else None,
        changes=(
            *_connection_changes(request, snapshots, connection),
            *(change for side in SIDES for change in _side_changes(request, side, snapshots, connection)),
        ),
    )
    return draft.with_findings(preflight(request, snapshots, draft))


def refuse(request: Request, generation: int, findings: tuple[Finding, ...]) -> Plan:
    """The plan of a request whose sides cannot even be observed: nothing but the findings."""
    return Plan(request_id=request.request_id, generation=generation, findings=findings)


def connection_of(request: Request, snapshots: Both[Snapshot]) -> PeeringConnection | None:
    """The live connection that was made for this request, as the requester's side sees it."""
    return next((each for each in snapshots.requester.peering_connections if is_made_for(request, each)), None)


def _connection_changes(request: Request, snapshots: Both[Snapshot], connection: PeeringConnection | None) -> Iterator[Change]:
    tags = connection_tags(request)
    if not is_tagged(request, connection):
        yield CreatePeering(vpc=request.requester, peer=request.accepter, tags=tags)
    if connection is None or not connection.status.is_accepted or not _accepter_has(request, snapshots, connection):
        yield AcceptPeering(vpc=request.accepter, peer=request.requester, tags=tags)


def _accepter_has(request: Request, snapshots: Both[Snapshot], connection: PeeringConnection) -> bool:
    seen = (each for each in snapshots.accepter.peering_connections if each.connection_id == connection.connection_id)
    return is_tagged(request, next(seen, None))


def _side_changes(
    request: Request, side: Side, snapshots: Both[Snapshot], connection: PeeringConnection | None
) -> Iterator[Change]:
    here, peer = snapshots[side], snapshots[side.other].vpc
    for table in selected_route_tables(request, here):
        routed = {route.destination for route in table.routes}
        for block in peer.all_cidr_blocks:
            if block not in routed:
                yield CreateRoute(side=side, route_table_id=table.route_table_id, destination=block)
    needed = tuple(needed_permissions(request, side, snapshots))
    for group in selected_groups(request, here):
        for permission in missing_permissions(group, needed, peer):
            yield AuthorizeRule(side=side, security_group_id=group.security_group_id, permission=permission)
    wanted = request.dns_resolution[side]
    if wanted != (connection.dns_resolution[side] if connection else False):
        yield SetDnsResolution(side=side, allow=wanted)
