"""What came of several changes that were made at once."""

from collections.abc import Iterable, Mapping

from causeway.domain.model.errors import CausewayError, GiveUpError
from causeway.domain.model.values import Value
from causeway.domain.planning.kinds import Change


class Applied(Value):
    """All have settled: none is still under way.

    Attributes:
        done: The changes that are in the network now, in the plan's order.
        hidden: Those of the done that had nothing to do, because the look before them did not show what they are about: it is
            gone, or EC2 does not show it yet.
        error: Why the others are not: the first that no repetition helps, if there is one, else the first.
    """

    done: tuple[Change, ...]
    hidden: tuple[Change, ...] = ()
    error: CausewayError | None = None

    @classmethod
    def of[C: Change](cls, outcomes: Mapping[C, CausewayError | None], hidden: Iterable[C] = ()) -> "Applied":
        errors = [error for error in outcomes.values() if error is not None]
        final = [error for error in errors if isinstance(error, GiveUpError)]
        return cls(
            done=tuple(change for change, error in outcomes.items() if error is None),
            hidden=tuple(hidden),
            error=next(iter(final + errors), None),
        )
