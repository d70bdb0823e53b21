"""A run: everything the ledger knows of one generation of a request."""

from .plan import Change, Plan
from .request import Request
from .values import Value
from .verdicts import Verdict


class Run(Value):
    """One generation of a request, as far as its steps have come.

    Attributes:
        plan: None until PlanPeering has saved it.
        connection_id: None until the connection is known.
        done: The changes that steps have reported as made.
        verdicts: None until CheckReachability has saved them.
    """

    request: Request
    generation: int
    plan: Plan | None = None
    connection_id: str | None = None
    done: tuple[Change, ...] = ()
    verdicts: tuple[Verdict, ...] | None = None
