"""The check as a whole: networks in, verdicts out."""

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.domain.model.network import (
    AclEntry,
    Direction,
    NetworkInterface,
    PeeringStatus,
    Permission,
    Route,
    SecurityGroup,
    Snapshot,
)
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Peer, Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.reachability.check import check
from causeway.domain.reachability.remedies import for_strays
from causeway.domain.reachability.verdicts import Cause, Component, Hop, Verdict
from tests.domain.networks import (
    BEHIND_A_PEER,
    CIDR_BLOCKS,
    CONNECTION_ID,
    IPV6_CIDR_BLOCKS,
    behind,
    change,
    change_side,
    connection,
    flow,
    ping,
    prefix_list,
    request,
    snapshots,
    ssh,
    vpc_ref,
    with_entries,
    with_permissions,
    with_routes,
)

REQUESTER, ACCEPTER = SIDES
SSH_IN = Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=22, last=22), peer=CIDR_BLOCKS.requester)


def peered(networks: PerSide[Snapshot] | None = None, **options: Any) -> PerSide[Snapshot]:
    """Both sides with the routes to each other, and SSH let in by the accepter."""
    networks = networks or snapshots(**options)
    routes = {
        side: [Route(destination=block, target=CONNECTION_ID) for block in networks[side.other].vpc.all_cidr_blocks]
        for side in SIDES
    }
    requester, accepter = (with_routes(networks[side], *routes[side]) for side in SIDES)
    return PerSide(requester=requester, accepter=with_permissions(accepter, SSH_IN))


def judge(networks: PerSide[Snapshot], *flows: Flow, wanted: Request | None = None) -> tuple[Verdict, ...]:
    return check(wanted or request(*(flows or (ssh(),))), networks, connection(networks))


def causes(verdict: Verdict) -> list[tuple[Component, bool, Cause]]:
    return [(hop.component, hop.returning, hop.cause) for hop in verdict.hops if hop.cause]


def at(side: Side, alter: Callable[[Snapshot], Snapshot]) -> PerSide[Snapshot]:
    networks = peered()
    return change_side(networks, side, alter(networks[side]))


def entry(number: int, direction: Direction, protocol: str = "-1", ports: PortRange | None = None) -> AclEntry:
    return AclEntry(number=number, direction=direction, allow=False, protocol=protocol, cidr_block="0.0.0.0/0", ports=ports)


def without_routes(network: Snapshot) -> Snapshot:
    return change(network, route_tables=tuple(change(table, routes=()) for table in network.route_tables))


def without_groups_rules(network: Snapshot) -> Snapshot:
    return change(network, security_groups=tuple(change(group, permissions=()) for group in network.security_groups))


def test_a_peered_network_is_reachable_and_every_hop_says_why() -> None:
    (verdict,) = judge(peered())

    assert verdict.reachable
    assert [(hop.component.value, hop.resource_id, hop.decided_by, hop.returning) for hop in verdict.hops] == [
        ("network interface", "eni-a1", "address 10.0.0.10", False),
        ("security group", "sg-a1", "egress rule all to 0.0.0.0/0", False),
        ("network ACL", "acl-a1", "entry 100 allows all to 0.0.0.0/0", False),
        ("route table", "rtb-a1", "route 192.0.0.0/16 → pcx-1", False),
        ("peering connection", "pcx-1", "status active", False),
        ("network ACL", "acl-b1", "entry 100 allows all from 0.0.0.0/0", False),
        ("security group", "sg-b1", "ingress rule tcp 22 from 10.0.0.0/16", False),
        ("network interface", "eni-b1", "address 192.0.0.10", False),
        ("network ACL", "acl-b1", "entry 100 allows all to 0.0.0.0/0", True),
        ("route table", "rtb-b1", "route 10.0.0.0/16 → pcx-1", True),
        ("network ACL", "acl-a1", "entry 100 allows all from 0.0.0.0/0", True),
    ]


