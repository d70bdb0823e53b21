"""DetectDrift: a look writes nothing unless there is news, and an edit of the item has the last word."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causeway.aws.executions import Executions
from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.run import Occasion
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import PairBusy, ResourceNotFound
from causeway.domain.model.findings import Code
from causeway.domain.model.network import PeeringConnection, PeeringStatus
from causeway.domain.model.request import DriftMode, Request, VpcRef
from causeway.domain.model.values import PerSide
from causeway.domain.planning.kinds import CreateRoute
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.common.step_input import StepInput
from causeway.steps.detect_drift import DriftCheckResult, detect_drift
from causeway.steps.dispatch_request import ItemChange, dispatch_request
from causeway.steps.plan_peering import plan_peering
from tests.domain.networks import CONNECTION_ID, change, connection, request, snapshots
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import Machine, RecordingBus, RecordingTasks, StillReader

WANTED = change(request(), drift=DriftMode.REPORT)
ID = WANTED.request_id
NETWORKS = snapshots()
PLAN = plan_request(WANTED, 1, NETWORKS)
THERE: PerSide[Any] = applied(WANTED, PLAN, NETWORKS)
ROUTE = next(each for each in PLAN.changes if isinstance(each, CreateRoute))
BROKEN: PerSide[Any] = applied(WANTED, change(PLAN, changes=tuple(each for each in PLAN.changes if each != ROUTE)), NETWORKS)
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)

type LookAt = Callable[..., DriftCheckResult]
type Dispatch = Callable[[str], Status | None]
type Planning = Callable[[int], PlanSummary]


class Meanwhile(StillReader):
    """Sees a broken network, and while it looks something else happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(BROKEN)
        self._happens = happens

    def observe_both(self, request: Request, *, quotas: bool = False) -> PerSide[Any]:
        self._happens()
        return super().observe_both(request, quotas=quotas)


class PendingReader(StillReader):
    """Sees one connection, pending."""

    def __init__(self, seen: PeeringConnection | None) -> None:
        super().__init__(THERE)
        self._seen = seen

    def peering(self, vpc: VpcRef, connection_id: str) -> PeeringConnection | None:  # noqa: ARG002 - it always sees the same
        return self._seen


@pytest.fixture
def look_at(requests: RequestsTable, ledger: Ledger, executions: Executions, bus: RecordingBus) -> LookAt:
    def look(
        networks: PerSide[Any] = THERE, reader: StillReader | None = None, start: Any = executions, at: datetime = NOW
    ) -> DriftCheckResult:
        return detect_drift(
            ID,
            at,
            requests=requests,
            generations=ledger.generations,
            runs=ledger.runs,
            holdings=ledger.holdings,
            reader=reader or StillReader(networks),
            executions=start,
            bus=bus,
        )

    return look


@pytest.fixture
def dispatch(requests: RequestsTable, ledger: Ledger, executions: Executions, bus: RecordingBus) -> Dispatch:
    """A new item in the stream, with this sequence number."""

    def dispatched(number: str) -> Status | None:
        change = ItemChange(request_id=ID, sequence_number=number, before=None, after={"request_id": ID})
        return dispatch_request(
            change,
            requests=requests,
            generations=ledger.generations,
            runs=ledger.runs,
            history=ledger.history,
            holdings=ledger.holdings,
            executions=executions,
            bus=bus,
        )

    return dispatched


@pytest.fixture
def plan(requests: RequestsTable, ledger: Ledger) -> Planning:
    """PlanPeering of a generation, all of whose rivals are running."""

    def planned(generation: int) -> PlanSummary:
        return plan_peering(
            StepInput(request_id=ID, generation=generation, execution=f"run {generation}"),
            requests=requests,
            generations=ledger.generations,
            runs=ledger.runs,
            holdings=ledger.holdings,
            locks=ledger.locks,
            approvals=ledger.approvals,
            tasks=RecordingTasks(),
            reader=StillReader(BROKEN),
            rule=ApprovalRule(),
            is_running=lambda _: True,
        )

    return planned


