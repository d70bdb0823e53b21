"""What becomes of a run that was begun and has no outcome: it works, it never began to, or something ended it half way.

Step Functions knows an execution for 90 days after its end. Somebody can stop one by hand; one can run out of time; and where
RecordOutcome itself fails, nobody hears of it.
"""

from datetime import datetime
from enum import StrEnum

from causeway.domain.model.values import Value

from .run import Run
from .watch import pause_is_over


class Execution(Value):
    """An execution as Step Functions knows it.

    Attributes:
        ended_at: None while it runs.
    """

    ended_at: datetime | None


class RecoveryAction(StrEnum):
    """What is to be done about an unfinished run."""

    WAIT = "wait"
    """It works, or it is too early to try it again."""
    START = "start"
    """Who began it died before the execution was started."""
    FORGET = "forget"
    """It is not unfinished: it has its outcome, or a newer change has the last word."""
    TAKE_UP = "take up"
    """Its execution is over without an outcome. The name of an execution is used once, so that it takes a new generation."""


def recovery_of(run: Run, execution: Execution | None, *, newest: int, has_outcome: bool, now: datetime) -> RecoveryAction:
    """What is to be done about a run that was begun.

    Args:
        run: The run.
        execution: That of its generation; None where there is none.
        newest: The request's newest generation.
        has_outcome: Whether the run has come to one.
        now: When it was looked at.
    """
    if has_outcome or run.generation < newest:
        return RecoveryAction.FORGET
    if execution is None:
        return RecoveryAction.START
    ended = execution.ended_at
    return RecoveryAction.TAKE_UP if ended and pause_is_over(run.failing_since or ended, ended, now) else RecoveryAction.WAIT


def resumed(run: Run, ended_at: datetime) -> Run:
    """The same again: what the item says, its removal, or a repair. What it has made so far is observed, like all else."""
    return Run(
        request=run.request,
        generation=run.generation + 1,
        occasion=run.occasion,
        failing_since=run.failing_since or ended_at,
        resumes=True,
    )
