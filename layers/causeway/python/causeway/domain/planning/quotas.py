"""What a plan needs of each quota, before AWS refuses one more of something half way.

Additions come before removals, so that what a plan takes away makes no room for what it adds.
"""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import SIDES, PerSide

from .kinds import KINDS, connection
from .kinds.quota import Demand
from .plan import Plan


def exceeded(snapshots: PerSide[Snapshot], draft: Plan) -> Iterator[Finding]:
    """A finding for each quota that the plan would go over, on each side."""
    for side in SIDES:
        here = snapshots[side]
        for demand in _demands(here, draft):
            allowed = here.quotas.get(demand.quota.code, demand.quota.default)
            if demand.needed and demand.used + demand.needed > allowed:
                yield _finding(here, demand, allowed)


def _demands(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    yield from connection.demands(here, draft.changes, draft.connection_id)
    for kind in KINDS:
        yield from kind.demands(here, draft.changes)


def _finding(here: Snapshot, demand: Demand, allowed: int) -> Finding:
    quota, vpc = demand.quota, here.vpc.ref
    counted = " ".join(each for each in (demand.part, quota.counts) if each)
    known = "" if quota.code in here.quotas else ", AWS's default,"
    return Finding(
        code=Code.QUOTA_EXCEEDED,
        side=here.side,
        where=demand.where,
        message=f"{demand.where} has {demand.used} {counted} and needs {demand.needed} more; {allowed}{known} are allowed. "
        f"Remove what is not needed, or raise the quota {quota.code} of {vpc.account_id} in {vpc.region} in Service Quotas.",
    )
