"""What a step makes of a side that could not be observed."""

from causeway.domain.model.errors import AccessDenied
from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Snapshot, Vpc
from causeway.domain.model.request import Request
from causeway.domain.model.values import Side


def readable(side: Snapshot | Finding) -> Snapshot:
    """The side, for the steps that come after the first look.

    Raises:
        AccessDenied: It was readable and no longer is.
    """
    if isinstance(side, Finding):
        raise AccessDenied("A side that was readable no longer is.", where=side.where, remedy=side.message)
    return side


def without_vpc(request: Request, side: Side) -> Snapshot:
    """A side whose VPC is gone, and all that was in it along."""
    return Snapshot(side=side, vpc=Vpc(ref=request.vpc(side), cidr_blocks=()))
