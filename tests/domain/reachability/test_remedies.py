"""What would make a blocked flow work: told exactly, and right, on any network."""

from functools import reduce
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.domain.model.network import (
    FIRST_OWN_NUMBER,
    LOCAL,
    AclEntry,
    Direction,
    NetworkAcl,
    PeeringConnection,
    PeeringStatus,
    Permission,
    Route,
    RouteTable,
    Snapshot,
)
from causeway.domain.model.protocols import ALL_PROTOCOLS, PortRange
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.reachability.check import check
from causeway.domain.reachability.matching import Traffic
from causeway.domain.reachability.remedies import (
    NEW_CONNECTION,
    AddEntry,
    AddRule,
    Connect,
    Nothing,
    Remedy,
    Reveal,
    SetRoute,
    Step,
    for_connection,
    for_entries,
    for_routes,
    for_strays,
)
from causeway.domain.reachability.verdicts import Cause, Verdict
from tests.domain.networks import CIDR_BLOCKS, CONNECTION_ID, by_list, change, change_side, connection, request, snapshots, ssh
from tests.domain.reachability.test_check import FLOWS, odd_networks, with_only

SSH = Traffic(protocol="tcp", span=PortRange(first=22, last=22))
PEER = CIDR_BLOCKS.accepter
ACTIVE = connection(snapshots())
DENY = AclEntry(number=100, direction=Direction.INGRESS, allow=False, protocol=ALL_PROTOCOLS, cidr_block="0.0.0.0/0")


def acl(*entries: AclEntry) -> NetworkAcl:
    return NetworkAcl(network_acl_id="acl-1", default=True, entries=entries)


def table(*routes: Route) -> RouteTable:
    return RouteTable(route_table_id="rtb-1", routes=routes)


def test_what_a_fresh_pair_of_vpcs_lacks_is_all_told_there_and_back() -> None:
    (verdict,) = check(request(ssh()), snapshots(), None)

    assert verdict.blocked_by == verdict.hops[3]
    assert [hop for hop in verdict.hops if hop.cause][1:] == [verdict.hops[4], verdict.hops[6], verdict.hops[9]]
    assert [remedy.sentence for remedy in verdict.remedies] == [
        "Add to rtb-a1 the route 192.0.0.0/16 → the new peering connection.",
        "Request a peering connection of the two VPCs, and accept it.",
        "Add to sg-b1 the ingress rule tcp 22 from 10.0.0.0/16.",
        "Add to rtb-b1 the route 10.0.0.0/16 → the new peering connection.",
    ]


def test_the_rule_that_is_missing_is_a_value() -> None:
    (verdict,) = check(request(ssh()), snapshots(), ACTIVE)

    port = PortRange(first=22, last=22)
    permission = Permission(direction=Direction.INGRESS, protocol="tcp", ports=port, peer=CIDR_BLOCKS.requester)
    assert AddRule(security_group_id="sg-b1", permission=permission) in verdict.remedies


@pytest.mark.parametrize(
    ("entries", "denied_by", "says"),
    [
        ([DENY], DENY, "Add to acl-1: entry 99 allows tcp 22 from 192.0.0.0/16."),
        ([change(DENY, number=99), DENY], DENY, "Add to acl-1: entry 98 allows tcp 22 from 192.0.0.0/16."),
        (
            [DENY],
            change(DENY, cidr_block="192.0.7.0/24"),
            "Add to acl-1: entry 99 allows tcp 22 from 192.0.7.0/24.",
        ),
        (
            [change(DENY, number=1), change(DENY, number=2), change(DENY, number=4)],
            change(DENY, number=2),
            "Add 1 to the numbers of the ingress entries 2 of acl-1. Then add: entry 2 allows tcp 22 from 192.0.0.0/16.",
        ),
        ([], None, "Add to acl-1: entry 10 allows tcp 22 from 192.0.0.0/16."),
        ([change(DENY, allow=True)], None, "Add to acl-1: entry 110 allows tcp 22 from 192.0.0.0/16."),
        (
            [change(DENY, number=FIRST_OWN_NUMBER - 1), change(DENY, number=FIRST_OWN_NUMBER)],
            None,
            "Add to acl-1: entry 19998 allows tcp 22 from 192.0.0.0/16.",
        ),
    ],
)
def test_an_entry_has_a_number_that_counts_and_no_more_addresses_than_it_needs(
    entries: list[AclEntry], denied_by: AclEntry | None, says: str
) -> None:
    assert for_entries(acl(*entries), Direction.INGRESS, SSH, PEER, denied_by).sentence == says


