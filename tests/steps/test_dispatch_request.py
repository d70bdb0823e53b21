"""DispatchRequest: which changes of an item start an execution, and what they leave on the item."""

from collections.abc import Callable
from typing import Any

import pytest

from causeway.aws.executions import Executions
from causeway.aws.store.requests_table import RequestsTable
from causeway.boundary import parse_request
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import ResourceNotFound
from causeway.domain.model.findings import Code
from causeway.domain.planning.ownership import Holdings
from causeway.steps.dispatch_request import ItemChange, asks_for_something, dispatch_request
from tests.ledger import Ledger

from .conftest import Machine, RecordingBus

REQUEST_ID = "test-to-production"
ITEM: dict[str, Any] = {
    "request_id": REQUEST_ID,
    "requester": {"account_id": "111111111111", "region": "us-east-1", "vpc_id": "vpc-0aaaaaaaaaaaaaaaa"},
    "accepter": {"account_id": "222222222222", "region": "us-east-1", "vpc_id": "vpc-0bbbbbbbbbbbbbbbb"},
}
STATUS = {"state": "ACTIVE", "generation": 1}

type Dispatch = Callable[[ItemChange], Status | None]


def item_change(number: int, after: dict[str, Any] | None, before: dict[str, Any] | None = None) -> ItemChange:
    return ItemChange(request_id=REQUEST_ID, sequence_number=str(number), before=before, after=after)


@pytest.fixture
def dispatch(requests: RequestsTable, ledger: Ledger, executions: Executions, bus: RecordingBus) -> Dispatch:
    return lambda change: dispatch_request(
        change,
        requests=requests,
        generations=ledger.generations,
        runs=ledger.runs,
        history=ledger.history,
        holdings=ledger.holdings,
        executions=executions,
        bus=bus,
    )


def state_of(table: Any) -> tuple[str, int]:
    status = table.get_item(Key={"request_id": REQUEST_ID})["Item"]["status"]
    return status["state"], int(status["generation"])


def test_a_new_item_starts_its_first_generation(
    dispatch: Dispatch, table: Any, machine: Machine, ledger: Ledger, bus: RecordingBus
) -> None:
    table.put_item(Item=ITEM)

    status = dispatch(item_change(100, ITEM))

    assert status is not None
    assert (status.state, status.generation) == (State.PLANNING, 1)
    assert state_of(table) == ("PLANNING", 1)
    assert machine.inputs == {f"{REQUEST_ID}-1": {"request_id": REQUEST_ID, "generation": 1}}
    assert (ledger.generations.unfinished_requests(), ledger.generations.unfinished(REQUEST_ID)) == ((REQUEST_ID,), 1)
    assert ledger.runs.load(REQUEST_ID, 1).request.requester.vpc_id == "vpc-0aaaaaaaaaaaaaaaa"
    assert bus.announced == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, ITEM, True),
        (ITEM, None, True),
        (ITEM, {**ITEM, "status": STATUS}, False),
        ({**ITEM, "status": STATUS}, {**ITEM, "status": {**STATUS, "state": "FAILED"}}, False),
        ({**ITEM, "status": STATUS}, {**ITEM, "status": STATUS, "dns_resolution": True}, True),
        ({**ITEM, "dns_resolution": True}, {**ITEM, "status": STATUS}, True),
        ({**ITEM, "status": STATUS}, ITEM, True),
    ],
    ids=["new", "removed", "first status", "later status", "changed", "changed with status", "put again"],
)
def test_what_asks_for_something(before: dict[str, Any] | None, after: dict[str, Any] | None, expected: bool) -> None:
    assert asks_for_something(item_change(1, after, before)) is expected


def test_causeways_own_write_starts_nothing(dispatch: Dispatch, machine: Machine, ledger: Ledger) -> None:
    assert dispatch(item_change(100, {**ITEM, "status": STATUS}, ITEM)) is None

    assert machine.inputs == {}
    assert ledger.generations.of_change(REQUEST_ID, "102") == 1, "no generation was used up"


