"""A run followed to its end: from the change of an item to the outcome of its generation."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from causeway.domain.lifecycle.run import Run
from causeway.domain.model.errors import LedgerMissing

from .exits import CommandError, ExitCode
from .hub import Document, Hub

DISPATCH_PATIENCE = 120.0
"""Seconds from a change of an item to its run. It takes less than one, unless DispatchRequest is in trouble."""
POLL = 0.25
"""Seconds between two looks."""

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
AWAITING_APPROVAL = "AWAITING_APPROVAL"

type Show = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes all history events of the execution that is followed, again and again."""


def begun(hub: Hub, request_id: str, after: int, is_it: Callable[[Run], bool]) -> int:
    """The generation of a change that was just made: the first one after `after` whose run is the expected one.

    Raises:
        CommandError: No such run began in time.
    """
    deadline = time.monotonic() + DISPATCH_PATIENCE
    while time.monotonic() < deadline:
        for generation in range(after + 1, hub.generations.newest(request_id) + 1):
            if _is(hub, request_id, generation, is_it):
                return generation
        time.sleep(POLL)
    raise CommandError(
        ExitCode.FAILED,
        f"The change has started no run in {DISPATCH_PATIENCE:.0f} s.",
        where=f"request {request_id}",
        remedy="See the alarms of DispatchRequest: docs/operations.md.",
    )


def _is(hub: Hub, request_id: str, generation: int, is_it: Callable[[Run], bool]) -> bool:
    try:
        return is_it(hub.runs.load(request_id, generation))
    except LedgerMissing:
        return False  # it is not saved yet, or was malformed


def follow(hub: Hub, request_id: str, generation: int, show: Show) -> Document:
    """The status that a run ends with, or the one that waits for a person. A superseded run leads to the newest one.

    Raises:
        CommandError: The execution ended without an outcome.
    """
    while True:
        execution = hub.execution_status(request_id, generation)
        outcome = hub.runs.load_outcome(request_id, generation)
        show(hub.execution_events(request_id, generation))
        if outcome is not None:
            return {"request_id": request_id, **outcome.as_map()}
        if execution == SUCCEEDED:
            return follow(hub, request_id, hub.generations.newest(request_id), show)
        if execution not in {None, RUNNING}:
            raise _no_outcome(request_id, generation, execution)
        if execution == RUNNING and (waiting := _waiting(hub, request_id, generation)):
            return {"request_id": request_id, **waiting}
        time.sleep(POLL)


def _waiting(hub: Hub, request_id: str, generation: int) -> Document | None:
    """The item's status, where the run waits for a person."""
    item = hub.find(request_id)
    status: Document = item.get("status", {}) if item else {}
    return status if (status.get("state"), status.get("generation")) == (AWAITING_APPROVAL, generation) else None


def _no_outcome(request_id: str, generation: int, execution: str | None) -> CommandError:
    return CommandError(
        ExitCode.FAILED,
        f"The run has no outcome: its execution is {execution}.",
        where=f"request {request_id}, generation {generation}",
        remedy="See the execution's history, then put the item again.",
    )
