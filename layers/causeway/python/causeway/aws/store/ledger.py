"""The ledger: Causeway's own table. The low-level client: boto3's resources take long to load."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from causeway.aws.errors import translated
from causeway.clock import timestamp
from causeway.domain.lifecycle.history import Record
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import Status
from causeway.domain.model.errors import LedgerMissing, ServiceUnavailable
from causeway.domain.model.findings import Finding
from causeway.domain.model.request import Request
from causeway.domain.model.values import Value
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Undo
from causeway.domain.reachability.verdicts import Verdict
from causeway.domain.witnesses.testimonies import Call, Testimony

from .approvals import TOKEN, last_approval
from .codec import attributes, packed, plain, prefix_of, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateTypeDef

    from causeway.domain.model.values import Side

HEAD = "HEAD"
REQUEST = "REQUEST"
PLAN = "PLAN"
CONNECTION = "CONNECTION"
DONE = "DONE"
VERDICTS = "VERDICTS"
EXPOSURES = "EXPOSURES"
FORESEEN = "FORESEEN"
CALLS = "CALLS"
TESTIMONIES = "TESTIMONIES"
SUPERSEDED = "SUPERSEDED"
OUTCOME = "OUTCOME"
BEFORE = "BEFORE"
UNDO = "UNDO"
UNDONE = "UNDONE"
HOLDINGS = "HOLDINGS"
LOCK = "LOCK"
USER = "USER#"

LAST_GENERATION = 9_999_999_999
"""The largest that ten digits hold."""

UNASKED = "unasked"
"""On the head while the newest generation belongs to no stream record: a drift run, or one that takes up another."""

UNFINISHED, RUN = "#UNFINISHED", "RUN#"
"""Where the runs are that have no outcome yet, each with its request's id; no request has such an id itself."""

SEQUENCE_NUMBER_DIGITS = 40
"""The longest sequence number of a stream record. It does not fit DynamoDB's numbers, which have 38 digits."""


class Head(Value):
    """A request's newest generations, 0 where there was none.

    Attributes:
        generation: Of the newest change.
        asked: The last one that asked a person for approval.
        unasked: Whether no change of the item asked for the newest one.
    """

    generation: int
    asked: int
    unasked: bool


