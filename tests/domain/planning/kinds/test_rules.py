"""Which rules a flow needs, and which of them are there already: by example, and packet by packet."""

from ipaddress import ip_address, ip_network
from itertools import combinations_with_replacement
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.network import Direction, Permission, Snapshot, Vpc
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import Flow, Peer, Request, Selector
from causeway.domain.model.selection import selected_groups
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.kinds.rules import missing_permissions, needed_permissions
from tests.domain.networks import CIDR_BLOCKS, IPV6_CIDR_BLOCKS, change, flow, ping, request, snapshot, snapshots, ssh, vpc_ref

SSH_PORT = PortRange(first=22, last=22)
PEER = Vpc(
    ref=vpc_ref(Side.ACCEPTER),
    cidr_blocks=("192.0.0.0/16", "192.2.0.0/16"),
    ipv6_cidr_blocks=("2600:1f00:b::/56",),
)


def ingress(protocol: str, peer: str, ports: PortRange | None = None) -> Permission:
    return Permission(direction=Direction.INGRESS, protocol=protocol, peer=peer, ports=ports)


def needed(side: Side, wanted: Request, networks: PerSide[Snapshot]) -> list[Permission]:
    return list(needed_permissions(wanted, side, networks))


def test_the_source_sends_and_the_destination_receives() -> None:
    wanted, networks = request(ssh(Side.REQUESTER)), snapshots()

    assert needed(Side.REQUESTER, wanted, networks) == [
        Permission(direction=Direction.EGRESS, protocol="tcp", peer=CIDR_BLOCKS.accepter, ports=SSH_PORT)
    ]
    assert needed(Side.ACCEPTER, wanted, networks) == [ingress("tcp", CIDR_BLOCKS.requester, SSH_PORT)]


def test_every_block_of_the_peer_is_named_and_icmp_is_spelled_by_family() -> None:
    networks = snapshots(ipv6=True)
    two_blocks = change(networks.requester.vpc, cidr_blocks=("10.0.0.0/16", "10.7.0.0/16"))
    networks = change(networks, requester=change(networks.requester, vpc=two_blocks))

    permissions = needed(Side.ACCEPTER, request(ping(Side.REQUESTER)), networks)

    assert permissions == [
        ingress("icmp", "10.0.0.0/16"),
        ingress("icmp", "10.7.0.0/16"),
        ingress("icmpv6", IPV6_CIDR_BLOCKS.requester),
    ]


@pytest.mark.parametrize(
    ("protocol", "ports", "expected"),
    [(Protocol.ALL, None, "-1"), (Protocol.UDP, ALL_PORTS, "udp"), (Protocol.ICMP, None, "icmp")],
)
def test_protocols_as_ec2_spells_them(protocol: Protocol, ports: PortRange | None, expected: str) -> None:
    (permission,) = needed(Side.ACCEPTER, request(flow(Side.REQUESTER, protocol, ports)), snapshots())

    assert (permission.protocol, permission.ports) == (expected, ports)


def test_group_references_name_the_selected_groups_and_their_account() -> None:
    wanted = request(
        flow(Side.REQUESTER, Protocol.TCP, 22, peer=Peer.SECURITY_GROUPS),
        security_groups=PerSide(requester=Selector(ids=("sg-a2",)), accepter=Selector(every=True)),
    )

    (permission,) = needed(Side.ACCEPTER, wanted, snapshots(security_groups=2))

    assert (permission.peer, permission.peer_account_id) == ("sg-a2", wanted.requester.account_id)


def test_group_references_inside_one_account_name_no_account() -> None:
    wanted = request(flow(Side.REQUESTER, peer=Peer.SECURITY_GROUPS, ports=22))
    wanted = change(wanted, requester=change(wanted.requester, account_id=wanted.accepter.account_id))
    networks = snapshots()
    vpc = change(networks.requester.vpc, ref=wanted.requester)
    networks = change(networks, requester=change(networks.requester, vpc=vpc))

    (permission,) = needed(Side.ACCEPTER, wanted, networks)

    assert permission.peer_account_id is None


