"""The reachability check: would a packet of each flow arrive, and its answer come back?

1. For each flow find the ends on each side: one for each equivalence class of interfaces.
2. Pair the ends of its source with those of its destination, within a family.
3. Walk each pair's path there and back, and ask every hop. The first one that blocks makes the verdict; all are listed.
"""

from collections.abc import Iterator

from causeway.domain.model.network import Direction, PeeringConnection, Snapshot
from causeway.domain.model.request import Flow, Request
from causeway.domain.model.values import PerSide

from .endpoints import End
from .equivalence import ends_of
from .hops import interface_hop, network_acl_hop, peering_connection_hop, route_table_hop, security_group_hop
from .matching import answered, requested
from .verdicts import Hop, Verdict


def check(request: Request, snapshots: PerSide[Snapshot], connection: PeeringConnection | None) -> tuple[Verdict, ...]:
    """Judge every flow between every pair of ends.

    If a side has no interface with a selected group, and no subnet to assume one in, or if the sides have no address family in
    common, there is no verdict.

    Args:
        request: Names the flows, and by its selectors the ends.
        snapshots: Both sides, as observed or as projected.
        connection: The connection that the routes must lead to; None where there is none.
    """
    return tuple(
        judge(flow, source, destination, connection)
        for flow in request.flows
        for ends in (ends_of(flow, request, snapshots),)
        for source in ends[flow.source]
        for destination in ends[flow.destination]
        if source.address.version == destination.address.version
    )


def judge(flow: Flow, source: End, destination: End, connection: PeeringConnection | None) -> Verdict:
    """Judge one flow between two ends of one address family."""
    hops = tuple(_hops(flow, source, destination, connection))
    return Verdict(flow=flow, source=source.endpoint, destination=destination.endpoint, hops=hops)


def _hops(flow: Flow, source: End, destination: End, connection: PeeringConnection | None) -> Iterator[Hop]:
    there, back = requested(flow, source.address.version), answered(flow, source.address.version)

    yield interface_hop(source)
    yield security_group_hop(source, destination, Direction.EGRESS, there)
    yield network_acl_hop(source, destination, Direction.EGRESS, there)
    yield route_table_hop(source, destination, connection)
    yield peering_connection_hop(source, destination, connection)
    yield network_acl_hop(destination, source, Direction.INGRESS, there)
    yield security_group_hop(destination, source, Direction.INGRESS, there)
    yield interface_hop(destination)

    yield network_acl_hop(destination, source, Direction.EGRESS, back, returning=True)
    yield route_table_hop(destination, source, connection, returning=True)
    yield network_acl_hop(source, destination, Direction.INGRESS, back, returning=True)
