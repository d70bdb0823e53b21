"""A run that was begun and has no outcome: whose turn it is."""

from datetime import UTC, datetime, timedelta

import pytest

from causeway.domain.lifecycle.recovery import Execution, RecoveryAction, recovery_of, resumed
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.planning.ownership import NOTHING_HELD
from tests.domain.networks import change, request

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUN = Run(request=request(), generation=3, connection_id="pcx-1")
RUNS, STOPPED = Execution(ended_at=None), Execution(ended_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("execution", "newest", "has_outcome", "expected"),
    [
        (RUNS, 3, False, RecoveryAction.WAIT),
        (None, 3, False, RecoveryAction.START),
        (STOPPED, 3, False, RecoveryAction.RESUME),
        (STOPPED, 3, True, RecoveryAction.MARK_FINISHED),
        (STOPPED, 4, False, RecoveryAction.MARK_FINISHED),
        (RUNS, 4, False, RecoveryAction.MARK_FINISHED),
        (RUNS, 3, True, RecoveryAction.MARK_FINISHED),
        (None, 3, True, RecoveryAction.MARK_FINISHED),
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
def test_whose_turn_it_is(execution: Execution | None, newest: int, has_outcome: bool, expected: RecoveryAction) -> None:
    assert recovery_of(RUN, execution, newest=newest, has_outcome=has_outcome, now=NOW) is expected


@pytest.mark.parametrize("occasion", Occasion)
def test_the_same_is_to_be_done_again(occasion: Occasion) -> None:
    again = resumed(change(RUN, occasion=occasion), NOW)

    assert (again.request, again.generation, again.occasion, again.resumes) == (RUN.request, 4, occasion, True)
    assert (again.plan, again.connection_id, again.before) == (None, None, NOTHING_HELD), "what is there is observed"


def test_repeated_failures_are_resumed_after_growing_pauses() -> None:
    first = NOW
    run = change(RUN, failing_since=first)

    def step(ended_after: timedelta, looked_after: timedelta) -> RecoveryAction:
        stopped = Execution(ended_at=first + ended_after)
        return recovery_of(run, stopped, newest=3, has_outcome=False, now=first + looked_after)

    assert resumed(run, NOW + HOUR).failing_since == first
    assert step(HOUR, 2 * HOUR - timedelta(seconds=1)) is RecoveryAction.WAIT
    assert step(HOUR, 2 * HOUR) is RecoveryAction.RESUME
    assert step(99 * HOUR, (99 + 23) * HOUR) is RecoveryAction.WAIT
    assert step(99 * HOUR, (99 + 24) * HOUR) is RecoveryAction.RESUME
