"""What is taken away: what is ours and no longer wanted, never what is somebody else's."""

import pytest
from hypothesis import given

from causeway.domain.model.findings import Code
from causeway.domain.model.network import Direction, OwnedRule, PeeringStatus, Permission, Route, Snapshot
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import Flow, Request
from causeway.domain.model.selection import selected_groups
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import (
    Addition,
    AuthorizeRule,
    CreatePeering,
    CreateRoute,
    DeletePeering,
    DeleteRoute,
    OwnedRoute,
    Removal,
    RevokeRule,
)
from causeway.domain.planning.kinds.rules import missing_permissions, needed_permissions
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from tests.domain.networks import (
    CIDR_BLOCKS,
    change,
    change_side,
    flow,
    ping,
    request,
    snapshots,
    ssh,
    vpc_ref,
    with_permissions,
    with_routes,
)
from tests.domain.situations import Edit, Situation, applied, edits, held, situations, without_connection

TO_PEER = CIDR_BLOCKS.accepter
WIDE, NARROW = flow(Side.REQUESTER, ports=PortRange(first=22, last=80)), flow(Side.REQUESTER, ports=22)

type Done = tuple[PerSide[Snapshot], Holdings]


def done(wanted: Request, networks: PerSide[Snapshot], before: Holdings = NOTHING_HELD) -> Done:
    """The network and the holdings once a first generation is applied."""
    plan = plan_request(wanted, 1, networks, before)
    return applied(wanted, plan, networks), holdings_after(wanted, before, plan)


def routes_and_rules(networks: PerSide[Snapshot]) -> set[tuple[str, object]]:
    """Every route, by where it leads, and every rule."""
    return {
        thing
        for side in SIDES
        for thing in (
            *(
                (table.route_table_id, (each.destination, each.target))
                for table in networks[side].route_tables
                for each in table.routes
            ),
            *((group.security_group_id, each) for group in networks[side].security_groups for each in group.permissions),
        )
    }


def removals(plan: Plan) -> list[str]:
    return [each.sentence for each in plan.changes if isinstance(each, Removal.__value__)]


# --- For any situation


@given(edits())
def test_an_edit_is_done_once_it_was_done(edit: Edit) -> None:
    wanted, edited, networks = edit
    there, holdings = done(wanted, networks, held(networks))

    plan = plan_request(edited, 2, there, holdings)
    after = applied(edited, plan, there)

    assert plan_request(edited, 3, after, holdings_after(edited, holdings, plan)).changes == ()
    for side in SIDES:
        for group in selected_groups(edited, resolved(after[side])):
            needed = needed_permissions(edited, side, after)
            assert missing_permissions(group.permissions, needed, after[side.other].vpc) == ()


@given(edits())
def test_an_edit_adds_first_and_then_takes_only_what_is_ours(edit: Edit) -> None:
    wanted, edited, networks = edit
    there, holdings = done(wanted, networks, held(networks))

    plan = plan_request(edited, 2, there, holdings)

    taken = [isinstance(each, Removal.__value__) for each in plan.changes]
    assert taken == sorted(taken)
    assert all(isinstance(each, Addition.__value__) is not gone for each, gone in zip(plan.changes, taken, strict=True))
    refuse_foreign(plan, there, holdings)


@given(situations())
def test_a_removal_takes_only_what_is_ours(situation: Situation) -> None:
    wanted, networks = situation
    there, holdings = done(wanted, networks, held(networks))

    plan = plan_removal(wanted, 2, there, holdings)

    assert all(isinstance(each, Removal.__value__) for each in plan.changes)
    assert isinstance(plan.changes[-1], DeletePeering)
    refuse_foreign(plan, there, holdings)