@pytest.fixture
def settle(requests: RequestsTable, ledger: Ledger, table: Any) -> Callable[..., None]:
    """The request as a run has left it."""

    def settled(state: State = State.ACTIVE, generation: int = 1) -> None:
        table.put_item(Item={"request_id": ID})
        if generation == 1:
            assert ledger.generations.of_change(ID, "100") == 1
            ledger.runs.save_request(1, WANTED)
            ledger.runs.save_plan(PLAN)
        requests.write_status(Status(state=state, request_id=ID, generation=generation, updated_at=NOW.isoformat()))

    return settled


def everything(client: Any) -> list[Any]:
    return [client.scan(TableName=name)["Items"] for name in ("requests", "ledger")]


@pytest.mark.parametrize("state", [State.PLANNING, State.APPLYING, State.REJECTED])
def test_what_has_not_settled_is_left_alone(settle: Any, look_at: LookAt, state: State, machine: Machine) -> None:
    settle(state)

    assert look_at(BROKEN) is DriftCheckResult.NOT_SETTLED
    assert machine.inputs == {}


def test_an_item_that_is_gone_or_has_no_status_is_left_alone(look_at: LookAt, table: Any) -> None:
    assert look_at() is DriftCheckResult.NOT_SETTLED
    table.put_item(Item={"request_id": ID})
    assert look_at() is DriftCheckResult.NOT_SETTLED


def test_what_is_as_it_should_be_costs_no_write(settle: Any, look_at: LookAt, dynamodb: Any, bus: RecordingBus) -> None:
    settle()
    before = everything(dynamodb)

    assert look_at() is DriftCheckResult.NOTHING_NEW

    assert everything(dynamodb) == before
    assert bus.announced == []


def test_a_difference_begins_a_generation_of_its_own(
    settle: Any, look_at: LookAt, ledger: Ledger, machine: Machine, table: Any
) -> None:
    settle()
    before = table.scan()["Items"]

    assert look_at(BROKEN) is DriftCheckResult.BEGUN

    run = ledger.runs.load(ID, 2)
    assert (run.occasion, run.request, run.plan) == (Occasion.DRIFT, WANTED, None)
    assert machine.inputs == {f"{ID}-2": {"request_id": ID, "generation": 2}}
    assert table.scan()["Items"] == before, "the run tells it, not the look"


def test_two_looks_begin_one_generation(settle: Any, look_at: LookAt, machine: Machine) -> None:
    settle()

    assert (look_at(BROKEN), look_at(BROKEN)) == (DriftCheckResult.BEGUN, DriftCheckResult.NOT_SETTLED)

    assert set(machine.inputs) == {f"{ID}-2"}


def test_a_look_that_died_before_the_start_is_made_up_for(settle: Any, look_at: LookAt, machine: Machine) -> None:
    settle()
    with pytest.raises(ResourceNotFound):
        look_at(BROKEN, start=Executions(machine.arn.replace("flow", "gone"), machine.client))

    assert look_at(BROKEN) is DriftCheckResult.BEGUN

    assert set(machine.inputs) == {f"{ID}-2"}


def test_two_looks_at_once_begin_one_generation_and_the_later_one_leaves_it_alone(
    settle: Any, look_at: LookAt, machine: Machine, ledger: Ledger
) -> None:
    settle()
    begun: list[Any] = []

    def another_look() -> None:
        assert look_at(BROKEN) is DriftCheckResult.BEGUN
        begun.extend(ledger.history.records(ID))

    assert look_at(reader=Meanwhile(another_look)) is DriftCheckResult.BEGUN

    assert list(ledger.history.records(ID)) == begun
    assert set(machine.inputs) == {f"{ID}-2"}


