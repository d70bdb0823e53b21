"""RecordOutcome: how a run ended is on the item, in the ledger and on the bus, and the pair is free."""

from collections.abc import Callable
from typing import Any

import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import RouteConflict
from causeway.domain.model.network import PeeringStatus
from causeway.domain.model.values import Side
from causeway.steps.check_reachability import check_reachability
from causeway.steps.record_outcome import record_outcome
from tests.domain.networks import change
from tests.ledger import Ledger

from .conftest import PlanStep, RecordingBus, RecordingWriter, StillReader, update_route_tables
from .samples import CONFLICT, MADE, NETWORKS, STEP, UNREADABLE, WANTED, connected, found_connection, on, status_on, with_status

pytestmark = pytest.mark.usefixtures("begun")

type Record = Callable[[StepError | None], Status]


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
    check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))

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
