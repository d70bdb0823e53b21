"""A run that was begun and has no outcome: whose turn it is."""

from datetime import UTC, datetime, timedelta

import pytest

from causeway.domain.ownership import NOTHING_HELD
from causeway.domain.run import Occasion, Run
from causeway.domain.unfinished import Execution, Next, taken_up, what_next

from .networks import change, request

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUN = Run(request=request(), generation=3, connection_id="pcx-1")
RUNS, STOPPED = Execution(ended_at=None), Execution(ended_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("execution", "newest", "has_outcome", "expected"),
    [
        (RUNS, 3, False, Next.WAIT),
        (None, 3, False, Next.START),
        (STOPPED, 3, False, Next.TAKE_UP),
        (STOPPED, 3, True, Next.FORGET),
        (STOPPED, 4, False, Next.FORGET),
        (RUNS, 4, False, Next.FORGET),
        (RUNS, 3, True, Next.FORGET),
        (None, 3, True, Next.FORGET),
    ],
    ids=[
        "works",
        "never started",
        "was stopped",
        "has ended",
        "was stopped, and a newer one is there",
        "will be superseded",
        "is about to end",
        "was begun again when it had ended",
    ],
)
def test_whose_turn_it_is(execution: Execution | None, newest: int, has_outcome: bool, expected: Next) -> None:
    assert what_next(RUN, execution, newest=newest, has_outcome=has_outcome, now=NOW) is expected


@pytest.mark.parametrize("occasion", Occasion)
def test_the_same_is_to_be_done_again(occasion: Occasion) -> None:
    again = taken_up(change(RUN, occasion=occasion), NOW)

    assert (again.request, again.generation, again.occasion, again.takes_up) == (RUN.request, 4, occasion, True)
    assert (again.plan, again.connection_id, again.before) == (None, None, NOTHING_HELD), "what is there is observed"


def test_what_comes_to_nothing_again_and_again_is_taken_up_after_longer_and_longer_pauses() -> None:
    first = NOW
    run = change(RUN, in_vain_since=first)

    def step(ended_after: timedelta, looked_after: timedelta) -> Next:
        stopped = Execution(ended_at=first + ended_after)
        return what_next(run, stopped, newest=3, has_outcome=False, now=first + looked_after)

    assert taken_up(run, NOW + HOUR).in_vain_since == first
    assert step(HOUR, 2 * HOUR - timedelta(seconds=1)) is Next.WAIT
    assert step(HOUR, 2 * HOUR) is Next.TAKE_UP
    assert step(99 * HOUR, (99 + 23) * HOUR) is Next.WAIT
    assert step(99 * HOUR, (99 + 24) * HOUR) is Next.TAKE_UP
