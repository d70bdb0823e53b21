"""What a plan comes to for the state machine: which of its steps have something to do, and what runs at once."""

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
        rounds: Additions, then removals; only what has something to do.
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
    rounds = (_round(plan, removing=False), _round(plan, removing=True))
    return PlanSummary(
        request=bool(plan.of(CreatePeering)),
        accept=bool(plan.of(AcceptPeering)),
        rounds=tuple(each for each in rounds if each.updates),
        delete=bool(plan.of(DeletePeering)),
        check=check,
        ask=ask,
    )


def _round(plan: Plan, *, removing: bool) -> Round:
    return Round(
        updates=tuple(
            Update(side=side, step=kind.step, removing=removing)
            for side in SIDES
            for kind in KINDS
            if any(isinstance(change, kind.types(removing=removing)) and change.side is side for change in plan.changes)
        )
    )