SECURITY_GROUP = Hop(component=Component.SECURITY_GROUP, resource_id="sg-a1", decided_by="", cause=Cause.ENI_SG_RULES_MISMATCH)
NETWORK_ACL = Hop(component=Component.NETWORK_ACL, resource_id="acl-a1", decided_by="", cause=Cause.SUBNET_ACL_RESTRICTION)
ROUTE_TABLE = Hop(component=Component.ROUTE_TABLE, resource_id="rtb-a1", decided_by="", cause=Cause.NO_ROUTE_TO_DESTINATION)
STRAY = Hop(
    component=Component.PEERING_CONNECTION,
    resource_id="pcx-1",
    decided_by="not in the CIDR blocks of its VPC: 192.0.0.10",
    cause=Cause.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR,
)


@pytest.mark.parametrize(
    ("side", "alter", "blocked_by"),
    [
        (
            REQUESTER,
            without_groups_rules,
            change(SECURITY_GROUP, decided_by="no egress rule allows tcp 22 to 192.0.0.10"),
        ),
        (
            ACCEPTER,
            without_groups_rules,
            change(SECURITY_GROUP, resource_id="sg-b1", decided_by="no ingress rule allows tcp 22 from 10.0.0.10"),
        ),
        (
            REQUESTER,
            lambda network: with_entries(network, entry(90, Direction.EGRESS)),
            change(NETWORK_ACL, decided_by="entry 90 denies all to 0.0.0.0/0"),
        ),
        (
            ACCEPTER,
            lambda network: with_entries(network, entry(90, Direction.INGRESS, "6", PortRange(first=22, last=22))),
            change(NETWORK_ACL, resource_id="acl-b1", decided_by="entry 90 denies tcp 22 from 0.0.0.0/0"),
        ),
        (
            ACCEPTER,
            lambda network: with_entries(network, entry(90, Direction.EGRESS, "tcp", PortRange(first=3389, last=3389))),
            change(NETWORK_ACL, resource_id="acl-b1", decided_by="entry 90 denies tcp 3389 to 0.0.0.0/0", returning=True),
        ),
        (
            REQUESTER,
            lambda network: with_entries(network, entry(90, Direction.INGRESS, "17", None), entry(91, Direction.INGRESS, "6")),
            change(NETWORK_ACL, decided_by="entry 91 denies tcp from 0.0.0.0/0", returning=True),
        ),
        (REQUESTER, without_routes, change(ROUTE_TABLE, decided_by="no route to 192.0.0.10")),
        (
            ACCEPTER,
            without_routes,
            change(ROUTE_TABLE, resource_id="rtb-b1", decided_by="no route to 10.0.0.10", returning=True),
        ),
        (
            REQUESTER,
            lambda network: with_routes(network, Route(destination="192.0.0.0/24", target="nat-1", blackhole=True)),
            change(ROUTE_TABLE, decided_by="route 192.0.0.0/24 → nat-1", cause=Cause.BLACKHOLE_ROUTE),
        ),
        (
            REQUESTER,
            lambda network: with_routes(network, Route(destination="192.0.0.0/17", target="tgw-1")),
            change(ROUTE_TABLE, decided_by="route 192.0.0.0/17 → tgw-1", cause=Cause.ROUTED_ELSEWHERE),
        ),
        (ACCEPTER, lambda network: change(network, vpc=change(network.vpc, cidr_blocks=("192.0.1.0/24",))), STRAY),
    ],
)
def test_the_first_thing_that_blocks_is_named(side: Side, alter: Callable[[Snapshot], Snapshot], blocked_by: Hop) -> None:
    (verdict,) = judge(at(side, alter))

    assert not verdict.reachable
    assert verdict.blocked_by is not None
    assert change(verdict.blocked_by, remedy=None) == blocked_by


# --- No transit through a peer


def open_on_both_sides(*, ipv6: bool = False) -> PerSide[Snapshot]:
    """Peered, and everything is let in."""
    networks = peered(ipv6=ipv6)
    everything = [Permission(direction=Direction.INGRESS, protocol="-1", peer=block) for block in ("0.0.0.0/0", "::/0")]
    return PerSide.of(lambda side: with_permissions(networks[side], *everything))


