"""The table of requests: what people asked for stays theirs, and an event is carried out once."""

from collections.abc import Callable
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.stub import Stubber

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.lifecycle.status import State
from causeway.domain.model.errors import InvalidRequest, ResourceNotFound, ServiceUnavailable

from .samples import status

KNOWN = {"request_id", "requester", "accepter", "allow", "tags"}


def put_from_event(requests: RequestsTable, desired: dict[str, Any], event_id: str) -> bool:
    return requests.put_from_event(desired, known=KNOWN, event_id=event_id, ledger_table="ledger", expires_at=1_800_000_000)


def delete_from_event(requests: RequestsTable, event_id: str) -> bool:
    return requests.delete_from_event("one", event_id=event_id, ledger_table="ledger", expires_at=1_800_000_000)


def stored(client: Any) -> dict[str, Any]:
    """The one item of the requests."""
    (item,) = client.scan(TableName="requests")["Items"]
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def test_a_status_stands_on_the_item_beside_what_the_user_wrote(requests: RequestsTable, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}, "allow": {"L": []}})

    assert requests.write_status(status(1, State.ACTIVE))

    item = stored(client)
    assert item["allow"] == []
    assert item["status"]["state"] == "ACTIVE"
    assert item["status"]["peering_connection_id"] is None
    assert item["status"]["findings"] == [
        {
            "code": "CIDR_OVERLAP",
            "message": "They overlap.",
            "where": "10.0.0.0/16",
            "side": "accepter",
            "blocking": True,
        }
    ]
    (verdict,) = item["status"]["verdicts"]
    assert (verdict["flow"], verdict["reachable"]) == ("tcp/22 from requester to accepter", False)
    assert verdict["blocked_by"]["cause"] == "NO_ROUTE_TO_DESTINATION"
    assert item["status"]["changes_made"] == ["Route 192.168.0.0/16 to the peering in rtb-1"]


def test_an_older_generation_does_not_overwrite_a_newer_ones_status(requests: RequestsTable, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}})

    assert requests.write_status(status(2))
    assert not requests.write_status(status(1, State.FAILED))
    assert requests.write_status(status(2, State.ACTIVE))

    item = stored(client)
    assert (item["status"]["generation"], item["status"]["state"]) == (2, "ACTIVE")


def test_a_generation_that_has_gone_on_does_not_go_back_to_planning(requests: RequestsTable, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}})
    requests.write_status(status(1, State.PLANNING))
    requests.write_status(status(1, State.APPLYING))

    assert not requests.write_status(status(1, State.PLANNING))
    assert requests.write_status(status(2, State.PLANNING))


def test_a_status_that_is_no_map_is_replaced(requests: RequestsTable, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}, "status": {"S": "please"}})

    assert requests.write_status(status(1))


def test_a_deleted_item_is_not_brought_back_by_its_status(requests: RequestsTable, client: Any) -> None:
    assert not requests.write_status(status(1))
    assert client.scan(TableName="requests")["Items"] == []


def test_an_event_sets_what_it_says_removes_what_it_leaves_out_and_keeps_the_status(
    requests: RequestsTable, client: Any
) -> None:
    before = {"request_id": "one", "requester": {"vpc_id": "vpc-1"}, "allow": [{"ports": 22}], "tags": {"Owner": "me"}}
    assert put_from_event(requests, before, "event-1")
    requests.write_status(status(1))

    assert put_from_event(requests, {"request_id": "one", "requester": {"vpc_id": "vpc-9"}}, "event-2")

    item = stored(client)
    assert item.pop("status")["generation"] == 1
    assert item == {"request_id": "one", "requester": {"vpc_id": "vpc-9"}}


def test_an_event_that_was_seen_before_writes_nothing(requests: RequestsTable, client: Any) -> None:
    first = {"request_id": "one", "tags": {"Owner": "first"}}
    assert put_from_event(requests, first, "event-1")
    assert put_from_event(requests, {"request_id": "one", "tags": {"Owner": "second"}}, "event-2")

    assert not put_from_event(requests, first, "event-1")

    item = stored(client)
    assert item["tags"] == {"Owner": "second"}
    marker = client.get_item(TableName="ledger", Key={"request_id": {"S": "one"}, "record": {"S": "EVENT#event-1"}})["Item"]
    assert marker["expires_at"] == {"N": "1800000000"}


def test_an_event_deletes_an_item_once_also_where_it_is_gone_already(requests: RequestsTable, client: Any) -> None:
    put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1")

    assert delete_from_event(requests, "event-2")
    assert client.scan(TableName="requests")["Items"] == []

    assert not delete_from_event(requests, "event-2")
    assert delete_from_event(requests, "event-3")
    for event in ("event-2", "event-3"):
        key = {"request_id": {"S": "one"}, "record": {"S": f"EVENT#{event}"}}
        assert client.get_item(TableName="ledger", Key=key)["Item"]["expires_at"] == {"N": "1800000000"}


def test_a_removal_that_is_delivered_again_leaves_an_item_that_was_put_since(requests: RequestsTable, client: Any) -> None:
    delete_from_event(requests, "event-1")
    put_from_event(requests, {"request_id": "one", "tags": {"Owner": "new"}}, "event-2")

    assert not delete_from_event(requests, "event-1")

    assert stored(client)["tags"] == {"Owner": "new"}


@pytest.mark.parametrize(
    "write",
    [
        lambda requests: put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1"),
        lambda requests: delete_from_event(requests, "event-1"),
    ],
    ids=["put", "delete"],
)
def test_an_event_that_meets_another_write_is_tried_again(client: Any, write: Callable[[RequestsTable], bool]) -> None:
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}
    with Stubber(client) as stubber:
        stubber.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)

        with pytest.raises(ServiceUnavailable):
            write(RequestsTable("requests", client))


def test_a_transaction_that_is_wrong_in_itself_is_not_tried_again(client: Any) -> None:
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "ValidationError"}]}
    with Stubber(client) as stubber:
        stubber.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)

        with pytest.raises(InvalidRequest):
            put_from_event(RequestsTable("requests", client), {"request_id": "one", "tags": {}}, "event-1")


def test_a_table_that_is_not_there_is_named(client: Any) -> None:
    with pytest.raises(ResourceNotFound, match="UpdateItem on table nowhere, request one"):
        RequestsTable("nowhere", client).write_status(status(1))
