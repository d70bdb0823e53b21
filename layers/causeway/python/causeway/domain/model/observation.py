"""What was observed of both sides: a snapshot of each, or a finding where it cannot be read."""

from .errors import AccessDenied
from .findings import Code, Finding
from .network import Snapshot, Vpc
from .request import Request
from .values import PerSide, Side

type Observed = Snapshot | Finding
"""One side."""


def readable(side: Observed) -> Snapshot:
    """The side, for the steps that come after the first look.

    Raises:
        AccessDenied: It was readable and no longer is.
    """
    if isinstance(side, Finding):
        raise AccessDenied("A side that was readable no longer is.", where=side.where, remedy=side.message)
    return side


def both_readable(observed: PerSide[Observed]) -> PerSide[Snapshot]:
    """Both sides, each as `readable`."""
    return PerSide.of(lambda side: readable(observed[side]))


def empty_if_gone(request: Request, side: Side, seen: Observed) -> Observed:
    """A side whose VPC was deleted as one that has nothing in it, for a removal and an undo. Every other side as it is."""
    if isinstance(seen, Finding) and seen.code is Code.VPC_NOT_FOUND:
        return Snapshot(side=side, vpc=Vpc(ref=request.vpc(side), cidr_blocks=()))
    return seen
