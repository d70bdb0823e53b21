"""What a path lets through at all, beside what the check says of single flows."""

from hypothesis import given, settings

from causeway.domain.model.protocols import ALL_PROTOCOLS, PortRange, Protocol
from causeway.domain.model.values import Side
from causeway.domain.reachability.check import judge
from causeway.domain.reachability.matching import Traffic, requested
from causeway.domain.reachability.path_packets import path_packets
from tests.domain.networks import flow
from tests.domain.paths import paths
from tests.packets.worlds import PORTS, World, worlds

FLOWS = (
    *(flow(Side.REQUESTER, protocol, port) for protocol in (Protocol.TCP, Protocol.UDP) for port in PORTS if port),
    flow(Side.REQUESTER, Protocol.TCP, PortRange(first=22, last=443)),
    flow(Side.REQUESTER, Protocol.UDP),
    flow(Side.REQUESTER, Protocol.ICMP),
)
EVERYTHING = flow(Side.REQUESTER, Protocol.ALL)


@settings(max_examples=50)
@given(worlds())
def test_a_path_lets_through_exactly_the_flows_that_the_check_finds_reachable(world: World) -> None:
    for source, destination, connection in paths(world):
        through = path_packets(source, destination, connection)
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
            assert path_packets(source, destination, connection).holds(Traffic(protocol=ALL_PROTOCOLS))
