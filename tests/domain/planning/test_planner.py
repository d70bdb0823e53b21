"""The planner: the plan of each situation by example, and what holds for the plan of any."""

import msgspec
import pytest
from hypothesis import given

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringConnection, PeeringStatus, Route, Snapshot
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.request import Request, Selector
from causeway.domain.model.tags import REQUEST_ID_TAG, connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import (
    AcceptPeering,
    AuthorizeRule,
    CreateAclEntry,
    CreatePeering,
    CreateRoute,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from causeway.domain.planning.kinds.rules import missing_permissions, needed_permissions
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import plan_request, refuse
from tests.domain.networks import (
    CIDR_BLOCKS,
    CONNECTION_ID,
    IPV6_CIDR_BLOCKS,
    change,
    change_side,
    connection,
    ping,
    request,
    snapshots,
    ssh,
    with_routes,
)
from tests.domain.situations import Situation, applied, situations, with_connection


def tagged_connection(wanted: Request, networks: PerSide[Snapshot], status: PeeringStatus) -> PeeringConnection:
    return connection(networks, status, tags=connection_tags(wanted))


def connected(networks: PerSide[Snapshot], ours: PeeringConnection) -> PerSide[Snapshot]:
    return PerSide(
        requester=with_connection(networks.requester, ours),
        accepter=with_connection(networks.accepter, ours),
    )


def sentences(plan: Plan) -> list[str]:
    return [change.sentence for change in plan.changes]


def test_the_walkthrough() -> None:
    wanted = request(ssh(), ping(Side.ACCEPTER))

    plan = plan_request(wanted, 3, snapshots())

    assert (plan.request_id, plan.generation, plan.connection_id, plan.findings) == ("test-to-production", 3, None, ())
    assert sentences(plan) == [
        "Request a peering from vpc-a1 (111111111111, us-east-1) to vpc-b1 (222222222222, us-east-1)",
        "Accept the peering of vpc-b1 (222222222222, us-east-1) with vpc-a1 (111111111111, us-east-1)",
        "Route 192.0.0.0/16 to the peering in rtb-a0",
        "Route 192.0.0.0/16 to the peering in rtb-a1",
        "Allow icmp from 192.0.0.0/16 in sg-a1",
        "Route 10.0.0.0/16 to the peering in rtb-b0",
        "Route 10.0.0.0/16 to the peering in rtb-b1",
        "Allow tcp/22 from 10.0.0.0/16 in sg-b1",
    ]


def test_dns_is_each_sides_own_option() -> None:
    wanted = request(dns_resolution=PerSide(requester=False, accepter=True))
    networks = snapshots()

    assert plan_request(wanted, 1, networks).of(SetDnsResolution, Side.REQUESTER) == ()
    (dns,) = plan_request(wanted, 1, networks).of(SetDnsResolution, Side.ACCEPTER)
    assert dns.sentence == "Let the requester resolve the accepter's private DNS names"


def test_dns_that_is_no_longer_wanted_is_switched_off() -> None:
    wanted, networks = request(), snapshots()
    ours = change(
        tagged_connection(wanted, networks, PeeringStatus.ACTIVE), dns_resolution=PerSide(requester=True, accepter=False)
    )

    (dns,) = plan_request(wanted, 1, connected(networks, ours)).of(SetDnsResolution, Side.REQUESTER)

    assert dns.sentence == "Stop letting the accepter resolve the requester's private DNS names"


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        (PeeringStatus.ACTIVE, set()),
        (PeeringStatus.PROVISIONING, set()),
        (PeeringStatus.PENDING_ACCEPTANCE, {AcceptPeering}),
        (PeeringStatus.INITIATING_REQUEST, {AcceptPeering}),
    ],
)
def test_a_connection_of_ours_is_taken_up_where_it_is(status: PeeringStatus, kinds: set[type]) -> None:
    wanted, networks = request(), snapshots()

    plan = plan_request(wanted, 1, connected(networks, tagged_connection(wanted, networks, status)))

    assert plan.connection_id == CONNECTION_ID
    assert {type(change) for change in plan.changes} & {CreatePeering, AcceptPeering} == kinds
    assert not plan.findings


