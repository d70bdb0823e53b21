"""Rules against packets: AWS's order of evaluation, exact over ranges of ports."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.network import LOCAL, AclEntry, Direction, Permission, Route
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.values import Side
from causeway.domain.reachability.matching import (
    Ruling,
    Traffic,
    answered,
    best_routes,
    judge_entries,
    judge_permissions,
    packets_of,
    requested,
    without,
)
from tests.domain.networks import by_list, flow, port_ranges

PROTOCOLS = ("tcp", "6", "udp", "17", "icmp", "1", "icmpv6", "58", "-1")
SMALL = 12  # a port space small enough to try every port


def ports(first: int, last: int | None = None) -> PortRange:
    return PortRange(first=first, last=first if last is None else last)


def entry(number: int, *, allow: bool = True, protocol: str = "tcp", span: PortRange | None = None) -> AclEntry:
    return AclEntry(
        number=number, direction=Direction.INGRESS, allow=allow, protocol=protocol, cidr_block="0.0.0.0/0", ports=span
    )


def permission(protocol: str = "tcp", span: PortRange | None = None, peer: str = "10.0.0.0/16") -> Permission:
    return Permission(direction=Direction.INGRESS, protocol=protocol, peer=peer, ports=span)


def tcp(first: int, last: int | None = None) -> Traffic:
    return Traffic(protocol="tcp", span=ports(first, last))


SMALL_BLOCKS = st.builds(
    lambda host, length: str(ip_network((host, length), strict=False)), st.integers(0, 15), st.integers(24, 32)
)
EVERYTHING = Traffic(protocol="-1")
PING, PONG = requested(flow(Side.REQUESTER, Protocol.ICMP), 4), answered(flow(Side.REQUESTER, Protocol.ICMP), 4)
PING_IPV6 = requested(flow(Side.REQUESTER, Protocol.ICMP), 6)


def acl_entries(max_size: int = 8) -> st.SearchStrategy[list[AclEntry]]:
    one = st.builds(
        entry,
        st.integers(1, 50),
        allow=st.booleans(),
        protocol=st.sampled_from(PROTOCOLS),
        span=st.none() | port_ranges(0, SMALL),
    )
    return st.lists(one, max_size=max_size, unique_by=lambda each: each.number)


@pytest.mark.parametrize(
    ("one", "version", "there", "back"),
    [
        (flow(Side.REQUESTER, Protocol.TCP, 22), 4, tcp(22), tcp(1024, 65535)),
        (flow(Side.REQUESTER, Protocol.UDP, ports(53, 54)), 6, Traffic(protocol="udp", span=ports(53, 54)), None),
        (flow(Side.REQUESTER, Protocol.ICMP), 4, Traffic(protocol="icmp", span=ports(8 * 256)), None),
        (flow(Side.REQUESTER, Protocol.ICMP), 6, Traffic(protocol="icmpv6", span=ports(128 * 256)), None),
        (flow(Side.REQUESTER, Protocol.ALL), 4, EVERYTHING, EVERYTHING),
    ],
)
def test_a_flow_is_the_packets_it_sends_and_those_it_gets_back(
    one: object, version: int, there: Traffic, back: Traffic | None
) -> None:
    assert requested(one, version) == there  # type: ignore[arg-type]
    assert back is None or answered(one, version) == back  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        (tcp(0, 22), (ports(1, 22),)),
        (Traffic(protocol="udp"), (ports(1, 65535),)),
        (tcp(0), ()),
        (Traffic(protocol="icmp"), (ALL_PORTS,)),
        (PONG, (ports(0),)),
        (EVERYTHING, (ALL_PORTS,)),
        (Traffic(protocol="50"), (ALL_PORTS,)),
    ],
)
def test_nothing_is_sent_to_port_0_of_tcp_and_udp(named: Traffic, sent: tuple[PortRange, ...]) -> None:
    """Message 0 of ICMP is the echo reply."""
    assert packets_of(named) == sent


@pytest.mark.parametrize(
    ("permissions", "traffic", "passes"),
    [
        ([permission("tcp", ports(22))], tcp(22), True),
        ([permission("6", ports(22))], tcp(22), True),
        ([permission("udp", ports(22))], tcp(22), False),
        ([permission("tcp", ports(80, 84)), permission("tcp", ports(85, 90))], tcp(80, 90), True),
        ([permission("tcp", ports(80, 84)), permission("tcp", ports(86, 90))], tcp(80, 90), False),
        ([permission("tcp")], tcp(80, 90), True),
        ([permission("-1")], tcp(80, 90), True),
        ([permission("tcp"), permission("udp"), permission("icmp")], EVERYTHING, False),
        ([permission("-1")], EVERYTHING, True),
        ([permission("tcp", ports(1, 22))], tcp(0, 22), True),
        ([permission("tcp", ports(0))], tcp(0, 22), False),
        ([permission("tcp", ports(1, 65535))], Traffic(protocol="tcp"), True),
        ([permission("icmp")], PING, True),
        ([permission("1", ports(8, -1))], PING, True),
        ([permission("icmp", ports(8, 0))], PING, True),
        ([permission("icmp", ports(-1, -1))], PING, True),
        ([permission("icmp", ports(0, -1))], PING, False),
        ([permission("icmp")], PING_IPV6, False),
        ([permission("58")], PING_IPV6, True),
        ([], tcp(22), False),
    ],
)
def test_security_group_rules_add_up(permissions: list[Permission], traffic: Traffic, passes: bool) -> None:
    assert (judge_permissions(permissions, traffic).refused is None) is passes


@pytest.mark.parametrize(("first", "whole"), [(80, ports(80, 90)), (0, ports(0, 90)), (0, ports(1, 90))])
def test_a_rule_that_allows_everything_alone_is_named_alone(first: int, whole: PortRange) -> None:
    part, rule = permission("tcp", ports(first, 84)), permission("tcp", whole)

    assert judge_permissions([part, rule], tcp(first, 90)) == Ruling(allowed_by=(rule,))


def test_the_part_that_no_rule_allows_is_told() -> None:
    assert judge_permissions([permission("tcp", ports(80, 84))], tcp(80, 90)).refused == tcp(85, 90)


@pytest.mark.parametrize(
    ("entries", "traffic", "decided"),
    [
        ([entry(100, protocol="-1")], tcp(22), None),
        ([entry(100, span=ports(22)), entry(90, allow=False, span=ports(22))], tcp(22), 90),
        ([entry(100, span=ports(22)), entry(110, allow=False, protocol="-1")], tcp(22), None),
        ([entry(90, allow=False, span=ports(3389)), entry(100)], tcp(1024, 65535), 90),
        ([entry(90, allow=False, span=ports(3389)), entry(100)], tcp(22), None),
        ([entry(90, allow=False, protocol="17"), entry(100, protocol="6")], tcp(22), None),
        ([entry(90, span=ports(80, 90)), entry(95, allow=False, span=ports(85)), entry(100)], tcp(80, 95), None),
        ([entry(90, allow=False, span=ports(22)), entry(100, protocol="-1")], EVERYTHING, 90),
        ([entry(80, span=ports(22)), entry(90, allow=False, span=ports(22)), entry(100, protocol="-1")], EVERYTHING, None),
        ([entry(90, allow=False, protocol="1"), entry(100, protocol="-1")], EVERYTHING, 90),
        ([entry(90, allow=False, protocol="58"), entry(100, protocol="-1")], EVERYTHING, None),
        ([entry(32767, allow=False, protocol="-1")], tcp(22), "*"),
        ([entry(100, span=ports(1024, 49151))], tcp(1024, 65535), "*"),
        ([entry(90, allow=False, span=ports(0)), entry(100)], tcp(0, 22), None),
        ([entry(90, allow=False, span=ports(0)), entry(100, protocol="-1")], EVERYTHING, None),
        ([entry(80, span=ports(1, 5)), entry(90, allow=False, span=ports(0, 5)), entry(100, protocol="-1")], EVERYTHING, None),
        ([entry(90, allow=False, protocol="1", span=ports(0, 0)), entry(100, protocol="-1")], EVERYTHING, 90),
        ([entry(90, allow=False, protocol="1", span=ports(0, 0)), entry(100, protocol="-1")], PONG, 90),
        ([entry(100, span=ports(0))], tcp(0, 22), "*"),
        ([entry(90, allow=False, protocol="1", span=ports(8, -1)), entry(100, protocol="-1")], PING, 90),
        ([entry(90, allow=False, protocol="1", span=ports(8, -1)), entry(100, protocol="-1")], PONG, None),
    ],
)
def test_network_acl_entries_decide_in_the_order_of_their_numbers(
    entries: list[AclEntry], traffic: Traffic, decided: int | str | None
) -> None:
    ruling = judge_entries(entries, traffic)

    assert (ruling.refused is None) is (decided is None)
    assert (ruling.denied_by.number if ruling.denied_by else None) == (decided if isinstance(decided, int) else None)


@given(acl_entries(), st.sampled_from(["tcp", "udp"]), port_ranges(0, SMALL))
def test_a_range_passes_an_acl_only_if_each_of_its_ports_does(entries: list[AclEntry], protocol: str, span: PortRange) -> None:
    ruling = judge_entries(entries, Traffic(protocol=protocol, span=span))
    singly = {port: passes_singly(entries, protocol, port) for port in range(max(span.first, 1), span.last + 1)}

    assert (ruling.refused is None) is all(singly.values())
    if ruling.refused:
        assert not singly[ruling.refused.span.first]


@given(acl_entries())
def test_everything_passes_an_acl_only_if_each_packet_of_each_protocol_does(entries: list[AclEntry]) -> None:
    singly = all(passes_singly(entries, protocol, port) for protocol in ("tcp", "udp", "50") for port in range(1, SMALL + 2))

    assert singly or judge_entries(entries, EVERYTHING).refused is not None


@given(st.lists(st.builds(permission, st.sampled_from(PROTOCOLS), st.none() | port_ranges(0, SMALL))), port_ranges(0, SMALL))
def test_a_range_passes_security_groups_only_if_each_of_its_ports_does(permissions: list[Permission], span: PortRange) -> None:
    singly = all(judge_permissions(permissions, tcp(port)).refused is None for port in range(max(span.first, 1), span.last + 1))

    assert (judge_permissions(permissions, Traffic(protocol="tcp", span=span)).refused is None) is singly


@given(st.lists(port_ranges(0, SMALL), max_size=4), port_ranges(0, SMALL))
def test_what_is_left_of_spans(spans: list[PortRange], taken: PortRange) -> None:
    def members(ranges: list[PortRange] | tuple[PortRange, ...]) -> set[int]:
        return {port for each in ranges for port in range(each.first, each.last + 1)}

    assert members(without(spans, taken)) == members(spans) - members([taken])


ADDRESS = ip_address("10.0.0.5")


@pytest.mark.parametrize(
    ("routes", "best"),
    [
        ([], ""),
        ([Route(destination="10.1.0.0/16", target="pcx-1")], ""),
        ([Route(destination="pl-1", target="vpce-1")], ""),
        ([Route(destination="::/0", target="igw-1")], ""),
        ([Route(destination="0.0.0.0/0", target="igw-1"), Route(destination="10.0.0.0/16", target="pcx-1")], "pcx-1"),
        (
            [
                Route(destination="10.0.0.0/16", target="vgw-1", propagated=True),
                Route(destination="10.0.0.0/16", target="pcx-1"),
            ],
            "pcx-1",
        ),
        (
            [
                Route(destination="10.0.0.0/24", target="vgw-1", propagated=True),
                Route(destination="10.0.0.0/16", target="pcx-1"),
            ],
            "vgw-1",
        ),
        ([Route(destination="10.0.0.0/16", target=LOCAL), Route(destination="10.0.0.0/24", target="pcx-1")], LOCAL),
        ([by_list("10.0.0.0/16", "tgw-1"), Route(destination="10.0.0.0/16", target="pcx-1")], "pcx-1"),
        ([by_list("10.0.0.0/24", "tgw-1"), Route(destination="10.0.0.0/16", target="pcx-1")], "tgw-1"),
        ([Route(destination="10.0.0.0/16", target="vgw-1", propagated=True), by_list("10.0.0.0/16", "pcx-1")], "pcx-1"),
        ([Route(destination="10.0.0.0/24", target="vgw-1", propagated=True), by_list("10.0.0.0/16", "pcx-1")], "vgw-1"),
        ([Route(destination="10.0.0.0/16", target=LOCAL), by_list("10.0.0.0/24", "pcx-1")], LOCAL),
        ([by_list("10.0.0.0/16", "tgw-1"), by_list("10.0.0.0/24", "pcx-1")], "pcx-1"),
        ([by_list("10.0.0.0/16", "tgw-1"), by_list("10.0.0.0/16", "pcx-1")], "tgw-1 or pcx-1"),
        ([by_list("10.0.0.0/16", "pcx-1"), by_list("10.0.0.0/16", "pcx-1")], "pcx-1"),
    ],
)
def test_the_route_that_a_packet_takes(routes: list[Route], best: str) -> None:
    assert " or ".join(route.target for route in best_routes(routes, ADDRESS)) == best


@given(st.lists(SMALL_BLOCKS), st.integers(0, 15))
def test_the_longest_prefix_is_found_as_by_trying_them_all(blocks: list[str], host: int) -> None:
    address = ip_address(host)
    routes = best_routes([Route(destination=block, target="pcx-1") for block in blocks], address)
    lengths = [length for length in range(33) if str(ip_network((int(address), length), strict=False)) in blocks]

    assert [ip_network(route.destination).prefixlen for route in routes] == sorted(lengths)[-1:]


def passes_singly(entries: list[AclEntry], protocol: str, port: int) -> bool:
    """One packet: the first entry that matches it decides."""
    number = {"tcp": "6", "udp": "17"}.get(protocol)
    for each in sorted(entries, key=lambda one: one.number):
        span = ALL_PORTS if each.ports is None or each.protocol == "-1" else each.ports
        if each.protocol in {"-1", protocol, number} and span.first <= port <= span.last:
            return each.allow
    return False