def test_an_entry_is_spelled_as_ec2_wants_it() -> None:
    echo = Traffic(protocol="icmp", span=PortRange(first=8 * 256, last=8 * 256))
    remedy = for_entries(acl(), Direction.EGRESS, echo, PEER, None)

    assert isinstance(remedy, AddEntry)
    assert (remedy.entry.protocol, remedy.entry.ports) == ("1", PortRange(first=8, last=0))
    assert remedy.sentence == "Add to acl-1: entry 10 allows icmp echo request to 192.0.0.0/16."


@pytest.mark.parametrize(
    ("taken", "says"),
    [
        ((), "Add to rtb-1 the route 192.0.0.0/16 → pcx-1."),
        ((Route(destination="0.0.0.0/0", target="igw-1"),), "Add to rtb-1 the route 192.0.0.0/16 → pcx-1."),
        (
            (Route(destination="192.0.0.0/16", target="tgw-1"),),
            "Let the route 192.0.0.0/16 in rtb-1 lead to pcx-1 instead of tgw-1.",
        ),
        (
            (Route(destination="192.0.7.0/24", target="pcx-9", blackhole=True),),
            "Let the route 192.0.7.0/24 in rtb-1 lead to pcx-1 instead of pcx-9.",
        ),
        ((Route(destination="192.0.7.0/24", target="vgw-1", propagated=True),), "Add to rtb-1 the route 192.0.7.0/24 → pcx-1."),
        ((by_list("192.0.0.0/16", "tgw-1"),), "Add to rtb-1 the route 192.0.0.0/16 → pcx-1."),
        ((by_list("192.0.7.0/24", "tgw-1"),), "Add to rtb-1 the route 192.0.7.0/24 → pcx-1."),
        ((by_list("192.0.0.0/16", "pcx-1"), by_list("192.0.0.0/16", "tgw-1")), "Add to rtb-1 the route 192.0.0.0/16 → pcx-1."),
        ((by_list("192.0.0.0/16", "pcx-1"),), "Leave the route 192.0.0.0/16 in rtb-1: it works once pcx-1 is active."),
        (
            (Route(destination="192.0.0.0/16", target="pcx-1", blackhole=True),),
            "Leave the route 192.0.0.0/16 in rtb-1: it works once pcx-1 is active.",
        ),
        (
            (Route(destination="192.0.0.0/8", target=LOCAL),),
            "Nothing can be done: 192.0.0.0/8 is local in rtb-1, and VPCs with overlapping CIDR blocks cannot be peered.",
        ),
    ],
)
def test_a_route_wins_over_the_one_that_is_taken_now(taken: tuple[Route, ...], says: str) -> None:
    assert for_routes(table(), taken, PEER, ACTIVE).sentence == says


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (PeeringStatus.INITIATING_REQUEST, Step.ACCEPT),
        (PeeringStatus.PENDING_ACCEPTANCE, Step.ACCEPT),
        (PeeringStatus.PROVISIONING, Step.WAIT),
        (PeeringStatus.EXPIRED, Step.REQUEST),
        (PeeringStatus.DELETED, Step.REQUEST),
    ],
)
def test_a_connection_is_brought_on_from_where_it_is(status: PeeringStatus, step: Step) -> None:
    remedy = for_connection(change(ACTIVE, status=status))

    assert remedy == Connect(step=step, connection_id=CONNECTION_ID)
    assert CONNECTION_ID in remedy.sentence


def test_routes_lead_to_a_new_connection_where_the_old_one_is_over() -> None:
    remedy = for_routes(table(), (), PEER, change(ACTIVE, status=PeeringStatus.EXPIRED))

    assert remedy == SetRoute(route_table_id="rtb-1", destination=PEER, target=NEW_CONNECTION)


def test_an_address_outside_of_its_vpc_stays_out_without_a_connection_too() -> None:
    networks = snapshots()
    networks = change_side(networks, Side.ACCEPTER, change(networks.accepter, vpc=_elsewhere(networks.accepter)))
    (verdict,) = check(request(ssh()), networks, None)

    assert for_strays(["192.0.0.10"]) in verdict.remedies
    assert "192.0.0.10" in for_strays(["192.0.0.10"]).sentence


