"""Timing: the delays of what AWS does in the background, and the clock that they are measured by."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

type Clock = Callable[[], datetime]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Delays in seconds; 0 switches one off.

    Attributes:
        visibility: after a create, how long the accepter's side does not find the peering connection; after a command was
            sent, how long its invocations are not found.
        provisioning: from the acceptance to `active`.
        deleting: from the deletion to `deleted`.
        analysis: from the start of a Network Insights analysis to its end.
    """

    visibility: float = 0.2
    provisioning: float = 0.3
    deleting: float = 0.1
    analysis: float = 0.3


def system_clock() -> datetime:
    return datetime.now(UTC)


class _Settings(msgspec.Struct):
    timing: Timing
    clock: Clock


_SETTINGS = _Settings(Timing(), system_clock)


def configure(timing: Timing, clock: Clock = system_clock) -> None:
    """Use these delays and this clock from now on, for every account."""
    _SETTINGS.timing = timing
    _SETTINGS.clock = clock


def current() -> Timing:
    return _SETTINGS.timing


def now() -> datetime:
    return _SETTINGS.clock()
