"""Causeway's two tables, empty."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends

from causeway.aws.store.requests_table import RequestsTable
from tests.ledger import Ledger

KEYS = {"requests": ["request_id"], "ledger": ["request_id", "record"]}


@pytest.fixture
def client(cloud: None) -> Iterator[Any]:
    dynamodb: Any = boto3.client("dynamodb")
    for table, names in KEYS.items():
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
            BillingMode="PAY_PER_REQUEST",
        )
    yield dynamodb
    dynamodb_backends.clear()


@pytest.fixture
def requests(client: Any) -> RequestsTable:
    return RequestsTable("requests", client)


@pytest.fixture
def ledger(client: Any) -> Ledger:
    return Ledger.of(client)