def test_a_run_that_another_look_began_and_that_has_ended_is_not_begun_again(
    settle: Any, look_at: LookAt, machine: Machine, ledger: Ledger
) -> None:
    """Nor is the one after it touched: what this look has seen is older than both."""
    settle()

    def a_run_ends_and_the_next_begins() -> None:
        look_at(BROKEN)
        settle(generation=2)
        ledger.generations.mark_finished(ID, 2)
        assert look_at(BROKEN) is DriftCheckResult.BEGUN

    assert look_at(reader=Meanwhile(a_run_ends_and_the_next_begins)) is DriftCheckResult.NOT_SETTLED

    assert ledger.generations.newest(ID) == 3
    assert set(machine.inputs) == {f"{ID}-2", f"{ID}-3"}


# --- An edit has the last word, whenever it comes


@pytest.mark.parametrize("saved", [True, False], ids=["dispatched", "about to be saved"])
def test_an_edit_that_comes_during_the_look_wins(
    settle: Any, look_at: LookAt, ledger: Ledger, machine: Machine, saved: bool
) -> None:
    settle()
    edited = request()

    def edit() -> None:
        assert ledger.generations.of_change(ID, "101") == 2
        if saved:
            ledger.runs.save_request(2, edited)

    assert look_at(reader=Meanwhile(edit)) is DriftCheckResult.NOT_SETTLED

    assert [record.name for record in ledger.history.records(ID) if record.generation == 2] == (["REQUEST"] if saved else [])
    assert machine.inputs == {}
    ledger.runs.save_request(2, edited)
    assert ledger.runs.load(ID, 2).request == edited


def test_an_edit_after_it_gets_the_next_generation_and_an_old_record_none(
    settle: Any, look_at: LookAt, ledger: Ledger, dispatch: Dispatch, table: Any
) -> None:
    settle()
    assert look_at(BROKEN) is DriftCheckResult.BEGUN
    status = table.get_item(Key={"request_id": ID})["Item"]["status"]

    assert dispatch("100") is None, "delivered again while the drift run is under way: it had settled"
    settle(generation=2)
    assert dispatch("100") is None, "and after it"
    assert dispatch("099") is None

    assert status["generation"] == 1
    assert (ledger.generations.newest(ID), ledger.runs.load(ID, 2).occasion) == (2, Occasion.DRIFT)
    assert [ledger.generations.of_change(ID, "101") for _ in range(2)] == [3, 3]
    assert look_at(BROKEN) is DriftCheckResult.NOT_SETTLED, "the edit is under way"


@pytest.mark.parametrize("occasion", [Occasion.CHANGE, Occasion.REMOVAL])
def test_a_drift_run_that_waits_for_its_pair_makes_room_for_an_edit(
    settle: Any, look_at: LookAt, ledger: Ledger, plan: Planning, occasion: Occasion
) -> None:
    settle()
    look_at(BROKEN)
    assert ledger.locks.acquire(WANTED.pair, "another request's run") is None
    with pytest.raises(PairBusy):
        plan(2)

    assert ledger.generations.of_change(ID, "101") == 3
    ledger.runs.save_request(3, WANTED, occasion)
    with pytest.raises(PairBusy):
        plan(3)
    assert plan(2).superseded
    ledger.locks.release(WANTED.pair, "another request's run")

    assert not plan(3).superseded
    assert ledger.runs.load(ID, 2).plan is None


# --- A run whose execution was ended from outside


def stop(machine: Machine, generation: int) -> datetime:
    """When it stopped."""
    arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{ID}-{generation}"
    machine.client.stop_execution(executionArn=arn)
    stopped: datetime = machine.client.describe_execution(executionArn=arn)["stopDate"]
    return stopped


