"""The table of requests: the interface."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from causeway.aws.errors import translated
from causeway.clock import timestamp
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.watch import SETTLED_STATES, SettledRequest

from .codec import attributes, plain
from .table import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

    from causeway.domain.model.findings import Finding


class RequestsTable(Table):
    """People write what they want, Causeway writes `status`."""

    def write_status(self, status: Status) -> bool:
        """Replaces `status`. False where the item is gone or has a later one.

        Later is what a newer generation wrote. PLANNING only begins a generation: said again, after its stream record was
        delivered again, it is older than whatever the generation has come to.
        """
        not_later = "<" if status.state is State.PLANNING else "<="
        with translated(self._place(status.request_id)), suppress(self._condition_failed):
            self._client.update_item(
                TableName=self._table_name,
                Key=attributes(request_id=status.request_id),
                UpdateExpression="SET #status = :status",
                ConditionExpression="attribute_exists(request_id)"
                f" AND (attribute_not_exists(#status.generation) OR #status.generation {not_later} :generation)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=attributes(**{":status": status.as_map(), ":generation": status.generation}),
            )
            return True
        return False

    def put_from_event(
        self, desired: Mapping[str, Any], *, known: Collection[str], event_id: str, ledger_table: str, expires_at: int
    ) -> bool:
        """Makes the item's desired attributes these and remembers the event, in one transaction.

        Args:
            desired: `request_id` and what the event says, of the types that DynamoDB has: no floats.
            known: Every attribute that a request can have: those that `desired` leaves out are removed, `status` never.
            event_id: The event's own id: a redelivery has the same.
            ledger_table: Where the event is remembered.
            expires_at: When it may be forgotten (epoch seconds).

        Returns:
            False if the event was seen before; then nothing is written.
        """
        request_id = desired["request_id"]
        marker = _marker(ledger_table, request_id, event_id, expires_at)
        return self._write_all(request_id, marker, {"Update": _replacing(self._table_name, desired, known)})

    def delete_from_event(self, request_id: str, *, event_id: str, ledger_table: str, expires_at: int) -> bool:
        """Deletes the item, if it is there, and remembers the event, in one transaction. As `put_from_event`."""
        marker = _marker(ledger_table, request_id, event_id, expires_at)
        key = attributes(request_id=request_id)
        return self._write_all(request_id, marker, {"Delete": {"TableName": self._table_name, "Key": key}})

    def overview(self) -> Iterator[dict[str, Any]]:
        """Of every item `request_id`, and if it has them `expires_at`, its VPCs' `account_id` and `region`, `status.state`.

        A scan, eventually consistent: what is made of an item is decided on a fresh look at it.
        """
        with translated(f"table {self._table_name}"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table_name,
                ProjectionExpression="request_id, expires_at, #status.#state, requester.account_id, requester.#region,"
                " accepter.account_id, accepter.#region",
                ExpressionAttributeNames={"#status": "status", "#state": "state", "#region": "region"},
            )
            for page in pages:
                yield from map(plain, page["Items"])

    def settled(self, request_id: str) -> SettledRequest | None:
        """What the request has settled in, by a consistent read; None where it has not, or is gone."""
        with translated(self._place(request_id)):
            answer = self._client.get_item(
                TableName=self._table_name,
                Key=attributes(request_id=request_id),
                ProjectionExpression="#status.generation, #status.#state, #status.updated_at, #status.findings",
                ExpressionAttributeNames={"#status": "status", "#state": "state"},
                ConsistentRead=True,
            )
        status = plain(answer.get("Item", {})).get("status")
        if status is None or status["state"] not in SETTLED_STATES:
            return None
        return SettledRequest(
            request_id=request_id,
            generation=int(status["generation"]),
            state=State(status["state"]),
            updated_at=datetime.fromisoformat(status["updated_at"]),
            codes=frozenset(finding["code"] for finding in status["findings"]),
        )

    def add_finding(self, settled: SettledRequest, finding: Finding) -> bool:
        """Adds a finding to the status of a request that is settled as it was. False where it has moved on."""
        with translated(self._place(settled.request_id)), suppress(self._condition_failed):
            self._client.update_item(
                TableName=self._table_name,
                Key=attributes(request_id=settled.request_id),
                UpdateExpression="SET #status.findings = list_append(#status.findings, :findings)",
                ConditionExpression="#status.generation = :generation AND #status.#state = :state",
                ExpressionAttributeNames={"#status": "status", "#state": "state"},
                ExpressionAttributeValues=attributes(
                    **{
                        ":findings": [finding.as_map()],
                        ":generation": settled.generation,
                        ":state": settled.state.value,
                    }
                ),
            )
            return True
        return False

    def delete_expired(self, request_id: str, expires_at: str) -> bool:
        """Deletes the item while it still says that it expires then. False where it has another time by now, or is gone."""
        with translated(self._place(request_id)), suppress(self._condition_failed):
            self._client.delete_item(
                TableName=self._table_name,
                Key=attributes(request_id=request_id),
                ConditionExpression="expires_at = :expires_at",
                ExpressionAttributeValues=attributes(**{":expires_at": expires_at}),
            )
            return True
        return False


def _marker(ledger_table: str, request_id: str, event_id: str, expires_at: int) -> TransactWriteItemTypeDef:
    """Remembers an event, if it was not seen before."""
    item = attributes(request_id=request_id, record=f"EVENT#{event_id}", at=timestamp(), expires_at=expires_at)
    return {"Put": {"TableName": ledger_table, "Item": item, "ConditionExpression": "attribute_not_exists(request_id)"}}


def _replacing(table_name: str, desired: Mapping[str, Any], known: Collection[str]) -> UpdateTypeDef:
    """An update that sets what is desired and removes the rest of what is known."""
    wanted = {name: value for name, value in desired.items() if name != "request_id"}
    unwanted = sorted(set(known) - set(desired) - {"status"})
    names = [*wanted, *unwanted]
    sets = ", ".join(f"#{index} = :{index}" for index in range(len(wanted)))
    removes = ", ".join(f"#{index}" for index in range(len(wanted), len(names)))
    return {
        "TableName": table_name,
        "Key": attributes(request_id=desired["request_id"]),
        "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
        "ExpressionAttributeNames": {f"#{index}": name for index, name in enumerate(names)},
        "ExpressionAttributeValues": attributes(**{f":{index}": value for index, value in enumerate(wanted.values())}),
    }