def test_a_group_reference_needs_icmp_of_both_families_where_the_peer_has_both() -> None:
    wanted = request(flow(Side.REQUESTER, Protocol.ICMP, peer=Peer.SECURITY_GROUPS))

    assert [each.protocol for each in needed(Side.ACCEPTER, wanted, snapshots(ipv6=True))] == ["icmp", "icmpv6"]
    assert [each.protocol for each in needed(Side.ACCEPTER, wanted, snapshots())] == ["icmp"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(every=True), ["sg-a1", "sg-a2"]),
        (Selector(ids=("sg-a2", "sg-a9")), ["sg-a2"]),
        (Selector(tag_key="App", tag_value="api"), ["sg-a1"]),
        (Selector(tag_key="App", tag_value=""), []),
    ],
)
def test_selected_groups(selector: Selector, expected: list[str]) -> None:
    here = snapshot(Side.REQUESTER, security_groups=2)
    tagged = change(here.security_groups[0], tags={"App": "api"})
    here = change(here, security_groups=(tagged, *here.security_groups[1:]))
    wanted = request(security_groups=PerSide(requester=selector, accepter=selector))

    assert [each.security_group_id for each in selected_groups(wanted, here)] == expected


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (ingress("tcp", "192.0.0.0/16", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "192.0.0.0/8", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "0.0.0.0/0", PortRange(first=20, last=30)), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "192.0.0.0/16"), ingress("tcp", "192.0.0.0/16", ALL_PORTS)),
        (ingress("-1", "192.0.0.0/16"), ingress("icmp", "192.0.0.0/16")),
        (ingress("-1", "::/0"), ingress("icmpv6", "2600:1f00:b::/56")),
        (ingress("tcp", "sg-b1"), ingress("tcp", "sg-b1", SSH_PORT)),
        (ingress("icmp", "192.0.0.0/8"), ingress("icmp", "sg-b1")),
    ],
)
def test_what_is_covered_is_not_missing(present: Permission, wanted: Permission) -> None:
    assert missing_permissions([present], [wanted], PEER) == ()


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (ingress("tcp", "192.0.0.0/17", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("udp", "192.0.0.0/16", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "192.0.0.0/16", SSH_PORT), ingress("tcp", "192.0.0.0/16", ALL_PORTS)),
        (ingress("icmp", "192.0.0.0/16", PortRange(first=8, last=0)), ingress("icmp", "192.0.0.0/16")),
        (ingress("tcp", "sg-b1", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "pl-1", SSH_PORT), ingress("tcp", "192.0.0.0/16", SSH_PORT)),
        (ingress("tcp", "0.0.0.0/0", SSH_PORT), ingress("tcp", "sg-b1", SSH_PORT)),
        (ingress("tcp", "0.0.0.0/0"), ingress("-1", "192.0.0.0/16")),
        (
            Permission(direction=Direction.EGRESS, protocol="-1", peer="0.0.0.0/0"),
            ingress("tcp", "192.0.0.0/16", SSH_PORT),
        ),
    ],
)
def test_what_only_looks_covered_is_missing(present: Permission, wanted: Permission) -> None:
    assert missing_permissions([present], [wanted], PEER) == (wanted,)


def test_what_is_needed_twice_is_missing_once() -> None:
    wanted = ingress("tcp", "192.0.0.0/16", SSH_PORT)

    assert missing_permissions([], [wanted, wanted], PEER) == (wanted,)


class Packet(NamedTuple):
    """What a rule looks at. `groups` are those of the interface at the other end."""

    protocol: str
    port: int
    address: str
    groups: frozenset[str]


