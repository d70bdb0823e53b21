"""What every kind of thing in sync has in common: the one dispatch of the planner, the projection, the undo and the quotas.

A kind has one file beside this one. Its `Change` classes say what can be done to one thing, and what takes that back. Its
`Kind` says which things a request wants on a side, and which are missing or surplus there.
"""

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from causeway.domain.model.network import PeeringConnection, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide, Side, Value

from .context import NamedKind, OwnedThing, PlanContext, UndoContext
from .quota import Demand


class Phase(IntEnum):
    """When a change is made. Additions come first, so that traffic which stays allowed is never interrupted."""

    ADD = 0
    REMOVE = 1
    DELETE_CONNECTION = 2


class BaseGrant(Value):
    """What a change lets through, as people agree to it.

    A grant names no route table, security group or network ACL: one more of them, or one that is made anew, opens nothing
    that was not agreed to. Another block, another port or another peer does.
    """

    def covers(self, needed: "BaseGrant") -> bool:
        """Whether `needed` is no more than this."""
        return self == needed


class Undoing[C](NamedTuple):
    """What takes a change back that is in effect.

    Attributes:
        inverse: None where nothing can.
    """

    inverse: C | None


class BaseChange(Value):
    """One thing that a plan does on one side.

    Each change declares `side` itself: its place among the fields is part of the plan's checksum.
    """

    phase: ClassVar[Phase] = Phase.ADD

    if TYPE_CHECKING:

        @property
        def side(self) -> Side: ...

    @property
    def sentence(self) -> str:
        """The change as a person reads it, without a full stop."""
        raise NotImplementedError

    @property
    def resource_id(self) -> str | None:
        """What is changed, for findings about it; None where it is the peering of the side's VPC."""
        return None

    @property
    def grant(self) -> BaseGrant | None:
        """What it lets through that was not let through before; None for nothing."""
        return None

    @property
    def owned(self) -> OwnedThing | None:
        """What the ledger has to remember before the change is made; None where a tag says whose the thing is."""
        return None

    def is_shown(self, context: UndoContext) -> bool:
        """Whether what was seen shows the change in effect, everywhere where it can be seen."""
        return self.undoing(context) is not None

    def undoing(self, context: UndoContext) -> Undoing[Any] | None:
        """What takes the change back; None where the change is not in effect."""
        raise NotImplementedError


class Kind[Place, Added: BaseChange, Removed: BaseChange, Granted: BaseGrant](NamedKind[Place]):
    """A kind of thing that is kept in sync on each side.

    A `Place` says one thing of the kind: where it is, and what it is there. A kind that has no such type says `Never`.

    Attributes:
        step: The state of the state machine that makes the kind's changes.
        additions: The changes that bring about what is wanted.
        removals: The changes that take away what is surplus.
        one_side_at_a_time: Whether one side waits for the other, because both may change the same resource.
    """

    step: ClassVar[str]
    additions: ClassVar[tuple[type[BaseChange], ...]]
    removals: ClassVar[tuple[type[BaseChange], ...]] = ()
    one_side_at_a_time: ClassVar[bool] = False

    def types(self, *, removing: bool) -> tuple[type[BaseChange], ...]:
        """The changes of one round: the additions, or the removals."""
        return self.removals if removing else self.additions

    def wanted(
        self, request: Request, side: Side, snapshots: PerSide[Snapshot], owned: Collection[OwnedThing]
    ) -> tuple[Place, ...]:
        """What a request wants on a side, in order.

        Args:
            request: The request.
            side: The side.
            snapshots: Both sides, without what the request excludes.
            owned: What the requests of the pair have in the ledger.
        """
        del request, side, snapshots, owned
        return ()

    def grants(self, side: Side, context: PlanContext) -> Iterator[Granted]:
        """What the planned request lets through on a side, each thing once."""
        del side, context
        return iter(())

    def missing(self, side: Side, context: PlanContext) -> Iterator[Added]:
        """What makes a side as the requests of the pair want it."""
        raise NotImplementedError

    def surplus(self, side: Side, context: PlanContext) -> Iterator[Removed]:
        """What takes away that is ours and that no request of the pair wants."""
        del side, context
        return iter(())

    def projected(self, here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
        """The side once the plan's changes are made.

        Args:
            here: The side as it is.
            changes: The whole plan's.
            connection: The plan's connection, active.
        """
        del changes, connection
        return here

    def demands(self, here: Snapshot, changes: Iterable[BaseChange]) -> Iterator[Demand]:
        """What the plan's changes need of the side's quotas."""
        del here, changes
        return iter(())


def of_type[C: BaseChange](changes: Iterable[BaseChange], kind: type[C], side: Side | None = None) -> tuple[C, ...]:
    """The changes of one type, on one side or on both, in order."""
    return tuple(change for change in changes if isinstance(change, kind) and side in {None, change.side})
