"""DispatchRequest: a record of the requests table's stream in, one execution out, deterministically named.

1. Skip what asks for nothing new: Causeway's own write of `status`.
2. Give the change its generation; the same record gets the same one however often it is delivered.
3. Refuse a malformed item on the item itself.
4. Save the validated request, say so on the item, start the execution.
"""

from collections.abc import Mapping
from typing import Any

from causeway.aws.events import Bus
from causeway.aws.executions import Executions
from causeway.aws.store.generations import Generations
from causeway.aws.store.history import RunHistory
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.store.runs import Runs
from causeway.boundary import STATUS_FIELD, MalformedItem, desired_part, parse_request
from causeway.clock import timestamp
from causeway.domain.lifecycle.run import Occasion
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.request import Request
from causeway.domain.model.values import Value


class ItemChange(Value):
    """One stream record: the item before and after, None where there was or is none."""

    request_id: str
    sequence_number: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def dispatch_request(
    change: ItemChange,
    *,
    requests: RequestsTable,
    generations: Generations,
    runs: Runs,
    history: RunHistory,
    holdings: HoldingsStore,
    executions: Executions,
    bus: Bus,
) -> Status | None:
    """Start what a change of an item asks for.

    An item that is gone asks for the removal of what it held.

    Returns:
        The status that the item got: PLANNING or REJECTED. None where nothing was asked, or a newer change was already.
    """
    if not asks_for_something(change):
        return None
    request_id, removal = change.request_id, change.after is None
    generation = generations.of_change(request_id, change.sequence_number)
    if generation is None:
        return None
    try:
        request = _to_remove(change, holdings, history) if removal else parse_request(change.after or {})
    except MalformedItem as malformed:
        return None if removal else _reject(request_id, generation, malformed, requests=requests, runs=runs, bus=bus)
    runs.save_request(generation, request, Occasion.REMOVAL if removal else Occasion.CHANGE)
    status = Status(state=State.PLANNING, request_id=request_id, generation=generation, updated_at=timestamp())
    requests.write_status(status)
    generations.mark_unfinished(request_id, generation)
    executions.start(request_id, generation)
    return status


def _to_remove(change: ItemChange, holdings: HoldingsStore, history: RunHistory) -> Request:
    """What is held; where nothing is yet, what the item said: a run may be about to make it.

    Where that was malformed, it is what the item said before that.

    Raises:
        MalformedItem: It never said anything else.
    """
    if (held := holdings.load(change.request_id).request) is not None:
        return held
    try:
        return parse_request(change.before or {})
    except MalformedItem:
        if (asked := history.last_request(change.request_id)) is not None:
            return asked
        raise


def asks_for_something(change: ItemChange) -> bool:
    """Whether the user's part changed, or the whole item was put again, which takes `status` away."""
    if change.before is None or change.after is None:
        return True
    return desired_part(change.before) != desired_part(change.after) or STATUS_FIELD not in change.after


def _reject(
    request_id: str, generation: int, malformed: MalformedItem, *, requests: RequestsTable, runs: Runs, bus: Bus
) -> Status:
    status = Status(
        state=State.REJECTED,
        request_id=request_id,
        generation=generation,
        updated_at=timestamp(),
        findings=malformed.findings,
    )
    requests.write_status(status)
    runs.save_outcome(status)
    bus.announce(status)
    return status
