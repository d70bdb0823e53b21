"""A table's stream reaches its function: in order, filtered, tried again from the failed record on."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import App, eventually


def _records(app: App, item_id: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [json.loads(item["record"]) for item in app.noted("seen-")]
    return [record for record in records if record["dynamodb"]["Keys"]["id"]["S"] == item_id]


def test_every_kind_of_write_makes_a_record_in_order(app: App) -> None:
    table, client = app.table, app.client("dynamodb")
    table.put_item(Item={"id": "watched-1", "n": 1})
    table.put_item(Item={"id": "watched-1", "n": 1})
    table.update_item(Key={"id": "watched-1"}, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": 2})
    put = {"Put": {"TableName": table.name, "Item": {"id": {"S": "watched-1"}, "n": {"N": "3"}}}}
    client.transact_write_items(TransactItems=[put])
    client.batch_write_item(RequestItems={table.name: [{"PutRequest": {"Item": {"id": {"S": "watched-1"}, "n": {"N": "4"}}}}]})
    table.delete_item(Key={"id": "watched-1"})
    records = eventually(lambda: found if len(found := _records(app, "watched-1")) >= 5 else None)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "MODIFY", "MODIFY", "REMOVE"]
    changes = [record["dynamodb"] for record in records]
    assert [change.get("NewImage", {}).get("n") for change in changes] == [{"N": n} for n in "1234"] + [None]
    assert [change.get("OldImage", {}).get("n") for change in changes] == [None] + [{"N": n} for n in "1234"]
    numbers = [int(change["SequenceNumber"]) for change in changes]
    assert numbers == sorted(set(numbers))
    assert records[0]["eventSourceARN"].startswith(f"{table.table_arn}/stream/")
    assert {record["eventSource"] for record in records} == {"aws:dynamodb"}


def test_an_update_that_creates_the_item_makes_one_record(app: App) -> None:
    app.table.update_item(Key={"id": "watched-new"}, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": 1})
    app.table.delete_item(Key={"id": "watched-new"})
    records = eventually(lambda: found if len(found := _records(app, "watched-new")) >= 2 else None)
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert records[0]["dynamodb"]["NewImage"]["n"] == {"N": "1"}


def test_what_the_filter_leaves_out_and_failed_transactions_do_not_arrive(app: App) -> None:
    table, client = app.table, app.client("dynamodb")
    put = {"Put": {"TableName": table.name, "Item": {"id": {"S": "watched-rolled-back"}}}}
    check = {
        "ConditionCheck": {
            "TableName": table.name,
            "Key": {"id": {"S": "missing"}},
            "ConditionExpression": "attribute_exists(id)",
        }
    }
    with pytest.raises(ClientError, match="TransactionCanceled"):
        client.transact_write_items(TransactItems=[put, check])
    table.put_item(Item={"id": "unwatched"})
    table.put_item(Item={"id": "watched-last"})
    eventually(lambda: _records(app, "watched-last"))
    assert not _records(app, "watched-rolled-back")
    assert not _records(app, "unwatched")


def test_a_failed_item_is_tried_again_and_then_given_up(app: App) -> None:
    app.table.put_item(Item={"id": "watched-failing", "wish": "fail"})
    document = eventually(lambda: next((item for item in app.messages("DeadLettersUrl") if "DDBStreamBatchInfo" in item), None))
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 3
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1
    assert len(_records(app, "watched-failing")) == 1


def test_a_record_that_raises_does_not_take_the_others_with_it(app: App) -> None:
    items = [{"id": "watched-before"}, {"id": "watched-poison", "wish": "raise"}, {"id": "watched-after"}]
    put = [{"Put": {"TableName": app.table.name, "Item": {k: {"S": v} for k, v in item.items()}}} for item in items]
    app.client("dynamodb").transact_write_items(TransactItems=put)
    eventually(lambda: _records(app, "watched-after"))
    assert _records(app, "watched-before")
    eventually(lambda: [item for item in app.messages("DeadLettersUrl") if "DDBStreamBatchInfo" in item])


def test_a_mapping_needs_a_role_that_may_read_the_stream(app: App) -> None:
    with pytest.raises(ClientError, match="Cannot access stream"):
        app.functions.create_event_source_mapping(
            EventSourceArn=app.mapping("StreamFunctionName")["EventSourceArn"],
            FunctionName=app.outputs["EchoFunctionName"],
            StartingPosition="TRIM_HORIZON",
        )


def test_a_mapping_needs_a_role_that_may_send_to_its_queue_for_failures(app: App) -> None:
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        app.functions.create_event_source_mapping(
            EventSourceArn=app.mapping("StreamFunctionName")["EventSourceArn"],
            FunctionName=app.outputs["StreamFunctionName"],
            StartingPosition="TRIM_HORIZON",
            DestinationConfig={"OnFailure": {"Destination": app.outputs["WorkArn"]}},
        )


def test_a_disabled_mapping_gets_nothing(app: App) -> None:
    uuid = app.mapping("StreamFunctionName")["UUID"]
    app.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    app.table.put_item(Item={"id": "watched-while-disabled"})
    app.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    app.table.put_item(Item={"id": "watched-while-enabled"})
    eventually(lambda: _records(app, "watched-while-enabled"))
    assert not _records(app, "watched-while-disabled")
