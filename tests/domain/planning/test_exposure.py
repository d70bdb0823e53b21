"""What is open through a peering that nobody asked for."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, NetworkInterface, PeeringStatus, Permission, SecurityGroup, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Peer, Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.claims import rules_asked_for
from causeway.domain.planning.exposure import MAX_REPORTED, Exposure, exposure_findings, exposures
from causeway.domain.planning.kinds.rules import RulePlace
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.planner import plan_request
from causeway.domain.reachability.hops import means
from causeway.domain.reachability.packet_sets import (
    EVERYTHING,
    NOTHING,
    PacketSet,
    allowed_by_rules,
    of_family,
    packets_of_rule,
)
from causeway.domain.reachability.path_packets import packets_before_ingress_rules
from tests.domain.networks import (
    CIDR_BLOCKS,
    change,
    change_side,
    closed,
    connection,
    flow,
    request,
    snapshots,
    ssh,
    with_permissions,
)
from tests.domain.paths import paths_between
from tests.domain.situations import applied
from tests.packets.worlds import World, worlds

REQUESTER, ACCEPTER = SIDES
WANTED = request(ssh())


def rule(protocol: str, port: int | None = None, peer: str = "10.0.0.0/8") -> Permission:
    ports = None if port is None else PortRange(first=port, last=port)
    return Permission(direction=Direction.INGRESS, protocol=protocol, peer=peer, ports=ports)


MYSQL = rule("tcp", 3306)


def peered(networks: PerSide[Snapshot], wanted: Request = WANTED) -> PerSide[Snapshot]:
    return applied(wanted, plan_request(wanted, 1, networks), networks)


def found(networks: PerSide[Snapshot], wanted: Request = WANTED, *others: Request) -> tuple[Exposure, ...]:
    held = tuple(Holdings(request=each) for each in others)
    seen = next(iter(networks.requester.peering_connections), None)
    return exposures(wanted, rules_asked_for(wanted, held, networks), networks, seen)


def at_accepter(*rules: Permission, groups: list[str] | None = None, wanted: Request = WANTED) -> PerSide[Snapshot]:
    networks = peered(snapshots(interfaces=2, security_groups=2), wanted)
    return change_side(networks, ACCEPTER, with_permissions(networks.accepter, *rules, groups=groups))


def opened(*rules: Permission) -> PacketSet:
    return allowed_by_rules(rules)


# --- What is told


def test_a_rule_that_opens_more_than_the_item_asks_for_is_told() -> None:
    (exposure,) = found(at_accepter(MYSQL, groups=["sg-b2"]))

    assert (exposure.side, exposure.security_group_id, exposure.rule) == (ACCEPTER, "sg-b2", MYSQL)
    assert exposure.packets == opened(MYSQL)
    assert (exposure.source.address, exposure.destination.address) == ("10.0.0.10", "192.0.0.10")


def test_a_finding_says_which_rule_opens_what_and_informs_only() -> None:
    (finding,) = exposure_findings(found(at_accepter(MYSQL, groups=["sg-b2"])))

    assert (finding.code, finding.side, finding.where, finding.blocking) == (
        Code.OPEN_BEYOND_ALLOW,
        ACCEPTER,
        "sg-b2",
        False,
    )
    assert "ingress rule tcp 3306 from 10.0.0.0/8 of sg-b2" in finding.message
    assert "tcp 3306 from requester to accepter, for example 10.0.0.10 to 192.0.0.10" in finding.message


def test_of_a_broad_rule_only_what_is_not_asked_for_is_told() -> None:
    (exposure,) = found(at_accepter(rule("-1", peer="0.0.0.0/0"), groups=["sg-b1"]))

    assert exposure.packets == EVERYTHING - opened(rule("tcp", 22))


def test_of_a_rule_for_ports_that_another_item_asks_for_in_part_the_rest_is_told() -> None:
    ports = change(MYSQL, ports=PortRange(first=3300, last=3310))
    other = request(flow(REQUESTER, Protocol.TCP, PortRange(first=3305, last=3399)), request_id="other").swapped

    (exposure,) = found(at_accepter(ports, groups=["sg-b1"]), WANTED, other)

    assert exposure.packets == opened(change(MYSQL, ports=PortRange(first=3300, last=3304)))


def test_what_is_asked_for_of_a_group_is_about_its_own_interfaces_only() -> None:
    wanted = change(WANTED, security_groups=PerSide(requester=Selector(every=True), accepter=Selector(ids=("sg-b1",))))
    networks = at_accepter(rule("tcp", 22), wanted=wanted)
    one, other = networks.accepter.network_interfaces
    apart = (change(one, security_group_ids=("sg-b1",)), change(other, security_group_ids=("sg-b2",)))
    networks = change_side(networks, ACCEPTER, change(networks.accepter, network_interfaces=apart))

    (exposure,) = found(networks, wanted)

    assert (exposure.security_group_id, exposure.destination.address) == ("sg-b2", "192.0.0.11")


def test_what_is_asked_for_from_groups_is_not_from_other_sources() -> None:
    wanted = request(
        flow(REQUESTER, Protocol.TCP, 22, peer=Peer.SECURITY_GROUPS),
        security_groups=PerSide(requester=Selector(ids=("sg-a1",)), accepter=Selector(every=True)),
    )
    networks = peered(snapshots(security_groups=2), wanted)
    (carrier,) = networks.requester.network_interfaces
    without = NetworkInterface(
        network_interface_id="eni-a9", subnet_id="subnet-a1", addresses=("10.0.0.99",), security_group_ids=("sg-a2",)
    )
    networks = change_side(networks, REQUESTER, change(networks.requester, network_interfaces=(carrier, without)))
    networks = change_side(networks, ACCEPTER, with_permissions(networks.accepter, rule("tcp", 22), groups=["sg-b1"]))

    (exposure,) = found(networks, wanted)

    assert (exposure.rule, exposure.source.address) == (rule("tcp", 22), "10.0.0.99")


# --- What is not


@pytest.mark.parametrize(
    "quiet",
    [
        rule("tcp", 22),
        rule("tcp", 22, peer="0.0.0.0/0"),
        rule("-1", peer="sg-b1"),
        rule("tcp", 3306, peer="172.16.0.0/12"),
        rule("icmpv6", peer="0.0.0.0/0"),
        change(MYSQL, direction=Direction.EGRESS),
    ],
    ids=["asked for", "asked for in part", "the own group", "others", "no such packets", "the way out"],
)
def test_what_opens_nothing_new_is_not_told(quiet: Permission) -> None:
    assert found(at_accepter(quiet)) == ()


def test_what_another_item_of_the_pair_asks_for_is_not_told() -> None:
    other = request(flow(REQUESTER, Protocol.TCP, 3306), request_id="other")

    assert found(at_accepter(MYSQL), WANTED, other) == ()


def test_a_rule_of_a_group_that_nobody_carries_opens_nothing() -> None:
    spare = SecurityGroup(security_group_id="sg-b9", name="spare", permissions=(MYSQL,))
    networks = at_accepter()
    groups = (*networks.accepter.security_groups, spare)

    assert found(change_side(networks, ACCEPTER, change(networks.accepter, security_groups=groups))) == ()


def test_what_does_not_get_there_is_not_open() -> None:
    networks = at_accepter(MYSQL)

    assert found(change_side(networks, REQUESTER, closed(networks.requester))) == ()
    pending = connection(networks, PeeringStatus.PENDING_ACCEPTANCE)
    asked = rules_asked_for(WANTED, (), networks)
    assert exposures(WANTED, asked, networks, pending) == exposures(WANTED, asked, networks, None) == ()


def test_a_side_without_interfaces_is_judged_by_assumed_ones() -> None:
    networks = at_accepter(MYSQL, groups=["sg-b1"])
    empty = change_side(networks, ACCEPTER, change(networks.accepter, network_interfaces=()))

    (exposure,) = found(empty)

    assert (exposure.destination.network_interface_id, exposure.packets) == (None, opened(MYSQL))


def test_only_some_rules_are_told_one_by_one() -> None:
    ports = range(3000, 3000 + MAX_REPORTED + 5)
    many = found(at_accepter(*(rule("tcp", port) for port in ports), groups=["sg-b1"]))

    told = list(exposure_findings(many))

    assert len(many) == len(ports)
    assert len(told) == MAX_REPORTED + 1
    assert told[-1].where == "5 more rules"


# --- The plan


def codes(findings: tuple[Finding, ...]) -> list[Code]:
    return [finding.code for finding in findings]


def test_a_plan_tells_in_advance_and_is_not_blocked() -> None:
    networks = snapshots()
    networks = change_side(networks, ACCEPTER, with_permissions(networks.accepter, MYSQL))

    plan = plan_request(WANTED, 1, networks)

    assert codes(plan.findings) == [Code.OPEN_BEYOND_ALLOW]
    assert (plan.is_blocked, bool(plan.changes)) == (False, True)
    assert list(plan.findings) == list(exposure_findings(found(applied(WANTED, plan, networks))))


def test_a_plan_that_is_blocked_tells_only_why() -> None:
    networks = snapshots(cidr=CIDR_BLOCKS.requester)
    networks = change_side(networks, ACCEPTER, with_permissions(networks.accepter, MYSQL))

    assert set(codes(plan_request(WANTED, 1, networks).findings)) == {Code.CIDR_OVERLAP}


# --- Beside every single path


@settings(max_examples=50)
@given(worlds(), st.data())
def test_classes_find_what_every_single_path_does(world: World, data: st.DataObject) -> None:
    requester, accepter = world.snapshots[:2]
    networks = PerSide(requester=change(requester, side=REQUESTER), accepter=change(accepter, side=ACCEPTER))
    peering = next((each for each in world.connections if each.joins(requester.vpc.ref, accepter.vpc.ref)), None)
    wanted = request(requester=requester.vpc.ref, accepter=accepter.vpc.ref)
    asked = PerSide(requester=data.draw(some_rules(networks.requester)), accepter=data.draw(some_rules(networks.accepter)))
    expected: defaultdict[tuple[Side, str, Permission], PacketSet] = defaultdict(lambda: NOTHING)
    for side in SIDES:
        for source, destination in paths_between(networks[side.other], networks[side]):
            groups = {group.security_group_id: group for group in destination.security_groups}
            through = packets_before_ingress_rules(source, destination, peering)
            through -= allowed_by_rules(each for group_id, each in asked[side] if group_id in groups and means(each, source))
            for group in groups.values():
                for each in group.permissions:
                    if each.direction is Direction.INGRESS and means(each, source):
                        expected[side, group.security_group_id, each] |= (
                            of_family(packets_of_rule(each), source.address.version) & through
                        )

    seen = {
        (each.side, each.security_group_id, each.rule): each.packets for each in exposures(wanted, asked, networks, peering)
    }

    assert seen == {place: packets for place, packets in expected.items() if packets}


def some_rules(network: Snapshot) -> st.SearchStrategy[frozenset[RulePlace]]:
    rules = [
        (group.security_group_id, each)
        for group in network.security_groups
        for each in group.permissions
        if each.direction is Direction.INGRESS
    ]
    return st.frozensets(st.sampled_from(rules), max_size=2) if rules else st.just(frozenset())
