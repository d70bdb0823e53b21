"""The undo: a run's plan and what is there now in, the inverses of what the run has changed out.

The network decides what a run has changed, not the steps' reports: a step can die between an effect and its record. A
change of the plan that is in effect was made by the run, because a plan names only what was not so before. A change that is not
in effect was never made, or somebody reverted it meanwhile: it is left alone.

Additions come first here too. What was taken away is put back before what was added goes, so that traffic is not interrupted;
the connection goes last.
"""

from collections.abc import Iterable, Iterator

from causeway.domain.model.network import PeeringConnection, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import PerSide, Value

from .claims import connection_of
from .kinds import Change, DeletePeering
from .kinds.context import UndoContext
from .plan import Plan


class Reversal(Value):
    """A change of a plan that is in effect, and what takes it back: None where nothing can."""

    change: Change
    inverse: Change | None


class Undo(Value):
    """What of a run is to be taken back, and how, as seen in one observation of the network.

    Attributes:
        round: 1 for the first attempt; each further one is planned anew, from what the one before has left.
        made: What the run had made, in its plan's order, as the first attempt found it; later ones only add to it.
        reversals: What is in effect still, in the plan's order.
        connection_id: The connection that is there; None where there is none.
    """

    request_id: str
    generation: int
    round: int = 1
    made: tuple[Change, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    connection_id: str | None = None

    @property
    def plan(self) -> Plan:
        """The inverses, backwards, each once: one deletion takes back all that was done to a connection."""
        inverses: list[Change] = []
        for each in reversed(self.reversals):
            if each.inverse is not None and each.inverse not in inverses:
                inverses.append(each.inverse)
        return Plan(
            request_id=self.request_id,
            generation=self.generation,
            connection_id=self.connection_id,
            changes=tuple(sorted(inverses, key=lambda change: change.phase)),
        )

    def left(self, done: Iterable[Change]) -> tuple[Change, ...]:
        """What stays of the run where only these inverses were done."""
        taken_back = tuple(done)
        return tuple(each.change for each in self.reversals if each.inverse is None or each.inverse not in taken_back)


def plan_undo(
    request: Request, plan: Plan, connection_id: str | None, now: PerSide[Snapshot], before: Undo | None = None
) -> Undo:
    """Plan how to take back what is in effect of a run's plan.

    Args:
        request: What the run was for.
        plan: What it set out to do.
        connection_id: The connection, if the run knows it: it can have died before it recorded the one that it made.
        now: What is there.
        before: The attempt before this one, if there was one.
    """
    context = undo_context(request, plan, connection_id, now)
    reversals = tuple(_reversals(plan, context))
    made = (*(before.made if before else ()), *(each.change for each in reversals))
    return Undo(
        request_id=plan.request_id,
        generation=plan.generation,
        round=before.round + 1 if before else 1,
        made=tuple(change for change in plan.changes if change in made),
        reversals=reversals,
        connection_id=context.connection.connection_id if context.connection else None,
    )


def undo_context(request: Request, plan: Plan, connection_id: str | None, now: PerSide[Snapshot]) -> UndoContext:
    """What is there of what the plan wanted."""
    connection = _connection(request, connection_id, now)
    return UndoContext(
        request=request,
        now=now,
        connection=connection,
        connection_id=connection.connection_id if connection else connection_id,
        is_new=plan.connection_id is None and _is_tagged(request, connection),
        has_ended=connection is None and bool(plan.of(DeletePeering)),
    )


def _reversals(plan: Plan, context: UndoContext) -> Iterator[Reversal]:
    for change in plan.changes:
        undoing = change.undoing(context)
        if undoing is not None:
            yield Reversal(change=change, inverse=undoing.inverse)


def _connection(request: Request, connection_id: str | None, now: PerSide[Snapshot]) -> PeeringConnection | None:
    if connection_id is None:
        return connection_of(request, now)
    return next((each for each in now.requester.peering_connections if each.connection_id == connection_id), None)


def _is_tagged(request: Request, connection: PeeringConnection | None) -> bool:
    """Whether the connection carries this very request's tag. One that lost its tag is not deleted."""
    return connection is not None and connection.tags.get(REQUEST_ID_TAG) == request.request_id
