"""A stream's records: which writes to a table make one, and when it becomes visible."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamRecord, StreamShard

from localcloud.core.patching import replaces

type Record = dict[str, Any]
type Listener = Callable[[Any, Record], None]
"""Gets a table and a record of its stream."""


_listeners: list[Listener] = []


def install(listener: Listener) -> None:
    """Records go there from now on."""
    _listeners[:] = [listener]


def uninstall() -> None:
    _listeners.clear()


class _Held(threading.local):
    """The records of the transaction under way in this thread; None outside of one."""

    records: list[tuple[Any, Record]] | None = None


_held = _Held()


def _emit(table: Any, record: Record) -> None:
    """Hand a record over, or keep it until the transaction that it belongs to succeeds."""
    if _held.records is not None:
        _held.records.append((table, record))
        return
    for listener in _listeners:
        listener(table, record)


@contextmanager
def _transaction() -> Iterator[None]:
    """What is emitted inside goes out together at the end, or not at all where the block raises."""
    records: list[tuple[Any, Record]] = []
    _held.records = records
    try:
        yield
    finally:
        _held.records = None
    for table, record in records:
        _emit(table, record)


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
    _emit(shard.table, _lambda_record(record))


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
    with _transaction():
        original(*args, **kwargs)