@pytest.mark.parametrize("side", SIDES)
def test_new_tags_reach_either_end(side: Side) -> None:
    wanted, networks = request(), snapshots()
    networks = connected(networks, tagged_connection(wanted, networks, PeeringStatus.ACTIVE))
    retagged = request(tags={"Owner": "payments"})
    other = tagged_connection(retagged, networks, PeeringStatus.ACTIVE)
    networks = change_side(networks, side.other, with_connection(networks[side.other], other))

    plan = plan_request(retagged, 2, networks)

    assert plan.connection_id == CONNECTION_ID
    assert {type(change) for change in plan.changes} & {CreatePeering, AcceptPeering} == set()
    (tagged,) = plan.of(TagPeering)
    assert tagged.side is side
    assert tagged.sentence == f"Tag the {side}'s side of the peering: Owner=payments"
    assert tagged.tags.inverse.removed == (("Owner", "payments"),)


def test_a_request_cannot_tag_a_connection_as_another_requests() -> None:
    (create,) = plan_request(request(tags={REQUEST_ID_TAG: "other"}), 1, snapshots()).of(CreatePeering, Side.REQUESTER)

    assert create.tags[REQUEST_ID_TAG] == "test-to-production"


def test_every_block_of_the_peer_is_routed_in_every_table() -> None:
    networks = snapshots(ipv6=True, subnets=2)
    two_blocks = change(networks.accepter.vpc, cidr_blocks=("192.0.0.0/16", "192.7.0.0/16"))
    networks = change(networks, accepter=change(networks.accepter, vpc=two_blocks))

    routes = plan_request(request(), 1, networks).of(CreateRoute, Side.REQUESTER)

    blocks = ("192.0.0.0/16", "192.7.0.0/16", IPV6_CIDR_BLOCKS.accepter)
    assert [(route.route_table_id, route.destination) for route in routes] == [
        (table, block) for table in ("rtb-a0", "rtb-a1", "rtb-a2") for block in blocks
    ]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(every=True), {"rtb-a0", "rtb-a1"}),
        (Selector(ids=("rtb-a1",)), {"rtb-a1"}),
        (Selector(ids=("rtb-a2",)), set()),
        (Selector(tag_key="Tier", tag_value="private"), {"rtb-a0"}),
    ],
)
def test_only_selected_tables_and_never_an_edge_table(selector: Selector, expected: set[str]) -> None:
    networks = snapshots(subnets=2)
    main, first, edge = networks.requester.route_tables
    tables = (change(main, tags={"Tier": "private"}), first, change(edge, gateway_ids=("igw-a1",), tags={"Tier": "private"}))
    networks = change(networks, requester=change(networks.requester, route_tables=tables))

    plan = plan_request(request(route_tables=PerSide(requester=selector, accepter=selector)), 1, networks)

    assert {route.route_table_id for route in plan.of(CreateRoute, Side.REQUESTER)} == expected


def test_what_is_there_is_not_planned_again() -> None:
    wanted, networks = request(ssh()), snapshots()
    first = plan_request(wanted, 1, networks)

    assert first.changes
    assert plan_request(wanted, 2, applied(wanted, first, networks)).changes == ()


def test_a_refused_plan_has_nothing_but_findings() -> None:
    finding = Finding(code=Code.VPC_NOT_FOUND, where="vpc-a1", message="vpc-a1 is not there.")

    plan = refuse(request(), 4, (finding,))

    assert plan.is_blocked
    assert (plan.generation, plan.changes, plan.findings) == (4, (), (finding,))


def test_a_finding_that_only_informs_blocks_nothing() -> None:
    finding = Finding(code=Code.NOTHING_TO_CHECK, where="x", message="x", blocking=False)

    assert not refuse(request(), 1, (finding,)).is_blocked


@given(situations())
def test_a_plan_that_was_done_leaves_nothing_to_do(situation: Situation) -> None:
    wanted, networks = situation

    again = plan_request(wanted, 2, applied(wanted, plan_request(wanted, 1, networks), networks))

    assert again.changes == ()


