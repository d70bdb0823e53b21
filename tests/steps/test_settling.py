"""EC2's answers lag behind its writes: no step believes a look that lacks what was just changed."""

from collections.abc import Callable
from datetime import datetime

import pytest

from causeway.clock import now
from causeway.domain.lifecycle.settling import LONGEST_LAG
from causeway.domain.model.errors import NetworkNotSettled, RouteConflict
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateRoute, DeleteRoute
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.check_reachability import Proof, check_reachability
from causeway.steps.common.step_input import StepInput
from causeway.steps.delete_peering import delete_peering
from causeway.steps.undo_changes import undo_changes
from tests.domain.networks import change, request, snapshots
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import RecordingWriter, StillReader, update_route_tables, update_security_groups

WANTED = request()
NETWORKS = snapshots()
PLAN = plan_request(WANTED, 1, NETWORKS)
THERE = applied(WANTED, PLAN, NETWORKS)
MADE = THERE.requester.peering_connections[0].connection_id
STEP = StepInput(request_id=WANTED.request_id, generation=1)
UNDOING = change(STEP, undoing=True, removing=True)


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """Of a run whose plan is saved."""
    ledger.runs.save_request(1, WANTED)
    ledger.runs.save_plan(PLAN)
    ledger.runs.save_connection(WANTED.request_id, 1, MADE)
    return ledger


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets time pass until nothing can lag any more."""

    def pass_by() -> None:
        def clock() -> datetime:
            return now() + LONGEST_LAG

        for module in ("common.settled_looks", "update_side", "delete_peering"):
            monkeypatch.setattr(f"causeway.steps.{module}.now", clock)

    return pass_by


def make_all(ledger: Ledger) -> None:
    """Both sides' rules and routes, as their steps report them."""
    for side in SIDES:
        for update in (update_route_tables, update_security_groups):
            update(change(STEP, side=side), runs=ledger.runs, writer=RecordingWriter())


def check(ledger: Ledger, networks: PerSide[Snapshot]) -> Proof:
    return check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))


def undo(ledger: Ledger, networks: PerSide[Snapshot]) -> PlanSummary:
    return undo_changes(STEP, runs=ledger.runs, reader=StillReader(networks))


def without_routes(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    return PerSide.of(lambda side: change(networks[side], route_tables=NETWORKS[side].route_tables))


def test_a_good_peering_is_not_judged_by_a_look_that_lacks_what_was_made(ledger: Ledger) -> None:
    make_all(ledger)

    for _ in range(3):
        with pytest.raises(NetworkNotSettled, match="does not show yet"):
            check(ledger, without_routes(THERE))

    assert not check(ledger, THERE).blocked


def test_what_is_not_shown_in_time_is_judged_as_it_is_shown(ledger: Ledger, later: Callable[[], None]) -> None:
    make_all(ledger)
    with pytest.raises(NetworkNotSettled):
        check(ledger, without_routes(THERE))
    later()
    with pytest.raises(NetworkNotSettled, match="these flows do not work"):
        check(ledger, without_routes(THERE))

    assert check(ledger, without_routes(THERE)).blocked


def test_an_undo_waits_for_what_was_made_and_is_not_shown(ledger: Ledger, later: Callable[[], None]) -> None:
    make_all(ledger)
    with pytest.raises(NetworkNotSettled, match=r"Route 192\.0\.0\.0/16 to the peering"):
        undo(ledger, without_routes(THERE))
    assert ledger.runs.load(WANTED.request_id, 1).undo is None

    undo(ledger, THERE)
    assert len(ledger.runs.load(WANTED.request_id, 1).plan_for(undoing=True).of(DeleteRoute)) == len(PLAN.of(CreateRoute))

    later()
    undo(ledger, without_routes(THERE))
    assert ledger.runs.load(WANTED.request_id, 1).plan_for(undoing=True).of(DeleteRoute) == ()


def test_a_removal_waits_for_what_the_plan_saw_and_its_own_look_does_not(ledger: Ledger, later: Callable[[], None]) -> None:
    make_all(ledger)
    undo(ledger, THERE)
    given = change(UNDOING, side=Side.ACCEPTER)
    planned = ledger.runs.load(WANTED.request_id, 1).plan_for(undoing=True).of(DeleteRoute, Side.ACCEPTER)

    with pytest.raises(NetworkNotSettled, match="No longer route"):
        update_route_tables(given, runs=ledger.runs, writer=RecordingWriter(hidden=True))
    assert ledger.runs.load(WANTED.request_id, 1).undone == planned[1:]

    later()
    assert update_route_tables(given, runs=ledger.runs, writer=RecordingWriter(hidden=True)) == len(planned)
    assert ledger.runs.load(WANTED.request_id, 1).undone == planned


def test_what_an_attempt_before_has_removed_is_not_waited_for(ledger: Ledger) -> None:
    make_all(ledger)
    undo(ledger, THERE)
    given = change(UNDOING, side=Side.ACCEPTER)
    removed = update_route_tables(given, runs=ledger.runs, writer=RecordingWriter())

    assert update_route_tables(given, runs=ledger.runs, writer=RecordingWriter(hidden=True)) == removed


def test_what_stops_a_removal_for_good_is_told_first(ledger: Ledger) -> None:
    make_all(ledger)
    undo(ledger, THERE)
    conflict = RouteConflict("It leads elsewhere.", where="rtb-b1", remedy="Look at it.")

    with pytest.raises(RouteConflict):
        update_route_tables(
            change(UNDOING, side=Side.ACCEPTER), runs=ledger.runs, writer=RecordingWriter(hidden=True, error=conflict)
        )


def test_a_connection_that_is_not_shown_is_not_taken_for_deleted(ledger: Ledger, later: Callable[[], None]) -> None:
    make_all(ledger)
    undo(ledger, THERE)
    deleting = change(STEP, undoing=True)

    with pytest.raises(NetworkNotSettled, match="Delete the peering"):
        delete_peering(deleting, runs=ledger.runs, writer=RecordingWriter(hidden=True))
    assert ledger.runs.load(WANTED.request_id, 1).undone == ()

    later()
    assert delete_peering(deleting, runs=ledger.runs, writer=RecordingWriter(hidden=True)) == MADE


def test_rules_count_as_made_once_their_group_shows_them_too(ledger: Ledger) -> None:
    make_all(ledger)
    stale = PerSide.of(lambda side: change(THERE[side], security_groups=NETWORKS[side].security_groups))

    with pytest.raises(NetworkNotSettled, match=PLAN.of(AuthorizeRule)[0].rule.split(" ")[0]):
        check(ledger, stale)