@given(edits())
def test_a_removal_leaves_the_network_as_it_was_before(edit: Edit) -> None:
    wanted, edited, networks = edit
    there, holdings = done(wanted, networks)
    change_plan = plan_request(edited, 2, there, holdings)
    there, holdings = applied(edited, change_plan, there), holdings_after(edited, holdings, change_plan)

    plan = plan_removal(edited, 3, there, holdings)
    after = applied(edited, plan, there)

    assert routes_and_rules(after) == routes_and_rules(networks)
    assert {rule.request_id for side in SIDES for rule in after[side].owned_rules} <= {"another"}
    assert plan_removal(edited, 4, after, holdings).changes == ()


def refuse_foreign(plan: Plan, networks: PerSide[Snapshot], holdings: Holdings) -> None:
    for side in SIDES:
        owned = {rule.rule_id: rule for rule in networks[side].owned_rules}
        for revoked in plan.of(RevokeRule, side):
            rule = owned[revoked.rule_id]
            assert rule.request_id == plan.request_id
            assert (rule.security_group_id, rule.permission) == (revoked.security_group_id, revoked.permission)
        leads_to = {
            (table.route_table_id, route.destination): route.target
            for table in networks[side].route_tables
            for route in table.routes
        }
        for deleted in plan.of(DeleteRoute, side):
            place = deleted.route_table_id, deleted.destination
            assert OwnedRoute(side=side, route_table_id=place[0], destination=place[1]) in holdings.routes
            assert leads_to[place] == deleted.target == plan.connection_id


# --- Edits, by example


def test_narrower_ports_are_allowed_before_the_wider_ones_are_not() -> None:
    """The wider rule covers the narrower one, but cannot stand in for it: it is about to go."""
    there, holdings = done(request(WIDE), snapshots())

    plan = plan_request(request(NARROW), 2, there, holdings)

    assert [each.sentence for each in plan.changes] == [
        "Allow tcp/22 from 10.0.0.0/16 in sg-b1",
        "No longer allow tcp/22-80 from 10.0.0.0/16 in sg-b1",
    ]


def test_wider_ports_take_the_narrower_rule_away() -> None:
    there, holdings = done(request(NARROW), snapshots())

    plan = plan_request(request(WIDE), 2, there, holdings)

    assert [type(each) for each in plan.changes] == [AuthorizeRule, RevokeRule]


def test_a_rule_of_somebody_else_may_stand_in_for_one_of_ours() -> None:
    foreign = Permission(direction=Direction.INGRESS, protocol="tcp", peer="10.0.0.0/8", ports=PortRange(first=22, last=22))
    there, holdings = done(request(WIDE), snapshots())
    there = change_side(there, Side.ACCEPTER, with_permissions(there.accepter, foreign))

    plan = plan_request(request(NARROW), 2, there, holdings)

    assert [type(each) for each in plan.changes] == [RevokeRule]


def test_the_routes_of_a_table_that_is_no_longer_selected_go() -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    only_first = change(wanted.route_tables.requester, every=False, ids=("rtb-a1",))

    plan = plan_request(
        change(wanted, route_tables=change_side(wanted.route_tables, Side.REQUESTER, only_first)), 2, there, holdings
    )

    assert removals(plan) == ["No longer route 192.0.0.0/16 to the peering in rtb-a0"]


@pytest.mark.parametrize("flows", [(), (ping(),)])
def test_the_rules_of_a_flow_that_is_no_longer_wanted_go(flows: tuple[Flow, ...]) -> None:
    there, holdings = done(request(ssh(), ping()), snapshots())

    plan = plan_request(change(request(), flows=flows), 2, there, holdings)

    assert "No longer allow tcp/22 from 10.0.0.0/16 in sg-b1" in removals(plan)
    assert len(plan.changes) == len(removals(plan)) == 2 - len(flows)


