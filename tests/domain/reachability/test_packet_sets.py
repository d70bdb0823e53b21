"""Sets of packets, beside what they say of single packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.network import AclEntry, Direction, Permission
from causeway.domain.model.protocols import ALL_PORTS, ALL_PROTOCOLS, PortRange
from causeway.domain.reachability.matching import Traffic
from causeway.domain.reachability.packet_sets import (
    EVERYTHING,
    NOTHING,
    PacketSet,
    allowed_by_entries,
    allowed_by_rules,
    of_family,
    packets_of_rule,
    with_replies,
)
from tests.domain.networks import port_ranges

PACKETS = [(protocol, port) for protocol in ("tcp", "udp", "icmp", "50") for port in (1, 5, 9, 10)] + [("icmp", 0), ("50", 0)]
RANGES = port_ranges(0, 10)


def rule(protocol: str, ports: PortRange | None = None) -> Permission:
    return Permission(direction=Direction.INGRESS, protocol=protocol, peer="0.0.0.0/0", ports=ports)


def entry(number: int, *, allow: bool, protocol: str = "-1", ports: PortRange | None = None) -> AclEntry:
    return AclEntry(
        number=number, direction=Direction.INGRESS, allow=allow, protocol=protocol, cidr_block="0.0.0.0/0", ports=ports
    )


def port(number: int) -> PortRange:
    return PortRange(first=number, last=number)


def packets(one: PacketSet) -> set[tuple[str, int]]:
    return {(protocol, number) for protocol, number in PACKETS if one.holds(Traffic(protocol=protocol, span=port(number)))}


RULES = st.one_of(
    st.builds(rule, st.sampled_from(["tcp", "udp"]), RANGES), st.builds(rule, st.sampled_from(["-1", "icmp", "50", "tcp"]))
)
SETS = st.recursive(
    st.just(NOTHING) | st.just(EVERYTHING) | RULES.map(packets_of_rule),
    lambda inner: (
        st.builds(lambda one, other: one | other, inner, inner) | st.builds(lambda one, other: one - other, inner, inner)
    ),
    max_leaves=6,
)


@given(SETS, SETS)
def test_sets_are_combined_packet_by_packet(one: PacketSet, other: PacketSet) -> None:
    assert packets(one | other) == packets(one) | packets(other)
    assert packets(one & other) == packets(one) & packets(other)
    assert packets(one - other) == packets(one) - packets(other)


@given(SETS, SETS)
def test_equal_sets_are_equal_values(one: PacketSet, other: PacketSet) -> None:
    assert (one - other) | (one & other) == one
    assert one - (one - other) == one & other
    assert bool(one - one) is False


@given(SETS)
def test_all_traffic_is_in_no_less_than_everything(one: PacketSet) -> None:
    assert one.holds(Traffic(protocol=ALL_PROTOCOLS)) is (one == EVERYTHING)


@given(st.lists(RULES, max_size=4))
def test_rules_let_in_what_any_of_them_does(rules: list[Permission]) -> None:
    assert packets(allowed_by_rules(rules)) == set().union(*(packets(packets_of_rule(each)) for each in rules))


@pytest.mark.parametrize("protocol", ["tcp", "udp", "6"])
def test_port_0_is_in_no_set(protocol: str) -> None:
    assert packets_of_rule(rule(protocol, port(0))) == NOTHING
    assert packets_of_rule(rule(protocol, PortRange(first=0, last=22))) == packets_of_rule(
        rule(protocol, PortRange(first=1, last=22))
    )
    assert packets_of_rule(rule(protocol, PortRange(first=1, last=65535))) == packets_of_rule(rule(protocol))


def test_an_entry_for_port_0_alone_decides_nothing() -> None:
    entries = entry(90, allow=False, protocol="6", ports=port(0)), entry(100, allow=True)

    assert allowed_by_entries(entries) == EVERYTHING


def test_the_first_entry_that_matches_decides() -> None:
    entries = (
        entry(300, allow=True),
        entry(200, allow=False, protocol="6", ports=PortRange(first=0, last=1023)),
        entry(100, allow=True, protocol="6", ports=port(22)),
        entry(32767, allow=True, protocol="17"),
    )

    assert allowed_by_entries(entries) == EVERYTHING - packets_of_rule(
        rule("tcp", PortRange(first=0, last=21))
    ) - packets_of_rule(rule("tcp", PortRange(first=23, last=1023)))
    assert allowed_by_entries(entries[1:]) == packets_of_rule(rule("tcp", port(22)))


@pytest.mark.parametrize(
    ("back", "left"),
    [
        (rule("-1"), EVERYTHING),
        (rule("tcp", PortRange(first=1024, last=65535)), rule("tcp")),
        (rule("tcp", PortRange(first=1025, last=65535)), NOTHING),
        (rule("udp"), rule("udp")),
        (rule("50"), rule("50")),
    ],
)
def test_only_what_is_answered_counts(back: Permission, left: Permission | PacketSet) -> None:
    """ICMP aside: most of its messages ask for no answer."""
    answered = with_replies(EVERYTHING, packets_of_rule(back), 4) - packets_of_rule(rule("icmp"))

    assert answered == (left if isinstance(left, PacketSet) else packets_of_rule(left)) - packets_of_rule(rule("icmp"))


def test_without_the_echo_reply_only_the_echo_request_is_not_answered() -> None:
    echo = rule("icmp", PortRange(first=8, last=0))

    assert with_replies(EVERYTHING, NOTHING, 4) == packets_of_rule(rule("icmp")) - packets_of_rule(echo)
    assert with_replies(EVERYTHING, packets_of_rule(rule("icmp", PortRange(first=0, last=-1))), 4).of("icmp") == (ALL_PORTS,)


def test_a_family_has_its_own_icmp() -> None:
    without = EVERYTHING - packets_of_rule(rule("icmpv6"))

    assert of_family(without, 4).holds(Traffic(protocol=ALL_PROTOCOLS))
    assert not of_family(without, 6).holds(Traffic(protocol=ALL_PROTOCOLS))
