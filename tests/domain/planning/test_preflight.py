"""Preflight: each finding by example, all of them at once, and what is no finding."""

from collections.abc import Callable
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import AclEntry, Direction, PeeringStatus, Route, Snapshot
from causeway.domain.model.protocols import Protocol
from causeway.domain.model.request import Peer, Request, Selector, VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG, connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.preflight import overlaps
from tests.domain.networks import (
    CONNECTION_ID,
    IPV6_CIDR_BLOCKS,
    change,
    change_side,
    connection,
    flow,
    ping,
    request,
    snapshots,
    ssh,
    with_entries,
    with_routes,
)
from tests.domain.situations import Situation, applied, situations, with_connection

ELSEWHERE = VpcRef(account_id="333333333333", region="us-east-1", vpc_id="vpc-c1")


def found(wanted: Request, networks: PerSide[Snapshot]) -> list[Finding]:
    return list(plan_request(wanted, 1, networks).findings)


def only(code: Code, wanted: Request, networks: PerSide[Snapshot]) -> Finding:
    (finding,) = found(wanted, networks)
    assert finding.code is code
    assert finding.message.endswith(".")
    return finding


def with_blocks(
    networks: PerSide[Snapshot], side: Side, cidr_blocks: tuple[str, ...], ipv6: tuple[str, ...] = ()
) -> PerSide[Snapshot]:
    vpc = change(networks[side].vpc, cidr_blocks=cidr_blocks, ipv6_cidr_blocks=ipv6)
    return change_side(networks, side, change(networks[side], vpc=vpc))


def peered_elsewhere(networks: PerSide[Snapshot], side: Side, *blocks: str) -> PerSide[Snapshot]:
    """The side has a peering with a third VPC that has these blocks; it is the requester of it."""
    other = change(
        connection(networks),
        connection_id="pcx-9",
        requester=networks[side].vpc.ref,
        accepter=ELSEWHERE,
        cidr_blocks=PerSide(requester=networks[side].vpc.cidr_blocks, accepter=blocks),
    )
    return change_side(networks, side, with_connection(networks[side], other))


def select(kind: str, side: Side, selector: Selector) -> Request:
    everything = PerSide.of(lambda _: Selector(every=True))
    return change(request(), **{kind: change_side(everything, side, selector)})


def with_dns(networks: PerSide[Snapshot], side: Side, *, support: bool, hostnames: bool) -> PerSide[Snapshot]:
    vpc = change(networks[side].vpc, dns_support=support, dns_hostnames=hostnames)
    return change_side(networks, side, change(networks[side], vpc=vpc))


