"""Excluded CIDR blocks: what of a side is left out, and that nothing of it comes back anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.addressing import address_of, block_of
from causeway.domain.model.exclusion import without_excluded
from causeway.domain.model.findings import Code
from causeway.domain.model.network import NetworkInterface, Snapshot, Subnet
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateRoute
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.planner import holdings_after, plan_request
from causeway.domain.planning.projection import project
from causeway.domain.reachability.check import check
from tests.domain.networks import CIDR_BLOCKS, allow_all, change, named, networks_and_flows, ping, request, snapshots, ssh
from tests.domain.planning.test_preflight import found, only, peered_elsewhere, with_blocks
from tests.domain.situations import applied

SHARED = "100.64.0.0/10"
OF_THE_SIDE = PerSide(requester="100.64.0.0/20", accepter="100.65.0.0/20")
IPV6_OF_THE_SIDE = PerSide(requester="2600:1f00:f:a00::/56", accepter="2600:1f00:f:b00::/56")
IPV6_SHARED = "2600:1f00:f::/48"


def with_shared_blocks(network: Snapshot) -> Snapshot:
    """The side with a secondary block of each family, a subnet in both, and an interface in that."""
    side = network.side
    block, ipv6_block = OF_THE_SIDE[side], IPV6_OF_THE_SIDE[side]
    subnet = Subnet(subnet_id=named("subnet", side, 9), cidr_block=block, ipv6_cidr_blocks=(f"{ipv6_block[:-2]}64",))
    pod = NetworkInterface(
        network_interface_id=named("eni", side, 9),
        subnet_id=subnet.subnet_id,
        addresses=(str(block_of(block)[10]), str(block_of(ipv6_block)[10])),
        security_group_ids=(named("sg", side, 1),),
    )
    vpc = change(
        network.vpc,
        cidr_blocks=(*network.vpc.cidr_blocks, block),
        ipv6_cidr_blocks=(*network.vpc.ipv6_cidr_blocks, ipv6_block),
    )
    return change(network, vpc=vpc, subnets=(*network.subnets, subnet), network_interfaces=(*network.network_interfaces, pod))


def open_to_ipv6(network: Snapshot) -> Snapshot:
    return change(network, network_acls=tuple(change(acl, entries=allow_all(ipv6=True)) for acl in network.network_acls))


def left_of(wanted: Request, networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    return PerSide.of(lambda side: without_excluded(wanted, networks[side]))


@given(networks_and_flows())
def test_leaving_blocks_out_is_as_if_they_were_not_there(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, ordinary = case
    wanted = change(ordinary, excluded_cidr_blocks=(SHARED, IPV6_SHARED))
    shared = PerSide.of(lambda side: with_shared_blocks(networks[side]))

    left = left_of(wanted, shared)

    for side in SIDES:
        excluded = (OF_THE_SIDE[side], IPV6_OF_THE_SIDE[side])
        assert left[side].vpc.excluded_cidr_blocks == excluded
        assert change(left[side], vpc=change(left[side].vpc, excluded_cidr_blocks=())) == networks[side]
    assert plan_request(wanted, 1, left) == plan_request(ordinary, 1, networks)


@given(networks_and_flows(), st.booleans())
def test_no_route_rule_or_verdict_is_about_an_excluded_block(case: tuple[PerSide[Snapshot], Request], secondary: bool) -> None:
    """Secondary and IPv6 blocks that are not excluded are planned for like the first."""
    networks, ordinary = case
    excluded = (SHARED,) if secondary else (IPV6_SHARED,)
    wanted = change(ordinary, excluded_cidr_blocks=excluded)
    left = left_of(wanted, PerSide.of(lambda side: open_to_ipv6(with_shared_blocks(networks[side]))))

    plan = plan_request(wanted, 1, left)

    kept = IPV6_OF_THE_SIDE if secondary else OF_THE_SIDE
    gone = OF_THE_SIDE if secondary else IPV6_OF_THE_SIDE
    for side in SIDES:
        destinations = {route.destination for route in plan.of(CreateRoute, side)}
        peers = {rule.permission.peer for rule in plan.of(AuthorizeRule, side)}
        assert kept[side.other] in destinations
        assert gone[side.other] not in destinations | peers
    for verdict in check(wanted, *project(plan, left)):
        assert verdict.reachable
        for end in (verdict.source, verdict.destination):
            assert all(address_of(end.address) not in block_of(gone[side]) for side in SIDES)


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        ((), ("10.0.0.0/16", "10.7.0.0/16")),
        (("10.7.0.0/16",), ("10.0.0.0/16",)),
        (("10.0.0.0/8",), ()),
        (("10.7.0.0/24",), ("10.0.0.0/16", "10.7.0.0/16")),
        (("::/0",), ("10.0.0.0/16", "10.7.0.0/16")),
    ],
    ids=["nothing", "the block itself", "a wider one", "only a part of the block", "the other family"],
)
def test_a_block_is_left_out_as_a_whole_or_not_at_all(excluded: tuple[str, ...], left: tuple[str, ...]) -> None:
    networks = with_blocks(snapshots(), Side.REQUESTER, ("10.0.0.0/16", "10.7.0.0/16"))

    seen = without_excluded(request(excluded_cidr_blocks=excluded), networks.requester)

    assert seen.vpc.all_cidr_blocks == left


def test_leaving_out_twice_is_leaving_out_once() -> None:
    wanted = request(excluded_cidr_blocks=(SHARED,))
    once = without_excluded(wanted, with_shared_blocks(snapshots().requester))

    assert without_excluded(wanted, once) == once


def test_vpcs_that_overlap_in_an_excluded_block_cannot_be_peered() -> None:
    """AWS refuses the peering, whatever would be routed over it."""
    networks = with_blocks(snapshots(), Side.REQUESTER, (CIDR_BLOCKS.requester, "100.64.0.0/16"))
    networks = with_blocks(networks, Side.ACCEPTER, (CIDR_BLOCKS.accepter, "100.64.128.0/17"))
    wanted = request(excluded_cidr_blocks=(SHARED,))

    finding = only(Code.CIDR_OVERLAP, wanted, left_of(wanted, networks))

    assert finding.where == "100.64.0.0/16 and 100.64.128.0/17"


def test_another_peer_may_have_the_same_excluded_block() -> None:
    networks = with_blocks(snapshots(), Side.ACCEPTER, (CIDR_BLOCKS.accepter, "100.64.0.0/20"))
    networks = peered_elsewhere(networks, Side.REQUESTER, "172.16.0.0/16", "100.64.0.0/16")
    excluding = request(excluded_cidr_blocks=(SHARED,))

    assert only(Code.CIDR_OVERLAP_WITH_PEER, request(), left_of(request(), networks)).where == "pcx-9"
    assert found(excluding, left_of(excluding, networks)) == []


def test_where_nothing_is_left_there_is_nothing_to_check() -> None:
    wanted = request(ssh(), ping(), excluded_cidr_blocks=(CIDR_BLOCKS.accepter,))
    findings = found(wanted, left_of(wanted, snapshots()))

    assert {(finding.code, finding.blocking) for finding in findings} == {(Code.NOTHING_TO_CHECK, False)}
    assert plan_request(wanted, 1, left_of(wanted, snapshots())).of(CreateRoute, Side.REQUESTER) == ()


def test_a_block_that_is_excluded_later_is_no_longer_routed() -> None:
    """Its routes and rules are surplus like any other that the item no longer wants."""
    before = request(ssh())
    networks = with_blocks(snapshots(), Side.ACCEPTER, (CIDR_BLOCKS.accepter, OF_THE_SIDE.accepter))
    first = plan_request(before, 1, networks)
    networks = applied(before, first, networks)
    after = request(ssh(), excluded_cidr_blocks=(SHARED,))

    plan = plan_request(after, 2, left_of(after, networks), holdings_after(before, NOTHING_HELD, first))

    assert [change.sentence for change in plan.changes] == [
        "No longer route 100.65.0.0/20 to the peering in rtb-a0",
        "No longer route 100.65.0.0/20 to the peering in rtb-a1",
    ]
