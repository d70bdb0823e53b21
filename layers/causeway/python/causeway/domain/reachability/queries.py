"""Questions about a pair of VPCs that no item asks: one flow between two things, and all that is open to or from one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from msgspec.structs import replace

from causeway.domain.model.network import PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow
from causeway.domain.model.values import PerSide, Side, Value

from .check import judge
from .endpoints import Candidates, End, all_candidates, equivalence_classes
from .matching import all_requested
from .packet_sets import PacketSet
from .path_packets import passage
from .targets import QueryTarget, UnansweredQuestion
from .verdicts import Endpoint, Verdict


class ReachableSet(Value):
    """What is open from some interfaces to some others.

    Attributes:
        source: One that stands for all of them, the one with the lowest address; `stands_for` counts them.
        destination: Likewise.
        openings: What every one of the sources can send to every one of the destinations, and gets answers to.
    """

    source: Endpoint
    destination: Endpoint
    openings: PacketSet


def peering_of(snapshots: PerSide[Snapshot]) -> PeeringConnection | None:
    """The connection of the two VPCs, whoever made it; an active one before another."""
    one, other = snapshots.requester.vpc.ref, snapshots.accepter.vpc.ref
    connections = [each for each in snapshots.requester.peering_connections if each.joins(one, other)]
    return max(connections, key=lambda each: each.status is PeeringStatus.ACTIVE, default=None)


def verdicts_between(
    source: QueryTarget, destination: QueryTarget, protocol: Protocol, ports: PortRange | None, snapshots: PerSide[Snapshot]
) -> tuple[Verdict, ...]:
    """Whether one flow works: for each family that both have, and of things with many interfaces for each class of ends.

    Raises:
        UnansweredQuestion: No peering is in between, or they have no address family in common.
    """
    flow = Flow(source=source.side, protocol=protocol, ports=ports)
    ends = equivalence_classes(_candidates(source, destination), snapshots, source.side, all_requested(flow))
    pairs = tuple(_pairs(ends, source.side))
    if not pairs:
        raise UnansweredQuestion(f"{source.name} and {destination.name} have no address family in common.")
    connection = peering_of(snapshots)
    return tuple(judge(flow, here, there, connection) for here, there in pairs)


def reachable_between(source: QueryTarget, destination: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """All that is open from the one to the other.

    Raises:
        UnansweredQuestion: No peering is in between.
    """
    return _ways(_candidates(source, destination), source.side, snapshots)


def reachable_to(destination: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """All that the other side can open to it."""
    side = destination.side.other
    return _ways(_both(side, all_candidates(snapshots[side]), destination.candidates), side, snapshots)


def reachable_from(source: QueryTarget, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """All that it can open to the other side."""
    side = source.side
    return _ways(_both(side, source.candidates, all_candidates(snapshots[side.other])), side, snapshots)


def _candidates(source: QueryTarget, destination: QueryTarget) -> PerSide[Candidates]:
    if source.side is destination.side:
        names = f"{source.name} and {destination.name}"
        raise UnansweredQuestion(f"{names} are both in the {source.side}'s VPC: no peering is in between.")
    return _both(source.side, source.candidates, destination.candidates)


def _both[T](side: Side, here: T, there: T) -> PerSide[T]:
    return PerSide.of(lambda each: here if each is side else there)


def _pairs(ends: PerSide[tuple[End, ...]], source: Side) -> Iterator[tuple[End, End]]:
    """Within a family."""
    pairs = product(ends[source], ends[source.other])
    return ((here, there) for here, there in pairs if here.address.version == there.address.version)


def _ways(candidates: PerSide[Candidates], source: Side, snapshots: PerSide[Snapshot]) -> tuple[ReachableSet, ...]:
    """Sources from which the same is open to a destination are told together; then destinations, likewise."""
    connection = peering_of(snapshots)
    sources: defaultdict[tuple[Endpoint, PacketSet], list[Endpoint]] = defaultdict(list)
    for here, there in _pairs(equivalence_classes(candidates, snapshots, source), source):
        if openings := passage(here, there, connection):
            sources[there.endpoint, openings].append(here.endpoint)
    destinations: defaultdict[tuple[tuple[Endpoint, ...], PacketSet], list[Endpoint]] = defaultdict(list)
    for (destination, openings), alike in sources.items():
        destinations[tuple(alike), openings].append(destination)
    return tuple(
        ReachableSet(source=_together(alike), destination=_together(those), openings=openings)
        for (alike, openings), those in destinations.items()
    )


def _together(endpoints: Sequence[Endpoint]) -> Endpoint:
    """The first, for all of them."""
    return replace(endpoints[0], stands_for=sum(each.stands_for for each in endpoints))