@given(situations())
def test_a_plan_touches_only_what_is_selected(situation: Situation) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)

    for side in SIDES:
        tables = {table.route_table_id: table for table in networks[side].route_tables}
        for route in plan.of(CreateRoute, side):
            table = tables[route.route_table_id]
            assert not table.gateway_ids
            assert wanted.route_tables[side].selects(table.route_table_id, table.tags)
            assert route.destination in networks[side.other].vpc.all_cidr_blocks
        groups = {group.security_group_id: group for group in networks[side].security_groups}
        for rule in plan.of(AuthorizeRule, side):
            group = groups[rule.security_group_id]
            assert wanted.security_groups[side].selects(group.security_group_id, group.tags)


@given(situations())
def test_a_route_of_somebody_else_is_found_and_never_changed(situation: Situation) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)
    told = {finding.where for finding in plan.findings if finding.code is Code.ROUTE_CONFLICT}

    foreign = set()
    for side in SIDES:
        planned = {(route.route_table_id, route.destination) for route in plan.of(CreateRoute, side)}
        for table in networks[side].route_tables:
            for route in table.routes:
                assert (table.route_table_id, route.destination) not in planned
                selected = not table.gateway_ids and wanted.route_tables[side].selects(table.route_table_id, table.tags)
                to_peer = route.destination in networks[side.other].vpc.all_cidr_blocks
                if selected and to_peer and route.target != plan.connection_id:
                    foreign.add(f"{table.route_table_id} {route.destination}")
    assert told == foreign


@given(situations())
def test_after_a_plan_every_selected_group_lets_every_flow_through(situation: Situation) -> None:
    wanted, networks = situation
    after = applied(wanted, plan_request(wanted, 1, networks), networks)

    for side in SIDES:
        for group in resolved(after[side]).security_groups:
            if wanted.security_groups[side].selects(group.security_group_id, group.tags):
                needed = needed_permissions(wanted, side, after)
                assert missing_permissions(group.permissions, needed, after[side.other].vpc) == ()


@given(situations())
def test_a_plan_is_in_order_and_says_each_thing_once(situation: Situation) -> None:
    plan = plan_request(*_arguments(situation))
    order = [
        CreatePeering,
        AcceptPeering,
        CreateRoute,
        AuthorizeRule,
        CreateAclEntry,
        SetDnsResolution,
        TagPeering,
        TagRule,
    ]

    connecting = [change for change in plan.changes if isinstance(change, CreatePeering | AcceptPeering)]
    assert list(plan.changes[: len(connecting)]) == connecting
    for side in SIDES:
        places = [order.index(type(change)) for change in plan.changes if change.side is side]
        assert places == sorted(places)
    assert len(set(sentences(plan))) == len(plan.changes)


@given(situations())
def test_a_plan_survives_the_ledger_and_its_checksum_is_the_changes_alone(situation: Situation) -> None:
    plan = plan_request(*_arguments(situation))
    other_time = change(plan, generation=9, findings=(Finding(code=Code.STEP_FAILED, where="x", message="x"),))

    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
    assert other_time.checksum == plan.checksum == plan_request(*_arguments(situation)).checksum
    if plan.changes:
        assert change(plan, changes=plan.changes[1:]).checksum != plan.checksum


def test_a_checksum_tells_connections_apart() -> None:
    plan = refuse(request(), 1, ())

    assert change(plan, connection_id="pcx-1").checksum != change(plan, connection_id="pcx-2").checksum


def test_a_route_to_part_of_the_peers_block_does_not_stand_for_the_block() -> None:
    networks = snapshots()
    half = Route(destination="192.0.0.0/17", target=CONNECTION_ID)
    networks = change(networks, requester=with_routes(networks.requester, half))

    routes = plan_request(request(), 1, networks).of(CreateRoute, Side.REQUESTER)

    assert {route.destination for route in routes} == {CIDR_BLOCKS.accepter}


def _arguments(situation: Situation) -> tuple[Request, int, PerSide[Snapshot]]:
    wanted, networks = situation
    return wanted, 1, networks
