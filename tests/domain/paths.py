"""Every path between two VPCs, one by one: what classes of ends have to agree with."""

from collections.abc import Iterator
from itertools import permutations, product

from causeway.domain.model.network import PeeringConnection, Snapshot
from causeway.domain.model.values import PerSide, Side
from causeway.domain.reachability.endpoints import End, all_candidates
from causeway.domain.reachability.equivalence import representatives
from tests.domain.networks import change
from tests.packets.worlds import World


def paths(world: World) -> Iterator[tuple[End, End, PeeringConnection | None]]:
    """From each address to each one of the same family in another VPC."""
    for source, destination in permutations(world.snapshots, 2):
        connection = next((each for each in world.connections if each.joins(source.vpc.ref, destination.vpc.ref)), None)
        yield from ((one, other, connection) for one, other in paths_between(source, destination))


def paths_between(source: Snapshot, destination: Snapshot) -> Iterator[tuple[End, End]]:
    for one, other in product(_single(source, Side.REQUESTER), _single(destination, Side.ACCEPTER)):
        candidates = PerSide(requester=all_candidates(one), accepter=all_candidates(other))
        ends = representatives(candidates, PerSide(requester=one, accepter=other), Side.REQUESTER)
        yield from (
            pair for pair in product(ends.requester, ends.accepter) if pair[0].address.version == pair[1].address.version
        )


def _single(snapshot: Snapshot, side: Side) -> Iterator[Snapshot]:
    """The side as if it had only one interface with one address, for each first one of a family that it has."""
    for interface in snapshot.network_interfaces:
        firsts = {":" in address: address for address in reversed(interface.addresses)}
        for address in firsts.values():
            yield change(snapshot, side=side, network_interfaces=(change(interface, addresses=(address,)),))
