"""SQS queues as event sources: the pollers of all mappings, from a mapping's creation to its deletion."""

import threading
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend

from localcloud.core.patching import replaces
from localcloud.core.time_limits import TimeLimitSetting
from localcloud.lambda_.event_source_mappings.queue_checks import checked_queue
from localcloud.lambda_.event_source_mappings.queue_poller import QueuePoller
from localcloud.lambda_.runtime import LambdaRuntime


class QueueMappings:
    """The pollers of all mappings of queues in one embedded AWS."""

    def __init__(self, runtime: LambdaRuntime, limits: TimeLimitSetting) -> None:
        self._runtime = runtime
        self._limits = limits
        self._lock = threading.Lock()
        self._pollers: dict[str, QueuePoller] = {}

    def start(self, mapping: EventSourceMapping) -> None:
        with self._lock:
            self._pollers[mapping.uuid] = QueuePoller(mapping, self._runtime, self._limits)

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


_current: list[QueueMappings] = []


def install(mappings: QueueMappings) -> None:
    """Mappings of queues belong to these from now on."""
    _current[:] = [mappings]


def uninstall() -> None:
    _current.clear()


@replaces(LambdaBackend, "create_event_source_mapping")
def a_queues_mapping_is_checked_and_polled(original: Any, backend: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    """In place of moto's own delivery inside of SendMessage."""
    if not _current or ":sqs:" not in spec.get("EventSourceArn", ""):
        return original(backend, spec)
    queue = checked_queue(backend, spec)
    mapping = original(backend, spec)
    queue.lambda_event_source_mappings.clear()
    _current[0].start(mapping)
    return mapping


@replaces(LambdaBackend, "delete_event_source_mapping")
def a_deleted_mapping_is_polled_no_more(original: Any, backend: LambdaBackend, uuid: str) -> Any:
    """Whoever deletes a mapping may delete its queue next."""
    for mappings in _current:
        mappings.stop(uuid)
    return original(backend, uuid)
