"""The undo, step by step: what is planned, what is carried out, and what is on record afterwards."""

import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.clock import now
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.settling import LONGEST_LAG
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import AccessDenied, NetworkNotSettled, RouteConflict
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateRoute, DeletePeering, DeleteRoute, RevokeRule
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.planner import plan_removal, plan_request
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.common.step_input import StepInput
from causeway.steps.delete_peering import delete_peering
from causeway.steps.plan_peering import plan_peering
from causeway.steps.record_outcome import record_outcome
from causeway.steps.undo_changes import undo_changes
from tests.domain.networks import change, request, snapshots
from tests.domain.situations import applied, held
from tests.ledger import Ledger

from .conftest import RecordingBus, RecordingTasks, RecordingWriter, StillReader, update_route_tables, update_security_groups

WANTED = request(tags={"Owner": "payments"})
NETWORKS = snapshots()
THERE = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
HELD = change(held(THERE), request=change(WANTED, tags={"Owner": "ledger"}))
STEP = StepInput(request_id=WANTED.request_id, generation=1, undoing=True)
DENIED = StepError(error="AccessDenied", state="ConfigureDns")
CONFLICT = RouteConflict("It leads elsewhere.", where="rtb-a1", remedy="Look at it.")
UNREADABLE = Finding(code=Code.ACCOUNT_NOT_REACHABLE, where="222222222222", message="No role.", side=Side.ACCEPTER)
GONE = change(UNREADABLE, code=Code.VPC_NOT_FOUND)

type Observed = PerSide[Snapshot | Finding]


class Steps:
    """The steps of one run that is undone."""

    def __init__(self, requests: RequestsTable, ledger: Ledger) -> None:
        self.ledger = ledger
        self._requests = requests

    def plan(self, before: Holdings, networks: PerSide[Snapshot], occasion: Occasion = Occasion.CHANGE) -> None:
        self.ledger.runs.save_request(1, WANTED, occasion)
        self.ledger.holdings.save(WANTED.request_id, before)
        reader = StillReader(seen(networks))
        plan_peering(
            STEP,
            requests=self._requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            tasks=RecordingTasks(),
            reader=reader,
            rule=ApprovalRule(),
            is_running=lambda _: False,
        )

    def undo(self, observed: Observed) -> PlanSummary:
        return undo_changes(STEP, runs=self.ledger.runs, reader=StillReader(observed))

    def take_away(self, writer: RecordingWriter) -> None:
        for side in SIDES:
            for update in (update_route_tables, update_security_groups):
                update(change(STEP, side=side, removing=True), runs=self.ledger.runs, writer=writer)

    def record(self, undo_error: StepError | None = None) -> Status:
        given = change(STEP, error=DENIED, undo_error=undo_error)
        return record_outcome(
            given,
            requests=self._requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            bus=RecordingBus(),
        )

    @property
    def run(self) -> Run:
        return self.ledger.runs.load(WANTED.request_id, 1)

    @property
    def holdings(self) -> Holdings:
        return self.ledger.holdings.load(WANTED.request_id)


def seen(networks: PerSide[Snapshot]) -> Observed:
    return PerSide[Snapshot | Finding](requester=networks.requester, accepter=networks.accepter)


@pytest.fixture
def steps(requests: RequestsTable, ledger: Ledger) -> Steps:
    return Steps(requests, ledger)


@pytest.fixture
def failed(steps: Steps) -> Steps:
    """A creation that made everything, recorded nothing of it, and failed."""
    steps.plan(NOTHING_HELD, NETWORKS)
    return steps


def test_an_undo_is_saved_and_summed_up_like_a_plan(failed: Steps) -> None:
    summary = failed.undo(seen(THERE))

    (removals,) = summary.rounds
    assert {(each.side, each.step, each.removing) for each in removals.updates} == {
        (side, step, True) for side in SIDES for step in ("UpdateRouteTables", "UpdateSecurityGroups")
    }
    assert (summary.delete, summary.check, summary.request, summary.accept) == (True, False, False, False)
    assert failed.run.undo is not None
    assert failed.run.undo.made == failed.run.saved_plan.changes


