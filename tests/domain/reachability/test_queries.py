"""Questions that no item asks: things by their names, one flow between two, and all that is open."""

from typing import Any

import pytest
from hypothesis import given, settings

from causeway.domain.model.network import Direction, NetworkInterface, PeeringStatus, Permission, SecurityGroup, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.planner import plan_request
from causeway.domain.reachability.packet_sets import EVERYTHING, PacketSet, allowed_by_rules
from causeway.domain.reachability.path_packets import path_packets, unknown_packets
from causeway.domain.reachability.queries import (
    ReachableSet,
    peering_of,
    reachable_between,
    reachable_from,
    reachable_to,
    verdicts_between,
)
from causeway.domain.reachability.query_targets import QueryTarget, UnanswerableQuery, find_target
from tests.domain.networks import change, change_side, connection, flow, request, snapshots, ssh, with_permissions
from tests.domain.paths import paths_between
from tests.domain.situations import applied
from tests.packets.worlds import World, worlds

REQUESTER, ACCEPTER = SIDES
WANTED = request(ssh())
PORT_22 = PortRange(first=22, last=22)


def peered(**options: Any) -> PerSide[Snapshot]:
    networks = snapshots(**options)
    return applied(WANTED, plan_request(WANTED, 1, networks), networks)


NETWORKS = peered(subnets=2, interfaces=2)
SSH_OPEN = allowed_by_rules((Permission(direction=Direction.INGRESS, protocol="tcp", ports=PORT_22, peer="10.0.0.0/16"),))


def thing(name: str, networks: PerSide[Snapshot] = NETWORKS) -> QueryTarget:
    return find_target(name, WANTED, networks)


def addresses(found: QueryTarget) -> list[str]:
    return [address for interface in found.candidates.interfaces for address in interface.addresses]


def seen(ways: tuple[ReachableSet, ...]) -> list[tuple[str, int, str, int, PacketSet]]:
    return [
        (way.source.address, way.source.stands_for, way.destination.address, way.destination.stands_for, way.packets)
        for way in ways
    ]


# --- Query targets


@pytest.mark.parametrize(
    ("name", "side", "found"),
    [
        ("eni-a2", REQUESTER, ["10.0.0.11"]),
        ("i-b3", ACCEPTER, ["192.0.1.10"]),
        ("10.0.1.11", REQUESTER, ["10.0.1.11"]),
        ("subnet-b2", ACCEPTER, ["192.0.1.10", "192.0.1.11"]),
        ("sg-b1", ACCEPTER, ["192.0.0.10", "192.0.0.11", "192.0.1.10", "192.0.1.11"]),
    ],
)
def test_an_id_or_an_address_means_interfaces_of_a_side(name: str, side: Side, found: list[str]) -> None:
    meant = thing(name)

    assert (meant.side, addresses(meant), any(each.is_assumed for each in meant.candidates.interfaces)) == (side, found, False)


def test_a_second_address_means_its_interface_by_that_address() -> None:
    first, *others = NETWORKS.requester.network_interfaces
    second = change(first, addresses=("10.0.0.10", "10.0.0.77"))
    networks = change_side(NETWORKS, REQUESTER, change(NETWORKS.requester, network_interfaces=(second, *others)))

    assert addresses(thing("10.0.0.77", networks)) == ["10.0.0.77"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("10.0.0.99", ["10.0.0.99"]), ("subnet-a2", ["10.0.1.4"]), ("sg-a1", ["10.0.0.4", "10.0.1.4"])],
)
def test_where_no_interface_is_yet_one_is_assumed(name: str, found: list[str]) -> None:
    networks = change_side(NETWORKS, REQUESTER, change(NETWORKS.requester, network_interfaces=()))

    meant = thing(name, networks)

    assert (addresses(meant), all(each.is_assumed for each in meant.candidates.interfaces)) == (found, True)
    assert {interface.security_group_ids for interface in meant.candidates.interfaces} == {("sg-a1",)}


def test_an_assumed_interface_has_the_default_group_where_the_request_selects_none() -> None:
    default = SecurityGroup(security_group_id="sg-a9", name="default")
    requester = change(NETWORKS.requester, security_groups=(*NETWORKS.requester.security_groups, default))
    nothing = Selector(tag_key="Tier", tag_value="none")
    wanted = change(WANTED, security_groups=PerSide(requester=nothing, accepter=nothing))

    meant = find_target("10.0.0.99", wanted, change_side(NETWORKS, REQUESTER, requester))

    assert meant.candidates.interfaces[0].security_group_ids == ("sg-a9",)


def test_what_is_in_neither_vpc_is_refused() -> None:
    with pytest.raises(UnanswerableQuery, match=r"8\.8\.8\.8 is neither in vpc-a1 .* nor in vpc-b1"):
        thing("8.8.8.8")


def test_what_no_security_group_guards_is_refused() -> None:
    gateway = NetworkInterface(network_interface_id="eni-a9", subnet_id="subnet-a1", addresses=("10.0.0.200",))
    requester = change(NETWORKS.requester, network_interfaces=(*NETWORKS.requester.network_interfaces, gateway))
    networks = change_side(NETWORKS, REQUESTER, requester)

    for name in ("eni-a9", "10.0.0.200"):
        with pytest.raises(UnanswerableQuery, match="one of AWS's own devices"):
            thing(name, networks)


# --- One flow


