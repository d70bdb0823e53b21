"""DynamoDB streams → Lambda: each mapping follows its table's stream in order, on a thread of its own."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
from moto.awslambda.models import EventSourceMapping, LambdaBackend, lambda_backends
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamRecord, StreamShard

from localcloud.core.background import StoppingError
from localcloud.core.patching import replaces
from localcloud.lambda_.batches import failed_identifiers, passes
from localcloud.lambda_.destinations import send_to_destination
from localcloud.lambda_.runtime import LambdaRuntime
from localcloud.lambda_.sandbox import Invocation

RETRY_SECONDS = 0.2
"""The pause before a batch is tried again, doubled each time up to `LONGEST_RETRY_SECONDS`. AWS's is not documented."""
LONGEST_RETRY_SECONDS = 5.0
_SHARD_ID = "shardId-00000001541626099285-f35f62ef"
"""The one shard that moto gives every stream."""

type Record = dict[str, Any]


class EventSources:
    """The workers of all mappings of one embedded AWS."""

    def __init__(self, runtime: LambdaRuntime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._workers: dict[str, _Worker] = {}
        self._unsent = threading.local()

    def emit(self, table: Any, record: Record) -> None:
        """Hand a record to the mappings of its table, or keep it until the transaction that it belongs to succeeds."""
        held: list[tuple[Any, Record]] | None = getattr(self._unsent, "records", None)
        if held is not None:
            held.append((table, record))
            return
        for mapping in list(table.lambda_event_source_mappings.values()):
            self._worker(mapping).put({**record, "eventSourceARN": mapping.event_source_arn})

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is emitted inside goes out together at the end, or not at all where the block raises."""
        self._unsent.records = []
        try:
            yield
            held = self._unsent.records
        finally:
            self._unsent.records = None
        for table, record in held:
            self.emit(table, record)

    def close(self) -> None:
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.stop()

    def _worker(self, mapping: EventSourceMapping) -> "_Worker":
        with self._lock:
            if mapping.uuid not in self._workers:
                self._workers[mapping.uuid] = _Worker(mapping, self._runtime)
            return self._workers[mapping.uuid]


class _Worker:
    """One shard's reader: the next batch waits until this one is done, failed for good, or too old."""

    def __init__(self, mapping: EventSourceMapping, runtime: LambdaRuntime) -> None:
        self._mapping = mapping
        self._runtime = runtime
        self._records: queue.Queue[Record | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"stream-{mapping.uuid}", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        if self._mapping.enabled and passes(self._mapping.filter_criteria, record):
            self._records.put(record)

    def stop(self) -> None:
        self._records.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        with suppress(StoppingError):
            while batch := self._next_batch():
                self._process(batch, _attempts(self._mapping))

    def _next_batch(self) -> list[Record]:
        first = self._records.get()
        if first is None:
            return []
        batch = [first]
        deadline = time.monotonic() + (self._mapping.max_batch_window or 0)
        while len(batch) < self._mapping.batch_size:
            try:
                record = self._records.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if record is None:
                self._records.put(None)
                break
            batch.append(record)
        return batch

    def _process(self, batch: list[Record], attempts: int | None) -> None:
        pause = RETRY_SECONDS
        while batch:
            invocation = self._invoke(batch)
            batch = self._remaining(batch, invocation)
            if not batch:
                return
            if attempts is not None:
                attempts -= 1
                if attempts < 0:
                    self._give_up(batch, invocation)
                    return
            if self._runtime.closing.wait(pause):
                return
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)
            if invocation.failed and self._mapping.bisect_on_error and len(batch) > 1:
                half = len(batch) // 2
                self._process(batch[:half], attempts)
                batch = batch[half:]

    def _invoke(self, batch: list[Record]) -> Invocation:
        function = lambda_backends[self._mapping.account_id][self._mapping.region].get_function(self._mapping.function_arn)
        return self._runtime.invoke(function, msgspec.json.encode({"Records": batch}))

    def _remaining(self, batch: list[Record], invocation: Invocation) -> list[Record]:
        """The records to try again: from the lowest failed sequence number on, as the checkpoint is there."""
        if invocation.failed:
            return batch
        if "ReportBatchItemFailures" not in (self._mapping.function_response_types or []):
            return []
        failed = failed_identifiers(invocation.payload)
        if failed is None:
            return batch
        positions = [at for at, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] in failed]
        return batch[min(positions) :] if positions else []

    def _give_up(self, batch: list[Record], invocation: Invocation) -> None:
        destination = (self._mapping.destination_config or {}).get("OnFailure", {}).get("Destination")
        if destination:
            send_to_destination(destination, _failure_document(self._mapping, batch, invocation))


