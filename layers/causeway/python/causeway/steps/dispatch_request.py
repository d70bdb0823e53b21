"""DispatchRequest: a record of the requests table's stream in, one execution out, deterministically named.

1. Skip what asks for nothing new: Causeway's own write of `status`, and a removal.
2. Give the change its generation; the same record gets the same one however often it is delivered.
3. Refuse a malformed item on the item itself.
4. Save the validated request, say so on the item, start the execution.
"""

from collections.abc import Mapping
from typing import Any

from causeway.aws.events import Bus
from causeway.aws.executions import Executions
from causeway.aws.tables import Ledger, Requests
from causeway.boundary import STATUS_FIELD, MalformedItem, desired_part, parse_request
from causeway.clock import timestamp
from causeway.domain.status import State, Status
from causeway.domain.values import Value


class ItemChange(Value):
    """One stream record: the item before and after, None where there was or is none."""

    request_id: str
    sequence_number: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def dispatch_request(
    change: ItemChange, *, requests: Requests, ledger: Ledger, executions: Executions, bus: Bus
) -> Status | None:
    """Start what a change of an item asks for.

    Returns:
        The status that the item got: PLANNING or REJECTED. None where nothing was asked, or a newer change was already.
    """
    item, request_id = change.after, change.request_id
    if item is None or not asks_for_something(change):
        return None
    generation = ledger.next_generation(request_id, change.sequence_number)
    if generation is None:
        return None
    try:
        request = parse_request(item)
    except MalformedItem as malformed:
        return _reject(request_id, generation, malformed, requests=requests, bus=bus)
    ledger.save_request(generation, request)
    status = Status(state=State.PLANNING, request_id=request_id, generation=generation, updated_at=timestamp())
    requests.write_status(status)
    executions.start(request_id, generation)
    return status


def asks_for_something(change: ItemChange) -> bool:
    """Whether the user's part changed, or the whole item was put again, which takes `status` away."""
    if change.before is None or change.after is None:
        return change.after is not None
    return desired_part(change.before) != desired_part(change.after) or STATUS_FIELD not in change.after


def _reject(request_id: str, generation: int, malformed: MalformedItem, *, requests: Requests, bus: Bus) -> Status:
    status = Status(
        state=State.REJECTED,
        request_id=request_id,
        generation=generation,
        updated_at=timestamp(),
        findings=malformed.findings,
    )
    requests.write_status(status)
    bus.announce(status)
    return status