def test_the_walkthrough_has_no_findings() -> None:
    assert found(request(), snapshots()) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (("10.0.0.0/16",), ("10.0.128.0/17",), [("10.0.0.0/16", "10.0.128.0/17")]),
        (("10.0.0.0/16",), ("10.1.0.0/16",), []),
        (("10.0.0.0/16", "10.7.0.0/16"), ("192.0.0.0/16", "10.7.1.0/24"), [("10.7.0.0/16", "10.7.1.0/24")]),
        (("10.0.0.0/16", "2600:1f00:a::/56"), ("2600:1f00:a::/56",), [("2600:1f00:a::/56", "2600:1f00:a::/56")]),
        (("0.0.0.0/0",), ("::/0",), []),
    ],
)
def test_overlaps(ours: tuple[str, ...], theirs: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert list(overlaps(ours, theirs)) == expected


@given(st.lists(st.integers(0, 2**20 - 1), min_size=2, max_size=2), st.lists(st.integers(12, 32), min_size=2, max_size=2))
def test_two_blocks_overlap_exactly_where_they_share_an_address(starts: list[int], lengths: list[int]) -> None:
    first, second = (start >> (32 - length) << (32 - length) for start, length in zip(starts, lengths, strict=True))
    blocks = [str(IPv4Network(pair)) for pair in zip((first, second), lengths, strict=True)]
    share = range(max(first, second), min(first + 2 ** (32 - lengths[0]), second + 2 ** (32 - lengths[1])))

    assert bool(list(overlaps((blocks[0],), (blocks[1],)))) == bool(share)


def test_overlapping_vpcs_are_named_block_by_block() -> None:
    networks = with_blocks(snapshots(), Side.REQUESTER, ("10.0.0.0/16", "192.0.128.0/17"), (IPV6_CIDR_BLOCKS.accepter,))
    networks = with_blocks(networks, Side.ACCEPTER, ("192.0.0.0/16",), (IPV6_CIDR_BLOCKS.accepter,))

    told = [finding for finding in found(request(), networks) if finding.code is Code.CIDR_OVERLAP]

    assert [finding.where for finding in told] == [
        "192.0.128.0/17 and 192.0.0.0/16",
        f"{IPV6_CIDR_BLOCKS.accepter} and {IPV6_CIDR_BLOCKS.accepter}",
    ]
    assert "vpc-b1 (222222222222, us-east-1)" in told[0].message


@pytest.mark.parametrize("side", SIDES)
def test_the_new_peer_may_not_overlap_a_peer_that_a_side_already_has(side: Side) -> None:
    block = snapshots()[side.other].vpc.cidr_blocks[0]
    networks = peered_elsewhere(snapshots(), side, "172.16.0.0/12", block)

    finding = only(Code.CIDR_OVERLAP_WITH_PEER, request(), networks)

    assert (finding.side, finding.where) == (side, "pcx-9")
    assert "vpc-c1 (333333333333, us-east-1)" in finding.message


def test_a_peer_that_does_not_overlap_is_no_matter() -> None:
    assert found(request(), peered_elsewhere(snapshots(), Side.REQUESTER, "172.16.0.0/12")) == []


@pytest.mark.parametrize("status", [PeeringStatus.PENDING_ACCEPTANCE, PeeringStatus.ACTIVE])
@pytest.mark.parametrize("reversed_order", [False, True])
def test_a_connection_between_the_two_in_either_order(status: PeeringStatus, reversed_order: bool) -> None:
    networks = snapshots()
    theirs = connection(networks, status)
    if reversed_order:
        theirs = change(theirs, requester=theirs.accepter, accepter=theirs.requester)
    networks = PerSide.of(lambda side: with_connection(networks[side], theirs))

    finding = only(Code.PEERING_EXISTS, request(), networks)

    assert finding.where == CONNECTION_ID
    assert "somebody else" in finding.message
    assert status in finding.message


@pytest.mark.parametrize("side", SIDES)
def test_a_connection_that_only_one_side_shows_counts(side: Side) -> None:
    networks = snapshots()
    networks = change_side(networks, side, with_connection(networks[side], connection(networks)))

    assert only(Code.PEERING_EXISTS, request(), networks).where == CONNECTION_ID


def test_routes_to_a_connection_of_the_two_are_told_with_it() -> None:
    networks = snapshots()
    theirs = connection(networks)
    networks = PerSide.of(lambda side: with_connection(networks[side], theirs))
    routed = [Route(destination=networks[side.other].vpc.cidr_blocks[0], target=CONNECTION_ID) for side in SIDES]
    networks = PerSide(requester=with_routes(networks.requester, routed[0]), accepter=with_routes(networks.accepter, routed[1]))

    assert only(Code.PEERING_EXISTS, request(), networks).where == CONNECTION_ID


def test_a_connection_of_another_request_names_the_request() -> None:
    networks = snapshots()
    theirs = connection(networks, tags={REQUEST_ID_TAG: "other"})
    networks = PerSide.of(lambda side: with_connection(networks[side], theirs))

    assert "made by the request other, which Causeway does not know" in only(Code.PEERING_EXISTS, request(), networks).message


def test_the_requests_own_connection_is_no_finding() -> None:
    networks = snapshots()
    ours = connection(networks, PeeringStatus.PENDING_ACCEPTANCE, tags=connection_tags(request()))
    networks = PerSide.of(
        lambda side: with_connection(networks[side], change(ours, tags=ours.tags if side is Side.REQUESTER else {}))
    )

    assert found(request(), networks) == []


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("blackhole", [False, True])
def test_a_destination_that_is_routed_elsewhere(side: Side, blackhole: bool) -> None:
    networks = snapshots()
    foreign = Route(destination=networks[side.other].vpc.cidr_blocks[0], target="tgw-1", blackhole=blackhole)
    table = networks[side].route_tables[1].route_table_id
    networks = change_side(networks, side, with_routes(networks[side], foreign, tables=[table]))

    finding = only(Code.ROUTE_CONFLICT, request(), networks)

    assert (finding.side, finding.where) == (side, f"{table} {foreign.destination}")
    assert ("a blackhole" in finding.message) is blackhole


def test_a_destination_may_be_routed_elsewhere_in_an_unselected_table() -> None:
    networks = snapshots(subnets=2)
    foreign = Route(destination=networks.accepter.vpc.cidr_blocks[0], target="tgw-1")
    requester = change(networks.requester, network_interfaces=networks.requester.network_interfaces[:1])
    networks = change(networks, requester=with_routes(requester, foreign, tables=["rtb-a2"]))

    assert found(select("route_tables", Side.REQUESTER, Selector(ids=("rtb-a1",))), networks) == []


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("kind", "code", "prefix"),
    [
        ("route_tables", Code.NO_ROUTE_TABLE_SELECTED, "rtb"),
        ("security_groups", Code.NO_SECURITY_GROUP_SELECTED, "sg"),
    ],
)
def test_selectors_that_match_nothing(side: Side, kind: str, code: Code, prefix: str) -> None:
    by_tag = only(code, select(kind, side, Selector(tag_key="Tier", tag_value="none")), snapshots())
    letter = "a" if side is Side.REQUESTER else "b"
    ids = (f"{prefix}-{letter}1", f"{prefix}-{letter}8", f"{prefix}-{letter}9")
    by_id = found(select(kind, side, Selector(ids=ids)), snapshots())

    assert (by_tag.side, by_tag.where) == (side, "tag Tier=none")
    assert [(finding.code, finding.where) for finding in by_id] == [(code, each) for each in ids[1:]]


