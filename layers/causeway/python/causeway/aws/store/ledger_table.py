"""The ledger: Causeway's own table. What was planned, done, asked and held, and the locks.

Each concern has a class of its own, which reads and writes its records of the table. A record's key is the id of a request, or
of a pair of VPCs, and the record's name; every record says in `at` when it was written. The records of a run begin with its
generation.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from causeway.aws.errors import translated
from causeway.clock import timestamp

from .codec import attributes, plain
from .table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

HEAD = "HEAD"
"""The record of a request's newest generations."""

LAST_GENERATION = 9_999_999_999
"""The largest that ten digits hold."""


class LedgerTable(Table):
    """Reading and writing single records."""

    def _put(self, request_id: str, record: str, **values: object) -> None:
        """Writes a record, in place of the one before."""
        with translated(self._place(request_id)):
            self._client.put_item(TableName=self._table_name, Item=record_item(request_id, record, **values))

    def _put_once(self, request_id: str, record: str, **values: object) -> bool:
        """Writes a record. False, and nothing is written, where it is there already."""
        with translated(self._place(request_id)), suppress(self._condition_failed):
            self._client.put_item(
                TableName=self._table_name,
                Item=record_item(request_id, record, **values),
                ConditionExpression="attribute_not_exists(request_id)",
            )
            return True
        return False

    def _get(self, request_id: str, record: str) -> dict[str, Any] | None:
        """A record as it is now (a consistent read)."""
        key = attributes(request_id=request_id, record=record)
        with translated(self._place(request_id)):
            answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else plain(item)

    def _query(self, request_id: str, condition: str, **values: str) -> list[dict[str, Any]]:
        """The records whose key fulfils the condition, as they are now (a consistent read), in the key's order."""
        with translated(self._place(request_id)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                KeyConditionExpression=f"request_id = :id AND {condition}",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues=attributes(**{":id": request_id, **values}),
                ConsistentRead=True,
            )
            return [plain(item) for page in pages for item in page["Items"]]

    def _query_prefix(self, request_id: str, prefix: str) -> dict[str, dict[str, Any]]:
        """The records whose names begin so, by the rest of the name."""
        items = self._query(request_id, "begins_with(#record, :prefix)", **{":prefix": prefix})
        return {item["record"].removeprefix(prefix): item for item in items}


def record_item(request_id: str, record: str, **values: object) -> dict[str, AttributeValueTypeDef]:
    """A record as it is written."""
    return attributes(request_id=request_id, record=record, at=timestamp(), **values)


def prefix_of(generation: int) -> str:
    """What the names of a generation's records begin with."""
    return f"{generation:010d}#"