@pytest.mark.parametrize("source", SIDES)
@pytest.mark.parametrize(("address", "target"), BEHIND_A_PEER.values(), ids=BEHIND_A_PEER)
def test_what_is_behind_a_peer_is_out_of_reach_and_does_not_reach_through_it(source: Side, address: str, target: str) -> None:
    """All else would let it through: it is the connection that carries only what is from VPC to VPC."""
    networks = behind(open_on_both_sides(ipv6=":" in address), ACCEPTER, address, target)

    (verdict,) = judge(networks, ssh(source))

    assert causes(verdict) == [(Component.PEERING_CONNECTION, False, Cause.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR)]
    assert verdict.remedies == (for_strays([address]),)


def test_a_peers_gateway_endpoint_is_out_of_reach_by_its_prefix_list_too() -> None:
    """Both sides route the whole list, the one to the peer and that to its endpoint."""
    address, service = "52.216.0.10", prefix_list("52.216.0.0/15")
    networks = behind(open_on_both_sides(), ACCEPTER, address, "vpce-1")
    for side, target in ((REQUESTER, CONNECTION_ID), (ACCEPTER, "vpce-1")):
        tables = (
            change(each, routes=tuple(r for r in each.routes if address not in r.destination))
            for each in networks[side].route_tables
        )
        network = change(networks[side], route_tables=tuple(tables), prefix_lists=(service,))
        networks = change_side(networks, side, with_routes(network, Route(destination="pl-1", target=target)))

    (verdict,) = judge(networks)

    assert causes(verdict) == [(Component.PEERING_CONNECTION, False, Cause.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR)]
    assert "pl-1 (list-1)" in next(hop.decided_by for hop in verdict.hops if hop.component is Component.ROUTE_TABLE)


def test_an_own_gateway_endpoint_takes_what_its_prefix_list_holds_of_the_peer() -> None:
    networks = open_on_both_sides()
    requester = change(networks.requester, prefix_lists=(prefix_list("192.0.0.0/24"),))
    networks = change_side(networks, REQUESTER, with_routes(requester, Route(destination="pl-1", target="vpce-1")))

    (verdict,) = judge(networks)

    assert causes(verdict) == [(Component.ROUTE_TABLE, False, Cause.ROUTED_ELSEWHERE)]


def test_two_peers_of_one_vpc_do_not_reach_each_other_through_it() -> None:
    """The routes of both lead into it; no connection joins the two."""
    networks = open_on_both_sides()

    (verdict,) = check(request(ssh()), networks, None)

    assert causes(verdict) == [
        (Component.ROUTE_TABLE, False, Cause.ROUTED_ELSEWHERE),
        (Component.PEERING_CONNECTION, False, Cause.PCX_NOT_ACTIVE),
        (Component.ROUTE_TABLE, True, Cause.ROUTED_ELSEWHERE),
    ]
    assert [hop.decided_by for hop in verdict.hops if hop.component is Component.PEERING_CONNECTION] == [
        "no peering connection joins the VPCs"
    ]


@given(st.ip_addresses(v=4).map(str), st.sampled_from(SIDES))
def test_no_address_outside_its_vpc_is_ever_reached_whatever_leads_there(address: str, source: Side) -> None:
    inside = any(ip_address(address) in ip_network(CIDR_BLOCKS[side]) for side in SIDES)

    verdicts = judge(behind(open_on_both_sides(), ACCEPTER, address, "tgw-1"), ssh(source))

    assert inside or not any(verdict.reachable for verdict in verdicts)


# --- Every cause


@pytest.mark.parametrize("status", [status for status in PeeringStatus if status is not PeeringStatus.ACTIVE])
def test_only_an_active_connection_carries_anything(status: PeeringStatus) -> None:
    networks = peered()
    (verdict,) = check(request(ssh()), networks, connection(networks, status))

    assert causes(verdict) == [(Component.PEERING_CONNECTION, False, Cause.PCX_NOT_ACTIVE)]


