"""SQS → Lambda: each mapping polls its queue as the function's role, collects batches and deletes what was worked on.

Source: Lambda developer guide, "Using Lambda with Amazon SQS", with its pages on batching, concurrency and errors.
"""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from typing import Any

import msgspec
from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction, lambda_backends
from moto.sqs.exceptions import QueueDoesNotExist, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from localcloud.core.background import Background
from localcloud.core.patching import replaces
from localcloud.core.time_limits import PaceSetting
from localcloud.iam.service_roles import service_may
from localcloud.lambda_ import queue_mappings
from localcloud.lambda_.batches import failed_identifiers, passes
from localcloud.lambda_.queue_mappings import LAMBDA, find_queue
from localcloud.lambda_.runtime import CONCURRENCY, LambdaRuntime

_RECEIVED_AT_ONCE = 10
_LOOK_AGAIN = 0.2
"""Seconds until a waiting poller looks again at what nobody tells it: the pace, visible messages, its own end."""


class QueueSources:
    """The pollers of all mappings of queues in one embedded AWS."""

    def __init__(self, runtime: LambdaRuntime, pace: PaceSetting) -> None:
        self._runtime = runtime
        self._pace = pace
        self._lock = threading.Lock()
        self._pollers: dict[str, _Poller] = {}

    def start(self, mapping: EventSourceMapping) -> None:
        with self._lock:
            self._pollers[mapping.uuid] = _Poller(mapping, self._runtime, self._pace)

    def stop(self, uuid: str) -> None:
        """End a mapping's poller where it has one. A batch that a function has goes on."""
        with self._lock:
            poller = self._pollers.pop(uuid, None)
        if poller:
            poller.stop()

    def close(self) -> None:
        with self._lock:
            pollers = list(self._pollers.values())
        for poller in pollers:
            poller.stop()
        for poller in pollers:
            poller.join()


