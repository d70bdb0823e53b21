"""What is to be taken back of a run, and how: what `undo` decides, and the ledger keeps."""

from collections.abc import Iterable

from causeway.domain.model.values import Value

from .plan import Change, DeleteAclEntry, DeletePeering, DeleteRoute, Plan, RevokeRule


class Reversal(Value):
    """A change of a plan that is in effect, and what takes it back: None where nothing can."""

    change: Change
    inverse: Change | None


class Undo(Value):
    """What is to be taken back of a run, and how, as one look at the network told it.

    Attributes:
        round: 1 for the first attempt; each further one is planned anew, from what the one before has left.
        made: What the run had made, in its plan's order, as the first look told it; later ones only add to it.
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
            changes=tuple(sorted(inverses, key=_turn)),
        )

    def left(self, done: Iterable[Change]) -> tuple[Change, ...]:
        """What stays of the run where only these inverses were done."""
        taken_back = tuple(done)
        return tuple(each.change for each in self.reversals if each.inverse is None or each.inverse not in taken_back)


def _turn(change: Change) -> int:
    """Additions, removals, and last the connection."""
    return 2 if isinstance(change, DeletePeering) else int(isinstance(change, DeleteAclEntry | DeleteRoute | RevokeRule))