def test_no_security_group_at_all() -> None:
    networks = snapshots(security_groups=0)

    assert [(finding.code, finding.side) for finding in found(request(), networks)] == [
        (Code.NO_SECURITY_GROUP_SELECTED, Side.REQUESTER),
        (Code.NO_SECURITY_GROUP_SELECTED, Side.ACCEPTER),
    ]


def test_without_flows_no_security_group_is_asked_for() -> None:
    wanted = change(select("security_groups", Side.REQUESTER, Selector(tag_key="Tier", tag_value="none")), flows=())

    assert found(wanted, snapshots()) == []


def test_an_edge_table_is_never_a_candidate() -> None:
    networks = snapshots(subnets=2)
    main, first, second = networks.accepter.route_tables
    edge = change(second, gateway_ids=("igw-b1",), tags={"Tier": "edge"}, subnet_ids=())
    foreign = Route(destination=networks.requester.vpc.cidr_blocks[0], target="vpce-1")
    edge = change(edge, routes=(*edge.routes, foreign))
    networks = change(networks, accepter=change(networks.accepter, route_tables=(main, first, edge)))

    by_id = only(
        Code.NO_ROUTE_TABLE_SELECTED, select("route_tables", Side.ACCEPTER, Selector(ids=("rtb-b1", "rtb-b2"))), networks
    )
    tier = Selector(tag_key="Tier", tag_value="edge")

    assert by_id.where == "rtb-b2"
    assert "igw-b1" in by_id.message
    assert only(Code.NO_ROUTE_TABLE_SELECTED, select("route_tables", Side.ACCEPTER, tier), networks).where == "tag Tier=edge"
    assert found(request(), networks) == []


def test_security_groups_are_not_referred_to_across_regions() -> None:
    wanted = request(ssh(), flow(Side.ACCEPTER, Protocol.TCP, 443, peer=Peer.SECURITY_GROUPS), accepter_region="eu-west-1")
    networks = snapshots()
    vpc = change(networks.accepter.vpc, ref=wanted.accepter)
    networks = change(networks, accepter=change(networks.accepter, vpc=vpc))

    assert only(Code.CROSS_REGION_GROUP_REFERENCE, wanted, networks).where == "tcp/443 from accepter to requester"
    assert found(request(ssh(), accepter_region="eu-west-1"), networks) == []