def test_its_steps_carry_out_the_inverses_and_everything_is_as_before(failed: Steps) -> None:
    failed.undo(seen(THERE))
    writer = RecordingWriter()

    failed.take_away(writer)
    connection_id = delete_peering(STEP, runs=failed.ledger.runs, writer=writer)
    status = failed.record()

    plan = failed.run.plan_for(undoing=True)
    (delete,) = plan.of(DeletePeering)
    assert connection_id == THERE.requester.peering_connections[0].connection_id
    assert writer.asked == [
        *(
            asked
            for side in SIDES
            for asked in (
                (WANTED.vpc(side), *plan.of(DeleteRoute, side)),
                (WANTED.vpc(side), *plan.of(RevokeRule, side)),
            )
        ),
        (delete, connection_id, WANTED.request_id),
    ]
    assert {target.request_id for target in writer.targets} == {WANTED.request_id}
    assert (status.changes_made, len(status.changes_undone)) == ((), len(failed.run.saved_plan.changes))
    assert failed.run.done == ()
    assert failed.holdings == NOTHING_HELD


def test_what_is_put_back_has_its_former_tags_and_is_held_again(steps: Steps) -> None:
    steps.plan(HELD, THERE, Occasion.REMOVAL)
    gone = applied(WANTED, change(plan_removal(WANTED, 1, THERE, HELD), changes=steps.run.saved_plan.changes[:-1]), THERE)
    steps.undo(seen(gone))
    writer = RecordingWriter()

    update_security_groups(change(STEP, side=Side.ACCEPTER), runs=steps.ledger.runs, writer=writer)

    (target,) = writer.targets
    assert (target.vpc, target.request_id, target.tags) == (WANTED.accepter, WANTED.request_id, {"Owner": "ledger"})
    assert {type(each) for each in steps.run.undone} == {AuthorizeRule}
    assert steps.run.before == HELD


def test_a_repair_that_failed_leaves_what_was_held_and_the_network_as_it_was_found(steps: Steps) -> None:
    whole = plan_request(WANTED, 1, NETWORKS)
    route = whole.of(CreateRoute)[0]
    broken = applied(WANTED, change(whole, changes=tuple(each for each in whole.changes if each != route)), NETWORKS)
    holding = held(broken)
    steps.plan(holding, broken, Occasion.DRIFT)
    assert steps.run.saved_plan.changes == (route,)

    steps.undo(seen(THERE))
    steps.take_away(RecordingWriter())
    status = steps.record()

    assert (status.state, [each.code for each in status.findings]) == (State.DRIFTED, [Code.STEP_FAILED])
    assert (status.changes_made, status.changes_undone) == ((), (route.sentence,))
    assert steps.holdings == holding


def test_an_incomplete_undo_keeps_what_the_run_may_hold(failed: Steps) -> None:
    holdings = failed.holdings
    failed.undo(seen(THERE))
    with pytest.raises(RouteConflict):
        failed.take_away(RecordingWriter(failing=1, error=CONFLICT))

    status = failed.record(StepError(error="RouteConflict", state="UpdateRouteTables"))

    assert "Route 192.0.0.0/16 to the peering in rtb-a1" in status.changes_undone
    assert "Route 192.0.0.0/16 to the peering in rtb-a0" in status.changes_made
    assert failed.holdings == holdings != NOTHING_HELD


def test_a_further_attempt_begins_with_what_is_there_then(failed: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    first = failed.undo(seen(THERE))
    failed.take_away(RecordingWriter())
    made = failed.run.undo
    with pytest.raises(NetworkNotSettled):
        failed.undo(seen(THERE))
    monkeypatch.setattr("causeway.steps.common.settled_looks.now", lambda: now() + LONGEST_LAG)

    again = failed.undo(seen(THERE))

    assert again == first
    assert failed.run.undone == (), "whatever the first attempt has reported"
    assert made is not None
    assert failed.run.undo == change(made, round=2)


def test_a_run_that_made_nothing_is_undone_at_once(failed: Steps) -> None:
    assert failed.undo(seen(NETWORKS)) == PlanSummary()

    status = failed.record()

    assert (status.changes_made, status.changes_undone) == ((), ())
    assert failed.holdings == NOTHING_HELD


def test_a_vpc_that_is_gone_took_its_changes_along(failed: Steps) -> None:
    (removals,) = failed.undo(change(seen(THERE), accepter=GONE)).rounds

    assert {each.side for each in removals.updates} == {Side.REQUESTER}


def test_a_side_that_cannot_be_read_is_an_error(failed: Steps) -> None:
    with pytest.raises(AccessDenied, match="No role"):
        failed.undo(change(seen(THERE), accepter=UNREADABLE))

    assert failed.run.undo is None