def test_a_route_of_ours_that_somebody_retargeted_is_theirs() -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    tables = tuple(
        change(
            table, routes=tuple(change(each, target="tgw-1") if each.destination == TO_PEER else each for each in table.routes)
        )
        for table in there.requester.route_tables
    )
    there = change_side(there, Side.REQUESTER, change(there.requester, route_tables=tables))

    plan = plan_removal(wanted, 2, there, holdings)

    assert plan.of(DeleteRoute, Side.REQUESTER) == ()
    assert len(plan.of(DeleteRoute, Side.ACCEPTER)) == 2


def test_a_route_to_our_connection_that_no_plan_named_is_somebody_elses() -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    by_hand = Route(destination="192.0.7.0/24", target=there.requester.peering_connections[0].connection_id)
    there = change_side(there, Side.REQUESTER, with_routes(there.requester, by_hand))

    assert {each.destination for each in plan_removal(wanted, 2, there, holdings).of(DeleteRoute, Side.REQUESTER)} == {TO_PEER}


def test_a_rule_with_another_requests_tag_stays() -> None:
    wanted = request(ssh())
    there, holdings = done(wanted, snapshots())
    (ours,) = there.accepter.owned_rules
    theirs = OwnedRule(rule_id="sgr-9", security_group_id="sg-b1", permission=ours.permission, request_id="another")
    there = change_side(there, Side.ACCEPTER, change(there.accepter, owned_rules=(theirs, ours)))

    assert [each.rule_id for each in plan_removal(wanted, 2, there, holdings).of(RevokeRule, Side.ACCEPTER)] == [ours.rule_id]


# --- A connection that is gone


