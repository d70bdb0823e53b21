"""The network as a plan would leave it."""

from hypothesis import given

from causeway.domain.model.network import PeeringStatus, Route, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import SetDnsResolution
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.projection import project
from causeway.domain.reachability.check import check
from tests.domain.networks import (
    CONNECTION_ID,
    change,
    change_side,
    connection,
    networks_and_flows,
    request,
    snapshots,
    whole_plan,
    with_routes,
)


@given(networks_and_flows())
def test_a_whole_plan_makes_every_ordinary_network_reachable(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, wanted = case
    verdicts = check(wanted, *project(whole_plan(wanted, networks), networks))

    assert {verdict.flow for verdict in verdicts} == set(wanted.flows)
    assert [verdict for verdict in verdicts if not verdict.reachable] == []


@given(networks_and_flows())
def test_the_connection_is_active_and_shows_the_blocks_of_both(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, wanted = case
    projected, peering = project(whole_plan(wanted, networks), networks)

    assert peering.status is PeeringStatus.ACTIVE
    assert peering.joins(wanted.requester, wanted.accepter)
    assert all(peering.cidr_blocks[side] == networks[side].vpc.all_cidr_blocks for side in SIDES)
    assert all(peering in projected[side].peering_connections for side in SIDES)


def test_routes_and_rules_are_added_where_the_plan_says() -> None:
    networks = snapshots(subnets=2)
    plan = whole_plan(request(), networks)
    one_route = change(plan, changes=tuple(each for each in plan.changes if getattr(each, "route_table_id", "") == "rtb-a2"))
    (projected, peering) = project(one_route, networks)

    assert projected.requester.route_tables[:2] == networks.requester.route_tables[:2]
    assert projected.requester.route_tables[2].routes == (
        *networks.requester.route_tables[2].routes,
        Route(destination="192.0.0.0/16", target=peering.connection_id),
    )
    assert change(projected.accepter, peering_connections=()) == networks.accepter


def test_an_empty_plan_lets_a_waiting_connection_become_active() -> None:
    networks = snapshots()
    waiting = connection(networks, PeeringStatus.PENDING_ACCEPTANCE, tags={"Owner": "payments"})
    to_peer = Route(destination="192.0.0.0/16", target=CONNECTION_ID, blackhole=True)
    requester = with_routes(change(networks.requester, peering_connections=(waiting,)), to_peer, tables=["rtb-a1"])
    plan = Plan(request_id="test-to-production", generation=2, connection_id=CONNECTION_ID)
    projected, peering = project(plan, change_side(networks, Side.REQUESTER, requester))

    assert peering == connection(networks, tags={"Owner": "payments"})
    assert projected.requester.peering_connections == (peering,)
    assert projected.requester.route_tables[1].routes[-1] == change(to_peer, blackhole=False)


def test_a_black_hole_to_something_else_stays_one() -> None:
    networks = snapshots()
    gone = Route(destination="10.9.0.0/16", target="nat-1", blackhole=True)
    requester = with_routes(networks.requester, gone)
    projected, _ = project(whole_plan(request(), networks), change_side(networks, Side.REQUESTER, requester))

    assert gone in projected.requester.route_tables[0].routes


def test_dns_options_are_the_plans_else_as_they_were() -> None:
    networks = snapshots()
    present = connection(networks, dns_resolution=PerSide(requester=True, accepter=True))
    networks = change_side(networks, Side.REQUESTER, change(networks.requester, peering_connections=(present,)))
    plan = Plan(
        request_id="test-to-production",
        generation=2,
        connection_id=CONNECTION_ID,
        changes=(SetDnsResolution(side=Side.ACCEPTER, allow=False),),
    )

    assert project(plan, networks)[1].dns_resolution == PerSide(requester=True, accepter=False)


@given(networks_and_flows())
def test_projecting_changes_no_network_but_only_tells_of_one(case: tuple[PerSide[Snapshot], Request]) -> None:
    networks, wanted = case
    plan = whole_plan(wanted, networks)

    assert project(plan, networks) == project(plan, networks)
    assert networks.requester.peering_connections == ()
