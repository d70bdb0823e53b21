"""Queries about a pair of VPCs, whatever its items say: one flow between two targets, and what a target can reach."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from msgspec.structs import replace

from causeway.domain.model.network import PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow
from causeway.domain.model.values import PerSide, Side, Value

from .check import judge
from .endpoints import Candidates, End, all_candidates
from .equivalence import representatives
from .matching import all_requested
from .packet_sets import NOTHING, PacketSet
from .path_packets import path_packets, unknown_packets
from .query_targets import QueryTarget, UnanswerableQuery
from .verdicts import Endpoint, Verdict


class ReachableSet(Value):
    """Sources, destinations, and the packets that each of the sources can send to each of the destinations.

    Attributes:
        source: The source with the lowest address; `stands_for` counts them all.
        destination: Likewise.
        packets: Those that arrive, and are replied to where they ask for it.
        unknown: Those of which that is unknown, because something that decides cannot be seen.
    """

    source: Endpoint
    destination: Endpoint
    packets: PacketSet
    unknown: PacketSet = NOTHING


def peering_of(snapshots: PerSide[Snapshot]) -> PeeringConnection | None:
    """The connection of the two VPCs, whoever made it; the active one if there are several."""
    one, other = snapshots.requester.vpc.ref, snapshots.accepter.vpc.ref
    connections = [each for each in snapshots.requester.peering_connections if each.joins(one, other)]
    return max(connections, key=lambda each: each.status is PeeringStatus.ACTIVE, default=None)


def verdicts_between(
    source: QueryTarget, destination: QueryTarget, protocol: Protocol, ports: PortRange | None, snapshots: PerSide[Snapshot]
) -> tuple[Verdict, ...]:
    """Whether one flow works: a verdict for each family that both have and each pair of equivalence classes.

    Raises:
        UnanswerableQuery: No peering is in between, or they have no address family in common.
    """
    flow = Flow(source=source.side, protocol=protocol, ports=ports)
    ends = representatives(_candidates(source, destination), snapshots, source.side, all_requested(flow))
    pairs = tuple(_pairs(ends, source.side))
    if not pairs:
        raise UnanswerableQuery(f"{source.name} and {destination.name} have no address family in common.")
    connection = peering_of(snapshots)
    return tuple(judge(flow, here, there, connection) for here, there in pairs)


def reachable_between(source: QueryTarget, destination: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """The packets that get from the one to the other.

    Raises:
        UnanswerableQuery: No peering is in between.
    """
    return _reachable_sets(_candidates(source, destination), source.side, snapshots)


def reachable_to(destination: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """The packets that get to it, from anywhere on the other side."""
    side = destination.side.other
    return _reachable_sets(_on(side, all_candidates(snapshots[side]), destination.candidates), side, snapshots)


def reachable_from(source: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """The packets that get from it to anywhere on the other side."""
    side = source.side
    return _reachable_sets(_on(side, source.candidates, all_candidates(snapshots[side.other])), side, snapshots)


def _candidates(source: QueryTarget, destination: QueryTarget) -> PerSide[Candidates]:
    if source.side is destination.side:
        names = f"{source.name} and {destination.name}"
        raise UnanswerableQuery(f"{names} are both in the {source.side}'s VPC: no peering is in between.")
    return _on(source.side, source.candidates, destination.candidates)


def _on[T](side: Side, here: T, there: T) -> PerSide[T]:
    """The one on this side, the other on the other side."""
    return PerSide.of(lambda each: here if each is side else there)


def _pairs(ends: PerSide[tuple[End, ...]], source: Side) -> Iterator[tuple[End, End]]:
    """Within a family."""
    pairs = product(ends[source], ends[source.other])
    return ((here, there) for here, there in pairs if here.address.version == there.address.version)


def _reachable_sets(candidates: PerSide[Candidates], source: Side, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """One set for all sources that can send the same to a destination; then one for all destinations of the same sources."""
    connection = peering_of(snapshots)
    sources: defaultdict[tuple[Endpoint, PacketSet, PacketSet], list[Endpoint]] = defaultdict(list)
    for here, there in _pairs(representatives(candidates, snapshots, source), source):
        packets, unknown = path_packets(here, there, connection), unknown_packets(here, there, connection)
        if packets or unknown:
            sources[there.endpoint, packets, unknown].append(here.endpoint)
    destinations: defaultdict[tuple[tuple[Endpoint, ...], PacketSet, PacketSet], list[Endpoint]] = defaultdict(list)
    for (destination, packets, unknown), senders in sources.items():
        destinations[tuple(senders), packets, unknown].append(destination)
    return tuple(
        ReachableSet(source=_merged(senders), destination=_merged(receivers), packets=packets, unknown=unknown)
        for (senders, packets, unknown), receivers in destinations.items()
    )


def _merged(endpoints: Sequence[Endpoint]) -> Endpoint:
    """The first one, standing for all of them."""
    return replace(endpoints[0], stands_for=sum(each.stands_for for each in endpoints))
