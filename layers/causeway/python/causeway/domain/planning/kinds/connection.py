"""The VPC peering connection itself: the one thing that a pair has once. It comes first, and it goes last."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from causeway.domain.model.network import PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.request import Request, VpcRef
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import PerSide, Side

from .base import BaseChange, BaseGrant, Phase, Undoing, of_type
from .context import PlanContext, UndoContext
from .quota import Demand, Quota

ACTIVE_CONNECTIONS = Quota(code="L-7E9ECCDB", default=50, counts="active peering connections")
OUTSTANDING_REQUESTS = Quota(code="L-DC9F7029", default=25, counts="outstanding peering requests")

PLANNED_CONNECTION = "the planned peering connection"
"""Stands for the id that AWS will give."""


class ConnectionGrant(BaseGrant, tag_field="kind", tag="connection"):
    """The two VPCs are peered."""


class CreatePeering(BaseChange, tag_field="kind", tag="create_peering"):
    """Request the connection, in the requester's account and region, and tag it there."""

    vpc: VpcRef
    peer: VpcRef
    tags: dict[str, str]
    side: Side = Side.REQUESTER

    @property
    def sentence(self) -> str:
        return f"Request a peering from {self.vpc} to {self.peer}"

    @property
    def grant(self) -> ConnectionGrant:
        return ConnectionGrant()

    def undoing(self, context: UndoContext) -> "Undoing[DeletePeering] | None":
        return None if context.connection is None else Undoing(deletion(context))


class AcceptPeering(BaseChange, tag_field="kind", tag="accept_peering"):
    """Accept the connection, in the accepter's account and region, and tag it there."""

    vpc: VpcRef
    peer: VpcRef
    tags: dict[str, str]
    side: Side = Side.ACCEPTER

    @property
    def sentence(self) -> str:
        return f"Accept the peering of {self.vpc} with {self.peer}"

    @property
    def grant(self) -> ConnectionGrant:
        return ConnectionGrant()

    def undoing(self, context: UndoContext) -> "Undoing[DeletePeering] | None":
        """A connection that was waiting before the run stays accepted: AWS has no way back."""
        if context.connection is None or not context.connection.status.is_accepted:
            return None
        return Undoing(deletion(context))


class DeletePeering(BaseChange, tag_field="kind", tag="delete_peering"):
    """Delete the connection, by the requester: only the requester can while it is pending."""

    phase = Phase.DELETE_CONNECTION

    vpc: VpcRef
    peer: VpcRef
    side: Side = Side.REQUESTER

    @property
    def sentence(self) -> str:
        return f"Delete the peering of {self.vpc} with {self.peer}"

    def undoing(self, context: UndoContext) -> "Undoing[DeletePeering] | None":
        """Nothing brings a connection back. It goes last, so that little can fail after it."""
        return None if context.connection is not None else Undoing(None)


def deletion(context: UndoContext) -> DeletePeering | None:
    """What takes back all that a run did to its connection; None where the connection was there before the run."""
    request = context.request
    return DeletePeering(vpc=request.requester, peer=request.accepter) if context.is_new else None


def missing(request: Request, context: PlanContext) -> Iterator[CreatePeering | AcceptPeering]:
    """What brings about an accepted connection."""
    connection = context.connection
    if connection is None:
        tags = connection_tags(request)
        yield CreatePeering(vpc=request.requester, peer=request.accepter, tags=tags)
        yield AcceptPeering(vpc=request.accepter, peer=request.requester, tags=tags)
    elif not connection.status.is_accepted:
        yield AcceptPeering(
            side=context.side_of(Side.ACCEPTER),
            vpc=connection.accepter,
            peer=connection.requester,
            tags=connection_tags(context.owner_of(connection)),
        )


def surplus(context: PlanContext) -> Iterator[DeletePeering]:
    """The last request takes the connection along."""
    if context.connection is not None and not context.claims:
        requester, accepter = context.connection.requester, context.connection.accepter
        yield DeletePeering(side=context.side_of(Side.REQUESTER), vpc=requester, peer=accepter)


def planned(connection_id: str | None, snapshots: PerSide[Snapshot]) -> PeeringConnection:
    """The plan's connection, active, as the requester's side will see it; a new one has a stand-in for its id."""
    requester, accepter = snapshots.requester.vpc, snapshots.accepter.vpc
    present = (each for each in snapshots.requester.peering_connections if each.connection_id == connection_id)
    connection = next(present, None) or PeeringConnection(
        connection_id=connection_id or PLANNED_CONNECTION,
        status=PeeringStatus.ACTIVE,
        requester=requester.ref,
        accepter=accepter.ref,
    )
    blocks = PerSide(requester=requester.all_cidr_blocks, accepter=accepter.all_cidr_blocks)
    is_same_way_round = connection.requester == requester.ref
    return replace(connection, status=PeeringStatus.ACTIVE, cidr_blocks=blocks if is_same_way_round else blocks.swapped)


def projected(here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
    """The side with the plan's connection, and the tags that it is made with."""
    present = {each.connection_id: each for each in here.peering_connections}
    seen = present.pop(connection.connection_id, None)
    tags = dict(seen.tags) if seen else {}
    making: tuple[CreatePeering | AcceptPeering, ...] = (
        *of_type(changes, CreatePeering, here.side),
        *of_type(changes, AcceptPeering, here.side),
    )
    for change in making:
        tags |= change.tags
    return replace(here, peering_connections=(*present.values(), replace(connection, tags=tags)))


def demands(here: Snapshot, changes: Iterable[BaseChange], connection_id: str | None) -> Iterator[Demand]:
    """What the plan needs of the side's quotas.

    Args:
        here: The side.
        changes: The plan's.
        connection_id: The connection that the plan found; None where it makes one.
    """
    accepted = {each.connection_id for each in here.peering_connections if each.status.is_accepted}
    accepts = bool(of_type(changes, AcceptPeering, Side.ACCEPTER)) and connection_id not in accepted
    yield Demand(quota=ACTIVE_CONNECTIONS, where=here.vpc.ref.vpc_id, used=len(accepted), needed=int(accepts))
    requests = bool(of_type(changes, CreatePeering, here.side)) and connection_id is None
    yield Demand(
        quota=OUTSTANDING_REQUESTS,
        where=here.vpc.ref.account_id,
        used=here.outstanding_requests,
        needed=int(requests),
    )
