"""ReceiveEvent: an event on the bus in, the request's item out.

The item's user part becomes what the event says. EventBridge delivers at least once: an event that was seen before changes
nothing, whatever the item says by now. One that says what the item says already writes the same again, which DynamoDB puts
into no stream.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from causeway.aws.events import Bus
from causeway.aws.tables import Requests
from causeway.boundary import REQUEST_FIELDS, MalformedItem, desired_part, parse_request
from causeway.clock import timestamp
from causeway.domain.status import State, Status
from causeway.domain.values import Value

REMEMBERED = timedelta(days=30)
"""Longer than an event can come again by itself: a day of EventBridge's retries and 14 days in the dead-letter queue."""


class PeeringEvent(Value):
    """A `PeeringRequested` event. `detail` is an item."""

    event_id: str
    sent_at: datetime
    detail: Mapping[str, Any]


def receive_event(event: PeeringEvent, *, requests: Requests, ledger_table: str, bus: Bus) -> bool:
    """Put the item that an event asks for.

    Returns:
        Whether the event was well-formed and new.
    """
    try:
        parse_request(event.detail)
    except MalformedItem as malformed:
        bus.announce(_rejected(event, malformed))
        return False
    return requests.put_from_event(
        desired_part(event.detail),
        known=REQUEST_FIELDS,
        event_id=event.event_id,
        ledger_table=ledger_table,
        expires_at=int((event.sent_at + REMEMBERED).timestamp()),
    )


def _rejected(event: PeeringEvent, malformed: MalformedItem) -> Status:
    return Status(
        state=State.REJECTED,
        request_id=str(event.detail.get("request_id", "")),
        generation=0,
        updated_at=timestamp(),
        findings=malformed.findings,
    )
