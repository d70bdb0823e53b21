"""What the kinds are given: what there is to plan from, and what there is to undo."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from causeway.domain.model.network import AclEntry, PeeringConnection, Permission, Route, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.tags import REQUEST_ID_TAG, Tag
from causeway.domain.model.values import PerSide, Side, Value


class OwnedThing(Value):
    """A thing that a plan of the request named and that carries no tag: the ledger says whose it is."""

    side: Side

    @property
    def swapped(self) -> Self:
        """The same thing in the words of a request from the other side."""
        raise NotImplementedError


class NamedKind[Place]:
    """What a claim has to know of a kind. `Kind` in `base` adds the rest: it uses this module, not the other way round.

    Attributes:
        name: A claim keeps the wanted places by it.
    """

    name: ClassVar[str]


class Claim(Value):
    """What one request wants of the two sides.

    Attributes:
        request: In the words of the request that is planned: its requester is that one's.
        places: By the kind's name, what is wanted on each side, in order.
    """

    request: Request
    places: Mapping[str, PerSide[tuple[Any, ...]]]

    def of[Place](self, kind: NamedKind[Place], side: Side) -> tuple[Place, ...]:
        """What is wanted of one kind on one side."""
        return self.places[kind.name][side]


class PlanContext(Value):
    """What there is to plan from.

    Attributes:
        request_id: Of the request that is planned.
        claim: What that request wants; None where it goes.
        claims: Of all requests that want something afterwards, this one first.
        connection: The pair's, if it is ours; as its own requester's side sees it.
        owned: What the requests of the pair, and the one that goes, have in the ledger.
        connection_ids: Every connection that they ever had.
        tags: Every tag that they ever asked for.
    """

    request_id: str
    snapshots: PerSide[Snapshot]
    claim: Claim | None
    claims: tuple[Claim, ...]
    connection: PeeringConnection | None
    owned: frozenset[OwnedThing]
    connection_ids: frozenset[str]
    tags: frozenset[Tag]

    @property
    def connection_id(self) -> str | None:
        return self.connection.connection_id if self.connection else None

    @property
    def swapped(self) -> bool:
        """Whether the connection is the other way round than the request."""
        return self.connection is not None and self.connection.requester != self.snapshots.requester.vpc.ref

    def side_of(self, role: Side) -> Side:
        """The side whose VPC has this role in the connection; and the role of a side's VPC."""
        return role.other if self.swapped else role

    def wanted_by_any[Place](self, kind: NamedKind[Place], side: Side) -> frozenset[Place]:
        """What any request of the pair wants of one kind on one side."""
        return frozenset(place for claim in self.claims for place in claim.of(kind, side))

    def owner_of(self, connection: PeeringConnection) -> Request:
        """Whose tags the connection carries: its owner's while that one uses it, else the first that goes on using it."""
        owner = connection.tags[REQUEST_ID_TAG]
        requests = [claim.request for claim in self.claims]
        return next((request for request in requests if request.request_id == owner), requests[0])


class UndoContext(Value):
    """What is there after a run that is undone.

    Attributes:
        now: Both sides as they are.
        connection: The live connection, as the requester's side sees it.
        connection_id: Where the plan's routes lead: the connection, which can be gone.
        is_new: Whether the run made the connection: then its deletion takes back all that was done to it.
        has_ended: Whether the peering was to end, and has: nothing is put back then, it would lead nowhere.
    """

    request: Request
    now: PerSide[Snapshot]
    connection: PeeringConnection | None
    connection_id: str | None
    is_new: bool
    has_ended: bool

    def routes(self, side: Side, route_table_id: str, destination: str) -> tuple[Route, ...] | None:
        """The routes to a destination in a route table; None where the table itself is gone."""
        for table in self.now[side].route_tables:
            if table.route_table_id == route_table_id:
                return tuple(route for route in table.routes if route.destination == destination)
        return None

    def permissions(self, side: Side, security_group_id: str) -> tuple[Permission, ...] | None:
        """The rules of a security group; None where the group itself is gone."""
        groups = {group.security_group_id: group.permissions for group in self.now[side].security_groups}
        return groups.get(security_group_id)

    def entries(self, side: Side, network_acl_id: str) -> tuple[AclEntry, ...] | None:
        """The entries of a network ACL; None where the ACL itself is gone."""
        acls = {acl.network_acl_id: acl.entries for acl in self.now[side].network_acls}
        return acls.get(network_acl_id)
