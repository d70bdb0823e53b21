"""What the state machine hands to every step."""

from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.values import Side, Value


class StepInput(Value):
    """A reference to the run; the rest is in the ledger.

    Attributes:
        side: The side to update; None for the steps that are about both.
        removing: Whether an update step takes away, or adds.
        undoing: Whether a step carries out the plan of the undo, in place of the run's.
        execution: The execution's ARN, for the steps that take and give back the locks.
        token: The task token, for the step that asks a person. It is as good as the answer: it goes to the ledger only.
        error: What stopped the run; for RecordOutcome.
        undo_error: What stopped the last attempt to undo it; for RecordOutcome.
    """

    request_id: str
    generation: int
    side: Side | None = None
    removing: bool = False
    undoing: bool = False
    execution: str = ""
    token: str = ""
    error: StepError | None = None
    undo_error: StepError | None = None

    @property
    def updated_side(self) -> Side:
        """The side of an update step.

        Raises:
            ValueError: The state machine named none.
        """
        if self.side is None:
            raise ValueError(f"{self.request_id}: an update step needs a side")
        return self.side
