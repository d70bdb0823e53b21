"""DynamoDB streams as event sources: the readers of all mappings, from a mapping's first record on."""

import threading
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend

from localcloud.core.patching import replaces
from localcloud.lambda_.event_source_mappings import stream_records
from localcloud.lambda_.event_source_mappings.stream_checks import check_role
from localcloud.lambda_.event_source_mappings.stream_reader import StreamReader
from localcloud.lambda_.event_source_mappings.stream_records import Record
from localcloud.lambda_.runtime import LambdaRuntime


class StreamMappings:
    """The readers of all mappings of streams in one embedded AWS."""

    def __init__(self, runtime: LambdaRuntime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._readers: dict[str, StreamReader] = {}

    def take(self, table: Any, record: Record) -> None:
        """Hand a record to the mappings of its table."""
        for mapping in list(table.lambda_event_source_mappings.values()):
            self._reader(mapping).put({**record, "eventSourceARN": mapping.event_source_arn})

    def close(self) -> None:
        with self._lock:
            readers = list(self._readers.values())
        for reader in readers:
            reader.stop()

    def _reader(self, mapping: EventSourceMapping) -> StreamReader:
        with self._lock:
            if mapping.uuid not in self._readers:
                self._readers[mapping.uuid] = StreamReader(mapping, self._runtime)
            return self._readers[mapping.uuid]


_current: list[StreamMappings] = []


def install(mappings: StreamMappings) -> None:
    """Records of streams go to these mappings from now on."""
    _current[:] = [mappings]
    stream_records.install(mappings.take)


def uninstall() -> None:
    _current.clear()
    stream_records.uninstall()


@replaces(LambdaBackend, "create_event_source_mapping")
def a_streams_mapping_is_checked(original: Any, backend: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    """In moto any role will do."""
    if _current and ":dynamodb:" in spec.get("EventSourceArn", ""):
        check_role(backend.get_function(spec["FunctionName"]).role, spec)
    created: EventSourceMapping = original(backend, spec)
    return created


@replaces(LambdaBackend, "delete_event_source_mapping")
def a_deleted_mapping_gets_no_records(original: Any, backend: LambdaBackend, uuid: str) -> Any:
    """A mapping that moto forgot is still at its table."""
    mapping = original(backend, uuid)
    if mapping:
        mapping.enabled = False
    return mapping
