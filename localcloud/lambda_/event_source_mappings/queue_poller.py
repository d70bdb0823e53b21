"""A queue's poller: it receives as the function's role, collects batches and deletes what was worked on.

Source: Lambda developer guide, "Using Lambda with Amazon SQS", with its pages on batching, concurrency and errors.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress

import msgspec
from moto.awslambda.models import EventSourceMapping, LambdaFunction, lambda_backends
from moto.sqs.exceptions import QueueDoesNotExist, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, sqs_backends

from localcloud.core.background import Background
from localcloud.core.time_limits import TimeLimitSetting
from localcloud.iam.service_roles import service_may
from localcloud.lambda_.event_source_mappings.batches import failed_identifiers, passes
from localcloud.lambda_.event_source_mappings.queue_messages import as_filtered, as_record
from localcloud.lambda_.runtime import CONCURRENCY, LAMBDA, LambdaRuntime
from localcloud.messaging.queues import find_queue

_RECEIVED_AT_ONCE = 10
_LOOK_AGAIN = 0.2
"""Seconds until a waiting poller looks again at the time limits, the visible messages and its own end."""


class QueuePoller:
    """Receives for one mapping, while fewer batches than its limit are being worked on."""

    def __init__(self, mapping: EventSourceMapping, runtime: LambdaRuntime, limits: TimeLimitSetting) -> None:
        self._mapping = mapping
        self._runtime = runtime
        self._limits = limits
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
            window = self._limits.batch_window(self._mapping.max_batch_window or 0)
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
            if passes(self._mapping.filter_criteria, as_filtered(as_record(queue, message))):
                yield message
            else:
                _delete(queue, message)

    def _process(self, function: LambdaFunction, queue: Queue, batch: list[Message]) -> None:
        records = [as_record(queue, message) for message in batch]
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
        """The message comes back when its visibility timeout is over, or sooner where the time limits say so."""
        latest = (time.time() + self._limits.visibility_timeout(queue.visibility_timeout)) * 1000
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
