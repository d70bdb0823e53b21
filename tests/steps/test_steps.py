"""The state machine's steps: what each leaves in the ledger, on the item and on the bus, also where it fails."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import AccessDenied, LedgerMissing, PeeringNotActive, RouteConflict, Throttled
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, PeeringStatus, Permission, RouteTable, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import AclMode, Request
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateAclEntry, CreateRoute
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from causeway.domain.planning.rounds import PlanSummary, Round, Update, summarise
from causeway.steps.accept_peering import accept_peering
from causeway.steps.check_reachability import check_reachability
from causeway.steps.common.step_input import StepInput
from causeway.steps.plan_peering import plan_peering
from causeway.steps.record_outcome import record_outcome
from causeway.steps.request_peering import request_peering
from tests.domain.networks import (
    CONNECTION_ID,
    change,
    change_side,
    closed,
    connection,
    flow,
    request,
    snapshots,
    with_permissions,
)
from tests.domain.situations import applied, both, with_connection
from tests.ledger import Ledger

from .conftest import (
    MADE,
    RecordingBus,
    RecordingTasks,
    RecordingWriter,
    StillReader,
    configure_dns,
    update_network_acls,
    update_route_tables,
    update_security_groups,
)

WANTED = request(dns_resolution=PerSide(requester=True, accepter=False), tags={"Owner": "payments"})
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:flow:test-to-production-1"
STEP = StepInput(request_id=WANTED.request_id, generation=1, execution=EXECUTION)
UNREADABLE = Finding(code=Code.ACCOUNT_NOT_REACHABLE, where="222222222222", message="No role.", side=Side.ACCEPTER)
NETWORKS = snapshots()
CONFLICT = RouteConflict("It is taken.", where="rtb-a1", remedy="Remove it.")
THROTTLED = Throttled("Too fast.", where="rtb-a1", remedy="It is tried again.")

type PlanStep = Callable[[PerSide[Any]], PlanSummary]
type UpdateStep = Callable[..., int]
type Record = Callable[[StepError | None], Status]


def on(side: Side) -> StepInput:
    return change(STEP, side=side)


def reading(networks: PerSide[Any]) -> StillReader:
    return StillReader(networks)


@pytest.fixture(autouse=True)
def _item(table: Any) -> None:
    table.put_item(Item={"request_id": WANTED.request_id})


@pytest.fixture(autouse=True)
def _requested(ledger: Ledger) -> None:
    ledger.runs.save_request(1, WANTED)


@pytest.fixture
def plan(requests: RequestsTable, ledger: Ledger) -> PlanStep:
    """PlanPeering of the run, with nobody else at work."""
    return lambda networks: plan_peering(
        STEP,
        requests=requests,
        generations=ledger.generations,
        runs=ledger.runs,
        holdings=ledger.holdings,
        locks=ledger.locks,
        approvals=ledger.approvals,
        tasks=RecordingTasks(),
        reader=reading(networks),
        rule=ApprovalRule(),
        is_running=lambda _: False,
    )


def planned(ledger: Ledger, wanted: Request = WANTED, networks: PerSide[Snapshot] = NETWORKS) -> None:
    ledger.runs.save_request(1, wanted)
    ledger.runs.save_plan(plan_request(wanted, 1, networks))


def connected(ledger: Ledger) -> None:
    planned(ledger)
    ledger.runs.save_connection(WANTED.request_id, 1, MADE)


def status_on(table: Any) -> dict[str, Any] | None:
    status: dict[str, Any] | None = table.get_item(Key={"request_id": WANTED.request_id})["Item"].get("status")
    return status


# --- PlanPeering

SAVED_PLAN = plan_request(WANTED, 1, NETWORKS).with_vpcs(both(lambda side: NETWORKS[side].vpc))


def test_what_blocks_a_flow_is_kept_with_the_whole_way(plan: PlanStep, ledger: Ledger) -> None:
    shut = change(NETWORKS, accepter=closed(NETWORKS.accepter))

    assert plan(shut).blocked

    run = ledger.runs.load(WANTED.request_id, 1)
    assert {verdict.flow for verdict in run.foreseen} == set(WANTED.flows)
    status = status_of(run, None, now="2026-01-15T09:30:00.000+00:00")
    assert set(status.verdicts) == set(run.foreseen)
    assert {verdict.blocked_by.resource_id for verdict in status.verdicts if verdict.blocked_by} == {"acl-b1"}
    assert status.findings == run.saved_plan.findings


def test_what_else_blocks_a_plan_has_no_verdicts(plan: PlanStep, ledger: Ledger) -> None:
    plan(snapshots(cidr="10.0.0.0/16"))

    run = ledger.runs.load(WANTED.request_id, 1)
    assert (run.saved_plan.is_blocked, run.foreseen) == (True, ())


def test_a_plan_is_saved_and_summed_up(plan: PlanStep, ledger: Ledger, table: Any) -> None:
    summary = plan(NETWORKS)

    assert ledger.runs.load(WANTED.request_id, 1).saved_plan == SAVED_PLAN
    assert msgspec.json.decode(msgspec.json.encode(summary)) == {
        "superseded": False,
        "blocked": False,
        "ask": False,
        "request": True,
        "accept": True,
        "rounds": [
            {
                "updates": [
                    {"side": "requester", "step": "UpdateRouteTables", "removing": False},
                    {"side": "requester", "step": "UpdateSecurityGroups", "removing": False},
                    {"side": "requester", "step": "ConfigureDns", "removing": False},
                    {"side": "accepter", "step": "UpdateRouteTables", "removing": False},
                    {"side": "accepter", "step": "UpdateSecurityGroups", "removing": False},
                ]
            }
        ],
        "delete": False,
        "check": True,
    }
    status = status_on(table)
    assert status is not None
    assert status["state"] == "APPLYING"
    assert status["cidr_blocks"] == {side: list(NETWORKS[side].vpc.cidr_blocks) for side in SIDES}


def test_a_plan_with_nothing_to_do_skips_every_step(plan: PlanStep, table: Any) -> None:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)

    assert plan(there) == PlanSummary(check=True)
    status = status_on(table)
    assert status is not None
    assert status["peering_connection_id"] == there.requester.peering_connections[0].connection_id


def test_a_plan_of_one_change_has_one_update(plan: PlanStep) -> None:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
    other = change(there, accepter=change(there.accepter, security_groups=NETWORKS.accepter.security_groups))

    (only,) = plan(other).rounds
    assert only == Round(updates=(Update(side=Side.ACCEPTER, step="UpdateSecurityGroups"),))


def test_a_blocked_plan_is_saved_and_the_item_left_to_the_outcome(plan: PlanStep, ledger: Ledger, table: Any) -> None:
    overlapping = change(NETWORKS.accepter, vpc=change(NETWORKS.accepter.vpc, cidr_blocks=("10.0.0.0/8",)))

    assert plan(change(NETWORKS, accepter=overlapping)) == PlanSummary(blocked=True)
    assert ledger.runs.load(WANTED.request_id, 1).saved_plan.is_blocked
    assert ledger.holdings.load(WANTED.request_id) == NOTHING_HELD
    assert status_on(table) is None


@pytest.mark.parametrize("sides", [(Side.ACCEPTER,), SIDES])
def test_sides_that_cannot_be_observed_are_told_together(plan: PlanStep, ledger: Ledger, sides: tuple[Side, ...]) -> None:
    observed = both(lambda side: change(UNREADABLE, side=side) if side in sides else NETWORKS[side])

    assert plan(observed).blocked
    assert [finding.side for finding in ledger.runs.load(WANTED.request_id, 1).saved_plan.findings] == list(sides)


def test_a_generation_has_one_plan(plan: PlanStep, ledger: Ledger) -> None:
    """The one that was saved before the first write: it is the record of what is ours."""
    first = plan(NETWORKS)
    there = applied(WANTED, ledger.runs.load(WANTED.request_id, 1).saved_plan, NETWORKS)

    assert plan(there) == first
    assert ledger.runs.load(WANTED.request_id, 1).saved_plan == SAVED_PLAN


def test_what_will_be_held_is_saved_before_the_first_write(plan: PlanStep, ledger: Ledger) -> None:
    plan(NETWORKS)

    holdings = ledger.holdings.load(WANTED.request_id)
    assert holdings.request == WANTED
    assert [(route.route_table_id, route.destination) for route in holdings.routes] == [
        ("rtb-a0", "192.0.0.0/16"),
        ("rtb-a1", "192.0.0.0/16"),
        ("rtb-b0", "10.0.0.0/16"),
        ("rtb-b1", "10.0.0.0/16"),
    ]


# --- RequestPeering and AcceptPeering


def test_the_connection_is_requested_and_then_accepted_as_planned(ledger: Ledger) -> None:
    planned(ledger)
    writer = RecordingWriter()

    assert request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer) == MADE
    assert ledger.holdings.load(WANTED.request_id).connection_ids == (MADE,)
    assert accept_peering(STEP, runs=ledger.runs, writer=writer) == MADE

    run = ledger.runs.load(WANTED.request_id, 1)
    create, accept = run.saved_plan.changes[:2]
    assert writer.asked == [(create,), (accept, MADE)]
    assert sorted(change.sentence for change in run.done) == [accept.sentence, create.sentence]
    assert run.known_connection_id == MADE


def test_a_repetition_leaves_the_same_records(ledger: Ledger) -> None:
    planned(ledger)
    writer = RecordingWriter()
    request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer)
    once = ledger.runs.load(WANTED.request_id, 1)

    request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer)

    assert ledger.runs.load(WANTED.request_id, 1) == once


def test_a_connection_that_the_plan_found_is_accepted(ledger: Ledger) -> None:
    pending = connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, tags=connection_tags(WANTED))
    planned(ledger, networks=both(lambda side: with_connection(NETWORKS[side], pending)))
    writer = RecordingWriter()

    assert accept_peering(STEP, runs=ledger.runs, writer=writer) == CONNECTION_ID
    ((_, accepted),) = writer.asked
    assert accepted == CONNECTION_ID


def test_accepting_without_a_connection_gives_up(ledger: Ledger) -> None:
    planned(ledger)

    with pytest.raises(LedgerMissing, match="no connection"):
        accept_peering(STEP, runs=ledger.runs, writer=RecordingWriter())


def test_a_request_that_fails_records_nothing(ledger: Ledger) -> None:
    planned(ledger)

    with pytest.raises(Throttled):
        request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=RecordingWriter(error=THROTTLED))

    run = ledger.runs.load(WANTED.request_id, 1)
    assert (run.done, run.connection_id) == ((), None)


# --- UpdateRouteTables, UpdateSecurityGroups and ConfigureDns


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("step", "kind"), [(update_route_tables, CreateRoute), (update_security_groups, AuthorizeRule)])
def test_a_side_is_changed_as_planned(ledger: Ledger, step: UpdateStep, kind: type, side: Side) -> None:
    connected(ledger)
    writer = RecordingWriter()

    made = step(on(side), runs=ledger.runs, writer=writer)

    run = ledger.runs.load(WANTED.request_id, 1)
    assert run.done == run.saved_plan.of(kind, side)
    assert made == len(run.done) == 2
    assert writer.asked[0][0] == WANTED.vpc(side)


def test_rules_carry_the_requests_tags(ledger: Ledger) -> None:
    connected(ledger)
    writer = RecordingWriter()

    update_security_groups(on(Side.ACCEPTER), runs=ledger.runs, writer=writer)

    (target,) = writer.targets
    assert (target.vpc, target.request_id, target.tags) == (WANTED.accepter, WANTED.request_id, {"Owner": "payments"})


@pytest.mark.parametrize("step", [update_route_tables, update_security_groups])
@pytest.mark.parametrize("failing", [1, 2])
def test_what_was_made_is_recorded_also_where_the_rest_failed(ledger: Ledger, step: UpdateStep, failing: int) -> None:
    connected(ledger)

    with pytest.raises(RouteConflict):
        step(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=failing, error=CONFLICT))

    assert len(ledger.runs.load(WANTED.request_id, 1).done) == 2 - failing


def test_a_step_that_is_tried_again_has_in_the_end_everything_on_record(ledger: Ledger) -> None:
    connected(ledger)
    with pytest.raises(Throttled):
        update_route_tables(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=1, error=THROTTLED))

    update_route_tables(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter())

    run = ledger.runs.load(WANTED.request_id, 1)
    assert run.done == run.saved_plan.of(CreateRoute, Side.REQUESTER)


def test_network_acls_are_changed_as_planned_and_back(ledger: Ledger) -> None:
    wanted = change(WANTED, network_acls=AclMode.MANAGE)
    shut = both(lambda side: closed(NETWORKS[side]))
    planned(ledger, wanted, shut)
    plan = ledger.runs.load(WANTED.request_id, 1).saved_plan
    writer = RecordingWriter()

    made = update_network_acls(on(Side.ACCEPTER), runs=ledger.runs, writer=writer)

    entries = plan.of(CreateAclEntry, Side.ACCEPTER)
    assert made == len(entries) > 0
    assert writer.asked == [(WANTED.accepter, *entries)]
    assert ledger.runs.load(WANTED.request_id, 1).done == entries
    assert [each.step for each in summarise(plan, check=True).rounds[0].updates].count("UpdateNetworkAcls") == 2

    held = holdings_after(wanted, NOTHING_HELD, plan)
    back = plan_removal(wanted, 1, applied(wanted, plan, shut), held)
    ledger.runs.save_request(2, wanted)
    ledger.runs.save_plan(change(back, generation=2))
    removing = change(on(Side.ACCEPTER), generation=2, removing=True)

    assert update_network_acls(removing, runs=ledger.runs, writer=writer) == len(entries)
    (round_,) = summarise(back, check=False).rounds
    assert [each.step for each in round_.updates if each.side is Side.ACCEPTER][-1] == "UpdateNetworkAcls"


def test_dns_is_set_where_it_is_planned(ledger: Ledger) -> None:
    connected(ledger)
    writer = RecordingWriter()

    assert configure_dns(on(Side.REQUESTER), runs=ledger.runs, writer=writer) == 1
    assert configure_dns(on(Side.ACCEPTER), runs=ledger.runs, writer=writer) == 0

    ((vpc, dns),) = writer.asked
    assert (vpc, writer.targets[0].connection_id, dns.allow) == (WANTED.requester, MADE, True)
    assert ledger.runs.load(WANTED.request_id, 1).done == (dns,)


def test_dns_that_is_too_early_is_not_on_record(ledger: Ledger) -> None:
    connected(ledger)
    error = PeeringNotActive("It is provisioning.", where=MADE, remedy="It is tried again.")

    with pytest.raises(PeeringNotActive):
        configure_dns(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=1, error=error))

    assert ledger.runs.load(WANTED.request_id, 1).done == ()


@pytest.mark.parametrize("step", [update_route_tables, update_security_groups, configure_dns])
def test_an_update_needs_a_side_and_a_plan(ledger: Ledger, step: UpdateStep) -> None:
    with pytest.raises(LedgerMissing, match="no plan"):
        step(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter())
    connected(ledger)
    with pytest.raises(ValueError, match="needs a side"):
        step(STEP, runs=ledger.runs, writer=RecordingWriter())


# --- CheckReachability


def with_status(status: PeeringStatus) -> PerSide[Snapshot]:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
    ours = change(there.requester.peering_connections[0], status=status)
    return both(lambda side: change(there[side], peering_connections=(ours,)))


def found_connection(ledger: Ledger, networks: PerSide[Snapshot]) -> None:
    planned(ledger)
    ledger.runs.save_connection(WANTED.request_id, 1, networks.requester.peering_connections[0].connection_id)


def test_every_flow_is_proved(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)

    assert not check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(networks)).blocked

    verdicts = ledger.runs.load(WANTED.request_id, 1).verdicts
    assert verdicts is not None
    assert {verdict.flow for verdict in verdicts} == set(WANTED.flows)
    assert all(verdict.reachable for verdict in verdicts)


def test_what_is_open_that_no_request_of_the_pair_asks_for_is_saved(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    opened = with_permissions(networks.accepter, *(allowed_by_rules(port) for port in (22, 3306, 5432)))
    networks = change_side(networks, Side.ACCEPTER, opened)
    other = change(WANTED.swapped, request_id="other", flows=(flow(Side.ACCEPTER, ports=5432),))
    ledger.holdings.save("other", Holdings(request=other))
    ledger.holdings.add_user(WANTED.pair, "other")

    assert check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(networks))

    (finding,) = ledger.runs.load(WANTED.request_id, 1).exposures
    assert (finding.code, finding.where, finding.blocking) == (Code.OPEN_BEYOND_ALLOW, "sg-b1", False)
    assert "tcp 3306" in finding.message


def allowed_by_rules(port: int) -> Permission:
    ports = PortRange(first=port, last=port)
    return Permission(direction=Direction.INGRESS, protocol="tcp", peer="0.0.0.0/0", ports=ports)


def test_the_network_is_judged_not_the_plan(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    bare = change(networks, accepter=change(networks.accepter, security_groups=NETWORKS.accepter.security_groups))

    assert check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(bare)).blocked

    verdicts = ledger.runs.load(WANTED.request_id, 1).verdicts or ()
    assert {verdict.flow.source for verdict in verdicts if not verdict.reachable} == {Side.REQUESTER}


@pytest.mark.parametrize("status", [PeeringStatus.PROVISIONING, PeeringStatus.INITIATING_REQUEST])
def test_a_connection_on_its_way_is_waited_for(ledger: Ledger, status: PeeringStatus) -> None:
    networks = with_status(status)
    found_connection(ledger, networks)

    with pytest.raises(PeeringNotActive, match=status):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(networks))

    assert ledger.runs.load(WANTED.request_id, 1).verdicts is None


@pytest.mark.parametrize("side", SIDES)
def test_routes_seen_before_the_connection_was_active_are_looked_at_again(ledger: Ledger, side: Side) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    early = both(lambda each: blackholed(networks[each]) if each is side else networks[each])

    with pytest.raises(PeeringNotActive, match="black holes"):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(early))

    assert ledger.runs.load(WANTED.request_id, 1).verdicts is None


def blackholed(snapshot: Snapshot) -> Snapshot:
    """Its routes to the connection as they are before that is active."""
    (connection,) = snapshot.peering_connections

    def before(table: RouteTable) -> RouteTable:
        ours = connection.connection_id
        return change(table, routes=tuple(change(route, blackhole=route.target == ours) for route in table.routes))

    return change(snapshot, route_tables=tuple(map(before, snapshot.route_tables)))


def test_a_connection_that_is_gone_is_for_the_verdicts_to_tell(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    gone = both(lambda side: change(networks[side], peering_connections=()))

    assert check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(gone)).blocked


def test_a_side_that_is_no_longer_readable_is_an_error(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)

    with pytest.raises(AccessDenied, match=r"222222222222.*No role"):
        check_reachability(
            STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(change(networks, accepter=UNREADABLE))
        )


# --- RecordOutcome


@pytest.fixture
def record(requests: RequestsTable, ledger: Ledger, bus: RecordingBus) -> Record:
    return lambda error: record_outcome(
        change(STEP, error=error),
        requests=requests,
        generations=ledger.generations,
        runs=ledger.runs,
        holdings=ledger.holdings,
        locks=ledger.locks,
        approvals=ledger.approvals,
        bus=bus,
    )


def test_an_active_peering(record: Record, ledger: Ledger, table: Any, bus: RecordingBus) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=reading(networks))

    outcome = record(None)

    status = status_on(table)
    assert status is not None
    assert outcome.state is State.ACTIVE
    assert (status["state"], status["findings"], len(status["verdicts"])) == ("ACTIVE", [], 4)
    assert ledger.runs.load_outcome(WANTED.request_id, 1) == outcome
    assert bus.announced == [(WANTED.request_id, outcome)]


def test_a_rejected_request(record: Record, plan: PlanStep, table: Any, bus: RecordingBus) -> None:
    plan(change(NETWORKS, accepter=UNREADABLE))

    outcome = record(None)

    status = status_on(table)
    assert status is not None
    assert outcome.state is State.REJECTED
    assert (status["state"], [finding["code"] for finding in status["findings"]]) == ("REJECTED", ["ACCOUNT_NOT_REACHABLE"])
    assert bus.announced == [(WANTED.request_id, outcome)]


def test_a_run_that_failed_half_way_lists_what_it_made(record: Record, ledger: Ledger, table: Any) -> None:
    connected(ledger)
    with pytest.raises(RouteConflict):
        update_route_tables(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=1, error=CONFLICT))

    record(StepError(error="RouteConflict", cause='{"errorMessage": "It is taken."}', state="UpdateRouteTables"))

    status = status_on(table)
    assert status is not None
    assert status["state"] == "FAILED"
    assert status["peering_connection_id"] == MADE
    assert status["changes_made"] == ["Route 192.0.0.0/16 to the peering in rtb-a0"]
    assert "It is taken." in status["findings"][0]["message"]


def test_an_outcome_of_an_item_that_is_gone_is_only_announced(record: Record, table: Any, bus: RecordingBus) -> None:
    table.delete_item(Key={"request_id": WANTED.request_id})

    outcome = record(StepError(error="AccessDenied", state="PlanPeering"))

    assert outcome.state is State.FAILED
    assert bus.announced == [(WANTED.request_id, outcome)]
    assert table.scan()["Items"] == []


def test_an_outcome_does_not_hide_a_newer_generation(record: Record, requests: RequestsTable, table: Any) -> None:
    newer = Status(state=State.PLANNING, request_id=WANTED.request_id, generation=2, updated_at="2026-01-15T09:30:00.000+00:00")
    requests.write_status(newer)

    record(StepError(error="AccessDenied", state="PlanPeering"))

    item = table.get_item(Key={"request_id": WANTED.request_id})["Item"]
    assert (item["status"]["state"], item["status"]["generation"]) == ("PLANNING", 2)


@pytest.mark.parametrize("error", [None, StepError(error="AccessDenied", state="UpdateRouteTables")])
def test_however_a_run_ended_the_pair_is_free(record: Record, plan: PlanStep, ledger: Ledger, error: StepError | None) -> None:
    plan(NETWORKS)

    record(error)

    assert ledger.locks.acquire(WANTED.pair, "the next") is None


def test_a_run_that_never_had_the_pair_leaves_it_to_its_holder(record: Record, ledger: Ledger) -> None:
    ledger.locks.acquire(WANTED.pair, "another")

    record(StepError(error="PairBusy", state="PlanPeering"))

    assert ledger.locks.acquire(WANTED.pair, "the next") == "another"
