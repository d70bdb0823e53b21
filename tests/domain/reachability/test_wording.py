"""Packets in words: port 0, which no packet of TCP or UDP has, is never among them."""

import pytest

from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.protocols import ALL_PORTS, PortRange
from causeway.domain.reachability.matching import Traffic, judge_permissions
from causeway.domain.reachability.packet_sets import EVERYTHING, PacketSet, packets_of_rule
from causeway.domain.reachability.wording import say_no_rule, say_packets


def packets(protocol: str, first: int = ALL_PORTS.first, last: int = ALL_PORTS.last) -> PacketSet:
    ports = PortRange(first=first, last=last)
    return packets_of_rule(Permission(direction=Direction.INGRESS, protocol=protocol, peer="0.0.0.0/0", ports=ports))


@pytest.mark.parametrize(
    ("allowed", "says"),
    [
        (packets("tcp"), "all tcp"),
        (packets("tcp", 1), "all tcp"),
        (packets("tcp", 0, 22), "tcp 1-22"),
        (packets("tcp", 0, 0), "nothing"),
        (EVERYTHING - packets("tcp"), "everything but all tcp"),
        (EVERYTHING - packets("tcp", 0, 0), "everything"),
        (EVERYTHING - packets("icmp", 0, 0), "everything but icmp echo reply"),
    ],
)
def test_what_packets_are_said_to_be(allowed: PacketSet, says: str) -> None:
    assert say_packets(allowed) == says


@pytest.mark.parametrize(("first", "last", "says"), [(0, 65535, "tcp"), (0, 22, "tcp 1-22"), (22, 65535, "tcp 22-65535")])
def test_what_is_said_to_be_refused(first: int, last: int, says: str) -> None:
    refused = judge_permissions([], Traffic(protocol="tcp", span=PortRange(first=first, last=last))).refused

    assert refused
    assert say_no_rule(Direction.INGRESS, refused, "10.0.0.1") == f"no ingress rule allows {says} from 10.0.0.1"