def test_the_same_item_put_again_runs_again(dispatch: Dispatch, table: Any, machine: Machine) -> None:
    table.put_item(Item=ITEM)
    dispatch(item_change(100, ITEM))
    finished = table.get_item(Key={"request_id": REQUEST_ID})["Item"]
    table.put_item(Item=ITEM)

    dispatch(item_change(101, ITEM, finished))

    assert state_of(table) == ("PLANNING", 2)
    assert set(machine.inputs) == {f"{REQUEST_ID}-1", f"{REQUEST_ID}-2"}


def test_a_redelivery_is_the_same_generation_and_execution(dispatch: Dispatch, table: Any, machine: Machine) -> None:
    table.put_item(Item=ITEM)

    first, second = dispatch(item_change(100, ITEM)), dispatch(item_change(100, ITEM))

    assert first is not None
    assert second is not None
    assert first.generation == second.generation == 1
    assert set(machine.inputs) == {f"{REQUEST_ID}-1"}


def test_a_redelivery_does_not_hide_what_the_run_has_come_to(dispatch: Dispatch, table: Any, requests: RequestsTable) -> None:
    table.put_item(Item=ITEM)
    dispatch(item_change(100, ITEM))
    active = Status(state=State.ACTIVE, request_id=REQUEST_ID, generation=1, updated_at="2026-01-15T09:30:00.000+00:00")
    requests.write_status(active)

    dispatch(item_change(100, ITEM))

    assert state_of(table) == ("ACTIVE", 1)


def test_a_dispatch_that_died_half_way_is_finished_by_the_redelivery(
    dispatch: Dispatch, table: Any, requests: RequestsTable, ledger: Ledger, machine: Machine
) -> None:
    gone = Executions(machine.arn.replace("flow", "gone"), machine.client)
    table.put_item(Item=ITEM)
    with pytest.raises(ResourceNotFound, match="StateMachineDoesNotExist"):
        dispatch_request(
            item_change(100, ITEM),
            requests=requests,
            generations=ledger.generations,
            runs=ledger.runs,
            history=ledger.history,
            holdings=ledger.holdings,
            executions=gone,
            bus=RecordingBus(),
        )

    dispatch(item_change(100, ITEM))

    assert set(machine.inputs) == {f"{REQUEST_ID}-1"}
    assert state_of(table) == ("PLANNING", 1)


def test_an_older_change_that_comes_late_starts_nothing(dispatch: Dispatch, table: Any, machine: Machine) -> None:
    table.put_item(Item=ITEM)
    dispatch(item_change(1000, {**ITEM, "dns_resolution": True}, ITEM))

    assert dispatch(item_change(999, ITEM)) is None, "as numbers, whatever their digits"
    assert set(machine.inputs) == {f"{REQUEST_ID}-1"}


@pytest.mark.parametrize("times", [1, 2])
def test_a_malformed_item_is_rejected_on_the_item(
    dispatch: Dispatch, table: Any, machine: Machine, bus: RecordingBus, times: int
) -> None:
    malformed = {**ITEM, "accepter": ITEM["requester"], "priority": 1}
    table.put_item(Item=malformed)

    for _ in range(times):
        dispatch(item_change(100, malformed))

    status = table.get_item(Key={"request_id": REQUEST_ID})["Item"]["status"]
    assert (status["state"], status["generation"]) == ("REJECTED", 1)
    assert [(finding["code"], finding["where"]) for finding in status["findings"]] == [
        (Code.MALFORMED_ITEM, "accepter"),
        (Code.MALFORMED_ITEM, "priority"),
    ]
    assert [(request_id, told.state) for request_id, told in bus.announced] == [(REQUEST_ID, State.REJECTED)] * times
    assert machine.inputs == {}


def test_a_malformed_item_has_its_outcome_in_the_ledger(dispatch: Dispatch, ledger: Ledger) -> None:
    status = dispatch(item_change(100, {**ITEM, "priority": 1}))

    assert status == ledger.runs.load_outcome(REQUEST_ID, 1)
    assert [each.name for each in ledger.history.records(REQUEST_ID)] == ["OUTCOME"]


