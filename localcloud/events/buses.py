"""Event buses: which one an event goes to, and its policy."""

import threading
from collections.abc import Callable
from typing import Any

from moto.events.models import EventBus, EventsBackend, events_backends

from localcloud.core.patching import replaces
from localcloud.events.target_inputs import Event


class _Sender(threading.local):
    """The account whose event is being put in this thread."""

    account_id: str | None = None


_sender = _Sender()


def sender_of(event: Event) -> str:
    """The account that put an event: the receiving one where nobody else did."""
    return _sender.account_id or str(event["account"])


@replaces(EventsBackend, "put_events")
def events_go_to_the_bus_they_name(original: Any, backend: EventsBackend, events: list[Event]) -> list[Event]:
    """A bus's ARN can be another account's; moto looks the name up in the sender's. The event names its sender."""
    return [_put(original, backend, event) for event in events]


def _put(original: Any, backend: EventsBackend, event: Event) -> Event:
    if event.get("Source", "").startswith("aws."):
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    named = event.get("EventBusName", "default")
    parts = named.split(":", 5)
    account_id, region = (parts[4], parts[3]) if len(parts) > 1 else (backend.account_id, backend.region_name)
    receiving = events_backends[account_id][region]
    bus = receiving.event_buses.get(parts[-1].removeprefix("event-bus/"))
    if bus is None:
        return {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"Event bus {parts[-1]} does not exist."}
    _sender.account_id = backend.account_id
    answer: Event = original(receiving, [{**event, "EventBusName": bus.name}])[0]
    return answer


@replaces(EventBus, "_remove_principals_statements")
def statements_about_the_same_principal_stay(_original: Any, _bus: EventBus, *_principals: Any) -> None:
    """A statement is replaced by one with its id; moto also drops others that name the same principal."""


@replaces(EventBus, "add_policy")
def a_whole_policy_replaces_the_old_one(original: Callable[..., None], bus: EventBus, policy: dict[str, Any]) -> None:
    """As PutPermission's `Policy` does."""
    bus.remove_statements()
    original(bus, policy)