def test_without_a_connection_every_route_leads_elsewhere() -> None:
    (verdict,) = check(request(ssh()), peered(), None)

    assert causes(verdict) == [
        (Component.ROUTE_TABLE, False, Cause.ROUTED_ELSEWHERE),
        (Component.PEERING_CONNECTION, False, Cause.PCX_NOT_ACTIVE),
        (Component.ROUTE_TABLE, True, Cause.ROUTED_ELSEWHERE),
    ]


def test_a_route_to_another_connection_leads_elsewhere() -> None:
    networks = peered()
    (verdict,) = check(request(ssh()), networks, connection(networks, connection_id="pcx-2"))

    assert causes(verdict) == [
        (Component.ROUTE_TABLE, False, Cause.ROUTED_ELSEWHERE),
        (Component.ROUTE_TABLE, True, Cause.ROUTED_ELSEWHERE),
    ]


def test_all_causes_are_told_not_only_the_first() -> None:
    (verdict,) = judge(snapshots())

    assert causes(verdict) == [
        (Component.ROUTE_TABLE, False, Cause.ROUTED_ELSEWHERE),
        (Component.SECURITY_GROUP, False, Cause.ENI_SG_RULES_MISMATCH),
        (Component.ROUTE_TABLE, True, Cause.ROUTED_ELSEWHERE),
    ]
    assert verdict.blocked_by == verdict.hops[3]
    assert [hop for hop in verdict.hops if hop.cause][1:] == [verdict.hops[6], verdict.hops[9]]


def test_a_flow_the_other_way_is_another_question() -> None:
    verdicts = judge(peered(), ssh(REQUESTER), ssh(ACCEPTER), ping(REQUESTER))

    assert [verdict.reachable for verdict in verdicts] == [True, False, False]


@pytest.mark.parametrize(("accepter_region", "reachable"), [("us-east-1", True), ("eu-west-1", False)])
def test_a_rule_may_mean_the_other_side_by_its_group_only_within_a_region(accepter_region: str, reachable: bool) -> None:
    networks = peered()
    by_group = change(SSH_IN, peer="sg-a1", peer_account_id="111111111111")
    accepter = with_permissions(without_groups_rules(networks.accepter), by_group)
    there = change(accepter.vpc, ref=vpc_ref(ACCEPTER, region=accepter_region))
    networks = change_side(networks, ACCEPTER, change(accepter, vpc=there))

    (verdict,) = judge(networks, wanted=request(ssh(), accepter_region=accepter_region))

    assert verdict.reachable is reachable


@pytest.mark.parametrize("peer", ["sg-b1", "pl-1", "192.0.0.0/16", "::/0"])
def test_a_rule_for_somebody_else_does_not_help(peer: str) -> None:
    networks = peered()
    other = with_permissions(without_groups_rules(networks.accepter), change(SSH_IN, peer=peer))

    assert not judge(change_side(networks, ACCEPTER, other))[0].reachable


def test_the_groups_that_decide_are_named() -> None:
    (verdict,) = judge(peered(security_groups=2))

    assert [hop.resource_id for hop in verdict.hops if hop.component is Component.SECURITY_GROUP] == [
        "sg-a1, sg-a2",
        "sg-b1, sg-b2",
    ]


def test_each_family_that_both_sides_have_gets_a_verdict() -> None:
    both, one = peered(ipv6=True), peered(change_side(snapshots(ipv6=True), ACCEPTER, snapshots().accepter))

    assert [verdict.source.address for verdict in judge(both)] == ["10.0.0.10", "2600:1f00:a::a"]
    assert [verdict.source.address for verdict in judge(one)] == ["10.0.0.10"]


def test_ping_over_ipv6_needs_icmpv6() -> None:
    networks = peered(ipv6=True)
    icmp = {
        protocol: with_permissions(
            networks.accepter,
            Permission(direction=Direction.INGRESS, protocol=protocol, peer=IPV6_CIDR_BLOCKS.requester),
        )
        for protocol in ("icmp", "icmpv6")
    }

    reachable = {protocol: judge(change_side(networks, ACCEPTER, icmp[protocol]), ping())[1].reachable for protocol in icmp}

    assert reachable == {"icmp": False, "icmpv6": True}


