"""Network ACL entries: what the flows need, by example and for any ACL; whatever people put there stays and still decides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.findings import Code
from causeway.domain.model.network import FIRST_OWN_NUMBER, AclEntry, Direction, NetworkAcl, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import AclMode, Flow, Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import CreateAclEntry, DeleteAclEntry
from causeway.domain.planning.kinds.acl_entries import EntryPlace
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from causeway.domain.planning.projection import project
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Component
from tests.domain.networks import (
    CIDR_BLOCKS,
    IPV6_CIDR_BLOCKS,
    any_flow,
    change,
    change_side,
    flow,
    networks_and_flows,
    ping,
    port_ranges,
    request,
    snapshots,
    ssh,
)
from tests.domain.situations import applied

LAST = 32767
BEHIND_OURS = 32000


def managing(*flows: Flow, **changes: Any) -> Request:
    return change(request(*flows), network_acls=AclMode.MANAGE, **changes)


def entry(
    number: int, direction: Direction, protocol: str, block: str, ports: PortRange | None = None, *, allow: bool
) -> AclEntry:
    return AclEntry(number=number, direction=direction, allow=allow, protocol=protocol, cidr_block=block, ports=ports)


def closing() -> tuple[AclEntry, ...]:
    """The denials that end every ACL."""
    return tuple(entry(LAST, direction, "-1", "0.0.0.0/0", allow=False) for direction in Direction)


def with_acl(networks: PerSide[Snapshot], side: Side, *entries: AclEntry) -> PerSide[Snapshot]:
    """The side with nothing but these entries, and the closing denials, in its ACL."""
    (acl,) = networks[side].network_acls
    return change_side(networks, side, change(networks[side], network_acls=(change(acl, entries=(*entries, *closing())),)))


def closed(**options: bool) -> PerSide[Snapshot]:
    """Two networks whose ACLs let nothing through."""
    networks = snapshots(**options)
    for side in SIDES:
        networks = with_acl(networks, side)
    return networks


def through(plan: Plan, side: Side) -> list[str]:
    return [change.phrase for change in plan.of(CreateAclEntry, side)]


def apply(wanted: Request, plan: Plan, networks: PerSide[Snapshot], held: Holdings) -> tuple[PerSide[Snapshot], Holdings]:
    return applied(wanted, plan, networks), holdings_after(wanted, held, plan)


def test_a_flow_needs_its_ports_one_way_and_the_ephemeral_ports_the_other() -> None:
    plan = plan_request(managing(ssh()), 1, closed())

    assert through(plan, Side.REQUESTER) == [
        "tcp/1024-65535 from 192.0.0.0/16 through acl-a1, entry 20000",
        "tcp/22 to 192.0.0.0/16 through acl-a1, entry 20000",
    ]
    assert through(plan, Side.ACCEPTER) == [
        "tcp/1024-65535 to 10.0.0.0/16 through acl-b1, entry 20000",
        "tcp/22 from 10.0.0.0/16 through acl-b1, entry 20000",
    ]
    assert plan.findings == ()


def test_icmp_is_one_entry_a_direction_in_each_family_whoever_starts_it() -> None:
    plan = plan_request(managing(ping(Side.REQUESTER), ping(Side.ACCEPTER)), 1, closed(ipv6=True))

    assert through(plan, Side.REQUESTER) == [
        "icmp to 192.0.0.0/16 through acl-a1, entry 20000",
        "icmp from 192.0.0.0/16 through acl-a1, entry 20000",
        f"icmpv6 to {IPV6_CIDR_BLOCKS.accepter} through acl-a1, entry 20001",
        f"icmpv6 from {IPV6_CIDR_BLOCKS.accepter} through acl-a1, entry 20001",
    ]


def test_all_traffic_needs_no_entry_for_its_parts() -> None:
    plan = plan_request(managing(ssh(), ping(), flow(Side.ACCEPTER, Protocol.ALL)), 1, closed())

    assert through(plan, Side.REQUESTER) == [
        "all traffic to 192.0.0.0/16 through acl-a1, entry 20000",
        "all traffic from 192.0.0.0/16 through acl-a1, entry 20000",
    ]


def test_an_acl_that_lets_everything_through_gets_nothing() -> None:
    assert plan_request(managing(), 1, snapshots(ipv6=True)).of(CreateAclEntry) == ()


def test_an_acl_is_left_alone_unless_the_item_says_manage() -> None:
    plan = plan_request(request(ssh()), 1, closed())

    assert plan.of(CreateAclEntry) == ()
    assert {finding.code for finding in plan.findings} == {Code.FLOW_BLOCKED}


@pytest.mark.parametrize(
    ("block", "covered"),
    [("10.0.0.0/8", True), ("10.0.0.0/16", True), ("10.0.0.0/17", False), ("0.0.0.0/0", True), ("172.16.0.0/12", False)],
)
def test_what_somebody_already_lets_through_needs_no_entry(block: str, covered: bool) -> None:
    incoming = entry(100, Direction.INGRESS, "tcp", block, PortRange(first=22, last=22), allow=True)

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, incoming))

    assert ("tcp/22 from 10.0.0.0/16 through acl-b1, entry 20000" not in through(plan, Side.ACCEPTER)) == covered


@pytest.mark.parametrize(("first", "covered"), [(0, True), (1, True), (2, False)])
def test_a_range_from_port_0_on_needs_no_entry_for_port_0(first: int, covered: bool) -> None:
    incoming = entry(100, Direction.INGRESS, "tcp", "10.0.0.0/16", PortRange(first=first, last=22), allow=True)
    wanted = managing(flow(Side.REQUESTER, Protocol.TCP, PortRange(first=0, last=22)))

    plan = plan_request(wanted, 1, with_acl(closed(), Side.ACCEPTER, incoming))

    assert ("tcp/0-22 from 10.0.0.0/16 through acl-b1, entry 20000" not in through(plan, Side.ACCEPTER)) == covered


def test_two_halves_of_the_block_are_the_whole() -> None:
    halves = (
        entry(number, Direction.INGRESS, "-1", block, allow=True)
        for number, block in ((100, "10.0.0.0/17"), (110, "10.0.128.0/17"))
    )

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, *halves))

    assert [change.entry.direction for change in plan.of(CreateAclEntry, Side.ACCEPTER)] == [Direction.EGRESS]


def test_an_earlier_deny_of_somebody_still_stops_the_flow() -> None:
    deny = entry(50, Direction.INGRESS, "tcp", "0.0.0.0/0", PortRange(first=22, last=22), allow=False)

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, deny))

    (finding,) = plan.findings
    assert (finding.code, finding.where, finding.blocking) == (Code.FLOW_BLOCKED, "acl-b1", True)
    assert "entry 50 denies tcp 22 from 0.0.0.0/0" in finding.message
    assert [change.entry.direction for change in plan.of(CreateAclEntry, Side.ACCEPTER)] == [Direction.EGRESS]


def test_a_deny_behind_ours_is_like_the_closing_one() -> None:
    deny = entry(32000, Direction.INGRESS, "-1", "0.0.0.0/0", allow=False)

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, deny))

    assert "tcp/22 from 10.0.0.0/16 through acl-b1, entry 20000" in through(plan, Side.ACCEPTER)
    assert plan.findings == ()


def test_a_number_that_somebody_has_is_left_to_them() -> None:
    theirs = entry(20000, Direction.INGRESS, "udp", "0.0.0.0/0", PortRange(first=53, last=53), allow=True)

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, theirs))

    numbers = {change.entry.direction: change.entry.number for change in plan.of(CreateAclEntry, Side.ACCEPTER)}
    assert numbers == {Direction.INGRESS: 20001, Direction.EGRESS: 20000}


def test_only_acls_and_families_of_subnets_that_use_a_selected_table() -> None:
    networks = snapshots(ipv6=True, subnets=2)
    first, second = networks.requester.subnets
    acls = tuple(
        NetworkAcl(network_acl_id=f"acl-a{place}", subnet_ids=(subnet.subnet_id,), entries=closing())
        for place, subnet in enumerate((first, second), 1)
    )
    only_ipv4 = change(first, ipv6_cidr_blocks=())
    networks = change_side(networks, Side.REQUESTER, change(networks.requester, network_acls=acls, subnets=(only_ipv4, second)))
    tables = PerSide(requester=Selector(ids=("rtb-a1",)), accepter=Selector(every=True))

    entries = plan_request(managing(ssh(), route_tables=tables), 1, networks).of(CreateAclEntry, Side.REQUESTER)

    assert {(change.network_acl_id, change.entry.cidr_block) for change in entries} == {("acl-a1", CIDR_BLOCKS.accepter)}


def test_an_edit_adds_the_entries_it_needs_and_then_deletes_the_others() -> None:
    before, networks = managing(ssh()), closed()
    networks, held = apply(before, plan_request(before, 1, networks), networks, NOTHING_HELD)

    plan = plan_request(managing(flow(Side.REQUESTER, Protocol.TCP, 443)), 2, networks, held)

    assert [change.sentence for change in plan.changes if isinstance(change, CreateAclEntry | DeleteAclEntry)] == [
        "Let tcp/443 to 192.0.0.0/16 through acl-a1, entry 20001",
        "Let tcp/443 from 10.0.0.0/16 through acl-b1, entry 20001",
        "No longer let tcp/22 to 192.0.0.0/16 through acl-a1, entry 20000",
        "No longer let tcp/22 from 10.0.0.0/16 through acl-b1, entry 20000",
    ]


def test_back_to_check_takes_ours_away_and_then_tells_what_is_blocked() -> None:
    before, networks = managing(ssh()), closed()
    networks, held = apply(before, plan_request(before, 1, networks), networks, NOTHING_HELD)

    plan = plan_request(change(before, network_acls=AclMode.CHECK), 2, networks, held)

    assert len(plan.of(DeleteAclEntry)) == 4
    assert {finding.code for finding in plan.findings} == {Code.FLOW_BLOCKED}


def test_an_entry_that_somebody_changed_is_no_longer_ours() -> None:
    wanted, networks = managing(ssh()), closed()
    networks, held = apply(wanted, plan_request(wanted, 1, networks), networks, NOTHING_HELD)
    (acl,) = networks.accepter.network_acls
    meddled = tuple(
        change(each, ports=PortRange(first=22, last=23)) if each.ports == ssh().ports else each for each in acl.entries
    )
    networks = change_side(networks, Side.ACCEPTER, change(networks.accepter, network_acls=(change(acl, entries=meddled),)))

    assert plan_request(wanted, 2, networks, held).of(CreateAclEntry) == ()
    removed = plan_removal(wanted, 2, networks, held).of(DeleteAclEntry, Side.ACCEPTER)
    assert [change.entry.direction for change in removed] == [Direction.EGRESS]


def test_a_full_acl_is_told_before_the_first_write() -> None:
    """20 a direction, the closing denial among them."""
    many = (entry(100 + place, Direction.INGRESS, "udp", "172.16.0.0/12", allow=True) for place in range(19))

    plan = plan_request(managing(ssh()), 1, with_acl(closed(), Side.ACCEPTER, *many))

    (finding,) = plan.findings
    assert (finding.code, finding.where) == (Code.QUOTA_EXCEEDED, "acl-b1")
    assert "has 20 ingress entries and needs 1 more; 20, AWS's default, are allowed" in finding.message


def acl_entries(side: Side) -> st.SearchStrategy[tuple[AclEntry, ...]]:
    """What people may have in a side's ACL: also in the range of our numbers, and about parts of the peer's blocks."""
    peer = CIDR_BLOCKS[side.other].removesuffix("0.0/16")
    ipv6 = IPV6_CIDR_BLOCKS[side.other]
    blocks = ["0.0.0.0/0", f"{peer}0.0/16", f"{peer}0.0/17", f"{peer}0.0/24", f"{peer}0.10/32", "::/0", ipv6]
    entries = st.builds(
        entry,
        number=st.one_of(st.integers(1, 200), st.integers(FIRST_OWN_NUMBER, FIRST_OWN_NUMBER + 5), st.just(32766)),
        direction=st.sampled_from(Direction),
        protocol=st.sampled_from(["-1", "tcp", "udp", "icmp", "icmpv6"]),
        block=st.sampled_from(blocks),
        ports=st.none() | port_ranges(),
        allow=st.booleans(),
    ).map(lambda each: each if each.protocol in {"tcp", "udp"} else change(each, ports=None))
    unique = st.lists(entries, max_size=6, unique_by=lambda each: (each.direction, each.number))
    return unique.map(tuple)


@st.composite
def guarded(draw: st.DrawFn) -> tuple[PerSide[Snapshot], Request]:
    networks, ordinary = draw(networks_and_flows())
    for side in SIDES:
        networks = with_acl(networks, side, *draw(acl_entries(side)))
    return networks, change(ordinary, network_acls=AclMode.MANAGE)


def numbers(entries: set[EntryPlace]) -> set[tuple[str, Direction, int]]:
    return {(acl_id, each.direction, each.number) for acl_id, each in entries}


def places(network: Snapshot) -> set[EntryPlace]:
    return {(acl.network_acl_id, each) for acl in network.network_acls for each in acl.entries}


def assert_only_people_stop_flows(wanted: Request, plan: Plan, networks: PerSide[Snapshot]) -> None:
    """And only by a deny that comes before an entry of ours could."""
    for verdict in check(wanted, *project(plan, networks)):
        hop = verdict.blocked_by
        if hop is not None:
            assert hop.component is Component.NETWORK_ACL
            number, says = hop.decided_by.removeprefix("entry ").split()[:2]
            assert says == "denies"
            assert int(number) < BEHIND_OURS


@given(guarded())
def test_once_the_entries_are_there_only_an_earlier_deny_of_somebody_stops_a_flow(
    case: tuple[PerSide[Snapshot], Request],
) -> None:
    networks, wanted = case

    assert_only_people_stop_flows(wanted, plan_request(wanted, 1, networks), networks)


@given(guarded())
def test_entries_come_beside_those_of_people(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, wanted = case
    plan = plan_request(wanted, 1, networks)
    projected, _ = project(plan, networks)

    for side in SIDES:
        added = {(created.network_acl_id, created.entry) for created in plan.of(CreateAclEntry, side)}
        assert places(projected[side]) == places(networks[side]) | added
        assert numbers(added).isdisjoint(numbers(places(networks[side])))
        assert all(FIRST_OWN_NUMBER <= each.number < BEHIND_OURS for _, each in added)


@given(guarded())
def test_a_second_plan_adds_no_entry_and_a_removal_leaves_what_people_had(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, wanted = case
    after, held = apply(wanted, plan_request(wanted, 1, networks), networks, NOTHING_HELD)

    assert plan_request(wanted, 2, after, held).changes == ()
    gone = applied(wanted, plan_removal(wanted, 3, after, held), after)
    assert PerSide.of(lambda side: gone[side].network_acls) == PerSide.of(lambda side: networks[side].network_acls)


@given(guarded(), st.lists(any_flow(), max_size=3))
def test_an_edit_takes_away_no_entry_that_a_flow_still_needs(
    case: tuple[PerSide[Snapshot], Request], flows: list[Flow]
) -> None:
    networks, before = case
    edited = change(before, flows=tuple(flows))
    after, held = apply(before, plan_request(before, 1, networks), networks, NOTHING_HELD)

    plan = plan_request(edited, 2, after, held)

    assert_only_people_stop_flows(edited, plan, after)
    projected, _ = project(plan, after)
    for side in SIDES:
        assert places(networks[side]) <= places(projected[side])