class Ledger:
    """What was planned and done, for each generation of each request. Every record says in `at` when it was written."""

    def __init__(self, table_name: str, client: DynamoDBClient) -> None:
        self._table_name = table_name
        self._client = client

    def next_generation(self, request_id: str, sequence_number: str) -> int | None:
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
            except self._client.exceptions.ConditionalCheckFailedException as error:
                head = plain(cast("dict[str, Any]", error.response)["Item"])
                same = head["sequence_number"] == number and UNASKED not in head
                return int(head["generation"]) if same else None
        return int(plain(answer["Attributes"])["generation"])

    def begin(self, run: Run) -> bool:
        """Begins a run that no change of the item asks for: its generation and what it is about, in one transaction.

        The head keeps the sequence number of the newest change, so that the next one gets its generation. A run that another
        look has begun stays as it is.

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
        since = {} if run.failing_since is None else {"in_vain_since": run.failing_since.isoformat()}
        about = attributes(
            request_id=request_id,
            record=prefix_of(run.generation) + REQUEST,
            payload=packed(run.request),
            occasion=run.occasion.value,
            at=timestamp(),
            takes_up=run.resumes,
            **since,
        )
        puts: list[TransactWriteItemTypeDef] = [
            {"Put": {"TableName": self._table_name, "Item": item}} for item in (about, _unfinished(request_id, run.generation))
        ]
        with translated(self._place(request_id), {"TransactionCanceledException": ServiceUnavailable}):
            try:
                self._client.transact_write_items(TransactItems=[{"Update": update}, *puts])
            except self._client.exceptions.TransactionCanceledException as error:
                if error.response["CancellationReasons"][0].get("Code") != "ConditionalCheckFailed":
                    raise
                head = self.load_head(request_id)
                return head.unasked and head.generation == run.generation
        return True

    def save_unfinished(self, request_id: str, generation: int) -> None:
        """Records that a run is begun; in place of the request's run before, which it supersedes."""
        with translated(self._place(request_id)):
            self._client.put_item(TableName=self._table_name, Item=_unfinished(request_id, generation))

    def forget_unfinished(self, request_id: str, generation: int) -> None:
        """Records that the run has ended. A newer one's record stays."""
        with translated(self._place(request_id)), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table_name,
                Key=_unfinished_key(request_id),
                ConditionExpression="generation = :generation",
                ExpressionAttributeValues=attributes(**{":generation": generation}),
            )

    def unfinished(self) -> tuple[str, ...]:
        """The ids of the requests that have a run that was begun and has no outcome yet, in order."""
        items = self._query(UNFINISHED, "begins_with(#record, :prefix)", **{":prefix": RUN})
        return tuple(item["record"].removeprefix(RUN) for item in items)

    def unfinished_generation(self, request_id: str) -> int | None:
        """The generation of the request's run that was begun and has no outcome yet, None where there is none."""
        record = self._get(UNFINISHED, f"{RUN}{request_id}")
        return int(record["generation"]) if record else None

    def newest_generation(self, request_id: str) -> int:
        """The generation of the newest change of the item; 0 where there was none."""
        return self.load_head(request_id).generation

    def load_head(self, request_id: str) -> Head:
        """How far the request's generations have come."""
        head = self._get(request_id, HEAD) or {}
        return Head(generation=int(head.get("generation", 0)), asked=int(head.get("asked", 0)), unasked=UNASKED in head)

    def save_request(self, generation: int, request: Request, occasion: Occasion = Occasion.CHANGE) -> None:
        """Records what the generation is about."""
        self._save(request.request_id, generation, REQUEST, payload=packed(request), occasion=occasion.value)

    def last_request(self, request_id: str) -> Request | None:
        """What the newest generation is about that has a request: a malformed item's has none. None where none has."""
        with translated(self._place(request_id)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                KeyConditionExpression="request_id = :id AND #record BETWEEN :first AND :last",
                FilterExpression="attribute_exists(occasion)",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues=attributes(
                    **{":id": request_id, ":first": prefix_of(0), ":last": f"{prefix_of(LAST_GENERATION)}~"}
                ),
                ScanIndexForward=False,
                ConsistentRead=True,
            )
            newest = next((plain(item) for page in pages for item in page["Items"]), None)
        return unpacked(newest, Request) if newest else None

    def save_plan(self, plan: Plan) -> None:
        self._save(plan.request_id, plan.generation, PLAN, payload=packed(plan))

    def save_connection(self, request_id: str, generation: int, connection_id: str) -> None:
        self._save(request_id, generation, CONNECTION, connection_id=connection_id)

    def save_done(self, request_id: str, generation: int, side: Side, step: str, changes: Sequence[Change]) -> None:
        """Records the changes of a step that are in the network now, in place of what its last attempt recorded."""
        self._save(request_id, generation, f"{DONE}#{side}#{step}", payload=packed(changes))

    def save_verdicts(self, request_id: str, generation: int, verdicts: Sequence[Verdict]) -> None:
        self._save(request_id, generation, VERDICTS, payload=packed(verdicts))

    def save_foreseen(self, request_id: str, generation: int, verdicts: Sequence[Verdict]) -> None:
        """Records the verdicts that the plan is blocked by."""
        self._save(request_id, generation, FORESEEN, payload=packed(verdicts))

    def save_exposures(self, request_id: str, generation: int, findings: Sequence[Finding]) -> None:
        """Records what was found to be open beyond what is asked for."""
        self._save(request_id, generation, EXPOSURES, payload=packed(findings))

    def save_calls(self, request_id: str, generation: int, calls: Sequence[Call]) -> None:
        """Records the questions that were put so far, in place of what was recorded before."""
        self._save(request_id, generation, CALLS, payload=packed(calls))

    def save_testimonies(self, request_id: str, generation: int, told: Sequence[Testimony]) -> None:
        """Records what the witnesses have said so far, in place of what was recorded before."""
        self._save(request_id, generation, TESTIMONIES, payload=packed(told))

    def save_superseded(self, request_id: str, generation: int) -> None:
        """Records that the generation does nothing, because a newer one was there when its turn came."""
        self._save(request_id, generation, SUPERSEDED)

    def save_outcome(self, status: Status) -> None:
        """Records how the generation ended. An item that is gone cannot keep it."""
        self._save(status.request_id, status.generation, OUTCOME, payload=packed(status))

    def load_outcome(self, request_id: str, generation: int) -> Status | None:
        """How the generation ended; None while it has not."""
        record = self._get(request_id, prefix_of(generation) + OUTCOME)
        return unpacked(record, Status) if record else None

    def history(self, request_id: str) -> tuple[Record, ...]:
        """Every record of every generation; `causeway.domain.lifecycle.history` tells them."""
        items = self._query(
            request_id,
            "#record BETWEEN :first AND :last",
            **{":first": prefix_of(0), ":last": f"{prefix_of(LAST_GENERATION)}~"},
        )
        return tuple(_record(item) for item in items)

    def save_before(self, request_id: str, generation: int, holdings: Holdings) -> None:
        """Records what the request held before the run; said again, when it holds more, it changes nothing."""
        record = attributes(
            request_id=request_id, record=prefix_of(generation) + BEFORE, at=timestamp(), payload=packed(holdings)
        )
        with translated(self._place(request_id)), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table_name, Item=record, ConditionExpression="attribute_not_exists(request_id)"
            )

    def save_undo(self, undo: Undo) -> None:
        """Records one attempt to undo the run; the last one counts."""
        self._save(undo.request_id, undo.generation, f"{UNDO}#{undo.round}", payload=packed(undo))

    def save_undone(self, undo: Undo, side: Side, step: str, changes: Sequence[Change]) -> None:
        """Records the inverses of a step that are in the network now, as part of this attempt."""
        self._save(undo.request_id, undo.generation, f"{UNDONE}#{undo.round}#{side}#{step}", payload=packed(changes))

    def load_run(self, request_id: str, generation: int) -> Run:
        """Everything of one generation, in one consistent query.

        Raises:
            LedgerMissing: No step has saved the request.
        """
        prefix = prefix_of(generation)
        items = self._query(request_id, "begins_with(#record, :prefix)", **{":prefix": prefix})
        records = {item["record"].removeprefix(prefix): item for item in items}
        if REQUEST not in records:
            raise LedgerMissing(
                f"Generation {generation} of request {request_id} is not there.",
                where=self._place(request_id),
                remedy="Put the request again.",
            )
        undos = (unpacked(item, Undo) for record, item in records.items() if record.startswith(f"{UNDO}#"))
        undo = max(undos, key=lambda each: each.round, default=None)
        return Run(
            request=unpacked(records[REQUEST], Request),
            generation=generation,
            occasion=Occasion(records[REQUEST]["occasion"]),
            plan=unpacked(records[PLAN], Plan) if PLAN in records else None,
            connection_id=records[CONNECTION]["connection_id"] if CONNECTION in records else None,
            done=_changes(records, f"{DONE}#"),
            verdicts=unpacked(records[VERDICTS], tuple[Verdict, ...]) if VERDICTS in records else None,
            foreseen=unpacked(records[FORESEEN], tuple[Verdict, ...]) if FORESEEN in records else (),
            exposures=unpacked(records[EXPOSURES], tuple[Finding, ...]) if EXPOSURES in records else (),
            calls=unpacked(records[CALLS], tuple[Call, ...]) if CALLS in records else (),
            heard=unpacked(records[TESTIMONIES], tuple[Testimony, ...]) if TESTIMONIES in records else (),
            before=unpacked(records[BEFORE], Holdings) if BEFORE in records else NOTHING_HELD,
            undo=undo,
            undone=_changes(records, f"{UNDONE}#{undo.round}#") if undo else (),
            approval=last_approval(records),
            failing_since=datetime.fromisoformat(since) if (since := records[REQUEST].get("in_vain_since")) else None,
            resumes=records[REQUEST].get("takes_up", False),
        )

    def save_holdings(self, request_id: str, holdings: Holdings) -> None:
        """Records what the request holds in the network, whatever its generation."""
        self._put(request_id, HOLDINGS, payload=packed(holdings))

    def load_holdings(self, request_id: str) -> Holdings:
        """What the request holds; nothing where nothing was recorded."""
        record = self._get(request_id, HOLDINGS)
        return unpacked(record, Holdings) if record else Holdings()

    def save_user(self, pair: str, request_id: str) -> None:
        """Records that the request uses the connection of these two VPCs."""
        self._put(pair, f"{USER}{request_id}")

    def users(self, pair: str) -> tuple[str, ...]:
        """The ids of the requests that use the connection of these two VPCs, in order."""
        items = self._query(pair, "begins_with(#record, :prefix)", **{":prefix": USER})
        return tuple(item["record"].removeprefix(USER) for item in items)

    def forget_user(self, pair: str, request_id: str) -> None:
        """Records that the request no longer uses it."""
        with translated(self._place(pair)):
            self._client.delete_item(TableName=self._table_name, Key=attributes(request_id=pair, record=f"{USER}{request_id}"))

    def lock(self, what: str, holder: str) -> str | None:
        """Takes the lock of a request, or of a pair of VPCs.

        Returns:
            None if the lock is the holder's now (or was before), else who holds it.
        """
        with translated(self._place(what)):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=attributes(request_id=what, record=LOCK, holder=holder, at=timestamp()),
                    ConditionExpression="attribute_not_exists(request_id) OR holder = :holder",
                    ExpressionAttributeValues=attributes(**{":holder": holder}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return str(plain(cast("dict[str, Any]", error.response)["Item"])["holder"])
        return None

    def take_over(self, what: str, holder: str, from_holder: str) -> bool:
        """Takes the lock from one who no longer needs it. False where somebody else was faster, or it was released."""
        with translated(self._place(what)):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=attributes(request_id=what, record=LOCK, holder=holder, at=timestamp()),
                    ConditionExpression="holder IN (:holder, :from)",
                    ExpressionAttributeValues=attributes(**{":holder": holder, ":from": from_holder}),
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def release(self, what: str, holder: str) -> None:
        """Gives the lock back. One that is somebody else's, or gone, is left alone."""
        with translated(self._place(what)), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table_name,
                Key=attributes(request_id=what, record=LOCK),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=attributes(**{":holder": holder}),
            )

    def _save(self, request_id: str, generation: int, record: str, **values: object) -> None:
        self._put(request_id, prefix_of(generation) + record, **values)

    def _put(self, request_id: str, record: str, **values: object) -> None:
        item = attributes(request_id=request_id, record=record, at=timestamp(), **values)
        with translated(self._place(request_id)):
            self._client.put_item(TableName=self._table_name, Item=item)

    def _get(self, request_id: str, record: str) -> dict[str, Any] | None:
        """A record as it is now (a consistent read)."""
        key = attributes(request_id=request_id, record=record)
        with translated(self._place(request_id)):
            answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else plain(item)

    def _query(self, request_id: str, condition: str, **values: str) -> Iterable[dict[str, Any]]:
        """The request's records whose key fulfils the condition, as they are now (a consistent read), in the key's order."""
        with translated(self._place(request_id)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                KeyConditionExpression=f"request_id = :id AND {condition}",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues=attributes(**{":id": request_id, **values}),
                ConsistentRead=True,
            )
            return [plain(item) for page in pages for item in page["Items"]]

    def _place(self, request_id: str) -> str:
        return f"table {self._table_name}, request {request_id}"


def _unfinished(request_id: str, generation: int) -> dict[str, AttributeValueTypeDef]:
    return {**_unfinished_key(request_id), **attributes(generation=generation, at=timestamp())}


def _unfinished_key(request_id: str) -> dict[str, AttributeValueTypeDef]:
    return attributes(request_id=UNFINISHED, record=f"{RUN}{request_id}")


def _record(item: Mapping[str, Any]) -> Record:
    generation, _, name = item["record"].partition("#")
    fields = {field: value for field, value in item.items() if field not in {"payload", TOKEN}}
    payload = {"payload": unpacked(item, Any)} if "payload" in item else {}
    return Record(generation=int(generation), name=name, at=item["at"], fields=fields | payload)


def _changes(records: Mapping[str, Mapping[str, Any]], prefix: str) -> tuple[Change, ...]:
    """The changes of every record whose name begins so."""
    found = (unpacked(item, tuple[Change, ...]) for record, item in records.items() if record.startswith(prefix))
    return tuple(change for changes in found for change in changes)
