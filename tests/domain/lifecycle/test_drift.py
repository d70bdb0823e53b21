"""What a look at a settled request comes to: what is done, what is told, and what is news."""

from datetime import UTC, datetime, timedelta

import pytest

from causeway.domain.authority.approval import Approval, Decision
from causeway.domain.lifecycle.drift import drift_plan, failing_since, needs_drift_run, repair_findings
from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import State
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.lifecycle.watch import (
    SETTLED_STATES,
    WARNING_PERIOD,
    AccountRegion,
    SettledRequest,
    WatchedItem,
    due_for_drift_check,
    expiry_warning,
)
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringConnection, PeeringStatus, Route
from causeway.domain.model.request import DriftMode, Request
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateRoute, DeleteRoute, SetDnsResolution
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.undo import Reversal, Undo
from causeway.domain.reachability.check import check
from tests.domain.networks import change, change_side, connection, request, snapshots, with_routes
from tests.domain.situations import applied

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
REPAIR, REPORT = request(), change(request(), drift=DriftMode.REPORT)
NETWORKS = snapshots()
WHOLE = plan_request(REPAIR, 1, NETWORKS)
EMPTY = change(WHOLE, changes=())
ROUTE = next(each for each in WHOLE.changes if isinstance(each, CreateRoute))
DIFFERS = change(WHOLE, changes=(ROUTE,))
OVERLAP = Finding(code=Code.CIDR_OVERLAP, where="10.0.0.0/16", message="They overlap.")
TAKE_BACK = DeleteRoute(side=ROUTE.side, route_table_id=ROUTE.route_table_id, destination=ROUTE.destination, target="pcx-1")
UNDO = Undo(request_id=REPAIR.request_id, generation=2, made=(ROUTE,), reversals=(Reversal(change=ROUTE, inverse=TAKE_BACK),))
FAILED = StepError(error="QuotaExceeded", cause='{"errorMessage": "No more routes."}', state="UpdateRouteTables")


def drift_run(**fields: object) -> Run:
    return change(Run(request=REPAIR, generation=2, occasion=Occasion.DRIFT, plan=DIFFERS), **fields)


def settled(state: State = State.DRIFTED) -> SettledRequest:
    return SettledRequest(request_id=REPAIR.request_id, generation=2, state=state, updated_at=NOW, codes=frozenset())


# --- What is done, and what is told


def test_a_difference_is_repaired_if_the_item_says_so_and_nothing_blocks() -> None:
    assert drift_plan(REPAIR, DIFFERS) == DIFFERS
    assert drift_plan(REPORT, EMPTY) == EMPTY


@pytest.mark.parametrize(
    ("wanted", "plan"),
    [(REPORT, DIFFERS), (REPAIR, DIFFERS.with_findings((OVERLAP,))), (REPORT, DIFFERS.with_findings((OVERLAP,)))],
    ids=["report", "blocked", "both"],
)
def test_what_is_not_repaired_is_told_and_nothing_done(wanted: Request, plan: Plan) -> None:
    told = drift_plan(wanted, plan)

    assert told.is_blocked
    assert told.changes == plan.changes
    assert [finding.code for finding in told.findings] == [Code.DRIFT, *(each.code for each in plan.findings)]
    assert told.findings[0].side is ROUTE.side
    assert told.findings[0].where == f"{ROUTE.route_table_id} {ROUTE.destination}"
    assert ROUTE.sentence in told.findings[0].message


def test_a_finding_names_the_place_of_its_change() -> None:
    rule = next(each for each in WHOLE.changes if isinstance(each, AuthorizeRule))
    dns = SetDnsResolution(side=Side.ACCEPTER, allow=True)

    found = repair_findings(REPAIR, (ROUTE, rule, dns))

    assert [each.where for each in found] == [
        f"{ROUTE.route_table_id} {ROUTE.destination}",
        rule.security_group_id,
        REPAIR.accepter.vpc_id,
    ]
    assert {(each.code, each.blocking) for each in found} == {(Code.DRIFT_REPAIRED, False)}


def test_a_whole_network_that_was_applied_is_as_it_should_be() -> None:
    there = applied(REPAIR, WHOLE, NETWORKS)
    seen = drift_plan(REPORT, plan_request(REPAIR, 2, there))

    assert not needs_drift_run(settled(State.ACTIVE), drift_run(plan=WHOLE), seen, NOW)


# --- What is news

