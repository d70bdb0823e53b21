"""Looks that are too old: what is done about EC2's lag is to look again, later."""

from collections.abc import Iterable, Sequence

from causeway.clock import now
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.settling import unsettled
from causeway.domain.model.errors import NetworkNotSettled
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import Change


def refuse_unsettled(run: Run, snapshots: PerSide[Snapshot], sides: Iterable[Side] = SIDES) -> None:
    """Refuse a look that does not show yet what the run has changed on these sides.

    Raises:
        NetworkNotSettled: It does not.
    """
    hidden = [change for change in unsettled(run, snapshots, now()) if change.side in sides]
    if hidden:
        raise not_shown(run, hidden)


def not_shown(run: Run, changes: Sequence[Change]) -> NetworkNotSettled:
    """The error about changes of the run whose things EC2 does not show yet."""
    return NetworkNotSettled(
        f"EC2 does not show yet what {len(changes)} of the run's changes are about: {changes[0].sentence}.",
        where=str(run.request.vpc(changes[0].side)),
        remedy="It usually does in seconds.",
    )
