"""A stream's reader: it takes one shard's records in order, in batches, each until it is done, failed for good, or too old."""

import queue
import threading
import time
from contextlib import suppress
from typing import Any

import msgspec
from moto.awslambda.models import EventSourceMapping, lambda_backends

from localcloud.core.background import StoppingError
from localcloud.lambda_.event_source_mappings.batches import failed_identifiers, passes
from localcloud.lambda_.event_source_mappings.stream_records import Record
from localcloud.lambda_.runtime import LambdaRuntime
from localcloud.lambda_.sandbox import Invocation
from localcloud.messaging.destinations import send_to_destination

RETRY_SECONDS = 0.2
"""The pause before a batch is tried again, doubled each time up to `LONGEST_RETRY_SECONDS`. AWS's is not documented."""
LONGEST_RETRY_SECONDS = 5.0
_SHARD_ID = "shardId-00000001541626099285-f35f62ef"
"""The one shard that moto gives every stream."""


class StreamReader:
    """Reads one mapping's stream, on a thread of its own."""

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
