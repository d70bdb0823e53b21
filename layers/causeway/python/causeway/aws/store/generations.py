"""The ledger's records of which generations a request has, and of which runs have no outcome yet."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from causeway.aws.errors import translated
from causeway.clock import timestamp
from causeway.domain.model.values import Value

from .codec import attributes, plain
from .ledger_table import HEAD, LedgerTable, record_item
from .runs import request_record
from .table import found_instead

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateTypeDef

    from causeway.domain.lifecycle.run import Run

UNASKED = "unasked"
"""On the head while the newest generation belongs to no stream record: a drift run, or one that resumes another."""

UNFINISHED, RUN = "#UNFINISHED", "RUN#"
"""Where the runs are that have no outcome yet, each with its request's id; no request has such an id itself."""

SEQUENCE_NUMBER_DIGITS = 40
"""The longest sequence number of a stream record. It does not fit DynamoDB's numbers, which have 38 digits."""


class Head(Value):
    """A request's newest generations, 0 where there was none.

    Attributes:
        generation: The newest one.
        asked: The last one that asked a person for approval.
        unasked: Whether no change of the item asked for the newest one.
    """

    generation: int
    asked: int
    unasked: bool


class Generations(LedgerTable):
    """Each change of an item is a generation of its request; so is each run that Causeway begins by itself."""

    def of_change(self, request_id: str, sequence_number: str) -> int | None:
        """The generation of the change with this stream sequence number.

        The same number gives the same generation again; None where a newer change already has one, or the change had settled
        and a run that nobody asked for was begun since.
        """
        number = sequence_number.zfill(SEQUENCE_NUMBER_DIGITS)
        with translated(self._place(request_id)):
            try:
                answer = self._client.update_item(
                    TableName=self._table_name,
                    Key=attributes(request_id=request_id, record=HEAD),
                    UpdateExpression="SET sequence_number = :number, #at = :at ADD generation :one REMOVE unasked",
                    ConditionExpression="attribute_not_exists(sequence_number) OR sequence_number < :number",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues=attributes(**{":number": number, ":one": 1, ":at": timestamp()}),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._condition_failed as error:
                head = found_instead(error)
                same = head["sequence_number"] == number and UNASKED not in head
                return int(head["generation"]) if same else None
        return int(plain(answer["Attributes"])["generation"])

    def begin(self, run: Run) -> bool:
        """Begins a run that no change of the item asks for: its generation and what it is about, in one transaction.

        The head keeps the sequence number of the newest change, so that the next one gets its generation. A run that was begun
        already, by another drift check, stays as it is.

        Returns:
            Whether the generation is there, begun now or before; False where a newer change has taken it.
        """
        request_id = run.request.request_id
        update: UpdateTypeDef = {
            "TableName": self._table_name,
            "Key": attributes(request_id=request_id, record=HEAD),
            "UpdateExpression": "SET generation = :begun, unasked = :true, #at = :at",
            "ExpressionAttributeNames": {"#at": "at"},
            "ConditionExpression": "generation = :before",
            "ExpressionAttributeValues": attributes(
                **{":before": run.generation - 1, ":begun": run.generation, ":true": True, ":at": timestamp()}
            ),
        }
        records = (request_record(run), _unfinished(request_id, run.generation))
        puts: list[TransactWriteItemTypeDef] = [{"Put": {"TableName": self._table_name, "Item": item}} for item in records]
        if self._write_all(request_id, {"Update": update}, *puts):
            return True
        head = self.head(request_id)
        return head.unasked and head.generation == run.generation

    def head(self, request_id: str) -> Head:
        """The request's newest generations."""
        record = self._get(request_id, HEAD) or {}
        return Head(generation=int(record.get("generation", 0)), asked=int(record.get("asked", 0)), unasked=UNASKED in record)

    def newest(self, request_id: str) -> int:
        """The request's newest generation; 0 where there was none."""
        return self.head(request_id).generation

    def mark_unfinished(self, request_id: str, generation: int) -> None:
        """Records that a run is begun; in place of the request's run before, which it supersedes."""
        with translated(self._place(request_id)):
            self._client.put_item(TableName=self._table_name, Item=_unfinished(request_id, generation))

    def mark_finished(self, request_id: str, generation: int) -> None:
        """Records that the run has ended. A newer one's record stays."""
        with translated(self._place(request_id)), suppress(self._condition_failed):
            self._client.delete_item(
                TableName=self._table_name,
                Key=attributes(request_id=UNFINISHED, record=f"{RUN}{request_id}"),
                ConditionExpression="generation = :generation",
                ExpressionAttributeValues=attributes(**{":generation": generation}),
            )

    def unfinished_requests(self) -> tuple[str, ...]:
        """The ids of the requests that have a run without an outcome, in order."""
        return tuple(self._query_prefix(UNFINISHED, RUN))

    def unfinished(self, request_id: str) -> int | None:
        """The generation of the request's run that has no outcome yet, None where there is none."""
        record = self._get(UNFINISHED, f"{RUN}{request_id}")
        return int(record["generation"]) if record else None


def _unfinished(request_id: str, generation: int) -> dict[str, AttributeValueTypeDef]:
    return record_item(UNFINISHED, f"{RUN}{request_id}", generation=generation)