@pytest.mark.parametrize("resolved", SIDES)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("support", "hostnames", "named"),
    [
        (True, True, []),
        (True, False, ["enableDnsHostnames"]),
        (False, True, ["enableDnsSupport"]),
        (False, False, ["enableDnsSupport", "enableDnsHostnames"]),
    ],
)
def test_dns_resolution_of_either_side_needs_both_attributes_on_both_sides(
    resolved: Side, side: Side, support: bool, hostnames: bool, named: list[str]
) -> None:
    networks = with_dns(snapshots(), side, support=support, hostnames=hostnames)
    wanted = request(dns_resolution=PerSide.of(lambda each: each is resolved))

    told = found(wanted, networks)

    assert [(finding.code, finding.side) for finding in told] == [(Code.DNS_NOT_ENABLED, side)] * len(named)
    assert all(name in finding.message for name, finding in zip(named, told, strict=True))
    assert found(request(), networks) == []


def enforcing(networks: PerSide[Snapshot], **exclusions: tuple[str, ...]) -> PerSide[Snapshot]:
    """The sides that are named enforce encryption in transit, with these exclusions."""

    def with_control(side: Side) -> Snapshot:
        here = networks[side]
        return change(here, vpc=change(here.vpc, encryption_exclusions=exclusions.get(side)))

    return PerSide.of(with_control)


def in_another_region(networks: PerSide[Snapshot]) -> tuple[Request, PerSide[Snapshot]]:
    moved = change(networks.accepter.vpc.ref, region="eu-west-1")
    accepter = change(networks.accepter, vpc=change(networks.accepter.vpc, ref=moved))
    return request(ssh(), accepter_region="eu-west-1"), change(networks, accepter=accepter)


@pytest.mark.parametrize(
    ("exclusions", "blocked"),
    [
        ({}, []),
        ({"requester": ()}, [Side.REQUESTER]),
        ({"accepter": ("NatGateway",)}, [Side.ACCEPTER]),
        ({"accepter": ("NatGateway", "VpcPeering")}, []),
        ({"requester": (), "accepter": ()}, []),
        ({"requester": (), "accepter": ("NatGateway",)}, [Side.REQUESTER, Side.ACCEPTER]),
        ({"requester": (), "accepter": ("VpcPeering",)}, [Side.REQUESTER]),
        ({"requester": ("VpcPeering",), "accepter": ("VpcPeering",)}, []),
    ],
)
def test_a_vpc_that_enforces_encryption_excludes_peering_or_peers_with_its_like(
    exclusions: dict[str, tuple[str, ...]], blocked: list[Side]
) -> None:
    told = found(request(ssh()), enforcing(snapshots(), **exclusions))

    assert [(each.code, each.side) for each in told] == [(Code.ENCRYPTION_ENFORCED, side) for side in blocked]


def test_across_regions_a_vpc_that_enforces_encryption_has_to_exclude_peering() -> None:
    wanted, networks = in_another_region(snapshots())

    told = found(wanted, enforcing(networks, requester=(), accepter=()))

    assert [(each.code, each.side) for each in told] == [(Code.ENCRYPTION_ENFORCED, side) for side in SIDES]
    assert all("exclusion for VPC peering" in each.message for each in told)
    assert found(wanted, enforcing(networks, requester=("VpcPeering",), accepter=("VpcPeering",))) == []


def test_a_peering_that_is_there_already_may_stay_under_enforced_encryption() -> None:
    """AWS lets a VPC begin to enforce only once that is settled."""
    there = applied(request(ssh()), plan_request(request(ssh()), 1, snapshots()), snapshots())

    assert found(request(ssh()), enforcing(there, requester=())) == []


def test_a_network_acl_that_would_stop_a_flow_is_known_before_the_first_write() -> None:
    networks = snapshots()
    deny = AclEntry(number=1, direction=Direction.INGRESS, allow=False, protocol="icmp", cidr_block="0.0.0.0/0")
    networks = change(networks, accepter=with_entries(networks.accepter, deny))

    finding = only(Code.FLOW_BLOCKED, request(ssh(), ping()), networks)

    assert finding.where == "acl-b1"
    assert "icmp from requester to accepter" in finding.message


