"""What a path lets through at all, beside what the check says of single flows."""

from collections.abc import Iterator
from itertools import permutations, product

from hypothesis import given, settings

from causeway.domain.ends import End, ends_of
from causeway.domain.matching import ANY, Traffic, requested
from causeway.domain.network import PeeringConnection, Snapshot
from causeway.domain.passage import passage
from causeway.domain.reachability import judge
from causeway.domain.values import Both, PortRange, Protocol, Side
from tests.domain.networks import change, flow, request
from tests.packets.worlds import PORTS, World, worlds

FLOWS = (
    *(flow(Side.REQUESTER, protocol, port) for protocol in (Protocol.TCP, Protocol.UDP) for port in PORTS),
    flow(Side.REQUESTER, Protocol.TCP, PortRange(first=22, last=443)),
    flow(Side.REQUESTER, Protocol.UDP),
    flow(Side.REQUESTER, Protocol.ICMP),
)
EVERYTHING = flow(Side.REQUESTER, Protocol.ALL)


@settings(max_examples=50)
@given(worlds())
def test_a_path_lets_through_exactly_the_flows_that_the_check_finds_reachable(world: World) -> None:
    for source, destination, connection in paths(world):
        through = passage(source, destination, connection)
        for each in (*FLOWS, *world.flows):
            if each.protocol is not Protocol.ALL:
                reachable = judge(each, source, destination, connection).reachable
                assert through.holds(requested(each, source.address.version)) is reachable, (each, through)


@settings(max_examples=50)
@given(worlds())
def test_a_path_for_all_traffic_lets_everything_through(world: World) -> None:
    """The reverse is not so: the check wants all ports for the answers, too."""
    for source, destination, connection in paths(world):
        if judge(EVERYTHING, source, destination, connection).reachable:
            assert passage(source, destination, connection).holds(Traffic(protocol=ANY))


def paths(world: World) -> Iterator[tuple[End, End, PeeringConnection | None]]:
    """From each address to each one of the same family in another VPC."""
    for source, destination in permutations(world.snapshots, 2):
        connection = next((each for each in world.connections if each.joins(source.vpc.ref, destination.vpc.ref)), None)
        for one, other in product(_single(source, Side.REQUESTER), _single(destination, Side.ACCEPTER)):
            wanted = request(requester=one.vpc.ref, accepter=other.vpc.ref)
            ends = ends_of(EVERYTHING, wanted, Both(requester=one, accepter=other))
            for here, there in product(ends.requester, ends.accepter):
                if here.address.version == there.address.version:
                    yield here, there, connection


def _single(snapshot: Snapshot, side: Side) -> Iterator[Snapshot]:
    """The side as if it had only one interface with one address, for each that it has."""
    for interface in snapshot.network_interfaces:
        for address in interface.addresses:
            yield change(snapshot, side=side, network_interfaces=(change(interface, addresses=(address,)),))
