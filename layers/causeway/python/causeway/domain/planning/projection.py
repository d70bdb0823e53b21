"""What the network will be once a plan is done, so that flows can be judged before the first write."""

from causeway.domain.model.network import PeeringConnection, Snapshot
from causeway.domain.model.values import PerSide, Side

from .kinds import KINDS, connection, dns
from .plan import Plan


def project(plan: Plan, snapshots: PerSide[Snapshot]) -> tuple[PerSide[Snapshot], PeeringConnection]:
    """Both sides with the plan's changes made, and the plan's connection, active and with its DNS options.

    The answer fits `check`: `check(request, *project(plan, snapshots))`.
    """
    peering = dns.projected_options(connection.planned(plan.connection_id, snapshots), plan.changes)

    def projected(side: Side) -> Snapshot:
        here = connection.projected(snapshots[side], plan.changes, peering)
        for kind in KINDS:
            here = kind.projected(here, plan.changes, peering)
        return here

    return PerSide.of(projected), peering