PORTS = range(7)
PACKETS = [
    Packet(protocol, port, str(address), groups)
    for block in PEER.all_cidr_blocks
    for address in (ip_network(block)[0], ip_network(block)[-1])
    for protocol in ("tcp", "udp", "icmpv6" if address.version == 6 else "icmp", "47")
    for port in PORTS
    for groups in (frozenset[str](), frozenset({"sg-b1"}))
]
"""One of each kind that the rules below tell apart, from and to every corner of the peer's blocks."""


def lets_through(rule: Permission, packet: Packet) -> bool:
    if rule.protocol not in {"-1", packet.protocol}:
        return False
    if rule.ports is not None and not rule.ports.first <= packet.port <= rule.ports.last:
        return False
    if "/" in rule.peer:
        return ip_address(packet.address) in ip_network(rule.peer)
    return rule.peer in packet.groups


def reach(rule: Permission) -> set[tuple[Direction, Packet]]:
    return {(rule.direction, packet) for packet in PACKETS if lets_through(rule, packet)}


range_ends = combinations_with_replacement(range(6), 2)
narrow_ports = st.sampled_from([PortRange(first=first, last=last) for first, last in range_ends])


@st.composite
def needs(draw: st.DrawFn) -> Permission:
    """What a flow can need of this peer."""
    peer = draw(st.sampled_from([*PEER.all_cidr_blocks, "sg-b1"]))
    icmp = ["icmp", "icmpv6"] if peer == "sg-b1" else ["icmpv6" if ":" in peer else "icmp"]
    protocol = draw(st.sampled_from(["tcp", "udp", "-1", *icmp]))
    ports = draw(narrow_ports) if protocol in {"tcp", "udp"} else None
    return Permission(direction=draw(st.sampled_from(Direction)), protocol=protocol, peer=peer, ports=ports)


@st.composite
def rules(draw: st.DrawFn) -> Permission:
    """What a group may have already."""
    protocol = draw(st.sampled_from(["tcp", "udp", "icmp", "icmpv6", "47", "-1"]))
    ports = draw(st.none() | narrow_ports) if protocol != "-1" else None
    peers = [
        *PEER.all_cidr_blocks, "0.0.0.0/0", "::/0", "192.0.0.0/14", "192.0.0.0/17", "2600:1f00:b::/60", "10.0.0.0/8", "sg-b1",
        "sg-b2", "pl-1",
    ]  # fmt: skip
    return Permission(
        direction=draw(st.sampled_from(Direction)), protocol=protocol, peer=draw(st.sampled_from(peers)), ports=ports
    )


@given(present=st.lists(rules(), max_size=5), wanted=st.lists(needs(), max_size=5))
def test_packet_by_packet(present: list[Permission], wanted: list[Permission]) -> None:
    missing = missing_permissions(present, wanted, PEER)

    allowed_by_entries = set().union(*map(reach, [*present, *missing]))
    for permission in wanted:
        assert reach(permission) <= allowed_by_entries
    for place, permission in enumerate(missing):
        assert permission in wanted
        assert not any(reach(permission) <= reach(other) for other in [*present, *missing[:place]])


@given(wanted=st.lists(needs(), max_size=5), present=st.lists(rules(), max_size=3))
def test_nothing_is_missing_once_it_was_added(wanted: list[Permission], present: list[Permission]) -> None:
    missing = missing_permissions(present, wanted, PEER)

    assert missing_permissions([*present, *missing], wanted, PEER) == ()


@given(st.permutations([ssh(Side.REQUESTER), ping(Side.REQUESTER), ssh(Side.ACCEPTER)]))
def test_each_flow_is_needed_on_both_sides_with_opposite_directions(flows: list[Flow]) -> None:
    wanted, networks = request(*flows), snapshots()
    requester, accepter = needed(Side.REQUESTER, wanted, networks), needed(Side.ACCEPTER, wanted, networks)

    assert [(each.protocol, each.ports) for each in requester] == [(each.protocol, each.ports) for each in accepter]
    assert all(one.direction is not other.direction for one, other in zip(requester, accepter, strict=True))
