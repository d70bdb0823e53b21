"""ReceiveEvent: an event on the bus in, the request's item out, or the item gone.

The item's user part becomes what a `PeeringRequested` says; a `PeeringRemovalRequested` deletes the item. EventBridge delivers
at least once: an event that was seen before changes nothing, whatever the item says by now. One that asks for what is so
already writes the same again, which DynamoDB puts into no stream.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from causeway.aws.events import Bus
from causeway.aws.store.requests_table import RequestsTable
from causeway.boundary import REQUEST_FIELDS, MalformedItem, desired_part, parse_removal, parse_request
from causeway.clock import timestamp
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.values import Value

REMEMBERED = timedelta(days=30)
"""Longer than an event can come again by itself: a day of EventBridge's retries and 14 days in the dead-letter queue."""


class Wish(StrEnum):
    """What an event asks for: its detail-type."""

    PEERING = "PeeringRequested"
    REMOVAL = "PeeringRemovalRequested"


class PeeringEvent(Value):
    """An event of the bus. The `detail` of a wish for a peering is an item, that of a wish for a removal only names one."""

    wish: Wish
    event_id: str
    sent_at: datetime
    detail: Mapping[str, Any]


def receive_event(event: PeeringEvent, *, requests: RequestsTable, ledger_table: str, bus: Bus) -> bool:
    """Put the item that an event asks for, or delete it.

    Returns:
        Whether the event was well-formed and new.
    """
    expires_at = int((event.sent_at + REMEMBERED).timestamp())
    try:
        if event.wish is Wish.REMOVAL:
            request_id = parse_removal(event.detail)
            return requests.delete_from_event(
                request_id, event_id=event.event_id, ledger_table=ledger_table, expires_at=expires_at
            )
        parse_request(event.detail)
        return requests.put_from_event(
            desired_part(event.detail),
            known=REQUEST_FIELDS,
            event_id=event.event_id,
            ledger_table=ledger_table,
            expires_at=expires_at,
        )
    except MalformedItem as malformed:
        bus.announce(_rejected(event, malformed))
        return False


def _rejected(event: PeeringEvent, malformed: MalformedItem) -> Status:
    return Status(
        state=State.REJECTED,
        request_id=str(event.detail.get("request_id", "")),
        generation=0,
        updated_at=timestamp(),
        findings=malformed.findings,
    )