@pytest.mark.parametrize("remedy", [for_connection(None), for_strays(["10.0.0.1"]), for_routes(table(), (), PEER, None)])
def test_a_verdict_keeps_its_remedies_as_values(remedy: Remedy) -> None:
    assert msgspec.convert(msgspec.to_builtins(remedy), Remedy) == remedy


# --- on any network, all remedies together make the flow work


@st.composite
def with_gaps(draw: st.DrawFn, network: Snapshot) -> Snapshot:
    """The side without some of its routes, and with the last words of its ACLs or without them."""
    kept = draw(st.booleans())
    tables = tuple(change(each, routes=each.routes if kept else each.routes[:1]) for each in network.route_tables)
    acls = tuple(
        change(each, entries=each.entries if draw(st.booleans()) else each.entries[:-1]) for each in network.network_acls
    )
    return change(network, route_tables=tables, network_acls=acls)


@given(odd_networks(), st.none() | st.sampled_from(PeeringStatus), st.data())
@settings(max_examples=60)
def test_what_is_told_makes_every_blocked_flow_work_but_for_unread_lists(
    networks: PerSide[Snapshot], status: PeeringStatus | None, data: st.DataObject
) -> None:
    joined = None if status is None else connection(networks, status)
    for ends in product(networks.requester.network_interfaces, networks.accepter.network_interfaces):
        requester, accepter = (
            data.draw(with_gaps(with_only(networks[side], end))) for side, end in zip(SIDES, ends, strict=True)
        )
        pair = PerSide(requester=requester, accepter=accepter)
        for before in check(request(*FLOWS), pair, joined):
            (after,) = check(request(before.flow), *remedied(pair, joined, before))
            left = {hop.cause for hop in after.hops if hop.cause}
            assert left <= {Cause.PREFIX_LIST_UNREADABLE}, (before.remedies, after.blocked_by)


def remedied(
    networks: PerSide[Snapshot], joined: PeeringConnection | None, verdict: Verdict
) -> tuple[PerSide[Snapshot], PeeringConnection | None]:
    """The networks and the connection once all is done that the verdict tells."""
    both = PerSide.of(lambda side: reduce(applied, verdict.remedies, networks[side]))
    connecting = [remedy for remedy in verdict.remedies if isinstance(remedy, Connect)]
    if not connecting:
        return both, joined
    is_new = connecting[0].step is Step.REQUEST
    return both, connection(both, connection_id=NEW_CONNECTION if is_new else CONNECTION_ID)


def applied(network: Snapshot, remedy: Remedy) -> Snapshot:
    """The side as the remedy makes it; as it was, where the remedy is about the other side."""
    match remedy:
        case AddRule():
            groups = (
                change(each, permissions=(*each.permissions, remedy.permission))
                if each.security_group_id == remedy.security_group_id
                else each
                for each in network.security_groups
            )
            return change(network, security_groups=tuple(groups))
        case AddEntry():
            acls = (
                change(each, entries=_with_entry(each, remedy)) if each.network_acl_id == remedy.network_acl_id else each
                for each in network.network_acls
            )
            return change(network, network_acls=tuple(acls))
        case SetRoute():
            tables = (
                change(each, routes=_with_route(each, remedy)) if each.route_table_id == remedy.route_table_id else each
                for each in network.route_tables
            )
            return change(network, route_tables=tuple(tables))
        case Connect(step=Step.REQUEST, connection_id=str(gone)):
            return change(network, route_tables=tuple(_led_anew(each, gone) for each in network.route_tables))
        case Connect() | Nothing() | Reveal():
            return network


def _with_entry(acl: NetworkAcl, remedy: AddEntry) -> tuple[AclEntry, ...]:
    entries = [
        change(each, number=each.number + 1)
        if each.direction is remedy.entry.direction and each.number in remedy.moved
        else each
        for each in acl.entries
    ]
    assert remedy.entry.number not in {each.number for each in entries if each.direction is remedy.entry.direction}
    return (*entries, remedy.entry)


def _with_route(table: RouteTable, remedy: SetRoute) -> tuple[Route, ...]:
    others = tuple(each for each in table.routes if each.propagated or each.destination != remedy.destination)
    return (*others, Route(destination=remedy.destination, target=remedy.target))


def _led_anew(table: RouteTable, gone: str) -> RouteTable:
    routes = (change(each, target=NEW_CONNECTION, blackhole=False) if each.target == gone else each for each in table.routes)
    return change(table, routes=tuple(routes))


def _elsewhere(network: Snapshot) -> Any:
    return change(network.vpc, cidr_blocks=("192.0.1.0/24",))