def test_one_flow_between_two_things_is_judged_hop_by_hop() -> None:
    (works,) = verdicts_between(thing("i-a1"), thing("192.0.1.99"), Protocol.TCP, PORT_22, NETWORKS)
    (blocked,) = verdicts_between(thing("192.0.1.99"), thing("i-a1"), Protocol.TCP, PORT_22, NETWORKS)

    assert (works.reachable, works.source.instance_id, works.destination.address) == (True, "i-a1", "192.0.1.99")
    assert (blocked.reachable, blocked.flow) == (False, flow(ACCEPTER, Protocol.TCP, 22))
    assert blocked.remedies


def test_a_flow_is_judged_in_each_family_that_both_have() -> None:
    networks = peered(ipv6=True)

    both = verdicts_between(thing("i-a1", networks), thing("i-b1", networks), Protocol.TCP, PORT_22, networks)

    assert [":" in verdict.source.address for verdict in both] == [False, True]
    ipv4, ipv6 = thing("10.0.0.10", networks), thing("2600:1f00:b::a", networks)
    with pytest.raises(UnanswerableQuery, match="no address family in common"):
        verdicts_between(ipv4, ipv6, Protocol.TCP, None, networks)


def test_two_things_of_one_side_are_refused() -> None:
    one, other = thing("i-a1"), thing("i-a2")

    with pytest.raises(UnanswerableQuery, match="both in the requester's VPC: no peering"):
        reachable_between(one, other, NETWORKS)
    with pytest.raises(UnanswerableQuery, match="both in the requester's VPC: no peering"):
        verdicts_between(one, other, Protocol.ALL, None, NETWORKS)


def test_the_connection_is_the_active_one_whoever_made_it() -> None:
    pending = connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, connection_id="pcx-2")
    active = connection(NETWORKS, tags={})
    requester = change(NETWORKS.requester, peering_connections=(pending, active))

    assert peering_of(change_side(NETWORKS, REQUESTER, requester)) == active
    assert peering_of(snapshots()) is None


# --- All that is open


def test_all_that_can_reach_a_thing_is_told_by_what_is_open() -> None:
    assert seen(reachable_to(thing("i-b1"), NETWORKS)) == [("10.0.0.10", 4, "192.0.0.10", 1, SSH_OPEN)]
    assert reachable_to(thing("i-a1"), NETWORKS) == ()


def test_all_that_a_thing_can_reach_is_told_by_what_is_open() -> None:
    assert seen(reachable_from(thing("subnet-a2"), NETWORKS)) == [("10.0.1.10", 2, "192.0.0.10", 4, SSH_OPEN)]
    assert reachable_from(thing("subnet-b2"), NETWORKS) == ()


def test_where_more_is_open_to_some_they_are_told_apart() -> None:
    one, *others = NETWORKS.accepter.network_interfaces
    broad = Permission(direction=Direction.INGRESS, protocol="-1", peer="10.0.1.0/24")
    group = SecurityGroup(security_group_id="sg-b9", name="open", permissions=(broad,))
    accepter = change(
        NETWORKS.accepter,
        security_groups=(*NETWORKS.accepter.security_groups, group),
        network_interfaces=(change(one, security_group_ids=("sg-b1", "sg-b9")), *others),
    )
    networks = change_side(NETWORKS, ACCEPTER, accepter)

    assert sorted(seen(reachable_to(thing("subnet-b1", networks), networks))) == [
        ("10.0.0.10", 2, "192.0.0.10", 1, SSH_OPEN),
        ("10.0.0.10", 4, "192.0.0.11", 1, SSH_OPEN),
        ("10.0.1.10", 2, "192.0.0.10", 1, EVERYTHING),
    ]


def test_between_two_things_the_rules_of_others_do_not_count() -> None:
    mysql = Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=3306, last=3306), peer="10.0.1.11/32")
    networks = change_side(NETWORKS, ACCEPTER, with_permissions(NETWORKS.accepter, mysql))

    assert seen(reachable_between(thing("i-a1", networks), thing("i-b1", networks), networks)) == [
        ("10.0.0.10", 1, "192.0.0.10", 1, SSH_OPEN)
    ]
    (way,) = reachable_between(thing("i-a4", networks), thing("i-b1", networks), networks)
    assert way.packets == SSH_OPEN | allowed_by_rules((mysql,))


@settings(max_examples=50)
@given(worlds())
def test_classes_find_as_much_open_as_every_single_path(world: World) -> None:
    one, other = world.snapshots[:2]
    peering = [each for each in world.connections if each.joins(one.vpc.ref, other.vpc.ref)]
    networks = PerSide(
        requester=change(one, side=REQUESTER, peering_connections=tuple(peering)), accepter=change(other, side=ACCEPTER)
    )
    wanted = request(requester=one.vpc.ref, accepter=other.vpc.ref)
    for interface in networks.accepter.network_interfaces:
        meant = find_target(interface.network_interface_id, wanted, networks)
        single = change(networks.accepter, network_interfaces=(interface,))
        paths = list(paths_between(networks.requester, single))
        joined = peering[0] if peering else None
        through = [(path_packets(*path, joined), unknown_packets(*path, joined)) for path in paths]

        ways = reachable_to(meant, networks)

        told = [each for each in through if any(each)]
        assert sum(way.source.stands_for * way.destination.stands_for for way in ways) == len(told)
        assert {(way.packets, way.unknown) for way in ways} == set(told)
