"""A run: everything the ledger knows of one generation of a request."""

from datetime import datetime
from enum import StrEnum

from causeway.domain.authority.approval import Approval
from causeway.domain.model.errors import LedgerMissing
from causeway.domain.model.findings import Finding
from causeway.domain.model.request import Request
from causeway.domain.model.values import Value
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Undo
from causeway.domain.reachability.verdicts import Verdict
from causeway.domain.witnesses.testimonies import Testimony, WitnessCall


class Occasion(StrEnum):
    """What a generation is there for."""

    CHANGE = "change"
    """The item was put or edited: the network shall be as it says."""
    REMOVAL = "removal"
    """The item was deleted: there shall be nothing."""
    DRIFT = "drift"
    """The network is no longer as the item says."""


class Run(Value):
    """One generation of a request, and what its steps have recorded so far.

    Attributes:
        plan: None until PlanPeering has saved it.
        connection_id: None until RequestPeering has made the connection, or where the plan found one.
        done: The changes that steps have reported as made.
        verdicts: None until CheckReachability has saved them.
        foreseen: Of a plan that a flow blocks, the verdicts on the network as the plan would leave it.
        exposures: What CheckReachability found to be open beyond what is asked for.
        calls: The questions that CallWitnesses has put.
        heard: What HearWitnesses has heard.
        before: What the request held before the run.
        undo: None unless UndoChanges has saved one; the last, where it had to try again.
        undone: The inverses that steps have reported as made since that look.
        approval: The last question that the run asked a person, None where it asked none.
        looked_at: When the plan was saved, or the last attempt to undo the run: what it names was seen then. None before that.
        changed_at: When a step has last reported that something was changed; None while none has.
        failing_since: When the first of the earlier runs ended that tried the same and failed; None where none did.
        resumes: Whether it does again what the run before was about, whose execution ended without an outcome.
    """

    request: Request
    generation: int
    occasion: Occasion = Occasion.CHANGE
    plan: Plan | None = None
    connection_id: str | None = None
    done: tuple[Change, ...] = ()
    verdicts: tuple[Verdict, ...] | None = None
    foreseen: tuple[Verdict, ...] = ()
    exposures: tuple[Finding, ...] = ()
    calls: tuple[WitnessCall, ...] = ()
    heard: tuple[Testimony, ...] = ()
    before: Holdings = NOTHING_HELD
    undo: Undo | None = None
    undone: tuple[Change, ...] = ()
    approval: Approval | None = None
    looked_at: datetime | None = None
    changed_at: datetime | None = None
    failing_since: datetime | None = None
    resumes: bool = False

    @property
    def removal(self) -> bool:
        """Whether the desired state is that there is nothing."""
        return self.occasion is Occasion.REMOVAL

    @property
    def made(self) -> tuple[Change, ...]:
        """What the run has changed and is so still, in the plan's order: the steps record side by side."""
        if self.undo is not None:
            return self.undo.left(self.undone)
        return tuple(change for change in self.plan.changes if change in self.done) if self.plan else ()

    @property
    def reported(self) -> tuple[Change, ...]:
        """All that is in the network now by what the steps have reported: of the plan, and of its undo."""
        return (*self.made, *self.undone)

    @property
    def taken_back(self) -> tuple[Change, ...]:
        """What the run had changed and the undo took back, in the plan's order."""
        left = self.made
        return tuple(change for change in self.undo.made if change not in left) if self.undo else ()

    @property
    def is_undone(self) -> bool:
        """Whether everything is again as it was before the run."""
        return self.undo is not None and not self.made

    @property
    def saved_plan(self) -> Plan:
        """The plan, for the steps that come after it.

        Raises:
            LedgerMissing: PlanPeering has not saved one.
        """
        if self.plan is None:
            raise self._missing("plan")
        return self.plan

    def plan_for(self, *, undoing: bool) -> Plan:
        """What a step is to carry out: the saved plan, or that of the undo.

        Raises:
            LedgerMissing: It is not saved.
        """
        if not undoing:
            return self.saved_plan
        if self.undo is None:
            raise self._missing("undo")
        return self.undo.plan

    def tags_for(self, *, undoing: bool) -> dict[str, str]:
        """The tags of what a step makes: what an undo puts back has those that it had."""
        held = self.before.request
        return held.tags if undoing and held is not None else self.request.tags

    @property
    def connection_so_far(self) -> str | None:
        """The connection that was made, else the one that the plan found, else the one that the undo found, else None."""
        looks = (look.connection_id for look in (self.plan, self.undo) if look is not None)
        return self.connection_id or next((found for found in looks if found), None)

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
