"""DetectDrift: a look writes nothing unless there is news, and an edit of the item has the last word."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causeway.aws.executions import Executions
from causeway.aws.tables import Ledger, Requests
from causeway.domain.errors import ResourceNotFound
from causeway.domain.findings import Code
from causeway.domain.network import PeeringConnection, PeeringStatus
from causeway.domain.plan import CreateRoute
from causeway.domain.planner import plan_request
from causeway.domain.request import DriftMode, VpcRef
from causeway.domain.run import Occasion
from causeway.domain.status import State, Status
from causeway.domain.values import Both
from causeway.steps.detect_drift import Look, detect_drift
from tests.domain.networks import CONNECTION_ID, change, connection, request, snapshots
from tests.domain.situations import applied

from .conftest import Machine, RecordingBus, StillReader

WANTED = change(request(), drift=DriftMode.REPORT)
ID = WANTED.request_id
NETWORKS = snapshots()
PLAN = plan_request(WANTED, 1, NETWORKS)
THERE: Both[Any] = applied(WANTED, PLAN, NETWORKS)
ROUTE = next(each for each in PLAN.changes if isinstance(each, CreateRoute))
BROKEN: Both[Any] = applied(WANTED, change(PLAN, changes=tuple(each for each in PLAN.changes if each != ROUTE)), NETWORKS)
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)

type LookAt = Callable[..., Look]


class PendingReader(StillReader):
    """Sees one connection, pending."""

    def __init__(self, seen: PeeringConnection | None) -> None:
        super().__init__(THERE)
        self._seen = seen

    def peering(self, vpc: VpcRef, connection_id: str) -> PeeringConnection | None:  # noqa: ARG002 - it always sees the same
        return self._seen


@pytest.fixture
def look_at(requests: Requests, ledger: Ledger, executions: Executions, bus: RecordingBus) -> LookAt:
    def look(networks: Both[Any] = THERE, reader: StillReader | None = None, start: Any = executions) -> Look:
        return detect_drift(
            ID, NOW, requests=requests, ledger=ledger, reader=reader or StillReader(networks), executions=start, bus=bus
        )

    return look


@pytest.fixture
def settle(requests: Requests, ledger: Ledger, table: Any) -> Callable[..., None]:
    """The request as a run has left it."""

    def settled(state: State = State.ACTIVE, generation: int = 1) -> None:
        table.put_item(Item={"request_id": ID})
        if generation == 1:
            assert ledger.next_generation(ID, "100") == 1
            ledger.save_request(1, WANTED)
            ledger.save_plan(PLAN)
        requests.write_status(Status(state=state, request_id=ID, generation=generation, updated_at=NOW.isoformat()))

    return settled


def everything(client: Any) -> list[Any]:
    return [client.scan(TableName=name)["Items"] for name in ("requests", "ledger")]


@pytest.mark.parametrize("state", [State.PLANNING, State.APPLYING, State.REJECTED])
def test_what_has_not_settled_is_left_alone(settle: Any, look_at: LookAt, state: State, machine: Machine) -> None:
    settle(state)

    assert look_at(BROKEN) is Look.NOT_SETTLED
    assert machine.inputs == {}


def test_an_item_that_is_gone_or_has_no_status_is_left_alone(look_at: LookAt, table: Any) -> None:
    assert look_at() is Look.NOT_SETTLED
    table.put_item(Item={"request_id": ID})
    assert look_at() is Look.NOT_SETTLED


def test_what_is_as_it_should_be_costs_no_write(settle: Any, look_at: LookAt, dynamodb: Any, bus: RecordingBus) -> None:
    settle()
    before = everything(dynamodb)

    assert look_at() is Look.NOTHING_NEW

    assert everything(dynamodb) == before
    assert bus.announced == []


def test_a_difference_begins_a_generation_of_its_own(
    settle: Any, look_at: LookAt, ledger: Ledger, machine: Machine, table: Any
) -> None:
    settle()
    before = table.scan()["Items"]

    assert look_at(BROKEN) is Look.BEGUN

    run = ledger.load_run(ID, 2)
    assert (run.occasion, run.request, run.plan) == (Occasion.DRIFT, WANTED, None)
    assert machine.inputs == {f"{ID}-2": {"request_id": ID, "generation": 2}}
    assert table.scan()["Items"] == before, "the run tells it, not the look"


def test_two_looks_begin_one_generation(settle: Any, look_at: LookAt, machine: Machine) -> None:
    settle()

    assert (look_at(BROKEN), look_at(BROKEN)) == (Look.BEGUN, Look.BEGUN)

    assert set(machine.inputs) == {f"{ID}-2"}


def test_a_look_that_died_before_the_start_is_made_up_for(settle: Any, look_at: LookAt, machine: Machine) -> None:
    settle()
    with pytest.raises(ResourceNotFound):
        look_at(BROKEN, start=Executions(machine.arn.replace("flow", "gone"), machine.client))

    assert look_at(BROKEN) is Look.BEGUN

    assert set(machine.inputs) == {f"{ID}-2"}


def test_an_edit_that_came_meanwhile_wins(settle: Any, look_at: LookAt, ledger: Ledger, machine: Machine) -> None:
    settle()
    edited = request()
    assert ledger.next_generation(ID, "101") == 2
    ledger.save_request(2, edited)

    assert look_at(BROKEN) is Look.NOT_SETTLED

    assert ledger.load_run(ID, 2).request == edited
    assert machine.inputs == {}


def test_an_edit_after_it_gets_the_next_generation_and_an_old_record_none(settle: Any, look_at: LookAt, ledger: Ledger) -> None:
    settle()
    look_at(BROKEN)

    assert ledger.next_generation(ID, "100") is None, "delivered again: it had settled"
    assert ledger.next_generation(ID, "101") == 3
    assert ledger.next_generation(ID, "101") == 3
    assert ledger.newest_generation(ID) == 3


# --- A FAILED request


@pytest.fixture
def failed(settle: Any, ledger: Ledger) -> None:
    ledger.save_connection(ID, 1, CONNECTION_ID)
    settle(State.FAILED)


def pending(left: timedelta) -> PendingReader:
    return PendingReader(connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, expires_at=NOW + left))


def test_of_a_failed_request_a_connection_that_nears_its_end_is_told_of_once(
    failed: None, look_at: LookAt, bus: RecordingBus, table: Any
) -> None:
    assert look_at(reader=pending(timedelta(days=1))) is Look.EXPIRY_TOLD
    assert look_at(reader=pending(timedelta(days=1))) is Look.NOTHING_NEW

    ((_, told),) = bus.announced
    assert (told.state, [each.code for each in told.findings]) == (State.FAILED, [Code.PENDING_NEARS_EXPIRY])
    status = table.get_item(Key={"request_id": ID})["Item"]["status"]
    assert [each["code"] for each in status["findings"]] == ["PENDING_NEARS_EXPIRY"]


@pytest.mark.parametrize("reader", [pending(timedelta(days=6)), PendingReader(None)], ids=["has time", "is gone"])
def test_of_a_failed_request_nothing_else_is_told_or_repaired(
    failed: None, look_at: LookAt, bus: RecordingBus, machine: Machine, reader: PendingReader
) -> None:
    assert look_at(reader=reader) is Look.NOTHING_NEW
    assert bus.announced == []
    assert machine.inputs == {}