def test_a_malformed_item_can_be_corrected(dispatch: Dispatch, table: Any, machine: Machine) -> None:
    table.put_item(Item={**ITEM, "priority": 1})
    dispatch(item_change(100, {**ITEM, "priority": 1}))
    rejected = table.get_item(Key={"request_id": REQUEST_ID})["Item"]
    table.put_item(Item=ITEM)

    dispatch(item_change(101, ITEM, rejected))

    assert state_of(table) == ("PLANNING", 2)
    assert set(machine.inputs) == {f"{REQUEST_ID}-2"}


def test_a_status_brings_no_item_back_that_was_removed_meanwhile(dispatch: Dispatch, table: Any) -> None:
    dispatch(item_change(100, ITEM))

    assert "Item" not in table.get_item(Key={"request_id": REQUEST_ID})


# --- An item that is gone


def test_an_item_that_is_gone_asks_for_the_removal_of_what_it_said(
    dispatch: Dispatch, table: Any, machine: Machine, ledger: Ledger
) -> None:
    """A run may be about to make it, and would have recorded nothing yet."""
    status = dispatch(item_change(100, None, {**ITEM, "status": STATUS}))

    assert status is not None
    assert (status.state, status.generation) == (State.PLANNING, 1)
    assert machine.inputs == {f"{REQUEST_ID}-1": {"request_id": REQUEST_ID, "generation": 1}}
    run = ledger.runs.load(REQUEST_ID, 1)
    assert run.removal
    assert run.request == parse_request(ITEM)
    assert table.scan()["Items"] == [], "a status brings no item back"


@pytest.mark.parametrize(
    "before", [{**ITEM, "accepter": {**ITEM["accepter"], "vpc_id": "vpc-0ccccccccccccccc"}}, {**ITEM, "priority": 1}, None]
)
def test_a_removal_is_of_what_is_held_whatever_the_item_said_last(
    dispatch: Dispatch, ledger: Ledger, before: dict[str, Any] | None
) -> None:
    held = parse_request({**ITEM, "dns_resolution": True})
    ledger.holdings.save(REQUEST_ID, Holdings(request=held))

    dispatch(item_change(100, None, before))

    run = ledger.runs.load(REQUEST_ID, 1)
    assert (run.request, run.removal) == (held, True)


@pytest.mark.parametrize("before", [{**ITEM, "priority": 1}, None])
def test_of_a_malformed_item_what_it_said_before_is_removed(
    dispatch: Dispatch, table: Any, ledger: Ledger, before: dict[str, Any] | None
) -> None:
    """A run of the well-formed item may be about to make it, and have recorded nothing yet."""
    asked = [ITEM, {**ITEM, "dns_resolution": True}, {**ITEM, "priority": 1}]
    for number, item in enumerate(asked):
        table.put_item(Item=item)
        dispatch(item_change(number, item))

    status = dispatch(item_change(100, None, before))

    assert status is not None
    assert (status.state, status.generation) == (State.PLANNING, 4)
    run = ledger.runs.load(REQUEST_ID, 4)
    assert (run.request, run.removal) == (parse_request(asked[1]), True)


def test_of_a_malformed_item_that_holds_nothing_there_is_nothing_to_remove(
    dispatch: Dispatch, machine: Machine, bus: RecordingBus
) -> None:
    assert dispatch(item_change(100, None, {**ITEM, "priority": 1})) is None

    assert machine.inputs == {}
    assert bus.announced == []


def test_a_removal_that_comes_late_does_not_remove_what_was_put_again(
    dispatch: Dispatch, table: Any, machine: Machine, ledger: Ledger
) -> None:
    table.put_item(Item=ITEM)
    dispatch(item_change(101, ITEM))

    assert dispatch(item_change(100, None, ITEM)) is None

    assert set(machine.inputs) == {f"{REQUEST_ID}-1"}
    assert not ledger.runs.load(REQUEST_ID, 1).removal


def test_a_redelivered_removal_is_the_same_run(dispatch: Dispatch, machine: Machine) -> None:
    for _ in range(2):
        dispatch(item_change(100, None, ITEM))

    assert set(machine.inputs) == {f"{REQUEST_ID}-1"}
