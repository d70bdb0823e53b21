"""ReceiveEvent: an event makes the item say what the event says, or ends it, once."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.lifecycle.status import State
from causeway.domain.model.findings import Code
from causeway.steps.receive_event import REMEMBERED, PeeringEvent, Wish, receive_event

from .conftest import RecordingBus

SENT_AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
DETAIL: dict[str, Any] = {
    "request_id": "test-to-production",
    "requester": {"account_id": "111111111111", "region": "us-east-1", "vpc_id": "vpc-0aaaaaaaaaaaaaaaa"},
    "accepter": {"account_id": "222222222222", "region": "us-east-1", "vpc_id": "vpc-0bbbbbbbbbbbbbbbb"},
}
SSH = {**DETAIL, "allow": [{"from": "both", "protocol": "tcp", "ports": 22}]}
DNS = {**DETAIL, "dns_resolution": True}

REMOVAL: dict[str, Any] = {"request_id": "test-to-production"}

type Receive = Callable[[str, dict[str, Any]], bool]


def receiving(wish: Wish, requests: RequestsTable, bus: RecordingBus) -> Receive:
    def given(event_id: str, detail: dict[str, Any]) -> bool:
        event = PeeringEvent(wish=wish, event_id=event_id, sent_at=SENT_AT, detail=detail)
        return receive_event(event, requests=requests, ledger_table="ledger", bus=bus)

    return given


@pytest.fixture
def receive(requests: RequestsTable, bus: RecordingBus) -> Receive:
    return receiving(Wish.PEERING, requests, bus)


@pytest.fixture
def receive_removal(requests: RequestsTable, bus: RecordingBus) -> Receive:
    return receiving(Wish.REMOVAL, requests, bus)


def item(table: Any) -> dict[str, Any]:
    found: dict[str, Any] = table.get_item(Key={"request_id": "test-to-production"})["Item"]
    return found


def test_an_event_becomes_the_item(receive: Receive, table: Any, bus: RecordingBus) -> None:
    assert receive("one", SSH)

    assert item(table) == {**DETAIL, "allow": [{"from": "both", "protocol": "tcp", "ports": Decimal(22)}]}
    assert bus.announced == [], "the outcome is announced, not the receipt"


def test_another_event_replaces_what_the_first_said_and_leaves_the_status(receive: Receive, table: Any) -> None:
    receive("one", SSH)
    table.put_item(Item={**item(table), "status": {"state": "ACTIVE"}})

    assert receive("two", DNS)

    assert item(table) == {**DNS, "status": {"state": "ACTIVE"}}


def test_a_status_in_an_event_is_not_causeways(receive: Receive, table: Any) -> None:
    receive("one", {**DETAIL, "status": {"state": "ACTIVE"}})

    assert item(table) == DETAIL


def test_a_repeated_event_changes_nothing(receive: Receive, table: Any) -> None:
    receive("one", SSH)
    before = item(table)

    receive("two", SSH)

    assert item(table) == before


def test_a_redelivered_event_changes_nothing(receive: Receive, table: Any) -> None:
    receive("one", SSH)
    table.put_item(Item=DNS)

    assert not receive("one", SSH)
    assert item(table) == DNS


def test_a_redelivery_does_not_undo_a_newer_event(receive: Receive, table: Any) -> None:
    receive("one", SSH)
    receive("two", DNS)

    assert not receive("one", SSH)
    assert item(table) == DNS


def test_nor_does_that_of_an_event_which_had_nothing_to_change(receive: Receive, table: Any) -> None:
    table.put_item(Item=SSH)
    receive("one", SSH)
    receive("two", DNS)

    assert not receive("one", SSH)
    assert item(table) == DNS


def test_an_event_is_remembered_for_a_month(receive: Receive, dynamodb: Any) -> None:
    receive("one", SSH)

    (remembered,) = dynamodb.scan(TableName="ledger")["Items"]
    assert remembered["record"] == {"S": "EVENT#one"}
    assert int(remembered["expires_at"]["N"]) == (SENT_AT + REMEMBERED).timestamp()


@pytest.mark.parametrize(
    ("detail", "request_id"),
    [({**SSH, "accepter": DETAIL["requester"]}, "test-to-production"), ({}, ""), ({"request_id": [1]}, "[1]")],
)
def test_a_malformed_event_is_told_to_its_sender(
    receive: Receive, table: Any, bus: RecordingBus, detail: dict[str, Any], request_id: str
) -> None:
    assert not receive("one", detail)

    assert table.scan()["Items"] == []
    ((told_id, status),) = bus.announced
    assert (told_id, status.state, status.generation) == (request_id, State.REJECTED, 0)
    assert {finding.code for finding in status.findings} == {Code.MALFORMED_ITEM}


def test_a_removal_deletes_the_item(receive: Receive, receive_removal: Receive, table: Any, bus: RecordingBus) -> None:
    receive("one", SSH)

    assert receive_removal("two", REMOVAL)

    assert table.scan()["Items"] == []
    assert bus.announced == [], "the outcome is announced, not the receipt"


def test_a_removal_leaves_other_requests_alone(receive: Receive, receive_removal: Receive, table: Any) -> None:
    receive("one", SSH)

    receive_removal("two", {"request_id": "another"})

    assert item(table)["request_id"] == "test-to-production"


def test_a_redelivered_removal_does_not_delete_what_was_put_since(
    receive: Receive, receive_removal: Receive, table: Any
) -> None:
    receive("one", SSH)
    receive_removal("two", REMOVAL)
    receive("three", DNS)

    assert not receive_removal("two", REMOVAL)
    assert item(table) == DNS


def test_nor_does_that_of_a_removal_of_nothing(receive: Receive, receive_removal: Receive, table: Any) -> None:
    assert receive_removal("one", REMOVAL)
    receive("two", DNS)

    assert not receive_removal("one", REMOVAL)
    assert item(table) == DNS


def test_a_redelivered_request_does_not_put_again_what_was_removed(
    receive: Receive, receive_removal: Receive, table: Any
) -> None:
    receive("one", SSH)
    receive_removal("two", REMOVAL)

    assert not receive("one", SSH)
    assert table.scan()["Items"] == []


@pytest.mark.parametrize(
    ("detail", "fields"),
    [
        ({**REMOVAL, "force": True, "status": {}}, ["force", "status"]),
        (DETAIL, ["requester", "accepter"]),
        ({}, ["request_id"]),
        ({"request_id": "with space"}, ["request_id"]),
    ],
)
def test_a_malformed_removal_is_told_to_its_sender_and_removes_nothing(
    receive_removal: Receive, table: Any, bus: RecordingBus, detail: dict[str, Any], fields: list[str]
) -> None:
    table.put_item(Item=DETAIL)

    assert not receive_removal("one", detail)

    assert item(table) == DETAIL
    ((told_id, status),) = bus.announced
    assert (told_id, status.state) == (detail.get("request_id", ""), State.REJECTED)
    assert [(finding.code, finding.where) for finding in status.findings] == [(Code.MALFORMED_ITEM, field) for field in fields]
