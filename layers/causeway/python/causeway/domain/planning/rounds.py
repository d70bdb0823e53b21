"""What a plan comes to for the state machine: which of its steps have something to do, and what runs at once."""

from collections.abc import Iterator
from itertools import product

from causeway.domain.model.values import SIDES, Side, Value

from .kinds import KINDS, AcceptPeering, CreatePeering, DeletePeering
from .plan import Plan


class Update(Value, omit_defaults=False):
    """One update step that has something to do."""

    side: Side
    step: str
    removing: bool = False


class Round(Value):
    """Update steps that run at once."""

    updates: tuple[Update, ...]


class PlanSummary(Value, omit_defaults=False):
    """What the state machine needs to know of a plan to choose its way.

    Attributes:
        rounds: Additions, then removals, with what has to wait for the other side behind it; only what has something to do.
        delete: Whether the connection goes, after all rounds.
        check: Whether there will be flows to prove: not after a removal, and not after an undo.
        ask: Whether a person has to agree first.
    """

    superseded: bool = False
    blocked: bool = False
    request: bool = False
    accept: bool = False
    rounds: tuple[Round, ...] = ()
    delete: bool = False
    check: bool = False
    ask: bool = False


def summarise(plan: Plan, *, check: bool, ask: bool = False) -> PlanSummary:
    """The way of a plan through the state machine."""
    if plan.is_blocked:
        return PlanSummary(blocked=True)
    return PlanSummary(
        request=bool(plan.of(CreatePeering)),
        accept=bool(plan.of(AcceptPeering)),
        rounds=(*_rounds(plan, removing=False), *_rounds(plan, removing=True)),
        delete=bool(plan.of(DeletePeering)),
        check=check,
        ask=ask,
    )


def _rounds(plan: Plan, *, removing: bool) -> Iterator[Round]:
    """One round of both sides, and one more for the accepter's updates that may not run beside the requester's."""
    at_once, afterwards = list[Update](), list[Update]()
    for side, kind in product(SIDES, KINDS):
        if any(isinstance(change, kind.types(removing=removing)) and change.side is side for change in plan.changes):
            waits = kind.one_side_at_a_time and any(each.step == kind.step for each in at_once)
            (afterwards if waits else at_once).append(Update(side=side, step=kind.step, removing=removing))
    yield from (Round(updates=tuple(updates)) for updates in (at_once, afterwards) if updates)
