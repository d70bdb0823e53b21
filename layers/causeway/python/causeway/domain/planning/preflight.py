"""Everything that can be known before the first write, as findings, all at once.

Each check is a generator of its own; `preflight` is the list of them.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import LOCAL, PeeringConnection, Route, RouteTable, Snapshot, Vpc
from causeway.domain.model.request import Peer, Request
from causeway.domain.model.selection import selected_route_tables
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.reachability.blocked_flows import blocked_flows
from causeway.domain.reachability.check import check
from causeway.domain.reachability.unchecked_flows import unchecked_flows
from causeway.domain.reachability.unknown_flows import unknown_flows

from .encryption import enforced_encryption
from .ownership import NOTHING_HELD, Holdings
from .plan import Plan
from .projection import project
from .quotas import exceeded
from .selections import selected_groups_findings, selected_tables_findings


def preflight(
    request: Request, snapshots: PerSide[Snapshot], draft: Plan, holdings: Holdings = NOTHING_HELD
) -> tuple[Finding, ...]:
    """Check the request and its draft plan against what was observed.

    Flows are judged last, on the network as the plan would leave it, and only if no other finding blocks: otherwise every
    cause would be reported twice. Two flows that differ only in how rules name the peer read the same, and are reported once.
    """
    findings = (
        *_overlap(snapshots),
        *_changed_pair(request, holdings),
        *_existing_connection(request, snapshots, draft.connection_id),
        *_cross_region_references(request),
        *enforced_encryption(request, snapshots, draft),
        *(finding for side in SIDES for finding in _side(request, side, snapshots, draft, holdings)),
        *exceeded(snapshots, draft),
    )
    stopped = any(finding.blocking for finding in findings)
    return tuple(dict.fromkeys(findings if stopped else (*findings, *_flows(request, snapshots, draft))))


def _side(request: Request, side: Side, snapshots: PerSide[Snapshot], draft: Plan, holdings: Holdings) -> Iterator[Finding]:
    yield from _overlap_with_peers(side, snapshots)
    yield from selected_tables_findings(request, snapshots[side])
    yield from selected_groups_findings(request, snapshots[side])
    yield from _routed_elsewhere(request, side, snapshots, draft.connection_id, holdings)
    yield from _dns(request, snapshots[side])


def _overlap(snapshots: PerSide[Snapshot]) -> Iterator[Finding]:
    requester, accepter = snapshots.requester.vpc, snapshots.accepter.vpc
    for here, there in overlaps(_every_block(requester), _every_block(accepter)):
        yield Finding(
            code=Code.CIDR_OVERLAP,
            where=f"{here} and {there}",
            message=f"{here} of {requester.ref} overlaps {there} of {accepter.ref}. AWS does not peer VPCs that overlap in any "
            "CIDR block, also in one that the item excludes: use another VPC, or connect them by AWS PrivateLink.",
        )


def _every_block(vpc: Vpc) -> tuple[str, ...]:
    return vpc.all_cidr_blocks + vpc.excluded_cidr_blocks


def _overlap_with_peers(side: Side, snapshots: PerSide[Snapshot]) -> Iterator[Finding]:
    here, new_peer = snapshots[side], snapshots[side.other].vpc
    for connection in here.peering_connections:
        other, blocks = connection.peer_of(here.vpc.ref)
        if other == new_peer.ref:
            continue
        for ours, theirs in overlaps(new_peer.all_cidr_blocks, blocks):
            yield Finding(
                code=Code.CIDR_OVERLAP_WITH_PEER,
                side=side,
                where=connection.connection_id,
                message=f"{ours} of {new_peer.ref} overlaps {theirs} of {other}, which {here.vpc.ref} is peered with by "
                f"{connection.connection_id}. A route cannot tell the two apart: remove that peering, use another VPC, or list "
                'a block that both share in "excluded_cidr_blocks".',
            )


def _changed_pair(request: Request, holdings: Holdings) -> Iterator[Finding]:
    held = holdings.request
    if held is None or (held.requester, held.accepter) == (request.requester, request.accepter):
        return
    yield Finding(
        code=Code.PAIR_CHANGED,
        where=request.request_id,
        message=f"This request holds the peering of {held.requester} with {held.accepter}; another pair of VPCs is another "
        "request. Put the old VPCs back, or delete the item, wait for PeeringRemoved, and put it anew.",
    )


def _existing_connection(request: Request, snapshots: PerSide[Snapshot], connection_id: str | None) -> Iterator[Finding]:
    """Any connection of the pair but the one that is used. Its requester's side is where it is tagged first."""
    seen: dict[str, PeeringConnection] = {}
    for side in SIDES:
        here = snapshots[side]
        for connection in here.peering_connections:
            if connection.connection_id not in seen or connection.requester == here.vpc.ref:
                seen[connection.connection_id] = connection
    for connection in seen.values():
        if connection.joins(request.requester, request.accepter) and connection.connection_id != connection_id:
            yield _connection_exists(connection)


