"""WatchRequests: what is due of the items, whatever stands in them."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from causeway.aws.queues import Queue
from causeway.aws.store.requests_table import RequestsTable
from causeway.boundary import parse_watched
from causeway.domain.lifecycle.status import State
from causeway.domain.lifecycle.watch import AccountRegion
from causeway.steps.watch_requests import Sweep, watch_requests
from tests.ledger import Ledger

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
HERE, THERE = (
    AccountRegion(account_id="111111111111", region="us-east-1"),
    AccountRegion(account_id="222222222222", region="eu-west-1"),
)
VPCS = {
    "requester": {"account_id": HERE.account_id, "region": HERE.region, "vpc_id": "vpc-1"},
    "accepter": {"account_id": THERE.account_id, "region": THERE.region, "vpc_id": "vpc-2"},
}


class RecordingQueue(Queue):
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, bodies: Any) -> None:
        self.sent.extend(bodies)


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


def put(table: Any, request_id: str, state: str | None = "ACTIVE", **fields: Any) -> None:
    status = {"status": {"state": state, "generation": 1}} if state else {}
    table.put_item(Item={"request_id": request_id, **VPCS, **status, **fields})


def test_a_sweep_asks_for_a_look_at_all_that_has_settled(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue
) -> None:
    for state in ("ACTIVE", "DRIFTED", "FAILED", "APPLYING", "REJECTED", None):
        put(table, f"one-{state}", state)

    sweep = watch_requests(None, NOW, requests=requests, generations=ledger.generations, checks=queue)

    assert set(sweep.drift_checks) == set(queue.sent) == {"one-ACTIVE", "one-DRIFTED", "one-FAILED"}
    assert sweep.expired == ()


def test_a_sweep_asks_for_a_look_at_each_run_without_an_outcome(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue
) -> None:
    put(table, "one")
    for request_id, generation in (("one", 2), ("gone", 1), ("ended", 1), ("edited", 1), ("edited", 2)):
        ledger.generations.mark_unfinished(request_id, generation)
    for request_id in ("ended", "edited"):
        ledger.generations.mark_finished(request_id, 1)

    watch_requests(None, NOW, requests=requests, generations=ledger.generations, checks=queue)

    assert queue.sent == ["one", "edited", "gone"]


def test_a_change_somewhere_is_about_the_requests_there(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue
) -> None:
    put(table, "one")
    put(table, "two", accepter=VPCS["requester"])

    watch_requests({THERE}, NOW, requests=requests, generations=ledger.generations, checks=queue)

    assert queue.sent == ["one"]


@pytest.mark.parametrize("state", ["ACTIVE", "REJECTED", None])
def test_an_item_whose_time_is_over_is_deleted_and_not_looked_at(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue, state: str | None
) -> None:
    put(table, "over", state, expires_at="2026-01-15T10:00:00+01:00")
    put(table, "yet", expires_at="2026-01-15T10:00:00Z")

    sweep = watch_requests(None, NOW, requests=requests, generations=ledger.generations, checks=queue)

    assert sweep == Sweep(expired=("over",), drift_checks=("yet",))
    assert [item["request_id"] for item in table.scan()["Items"]] == ["yet"]


def test_an_item_that_was_given_more_time_meanwhile_stays(table: Any, requests: RequestsTable) -> None:
    put(table, "one", expires_at="2027-01-15T10:00:00Z")

    assert not requests.delete_expired("one", "2026-01-15T09:00:00Z")
    assert table.scan()["Count"] == 1


@pytest.mark.parametrize("written", ["soon", "2026-01-15", 1768469400, {"at": "now"}, None])
def test_what_is_no_time_is_never_over(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue, written: Any
) -> None:
    put(table, "one", expires_at=written)

    assert watch_requests(None, NOW, requests=requests, generations=ledger.generations, checks=queue).expired == ()


@pytest.mark.parametrize("strange", [{}, {"requester": "me"}, {"status": {"state": "STRANGE"}}, {"requester": {"region": 7}}])
def test_an_item_that_is_no_request_holds_nothing_up(
    table: Any, requests: RequestsTable, ledger: Ledger, queue: RecordingQueue, strange: dict[str, Any]
) -> None:
    table.put_item(Item={"request_id": "strange", **strange})
    put(table, "one")

    watch_requests({HERE}, NOW, requests=requests, generations=ledger.generations, checks=queue)

    assert queue.sent == ["one"]


def test_an_item_as_the_watch_sees_it() -> None:
    watched = parse_watched({"request_id": "one", **VPCS, "status": {"state": "DRIFTED"}, "expires_at": "2026-01-15T09:30:00Z"})

    assert (watched.state, watched.locations, watched.expires_at) == (State.DRIFTED, (HERE, THERE), NOW)


def test_a_queue_takes_ten_to_a_call(session: boto3.session.Session) -> None:
    sqs: Any = session.client("sqs")
    url = sqs.create_queue(QueueName="checks")["QueueUrl"]

    Queue(url, sqs).send(f"request-{number}" for number in range(25))

    received = [message["Body"] for _ in range(5) for message in _receive(sqs, url)]
    assert sorted(received) == sorted(f"request-{number}" for number in range(25))


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return messages
