"""What is done about a run that has no outcome: it still works, it was never started, or something ended it half way.

Step Functions knows an execution for 90 days after its end. Somebody can stop one by hand; one can run out of time; and where
RecordOutcome itself fails, no outcome is recorded.
"""

from datetime import datetime
from enum import StrEnum

from causeway.domain.model.values import Value

from .run import Run
from .watch import retry_is_due


class Execution(Value):
    """An execution of the state machine.

    Attributes:
        ended_at: None while it runs.
    """

    ended_at: datetime | None


class RecoveryAction(StrEnum):
    """What is to be done about an unfinished run."""

    WAIT = "wait"
    """Its execution runs, or it is too early to try again."""
    START = "start"
    """It has no execution: the function that began the run ended before it started one."""
    MARK_FINISHED = "mark finished"
    """It has its outcome, or a newer generation has taken its place."""
    RESUME = "resume"
    """Its execution ended without an outcome. An execution's name is used once: a new generation does the same again."""


def recovery_of(run: Run, execution: Execution | None, *, newest: int, has_outcome: bool, now: datetime) -> RecoveryAction:
    """What is to be done about a run without an outcome.

    Args:
        run: The run.
        execution: That of its generation; None where there is none.
        newest: The request's newest generation.
        has_outcome: Whether its outcome was recorded meanwhile.
        now: When it is asked.
    """
    if has_outcome or run.generation < newest:
        return RecoveryAction.MARK_FINISHED
    if execution is None:
        return RecoveryAction.START
    ended = execution.ended_at
    return RecoveryAction.RESUME if ended and retry_is_due(run.failing_since or ended, ended, now) else RecoveryAction.WAIT


def resumed(run: Run, ended_at: datetime) -> Run:
    """The run that does the same again: a change, a removal or a repair. What the first one has made is found by observing."""
    return Run(
        request=run.request,
        generation=run.generation + 1,
        occasion=run.occasion,
        failing_since=run.failing_since or ended_at,
        resumes=True,
    )