def test_alike_interfaces_are_one_end_that_the_lowest_address_stands_for() -> None:
    (verdict,) = judge(peered(subnets=3, interfaces=50))

    assert verdict.source.address == "10.0.0.10"
    assert verdict.source.stands_for == verdict.destination.stands_for == 150


@pytest.mark.parametrize(
    ("alter", "ends"),
    [
        (lambda network: with_routes(network, Route(destination="10.0.0.0/17", target="tgw-1"), tables=["rtb-b2"]), 2),
        (lambda network: change(network, network_acls=_acl_for_each_subnet(network)), 3),
        (lambda network: with_routes(network, Route(destination="10.9.0.0/16", target="tgw-1"), tables=["rtb-b2"]), 1),
        (lambda network: _last_one_with_another_group(network, change(SSH_IN, peer="10.0.0.0/17")), 2),
        (lambda network: _last_one_with_another_group(network, change(SSH_IN, peer="172.16.0.0/12")), 1),
        (lambda network: _last_one_with_another_group(network, change(SSH_IN, ports=PortRange(first=23, last=23))), 1),
        (lambda network: with_permissions(network, SSH_IN), 1),
    ],
)
def test_what_any_rule_can_tell_apart_has_a_verdict_of_its_own(alter: Callable[[Snapshot], Snapshot], ends: int) -> None:
    networks = peered(subnets=3, interfaces=5)
    verdicts = judge(change_side(networks, ACCEPTER, alter(networks.accepter)))

    assert len(verdicts) == ends
    assert sum(verdict.destination.stands_for for verdict in verdicts) == 15


def test_a_rule_for_one_address_takes_it_out_of_its_class() -> None:
    networks = peered(interfaces=5)
    only = with_permissions(without_groups_rules(networks.accepter), change(SSH_IN, peer="10.0.0.12/32"))
    verdicts = judge(change_side(networks, ACCEPTER, only))

    assert [(verdict.source.address, verdict.source.stands_for, verdict.reachable) for verdict in verdicts] == [
        ("10.0.0.10", 4, False),
        ("10.0.0.12", 1, True),
    ]


@pytest.mark.parametrize(
    "elsewhere",
    [change(SSH_IN, ports=PortRange(first=443, last=443)), change(SSH_IN, direction=Direction.EGRESS)],
    ids=["another port", "the other direction"],
)
def test_a_rule_about_something_else_tells_nobody_apart(elsewhere: Permission) -> None:
    networks = peered(interfaces=20)
    rules = [change(elsewhere, peer=f"10.0.0.{host}/32") for host in range(10, 20)]

    (verdict,) = judge(change_side(networks, ACCEPTER, with_permissions(networks.accepter, *rules)))

    assert verdict.source.stands_for == 20


def test_a_side_without_interfaces_is_judged_by_an_assumed_one() -> None:
    (verdict,) = judge(peered(interfaces=0))

    assert verdict.reachable
    assert (verdict.destination.address, verdict.destination.stands_for) == ("192.0.0.4", 0)
    assert verdict.destination.network_interface_id is None
    assert verdict.hops[0].decided_by == "assumed at 10.0.0.4, where no interface is yet"


@pytest.mark.parametrize(
    ("changes", "sources"),
    [
        ({"security_groups": Selector(ids=("sg-a1",))}, ["10.0.0.10"]),
        ({"security_groups": Selector(ids=("sg-a9",))}, []),
    ],
)
def test_only_what_the_request_selects_is_judged(changes: dict[str, Selector], sources: list[str]) -> None:
    wanted = request(ssh())
    wanted = change(wanted, **{field: change_side(getattr(wanted, field), REQUESTER, each) for field, each in changes.items()})

    assert [verdict.source.address for verdict in judge(peered(subnets=2), wanted=wanted)] == sources


