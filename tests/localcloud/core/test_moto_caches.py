"""What is worked out once: answers are those that moto gives without it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from moto import mock_aws

from localcloud import ec2 as emulated_ec2
from localcloud.core import moto_caches


@pytest.fixture
def table() -> Iterator[Any]:
    moto_caches.install()
    emulated_ec2.install()
    with mock_aws():
        yield boto3.resource("dynamodb", region_name="us-east-1").create_table(
            TableName="ledger",
            KeySchema=[
                {"AttributeName": "request_id", "KeyType": "HASH"},
                {"AttributeName": "record", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "request_id", "AttributeType": "S"},
                {"AttributeName": "record", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )


def _records(table: Any, request_id: str, **options: Any) -> list[str]:
    condition = Key("request_id").eq(request_id)
    return [item["record"] for item in table.query(KeyConditionExpression=condition, **options)["Items"]]


def test_a_query_gives_its_partition_in_order(table: Any) -> None:
    for request_id, record in (("b", "2"), ("a", "1"), ("b", "1"), ("c", "9")):
        table.put_item(Item={"request_id": request_id, "record": record, "value": {"nested": [None, 1, {"deep": "x"}]}})
    assert _records(table, "b") == ["1", "2"]
    assert _records(table, "b", ScanIndexForward=False, Limit=1) == ["2"]
    assert _records(table, "d") == []


def test_a_query_leaves_the_table_whole(table: Any) -> None:
    table.put_item(Item={"request_id": "a", "record": "1"})
    assert _records(table, "b") == []
    table.put_item(Item={"request_id": "b", "record": "1"})
    assert _records(table, "a") == _records(table, "b") == ["1"]
    assert len(table.scan()["Items"]) == 2


def test_a_member_is_found_under_the_names_of_its_own_type(table: Any) -> None:
    """Two types of objects answer the same shape: a table's description, and an item's map."""
    item = {"request_id": "a", "record": "1", "TableName": "not a table", "Item": {"M": {"S": "text"}}}
    table.put_item(Item=item)
    assert table.get_item(Key={"request_id": "a", "record": "1"})["Item"] == item
    assert table.meta.client.describe_table(TableName="ledger")["Table"]["TableName"] == "ledger"