def cut(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """The connection deleted by hand: its routes are black holes, to an id that looks like one."""

    def side_without(side: Side) -> Snapshot:
        here = networks[side]
        (ours,) = here.peering_connections
        tables = tuple(
            change(
                table,
                routes=tuple(
                    change(route, target="pcx-gone", blackhole=True) if route.target == ours.connection_id else route
                    for route in table.routes
                ),
            )
            for table in here.route_tables
        )
        return change(without_connection(here, ours.connection_id), route_tables=tables)

    return PerSide.of(side_without)


def test_of_a_connection_that_is_gone_our_black_holes_go_and_nobody_elses() -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    foreign = Route(destination="172.16.0.0/12", target="pcx-9", blackhole=True)
    there = PerSide.of(lambda side: with_routes(cut(there)[side], foreign))

    plan = plan_removal(wanted, 2, there, holdings.with_connection("pcx-gone"))

    assert plan.connection_id is None
    assert not plan.of(DeletePeering, Side.REQUESTER)
    assert [(each.route_table_id, each.destination, each.target) for each in plan.of(DeleteRoute, Side.REQUESTER)] == [
        ("rtb-a0", TO_PEER, "pcx-gone"),
        ("rtb-a1", TO_PEER, "pcx-gone"),
    ]
    assert {each.destination for each in plan.of(DeleteRoute, Side.ACCEPTER)} == {CIDR_BLOCKS.requester}


@pytest.mark.parametrize(
    "route",
    [
        Route(destination=TO_PEER, target="pcx-8"),
        Route(destination=TO_PEER, target="pcx-8", blackhole=True),
        Route(destination=TO_PEER, target="nat-1", blackhole=True),
        Route(destination=TO_PEER, target="tgw-1"),
    ],
    ids=["another connection that works", "another connection that is gone", "another black hole", "elsewhere"],
)
def test_of_a_connection_that_is_gone_a_route_that_leads_elsewhere_stays(route: Route) -> None:
    wanted, networks = request(), snapshots()
    _, holdings = done(wanted, networks)
    networks = change_side(networks, Side.REQUESTER, with_routes(networks.requester, route))

    assert plan_removal(wanted, 2, networks, holdings).changes == ()


def test_a_connection_that_is_gone_is_made_anew_in_place_of_its_black_holes() -> None:
    wanted = request(ssh())
    there, holdings = done(wanted, snapshots())
    networks, holdings = cut(there), holdings.with_connection("pcx-gone")

    plan = plan_request(wanted, 2, networks, holdings)

    assert plan.findings == ()
    assert plan.of(CreatePeering, Side.REQUESTER)
    for side in SIDES:
        assert {each.replaces for each in plan.of(CreateRoute, side)} == {"pcx-gone"}
        assert plan.of(DeleteRoute, side) == ()
    after = applied(wanted, plan, networks)
    assert plan_request(wanted, 3, after, holdings_after(wanted, holdings, plan)).changes == ()
    assert [route for side in SIDES for table in after[side].route_tables for route in table.routes if route.blackhole] == []


def test_a_black_hole_that_is_not_ours_stays_a_conflict() -> None:
    wanted = request(ssh())
    there, holdings = done(wanted, snapshots())

    plan = plan_request(wanted, 2, cut(there), holdings.with_connection("pcx-other"))

    assert {finding.code for finding in plan.findings} == {Code.ROUTE_CONFLICT}


def test_a_route_to_a_connection_that_waits_for_its_acceptance_is_no_hole() -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    (ours,) = there.requester.peering_connections
    route = Route(destination=TO_PEER, target=ours.connection_id, blackhole=True)

    held = holdings.with_connection(ours.connection_id).connection_ids
    assert not route.is_orphaned_blackhole_of(held, ours.connection_id)
    assert route.is_orphaned_blackhole_of(held, "pcx-new")


@pytest.mark.parametrize("status", [PeeringStatus.PENDING_ACCEPTANCE, PeeringStatus.PROVISIONING])
def test_a_connection_that_never_came_up_is_deleted(status: PeeringStatus) -> None:
    wanted = request()
    there, holdings = done(wanted, snapshots())
    there = PerSide.of(
        lambda side: change(
            there[side], peering_connections=tuple(change(each, status=status) for each in there[side].peering_connections)
        )
    )

    assert isinstance(plan_removal(wanted, 2, there, holdings).changes[-1], DeletePeering)


def test_nothing_of_ours_is_nothing_to_remove() -> None:
    assert plan_removal(request(), 1, snapshots(), NOTHING_HELD).changes == ()


# --- Another pair, and the holdings


@pytest.mark.parametrize("side", SIDES)
def test_another_pair_is_another_request(side: Side) -> None:
    there, holdings = done(request(), snapshots())
    moved = change(request(), **{side.value: change(vpc_ref(side), vpc_id="vpc-c1")})
    here = change(there[side], vpc=change(there[side].vpc, ref=moved.vpc(side)), peering_connections=())

    plan = plan_request(moved, 2, change_side(there, side, here), holdings)

    assert plan.is_blocked
    assert Code.PAIR_CHANGED in {finding.code for finding in plan.findings}


def test_the_same_pair_the_other_way_round_is_another_pair_too() -> None:
    _, holdings = done(request(), snapshots())
    swapped = change(request(), requester=vpc_ref(Side.ACCEPTER), accepter=vpc_ref(Side.REQUESTER))
    networks = snapshots()
    networks = PerSide.of(lambda side: change(networks[side], vpc=change(networks[side].vpc, ref=swapped.vpc(side))))

    assert Code.PAIR_CHANGED in {finding.code for finding in plan_request(swapped, 2, networks, holdings).findings}


def test_holdings_keep_what_was_ever_planned() -> None:
    """Also of a table that is not selected any more: its route may not have gone yet."""
    wanted = request()
    there, holdings = done(wanted, snapshots())
    fewer = change(
        wanted, route_tables=PerSide.of(lambda _: change(wanted.route_tables.requester, every=False, ids=("rtb-a1", "rtb-b1")))
    )

    plan = plan_request(fewer, 2, there, holdings)

    assert plan.of(CreateRoute, Side.REQUESTER) == ()
    assert plan.connection_id
    assert holdings_after(fewer, holdings, plan) == change(holdings, request=fewer).with_connection(plan.connection_id)