@pytest.mark.parametrize(
    ("selected", "sources"),
    [
        (Selector(ids=("rtb-a2",)), ["10.0.1.4"]),
        (Selector(ids=("rtb-a0",)), []),
        (Selector(tag_key="Tier", tag_value="private"), []),
    ],
)
def test_an_interface_is_assumed_only_where_a_selected_table_is_used(selected: Selector, sources: list[str]) -> None:
    wanted = change(request(ssh()), route_tables=change_side(request().route_tables, REQUESTER, selected))

    assert [verdict.source.address for verdict in judge(peered(subnets=2, interfaces=0), wanted=wanted)] == sources


def test_a_subnet_without_a_table_of_its_own_uses_the_main_one() -> None:
    networks = peered()
    main = change(networks.requester, route_tables=networks.requester.route_tables[:1])
    (verdict,) = judge(change_side(networks, REQUESTER, main))

    assert verdict.reachable
    assert verdict.hops[3].resource_id == "rtb-a0"


def test_a_table_that_steers_a_gateway_is_no_candidate() -> None:
    networks = peered(interfaces=0)
    edge = tuple(change(table, gateway_ids=("igw-a1",)) for table in networks.requester.route_tables)

    assert judge(change_side(networks, REQUESTER, change(networks.requester, route_tables=edge))) == ()


# --- properties of any network, however odd ---

HOSTS = ["{}.0.0.10/32", "{}.0.0.12/30", "{}.0.0.0/28", "{}.0.0.0/24", "{}.0.0.0/16", "0.0.0.0/0"]
PORTS = st.sampled_from([None, PortRange(first=22, last=22), PortRange(first=0, last=1023), PortRange(first=1024, last=65535)])
DIRECTIONS = st.sampled_from(Direction)
LISTS = st.sampled_from(["pl-1", "pl-2", "pl-unread"])
FLOWS = (ssh(REQUESTER), ssh(ACCEPTER), flow(REQUESTER, Protocol.ALL), flow(ACCEPTER, Protocol.ICMP, peer=Peer.SECURITY_GROUPS))


def blocks_of(side: Side) -> st.SearchStrategy[str]:
    return st.sampled_from([block.format(CIDR_BLOCKS[side].split(".")[0]) for block in HOSTS])


def permissions_of(side: Side, protocols: tuple[str, ...] = ("tcp", "icmp", "-1")) -> st.SearchStrategy[Permission]:
    groups = st.sampled_from(["sg-a1", "sg-a2", "sg-b1", "sg-b2"])
    return st.builds(
        lambda direction, protocol, peer, ports: Permission(
            direction=direction, protocol=protocol, peer=peer, ports=ports if protocol == "tcp" else None
        ),
        DIRECTIONS,
        st.sampled_from(protocols),
        blocks_of(side.other) | groups | LISTS,
        PORTS,
    )


@st.composite
def odd_networks(draw: st.DrawFn) -> PerSide[Snapshot]:
    """Peered VPCs, whose rules and routes say the oddest things about single addresses, also by prefix lists."""
    networks = peered(subnets=draw(st.integers(1, 2)), interfaces=draw(st.integers(1, 4)), security_groups=2)
    return PerSide.of(lambda side: draw(odd_side(networks[side])))