def _connection_exists(connection: PeeringConnection) -> Finding:
    owner = connection.tags.get(REQUEST_ID_TAG)
    holder = f"the request {owner}, which Causeway does not know" if owner else "somebody else than Causeway"
    return Finding(
        code=Code.PEERING_EXISTS,
        where=connection.connection_id,
        message=f"{connection.connection_id} ({connection.status}) already joins {connection.requester} and "
        f"{connection.accepter}, made by {holder}. AWS allows one peering for a pair: delete that connection first.",
    )


def _cross_region_references(request: Request) -> Iterator[Finding]:
    if request.same_region:
        return
    for flow in request.flows:
        if flow.peer is Peer.SECURITY_GROUPS:
            yield Finding(
                code=Code.CROSS_REGION_GROUP_REFERENCE,
                where=str(flow),
                message=f"The flow {flow} refers to security groups, but the VPCs are in {request.requester.region} and "
                f'{request.accepter.region}: AWS has no such references across regions. Use "peer": "cidr_blocks".',
            )


def _routed_elsewhere(
    request: Request, side: Side, snapshots: PerSide[Snapshot], connection_id: str | None, holdings: Holdings
) -> Iterator[Finding]:
    """The routes to a CIDR block of the peer that lead elsewhere.

    Not counted are routes to a connection of the two VPCs (either it is ours, or `_existing_connection` reports it), the black
    hole that a connection of ours left (the plan replaces it), and routes by a prefix list (a route to the block itself comes
    before them; if a longer prefix in the list leads elsewhere, `_flows` finds it).
    """
    here, peer = snapshots[side], snapshots[side.other].vpc
    of_the_pair = {each.connection_id for each in here.peering_connections if each.joins(request.requester, request.accepter)}
    for table in selected_route_tables(request, here):
        for route in table.routes:
            leads_to_ours = any(route.leads_to(each) for each in (connection_id, *of_the_pair))
            ours = (
                route.target == LOCAL or leads_to_ours or route.is_orphaned_blackhole_of(holdings.connection_ids, connection_id)
            )
            if route.destination in peer.all_cidr_blocks and not ours:
                yield _route_conflict(side, table, route)


def _route_conflict(side: Side, table: RouteTable, route: Route) -> Finding:
    state = ", a blackhole" if route.blackhole else ""
    return Finding(
        code=Code.ROUTE_CONFLICT,
        side=side,
        where=f"{table.route_table_id} {route.destination}",
        message=f"{table.route_table_id} already routes {route.destination} to {route.target}{state}. Causeway never "
        "overwrites a route that is not its own: remove it, or leave this table out of the selector.",
    )


def _dns(request: Request, here: Snapshot) -> Iterator[Finding]:
    if not any(request.dns_resolution[side] for side in SIDES):
        return
    attributes = {"enableDnsSupport": here.vpc.dns_support, "enableDnsHostnames": here.vpc.dns_hostnames}
    for name in (name for name, enabled in attributes.items() if enabled is False):
        yield Finding(
            code=Code.DNS_NOT_ENABLED,
            side=here.side,
            where=here.vpc.ref.vpc_id,
            message=f"DNS resolution over the peering needs {name} on both VPCs, and {here.vpc.ref} has it off: switch it on, "
            'or set "dns_resolution" to false.',
        )


def _flows(request: Request, snapshots: PerSide[Snapshot], draft: Plan) -> Iterator[Finding]:
    verdicts = check(request, *project(draft, snapshots))
    yield from blocked_flows(verdicts)
    yield from unknown_flows(verdicts)
    yield from unchecked_flows(request, verdicts)


def overlaps(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The pairs of CIDR blocks that have an address in common."""
    for here, there in product(ours, theirs):
        if _overlap_each_other(ip_network(here), ip_network(there)):
            yield here, there


def _overlap_each_other(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)