@pytest.mark.parametrize("occasion", Occasion)
def test_a_run_that_somebody_stopped_is_taken_up_as_a_new_generation(
    ledger: Ledger, look_at: LookAt, machine: Machine, executions: Executions, occasion: Occasion
) -> None:
    """Its item may be gone: a removal's is."""
    assert ledger.generations.of_change(ID, "100") == 1
    ledger.runs.save_request(1, WANTED, occasion)
    ledger.generations.mark_unfinished(ID, 1)
    executions.start(ID, 1)
    assert look_at() is DriftCheckResult.NOT_SETTLED

    stopped = stop(machine, 1)

    assert look_at(at=stopped) is DriftCheckResult.RESUMED
    run = ledger.runs.load(ID, 2)
    assert (run.occasion, run.request, run.resumes) == (occasion, WANTED, True)
    assert set(machine.inputs) == {f"{ID}-1", f"{ID}-2"}
    assert look_at() is DriftCheckResult.NOT_SETTLED
    assert ledger.generations.of_change(ID, "100") is None, "the change is delivered again: it has been taken up"
    assert ledger.generations.of_change(ID, "101") == 3


def test_a_drift_run_that_somebody_stopped_is_taken_up(settle: Any, look_at: LookAt, machine: Machine) -> None:
    settle()
    look_at(BROKEN)
    stopped = stop(machine, 2)

    assert look_at(BROKEN, at=stopped) is DriftCheckResult.RESUMED

    assert set(machine.inputs) == {f"{ID}-2", f"{ID}-3"}


@pytest.mark.parametrize("edited", [False, True], ids=["it has told its outcome", "a newer change is there"])
def test_a_run_that_is_not_lost_is_forgotten(settle: Any, look_at: LookAt, ledger: Ledger, edited: bool) -> None:
    settle(State.REJECTED)
    ledger.generations.mark_unfinished(ID, 1)
    if edited:
        assert ledger.generations.of_change(ID, "101") == 2
    else:
        ledger.runs.save_outcome(Status(state=State.REJECTED, request_id=ID, generation=1, updated_at=NOW.isoformat()))

    assert look_at() is DriftCheckResult.NOT_SETTLED

    assert ledger.generations.unfinished_requests() == ()


def test_a_run_that_has_just_told_its_outcome_hides_no_difference(
    settle: Any, look_at: LookAt, ledger: Ledger, machine: Machine
) -> None:
    """RecordOutcome takes it off the list a moment later."""
    settle()
    ledger.generations.mark_unfinished(ID, 1)

    assert look_at(BROKEN) is DriftCheckResult.BEGUN

    ledger.generations.mark_finished(ID, 1)
    assert ledger.generations.unfinished(ID) == 2
    assert set(machine.inputs) == {f"{ID}-2"}


# --- A FAILED request


@pytest.fixture
def failed(settle: Any, ledger: Ledger) -> None:
    ledger.runs.save_connection(ID, 1, CONNECTION_ID)
    settle(State.FAILED)


def pending(left: timedelta) -> PendingReader:
    return PendingReader(connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, expires_at=NOW + left))


def test_of_a_failed_request_a_connection_that_nears_its_end_is_told_of_once(
    failed: None, look_at: LookAt, bus: RecordingBus, table: Any
) -> None:
    assert look_at(reader=pending(timedelta(days=1))) is DriftCheckResult.EXPIRY_WARNED
    assert look_at(reader=pending(timedelta(days=1))) is DriftCheckResult.NOTHING_NEW

    ((_, told),) = bus.announced
    assert (told.state, [each.code for each in told.findings]) == (State.FAILED, [Code.PENDING_NEARS_EXPIRY])
    status = table.get_item(Key={"request_id": ID})["Item"]["status"]
    assert [each["code"] for each in status["findings"]] == ["PENDING_NEARS_EXPIRY"]


@pytest.mark.parametrize("reader", [pending(timedelta(days=6)), PendingReader(None)], ids=["has time", "is gone"])
def test_of_a_failed_request_nothing_else_is_told_or_repaired(
    failed: None, look_at: LookAt, bus: RecordingBus, machine: Machine, reader: PendingReader
) -> None:
    assert look_at(reader=reader) is DriftCheckResult.NOTHING_NEW
    assert bus.announced == []
    assert machine.inputs == {}