def test_a_flow_without_ends_informs_and_does_not_block() -> None:
    finding = only(Code.NOTHING_TO_CHECK, request(ssh()), snapshots(subnets=0))

    assert not finding.blocking
    assert finding.where == "tcp/22 from requester to accepter"


def everything_wrong() -> tuple[Request, PerSide[Snapshot]]:
    networks = with_blocks(snapshots(), Side.REQUESTER, ("10.0.0.0/16", "192.0.0.0/24"))
    networks = peered_elsewhere(networks, Side.ACCEPTER, "10.0.0.0/8")
    networks = PerSide.of(lambda side: with_connection(networks[side], connection(networks)))
    networks = change(networks, accepter=with_routes(networks.accepter, Route(destination="10.0.0.0/16", target="tgw-1")))
    networks = with_dns(networks, Side.REQUESTER, support=True, hostnames=False)
    nothing = Selector(tag_key="Tier", tag_value="none")
    wanted = request(
        flow(Side.REQUESTER, Protocol.TCP, 22, peer=Peer.SECURITY_GROUPS),
        route_tables=PerSide(requester=nothing, accepter=Selector(every=True)),
        security_groups=PerSide(requester=Selector(every=True), accepter=nothing),
        dns_resolution=PerSide(requester=True, accepter=True),
    )
    moved = change(wanted.requester, region="eu-west-1")
    vpc = change(networks.requester.vpc, ref=moved)
    return change(wanted, requester=moved), change(networks, requester=change(networks.requester, vpc=vpc))


def test_all_findings_are_told_at_once() -> None:
    wanted, networks = everything_wrong()
    ours = connection(networks)
    networks = PerSide.of(lambda side: with_connection(networks[side], ours))

    assert {finding.code for finding in found(wanted, networks)} == {
        Code.CIDR_OVERLAP,
        Code.CIDR_OVERLAP_WITH_PEER,
        Code.PEERING_EXISTS,
        Code.ROUTE_CONFLICT,
        Code.NO_ROUTE_TABLE_SELECTED,
        Code.NO_SECURITY_GROUP_SELECTED,
        Code.CROSS_REGION_GROUP_REFERENCE,
        Code.DNS_NOT_ENABLED,
    }


def without_its_acl(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    deny = AclEntry(number=1, direction=Direction.EGRESS, allow=False, protocol="-1", cidr_block="0.0.0.0/0")
    return change(networks, requester=with_entries(networks.requester, deny))


@pytest.mark.parametrize("spoil", [lambda networks: networks, without_its_acl])
def test_flows_are_judged_only_where_nothing_else_is_wrong(spoil: Callable[[PerSide[Snapshot]], PerSide[Snapshot]]) -> None:
    wanted, networks = everything_wrong()

    assert Code.FLOW_BLOCKED not in {finding.code for finding in found(wanted, spoil(networks))}


@given(situations())
def test_findings_do_not_depend_on_how_often_one_asks_and_nothing_is_said_twice(situation: Situation) -> None:
    wanted, networks = situation
    told = found(wanted, networks)

    assert told == found(wanted, networks)
    assert len(set(told)) == len(told)


@given(situations())
def test_a_plan_that_nothing_blocked_blocks_nothing_once_done(situation: Situation) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)

    if not plan.is_blocked:
        assert not plan_request(wanted, 2, applied(wanted, plan, networks)).is_blocked


def test_flows_that_read_the_same_are_told_once() -> None:
    by_group = change(ssh(), peer=Peer.SECURITY_GROUPS)

    only(Code.NOTHING_TO_CHECK, request(ssh(), by_group), snapshots(subnets=0))


def test_one_member_that_is_cut_off_is_found_before_the_first_write() -> None:
    wanted = select("route_tables", Side.ACCEPTER, Selector(ids=("rtb-b1", "rtb-b2")))

    finding = only(Code.FLOW_BLOCKED, change(wanted, flows=(ssh(),)), snapshots(subnets=3))

    assert finding.blocking
    assert finding.where == "rtb-b3"
    assert "192.0.2.10" in finding.message