TOLD = drift_plan(REPORT, DIFFERS)
ALL_TOLD = drift_plan(REPORT, WHOLE)
SEEN_TOO = change(DIFFERS, changes=WHOLE.changes)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "tried", "seen", "expected"),
    [
        (State.ACTIVE, WHOLE, EMPTY, False),
        (State.ACTIVE, WHOLE, DIFFERS, True),
        (State.ACTIVE, WHOLE, EMPTY.with_findings((OVERLAP,)), True),
        (State.ACTIVE, WHOLE, EMPTY.with_findings((change(OVERLAP, blocking=False),)), False),
        (State.DRIFTED, TOLD, TOLD, False),
        (State.DRIFTED, ALL_TOLD, ALL_TOLD, False),
        (State.DRIFTED, TOLD, change(TOLD, generation=9, findings=TOLD.findings[::-1]), False),
        (State.DRIFTED, TOLD, TOLD.with_findings((*TOLD.findings, OVERLAP)), True),
        (State.DRIFTED, TOLD, DIFFERS, True),
        (State.DRIFTED, TOLD, TOLD.with_findings((*TOLD.findings, change(OVERLAP, blocking=False))), False),
        (State.DRIFTED, TOLD, EMPTY, True),
        (State.DRIFTED, DIFFERS, SEEN_TOO, True),
        (State.DRIFTED, None, TOLD, True),
    ],
    ids=[
        "as it should be",
        "differs",
        "blocked",
        "informs",
        "told",
        "told that all is gone",
        "told, in another order",
        "something else too",
        "can be repaired by now",
        "informs too",
        "mended by hand",
        "a repair that failed and something else",
        "failed before it had a plan",
    ],
)
def test_what_is_news(state: State, tried: Plan | None, seen: Plan, expected: bool) -> None:
    assert needs_drift_run(settled(state), drift_run(plan=tried), seen, NOW) is expected


@pytest.mark.parametrize(
    ("was", "now", "expected"), [(False, False, False), (False, True, True), (True, True, False), (True, False, True)]
)
def test_it_is_news_when_a_flow_becomes_unknown_or_known_again(was: bool, now: bool, expected: bool) -> None:
    there = applied(REPAIR, WHOLE, NETWORKS)
    part = Route(destination="192.0.0.0/24", target="eni-1")
    hidden = change_side(there, Side.REQUESTER, with_routes(there.requester, part))
    joined = there.requester.peering_connections[0]
    last = drift_run(plan=EMPTY, verdicts=check(REPAIR, hidden if was else there, joined))

    seen = drift_plan(REPAIR, plan_request(REPAIR, 2, hidden if now else there))

    assert not seen.is_blocked
    assert needs_drift_run(settled(State.ACTIVE), last, seen, NOW) is expected


@pytest.mark.parametrize("tried", [DIFFERS, None], ids=["the same", "failed before it had a plan"])
def test_a_repair_that_fails_is_tried_again_after_longer_and_longer_pauses(tried: Plan | None) -> None:
    """The attempts that a look every quarter of an hour makes in two days."""
    at, state, run, attempts = NOW, settled(), drift_run(plan=tried), list[timedelta]()
    while at < NOW + timedelta(days=3):
        at += timedelta(minutes=15)
        if needs_drift_run(state, run, DIFFERS, at):
            attempts.append(at - NOW)
            run = change(run, failing_since=failing_since(state, run, DIFFERS))
            state = change(state, updated_at=at)

    assert [each / HOUR for each in attempts] == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 56]


@pytest.mark.parametrize("seen", [SEEN_TOO, EMPTY, TOLD], ids=["something else too", "mended", "blocked by now"])
def test_what_is_seen_anew_waits_for_nothing(seen: Plan) -> None:
    run = drift_run(failing_since=NOW - 99 * HOUR)

    assert needs_drift_run(settled(), run, seen, NOW)
    assert failing_since(settled(), run, seen) is None


def asked(**fields: object) -> Approval:
    return change(Approval(number=1, checksum=DIFFERS.checksum, reasons=("It grows.",), asked_at=NOW.isoformat()), **fields)


REFUSED = [asked(decision=Decision.DENIED), asked(lapsed_at=NOW.isoformat())]


@pytest.mark.parametrize("approval", REFUSED, ids=["denied", "nobody in time"])
def test_what_a_person_has_not_agreed_to_is_asked_again_only_if_it_is_another_plan(approval: Approval) -> None:
    run, later = drift_run(approval=approval), NOW + 99 * HOUR
    informs = change(OVERLAP, blocking=False)

    assert not needs_drift_run(settled(), run, DIFFERS, later)
    assert not needs_drift_run(settled(), run, DIFFERS.with_findings((informs,)), later)
    assert needs_drift_run(settled(), run, SEEN_TOO, NOW)
    assert needs_drift_run(settled(), run, DIFFERS.with_findings((OVERLAP,)), NOW), "it cannot be done at all by now"
    assert needs_drift_run(settled(), run, EMPTY, NOW), "mended by hand"