class _Poller:
    """One mapping's poller: it receives only while fewer batches than the limit are being worked on."""

    def __init__(self, mapping: EventSourceMapping, runtime: LambdaRuntime, pace: PaceSetting) -> None:
        self._mapping = mapping
        self._runtime = runtime
        self._pace = pace
        self._ended = threading.Event()
        self._running: set[Future[None]] = set()
        self._invocations = Background(f"queue-{mapping.uuid}", CONCURRENCY)
        self._thread = threading.Thread(target=self._run, name=f"queue-{mapping.uuid}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def join(self) -> None:
        self._thread.join()
        self._invocations.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            function, queue = self._function(), self._queue()
            if not (function and queue and self._mapping.enabled and _may_poll(function, queue)):
                self._ended.wait(_LOOK_AGAIN)
            elif self._has_a_slot() and (batch := self._collect(queue)):
                self._running.add(self._invocations.submit(self._process, function, queue, batch))
        self._invocations.close(wait=False)

    def _function(self) -> LambdaFunction | None:
        mapping = self._mapping
        return lambda_backends[mapping.account_id][mapping.region].get_function_by_arn(mapping.function_arn)

    def _queue(self) -> Queue | None:
        return find_queue(self._mapping.event_source_arn)

    def _has_a_slot(self) -> bool:
        limit = min(CONCURRENCY, (self._mapping.scaling_config or {}).get("MaximumConcurrency", CONCURRENCY))
        self._running = {work for work in self._running if not work.done()}
        if len(self._running) < limit:
            return True
        wait(self._running, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED)
        return False

    def _collect(self, queue: Queue) -> list[Message]:
        """The next batch: full, or what came within the window, which begins with its first message."""
        batch = self._receive(queue, self._mapping.batch_size)
        started = time.monotonic()
        while batch and len(batch) < self._mapping.batch_size and not self._ended.is_set():
            window = self._pace.batch_window(self._mapping.max_batch_window or 0)
            if time.monotonic() >= started + window:
                break
            batch += self._receive(queue, self._mapping.batch_size - len(batch))
        return batch

    def _receive(self, queue: Queue, wanted: int) -> list[Message]:
        with queue._messages_lock:
            queue._messages_lock.wait_for(lambda: queue.messages, timeout=_LOOK_AGAIN)
        backend, count = sqs_backends[queue.account_id][queue.region], min(wanted, _RECEIVED_AT_ONCE)
        try:
            received = backend.receive_message(queue.name, count, 0, queue.visibility_timeout, ["All"])
        except QueueDoesNotExist:  # it was deleted since it was looked up
            return []
        return list(self._let_through(queue, received))

    def _let_through(self, queue: Queue, messages: list[Message]) -> Iterator[Message]:
        """What the mapping's filter leaves out is deleted, as on AWS."""
        for message in messages:
            if passes(self._mapping.filter_criteria, _filtered_form(_record(queue, message))):
                yield message
            else:
                _delete(queue, message)

    def _process(self, function: LambdaFunction, queue: Queue, batch: list[Message]) -> None:
        records = [_record(queue, message) for message in batch]
        invocation = self._runtime.invoke(function, msgspec.json.encode({"Records": records}))
        failed = {message.id for message in batch}
        if not invocation.failed:
            failed = self._failed(failed, invocation.payload)
        for message in batch:
            if message.id in failed:
                self._hasten(queue, message)
            elif service_may(LAMBDA, function.role, "sqs:DeleteMessage", queue.queue_arn):
                _delete(queue, message)

    def _failed(self, identifiers: set[str], payload: bytes) -> set[str]:
        if "ReportBatchItemFailures" not in (self._mapping.function_response_types or []):
            return set()
        failed = failed_identifiers(payload)
        return identifiers if failed is None or not failed <= identifiers else failed

    def _hasten(self, queue: Queue, message: Message) -> None:
        """The message comes back when its visibility timeout is over, or sooner where the pace says so."""
        latest = (time.time() + self._pace.visibility_timeout(queue.visibility_timeout)) * 1000
        with queue._messages_lock:
            for kept in queue._messages:
                if kept.id == message.id:
                    kept.visible_at = min(kept.visible_at, latest)


def _may_poll(function: LambdaFunction, queue: Queue) -> bool:
    actions = ("sqs:ReceiveMessage", "sqs:GetQueueAttributes")
    return all(service_may(LAMBDA, function.role, action, queue.queue_arn) for action in actions)


def _delete(queue: Queue, message: Message) -> None:
    with suppress(ReceiptHandleIsInvalid):  # somebody purged the queue meanwhile
        queue.delete_message(message.receipt_handle)


def _record(queue: Queue, message: Message) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    given = {key[0].lower() + key[1:]: value[key] for key in ("StringValue", "BinaryValue") if key in value}
    return {**given, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


def _filtered_form(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a filter sees it: a body that is JSON is looked into."""
    try:
        return {**record, "body": json.loads(record["body"])}
    except json.JSONDecodeError:
        return record


_current: list[QueueSources] = []


def install(sources: QueueSources) -> None:
    """Mappings of queues are worked on by these sources from now on."""
    _current[:] = [sources]


def uninstall() -> None:
    _current.clear()


@replaces(LambdaBackend, "create_event_source_mapping")
def a_queues_mapping_is_checked_and_polled(original: Any, backend: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    """In place of moto's own delivery inside of SendMessage."""
    if not _current or ":sqs:" not in spec.get("EventSourceArn", ""):
        return original(backend, spec)
    queue = queue_mappings.checked_queue(backend, spec)
    mapping = original(backend, spec)
    queue.lambda_event_source_mappings.clear()
    _current[0].start(mapping)
    return mapping


@replaces(LambdaBackend, "delete_event_source_mapping")
def a_deleted_mapping_is_polled_no_more(original: Any, backend: LambdaBackend, uuid: str) -> Any:
    """Whoever deletes a mapping may delete its queue next."""
    for sources in _current:
        sources.stop(uuid)
    return original(backend, uuid)


@replaces(SQSBackend, "receive_message")
def messages_are_received_one_caller_at_a_time(
    original: Any, backend: SQSBackend, queue_name: str, *args: Any, **more: Any
) -> Any:
    """Moto lets two callers take the same message. Waiting for messages gives the lock back meanwhile."""
    with backend.get_queue(queue_name)._messages_lock:
        return original(backend, queue_name, *args, **more)


@replaces(Queue, "delete_message")
def a_deletion_loses_no_other_message(original: Any, queue: Queue, receipt_handle: str) -> None:
    """Moto replaces the list of messages, and with it one that is sent meanwhile."""
    with queue._messages_lock:
        original(queue, receipt_handle)
