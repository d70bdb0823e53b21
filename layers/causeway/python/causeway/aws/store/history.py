"""The ledger's records of all runs of a request, from the first one on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causeway.aws.errors import translated
from causeway.domain.lifecycle.history import Record
from causeway.domain.model.request import Request

from .approvals import TOKEN
from .codec import attributes, plain, unpacked
from .ledger_table import LAST_GENERATION, LedgerTable, prefix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_ANY_GENERATION = "#record BETWEEN :first AND :last"
FIRST, LAST = prefix_of(0), f"{prefix_of(LAST_GENERATION)}~"
"""The bounds of the names of every generation's records."""


class RunHistory(LedgerTable):
    """What stays of a request's runs."""

    def records(self, request_id: str) -> tuple[Record, ...]:
        """Every record of every generation; `causeway.domain.lifecycle.history` says what they mean."""
        items = self._query(request_id, OF_ANY_GENERATION, **{":first": FIRST, ":last": LAST})
        return tuple(_record(item) for item in items)

    def last_request(self, request_id: str) -> Request | None:
        """What the newest generation is about that has a request: a malformed item's has none. None where none has."""
        with translated(self._place(request_id)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                KeyConditionExpression=f"request_id = :id AND {OF_ANY_GENERATION}",
                FilterExpression="attribute_exists(occasion)",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues=attributes(**{":id": request_id, ":first": FIRST, ":last": LAST}),
                ScanIndexForward=False,
                ConsistentRead=True,
            )
            newest = next((plain(item) for page in pages for item in page["Items"]), None)
        return unpacked(newest, Request) if newest else None


def _record(item: Mapping[str, Any]) -> Record:
    generation, _, name = item["record"].partition("#")
    fields = {field: value for field, value in item.items() if field not in {"payload", TOKEN}}
    payload = {"payload": unpacked(item, Any)} if "payload" in item else {}
    return Record(generation=int(generation), name=name, at=item["at"], fields=fields | payload)