def test_a_repair_that_was_agreed_to_and_failed_is_tried_again() -> None:
    approved = drift_run(approval=asked(decision=Decision.APPROVED))

    assert needs_drift_run(settled(), approved, DIFFERS, NOW + HOUR)


# --- How a drift run ends


@pytest.mark.parametrize(
    ("run", "error", "state", "codes"),
    [
        (drift_run(done=(ROUTE,)), None, State.ACTIVE, [Code.DRIFT_REPAIRED]),
        (drift_run(plan=EMPTY), None, State.ACTIVE, []),
        (drift_run(plan=TOLD), None, State.DRIFTED, [Code.DRIFT]),
        (drift_run(), FAILED, State.DRIFTED, [Code.STEP_FAILED]),
        (drift_run(plan=None), FAILED, State.DRIFTED, [Code.STEP_FAILED]),
        (drift_run(done=(ROUTE,), undo=UNDO, undone=(TAKE_BACK,)), FAILED, State.DRIFTED, [Code.STEP_FAILED]),
        (drift_run(done=(ROUTE,), undo=UNDO), FAILED, State.DRIFTED, [Code.STEP_FAILED, Code.UNDO_INCOMPLETE]),
    ],
    ids=["repaired", "mended by hand", "told", "failed", "failed at once", "failed and undone", "failed and not undone"],
)
def test_how_a_drift_run_ends(run: Run, error: StepError | None, state: State, codes: list[Code]) -> None:
    status = status_of(run, error, now=NOW.isoformat())

    assert (status.state, [finding.code for finding in status.findings]) == (state, codes)
    assert status.state.is_final


def test_what_a_failed_repair_has_done_is_named_as_undone() -> None:
    status = status_of(drift_run(undo=UNDO, undone=(TAKE_BACK,)), FAILED, now=NOW.isoformat())

    assert (status.changes_made, status.changes_undone) == ((), (ROUTE.sentence,))


@pytest.mark.parametrize(
    ("approval", "error", "code"),
    [
        (REFUSED[0], StepError(error="ApprovalDenied", state="AskApproval"), Code.APPROVAL_DENIED),
        (REFUSED[1], StepError(error="States.Timeout", state="AskApproval"), Code.APPROVAL_LAPSED),
    ],
)
def test_what_a_person_has_not_agreed_to_is_told_and_watched_on(approval: Approval, error: StepError, code: Code) -> None:
    status = status_of(drift_run(approval=approval), error, now=NOW.isoformat())

    assert (status.state, [finding.code for finding in status.findings]) == (State.DRIFTED, [code, Code.DRIFT])
    assert ROUTE.sentence in status.findings[1].message
    assert status.state in SETTLED_STATES


# --- What the watch looks for

HERE, THERE, ELSEWHERE = (AccountRegion(account_id=str(number) * 12, region="us-east-1") for number in (1, 2, 3))


def watched(request_id: str, state: State | None, *locations: AccountRegion) -> WatchedItem:
    return WatchedItem(request_id=request_id, state=state, locations=locations)


def test_only_what_has_settled_is_looked_at_and_only_where_something_happened() -> None:
    items = [watched(str(state), state, HERE, THERE) for state in State] + [watched("new", None, HERE, THERE)]

    assert set(due_for_drift_check(items, None)) == {str(state) for state in SETTLED_STATES}
    assert due_for_drift_check(items, {THERE, ELSEWHERE}) == due_for_drift_check(items, None)
    assert due_for_drift_check(items, {ELSEWHERE}) == ()


@pytest.mark.parametrize(
    ("expires_at", "over"),
    [(None, False), (NOW, True), (NOW - timedelta(days=1), True), (NOW + timedelta(seconds=1), False)],
)
def test_when_a_time_is_over(expires_at: datetime | None, over: bool) -> None:
    assert change(watched("one", State.ACTIVE), expires_at=expires_at).has_expired(NOW) is over


def pending(**fields: object) -> PeeringConnection:
    return change(connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, expires_at=NOW + WARNING_PERIOD), **fields)


def test_a_connection_that_nears_its_end_is_told_of() -> None:
    finding = expiry_warning(pending(), NOW)

    assert finding is not None
    assert (finding.code, finding.where, finding.blocking) == (Code.PENDING_NEARS_EXPIRY, "pcx-1", False)
    assert "2026-01-17T09:30:00+00:00" in finding.message


@pytest.mark.parametrize(
    "other",
    [
        pending(expires_at=NOW + WARNING_PERIOD + timedelta(seconds=1)),
        pending(expires_at=None),
        pending(status=PeeringStatus.ACTIVE),
        pending(status=PeeringStatus.EXPIRED),
    ],
    ids=["has time", "says no time", "accepted", "dropped already"],
)
def test_others_are_not(other: PeeringConnection) -> None:
    assert expiry_warning(other, NOW) is None
