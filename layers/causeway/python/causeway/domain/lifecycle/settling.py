"""Whether a look at the network can be relied on: EC2's answers may lag behind its writes.

"Eventual consistency in the Amazon EC2 API" gives no greatest lag. What the steps have reported as changed is known to be
there: while a look does not show it, the look is too old, or somebody has taken it back since. Only the time tells which.
"""

from datetime import datetime, timedelta

from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import PerSide
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.undo import undo_context

from .run import Run

LONGEST_LAG = timedelta(minutes=1)
"""How long a look that lacks something is taken to be too old."""


def may_lag(since: datetime | None, now: datetime) -> bool:
    """Whether a look can still lack what was there, or was made, at that time."""
    return since is not None and now < since + LONGEST_LAG


def unsettled(run: Run, snapshots: PerSide[Snapshot], now: datetime) -> tuple[Change, ...]:
    """What the run's steps have reported as changed and this look does not show yet; nothing once that is no lag any more."""
    if not may_lag(run.changed_at, now):
        return ()
    context = undo_context(run.request, run.saved_plan, run.connection_so_far, snapshots)
    return tuple(change for change in run.reported if not change.is_shown(context))
