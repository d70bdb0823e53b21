"""Questions about a pair of VPCs that no item asks: one flow between two things, and all that is open to or from one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from msgspec.structs import replace

from .ends import Candidates, End, all_candidates, tell_apart
from .matching import all_requested
from .network import PeeringConnection, PeeringStatus, Snapshot
from .openings import Openings
from .passage import passage
from .reachability import judge
from .request import Flow
from .things import Thing, UnansweredQuestion
from .values import Both, PortRange, Protocol, Side, Value
from .verdicts import Endpoint, Verdict


class Way(Value):
    """What is open from some interfaces to some others.

    Attributes:
        source: One that stands for all of them, the one with the lowest address; `stands_for` counts them.
        destination: Likewise.
        openings: What every one of the sources can send to every one of the destinations, and gets answers to.
    """

    source: Endpoint
    destination: Endpoint
    openings: Openings


def peering_of(snapshots: Both[Snapshot]) -> PeeringConnection | None:
    """The connection of the two VPCs, whoever made it; an active one before another."""
    one, other = snapshots.requester.vpc.ref, snapshots.accepter.vpc.ref
    connections = [each for each in snapshots.requester.peering_connections if each.joins(one, other)]
    return max(connections, key=lambda each: each.status is PeeringStatus.ACTIVE, default=None)


def verdicts_between(
    source: Thing, destination: Thing, protocol: Protocol, ports: PortRange | None, snapshots: Both[Snapshot]
) -> tuple[Verdict, ...]:
    """Whether one flow works: for each family that both have, and of things with many interfaces for each class of ends.

    Raises:
        UnansweredQuestion: No peering is in between, or they have no address family in common.
    """
    flow = Flow(source=source.side, protocol=protocol, ports=ports)
    ends = tell_apart(_candidates(source, destination), snapshots, source.side, all_requested(flow))
    pairs = tuple(_pairs(ends, source.side))
    if not pairs:
        raise UnansweredQuestion(f"{source.name} and {destination.name} have no address family in common.")
    connection = peering_of(snapshots)
    return tuple(judge(flow, here, there, connection) for here, there in pairs)


def ways_between(source: Thing, destination: Thing, snapshots: Both[Snapshot]) -> tuple[Way, ...]:
    """All that is open from the one to the other.

    Raises:
        UnansweredQuestion: No peering is in between.
    """
    return _ways(_candidates(source, destination), source.side, snapshots)


def ways_to(destination: Thing, snapshots: Both[Snapshot]) -> tuple[Way, ...]:
    """All that the other side can open to it."""
    side = destination.side.other
    return _ways(_both(side, all_candidates(snapshots[side]), destination.candidates), side, snapshots)


def ways_from(source: Thing, snapshots: Both[Snapshot]) -> tuple[Way, ...]:
    """All that it can open to the other side."""
    side = source.side
    return _ways(_both(side, source.candidates, all_candidates(snapshots[side.other])), side, snapshots)


def _candidates(source: Thing, destination: Thing) -> Both[Candidates]:
    if source.side is destination.side:
        names = f"{source.name} and {destination.name}"
        raise UnansweredQuestion(f"{names} are both in the {source.side}'s VPC: no peering is in between.")
    return _both(source.side, source.candidates, destination.candidates)


def _both[T](side: Side, here: T, there: T) -> Both[T]:
    return Both(requester=here, accepter=there) if side is Side.REQUESTER else Both(requester=there, accepter=here)


def _pairs(ends: Both[tuple[End, ...]], source: Side) -> Iterator[tuple[End, End]]:
    """Within a family."""
    pairs = product(ends[source], ends[source.other])
    return ((here, there) for here, there in pairs if here.address.version == there.address.version)


def _ways(candidates: Both[Candidates], source: Side, snapshots: Both[Snapshot]) -> tuple[Way, ...]:
    """Sources from which the same is open to a destination are told together; then destinations, likewise."""
    connection = peering_of(snapshots)
    sources: defaultdict[tuple[Endpoint, Openings], list[Endpoint]] = defaultdict(list)
    for here, there in _pairs(tell_apart(candidates, snapshots, source), source):
        if openings := passage(here, there, connection):
            sources[there.endpoint, openings].append(here.endpoint)
    destinations: defaultdict[tuple[tuple[Endpoint, ...], Openings], list[Endpoint]] = defaultdict(list)
    for (destination, openings), alike in sources.items():
        destinations[tuple(alike), openings].append(destination)
    return tuple(
        Way(source=_together(alike), destination=_together(those), openings=openings)
        for (alike, openings), those in destinations.items()
    )


def _together(endpoints: Sequence[Endpoint]) -> Endpoint:
    """The first, for all of them."""
    return replace(endpoints[0], stands_for=sum(each.stands_for for each in endpoints))
