"""VPC encryption controls: whether the two VPCs may be peered while one of them enforces encryption in transit.

A peering is encrypted only within one region, between two VPCs that both enforce it and exclude nothing. Every other one needs
the exclusion for VPC peering in each VPC that enforces (VPC guide, "VPC encryption controls").
"""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide

from .kinds import AcceptPeering, CreatePeering
from .plan import Plan

VPC_PEERING = "VpcPeering"


def enforced_encryption(request: Request, snapshots: PerSide[Snapshot], draft: Plan) -> Iterator[Finding]:
    """The sides that AWS would not let peer. A peering that is there already was settled when the VPC began to enforce."""
    if not draft.of(CreatePeering) and not draft.of(AcceptPeering):
        return
    exclusions = snapshots.requester.vpc.encryption_exclusions, snapshots.accepter.vpc.encryption_exclusions
    if request.same_region and exclusions == ((), ()):
        return
    for side in SIDES:
        vpc = snapshots[side].vpc
        if vpc.encryption_exclusions is not None and VPC_PEERING not in vpc.encryption_exclusions:
            yield Finding(
                code=Code.ENCRYPTION_ENFORCED,
                side=side,
                where=vpc.ref.vpc_id,
                message=f"{vpc.ref} enforces encryption in transit. AWS takes a peering as encrypted only within one region, "
                "between two VPCs that both enforce it without exclusions. Add the exclusion for VPC peering to the VPC's "
                "encryption control, or let both enforce it without exclusions.",
            )