@st.composite
def odd_side(draw: st.DrawFn, network: Snapshot) -> Snapshot:
    blocks = blocks_of(network.side.other)
    entries = st.builds(
        lambda number, direction, allow, block, ports: AclEntry(
            number=number, direction=direction, allow=allow, protocol="6" if ports else "-1", cidr_block=block, ports=ports
        ),
        st.integers(1, 99),
        DIRECTIONS,
        st.booleans(),
        blocks,
        PORTS,
    )
    routes = st.builds(
        lambda destination, target, blackhole: Route(destination=destination, target=target, blackhole=blackhole),
        blocks | LISTS,
        st.sampled_from([CONNECTION_ID, CONNECTION_ID, "tgw-1"]),
        st.booleans(),
    )
    groups = st.lists(st.sampled_from([group.security_group_id for group in network.security_groups]), min_size=1, unique=True)
    network = with_entries(network, *draw(st.lists(entries, max_size=2)))
    network = with_routes(network, *draw(st.lists(routes, max_size=2)), tables=["rtb-a1", "rtb-b1"])
    for group in network.security_groups:
        network = with_permissions(
            network, *draw(st.lists(permissions_of(network.side), max_size=2)), groups=[group.security_group_id]
        )
    lists = (prefix_list(*draw(st.lists(blocks, max_size=2, unique=True)), number=number) for number in (1, 2))
    return change(
        network,
        network_interfaces=tuple(change(each, security_group_ids=tuple(draw(groups))) for each in network.network_interfaces),
        prefix_lists=tuple(lists),
    )


@given(odd_networks())
@settings(max_examples=60)
def test_classes_give_the_verdicts_of_all_pairs_one_by_one(networks: PerSide[Snapshot]) -> None:
    together = Counter[object]()
    for verdict in judge(networks, *FLOWS):
        together[outcome(verdict)] += verdict.source.stands_for * verdict.destination.stands_for

    singly = Counter[object]()
    for requester, accepter in product(networks.requester.network_interfaces, networks.accepter.network_interfaces):
        pair = PerSide(requester=with_only(networks.requester, requester), accepter=with_only(networks.accepter, accepter))
        singly.update(outcome(verdict) for verdict in judge(pair, *FLOWS))

    assert together == singly


@given(odd_networks(), st.sampled_from(SIDES), st.data())
@settings(max_examples=60)
def test_another_rule_never_blocks_what_was_reachable(networks: PerSide[Snapshot], side: Side, data: st.DataObject) -> None:
    more = change_side(networks, side, with_permissions(networks[side], data.draw(permissions_of(side))))
    before, after = pairwise_reachable(networks), pairwise_reachable(more)

    assert before <= after


@given(odd_networks(), st.sampled_from(SIDES))
@settings(max_examples=60)
def test_without_a_route_on_either_side_nothing_is_reachable(networks: PerSide[Snapshot], side: Side) -> None:
    verdicts = judge(change_side(networks, side, without_routes(networks[side])), *FLOWS)

    assert verdicts
    assert not any(verdict.reachable for verdict in verdicts)


def pairwise_reachable(networks: PerSide[Snapshot]) -> set[tuple[str, str, str]]:
    reachable = set()
    for requester, accepter in product(networks.requester.network_interfaces, networks.accepter.network_interfaces):
        pair = PerSide(requester=with_only(networks.requester, requester), accepter=with_only(networks.accepter, accepter))
        ids = requester.network_interface_id, accepter.network_interface_id
        reachable |= {(*ids, str(verdict.flow)) for verdict in judge(pair, *FLOWS) if verdict.reachable}
    return reachable


def with_only(network: Snapshot, interface: NetworkInterface) -> Snapshot:
    """The side with one interface, and only the groups that it carries: none is assumed."""
    carried = tuple(group for group in network.security_groups if group.security_group_id in interface.security_group_ids)
    return change(network, network_interfaces=(interface,), security_groups=carried)


def outcome(verdict: Verdict) -> object:
    return verdict.flow, verdict.reachable, tuple(hop.cause for hop in verdict.hops)


def _acl_for_each_subnet(network: Snapshot) -> tuple[object, ...]:
    (acl,) = network.network_acls
    return tuple(
        change(acl, network_acl_id=f"acl-{subnet.subnet_id}", subnet_ids=(subnet.subnet_id,)) for subnet in network.subnets
    )


def _last_one_with_another_group(network: Snapshot, permission: Permission) -> Snapshot:
    *others, last = network.network_interfaces
    other = SecurityGroup(security_group_id="sg-b9", name="other", permissions=(permission,))
    return change(
        network,
        security_groups=(*network.security_groups, other),
        network_interfaces=(*others, change(last, security_group_ids=("sg-b1", "sg-b9"))),
    )
