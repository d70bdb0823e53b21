"""A run: everything the ledger knows of one generation of a request."""

from enum import StrEnum

from .approval import Approval
from .errors import LedgerMissing
from .plan import Change, Plan
from .request import Request
from .values import Value
from .verdicts import Verdict


class Occasion(StrEnum):
    """What a generation is there for."""

    CHANGE = "change"
    """The item was put or edited: the network shall be as it says."""
    REMOVAL = "removal"
    """The item was deleted: there shall be nothing."""
    DRIFT = "drift"
    """The network is no longer as the item says."""


class Run(Value):
    """One generation of a request, as far as its steps have come.

    Attributes:
        plan: None until PlanPeering has saved it.
        connection_id: None until RequestPeering has made the connection, or where the plan found one.
        done: The changes that steps have reported as made.
        verdicts: None until CheckReachability has saved them.
        approval: The last question that the run asked a person, None where it asked none.
    """

    request: Request
    generation: int
    occasion: Occasion = Occasion.CHANGE
    plan: Plan | None = None
    connection_id: str | None = None
    done: tuple[Change, ...] = ()
    verdicts: tuple[Verdict, ...] | None = None
    approval: Approval | None = None

    @property
    def removal(self) -> bool:
        """Whether the desired state is that there is nothing."""
        return self.occasion is Occasion.REMOVAL

    @property
    def made(self) -> tuple[Change, ...]:
        """What is done, in the plan's order: the steps record side by side."""
        return tuple(change for change in self.plan.changes if change in self.done) if self.plan else ()

    @property
    def saved_plan(self) -> Plan:
        """The plan, for the steps that come after it.

        Raises:
            LedgerMissing: PlanPeering has not saved one.
        """
        if self.plan is None:
            raise self._missing("plan")
        return self.plan

    @property
    def connection_so_far(self) -> str | None:
        """The connection that was made, else the one that the plan found, else None."""
        found = self.plan.connection_id if self.plan else None
        return self.connection_id or found

    @property
    def known_connection_id(self) -> str:
        """The connection, found or made, for the steps that need one.

        Raises:
            LedgerMissing: The plan found none, and RequestPeering has not saved one.
        """
        if self.connection_so_far is None:
            raise self._missing("connection")
        return self.connection_so_far

    def _missing(self, record: str) -> LedgerMissing:
        return LedgerMissing(
            f"The ledger has no {record} of this run.",
            where=f"{self.request.request_id}, generation {self.generation}",
            remedy="Put the item again to run it anew.",
        )