def _attempts(mapping: EventSourceMapping) -> int | None:
    """Retries after the first try; None is until the records expire."""
    limit = mapping.max_retry_attempts
    return None if limit is None or int(limit) < 0 else int(limit)


def _failure_document(mapping: EventSourceMapping, batch: list[Record], invocation: Invocation) -> dict[str, Any]:
    """What AWS puts into the on-failure queue: where the records are, not the records."""
    times = [record["dynamodb"]["ApproximateCreationDateTime"] for record in batch]
    return {
        "requestContext": {
            "functionArn": mapping.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": (_attempts(mapping) or 0) + 1,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled" if invocation.failed else None,
        },
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "DDBStreamBatchInfo": {
            "shardId": _SHARD_ID,
            "startSequenceNumber": batch[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": batch[-1]["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": times[0],
            "approximateArrivalOfLastRecord": times[-1],
            "batchSize": len(batch),
            "streamArn": mapping.event_source_arn,
        },
    }


_current: list[EventSources] = []


def install(sources: EventSources) -> None:
    """Records go to these sources from now on."""
    _current[:] = [sources]


def uninstall() -> None:
    _current.clear()


class _Update(threading.local):
    """The changes that the update under way in this thread has made so far: moto makes a new item in two."""

    changes: list[tuple[Any, Any, Any]] | None = None


_update = _Update()


@replaces(DynamoDBBackend, "update_item")
def an_update_makes_one_record(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Also one that creates the item: moto first puts it with nothing but its key."""
    changes: list[tuple[Any, Any, Any]] = []
    _update.changes = changes
    try:
        item = original(*args, **kwargs)
    finally:
        _update.changes = None
    if changes:
        (shard, old, _), (_, _, new) = changes[0], changes[-1]
        shard.add(old, new)
    return item


@replaces(StreamShard, "add")
def a_changed_item_makes_a_record(_original: Any, shard: Any, old: Any, new: Any) -> None:
    """A write that changes nothing makes none. moto calls the function inside the write and then forgets the records."""
    if _update.changes is not None:
        _update.changes.append((shard, old, new))
        return
    if old is not None and new is not None and old.to_json() == new.to_json():
        return
    number = int(shard.items[-1].record["dynamodb"]["SequenceNumber"]) + 1 if shard.items else _first_number(shard)
    view = shard.table.stream_specification["StreamViewType"]
    record = StreamRecord(shard.table, view, _event_name(old, new), old, new, number)
    record.record["awsRegion"] = shard.table.region_name
    shard.items.append(record)
    for sources in _current:
        sources.emit(shard.table, _lambda_record(record))


def _first_number(shard: Any) -> int:
    return int(shard.starting_sequence_number)


def _event_name(old: Any, new: Any) -> str:
    if old is None:
        return "INSERT"
    return "REMOVE" if new is None else "MODIFY"


def _lambda_record(record: StreamRecord) -> Record:
    document = record.to_json()
    created = document["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    return {
        **document,
        "eventVersion": "1.1",
        "dynamodb": {**document["dynamodb"], "ApproximateCreationDateTime": int(created)},
    }


@replaces(DynamoDBBackend, "transact_write_items")
def a_failed_transaction_makes_no_records(original: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """The records of a transaction become visible together, when it has succeeded."""
    if not _current:
        original(*args, **kwargs)
        return
    with _current[0].transaction():
        original(*args, **kwargs)


@replaces(LambdaBackend, "delete_event_source_mapping")
def a_deleted_mapping_gets_no_records(original: Any, backend: LambdaBackend, uuid: str) -> Any:
    """A mapping that moto forgot is still at its table."""
    mapping = original(backend, uuid)
    if mapping:
        mapping.enabled = False
    return mapping
