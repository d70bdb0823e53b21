"""What is ours: the tags that say so, and the ledger where there are no tags."""

from msgspec.structs import replace

from causeway.domain.model.network import AclEntry, Route
from causeway.domain.model.request import Request, VpcRef
from causeway.domain.model.values import Side, Value

from .grants import Grant
from .plan import Tag

REQUEST_ID_TAG = "causeway:request-id"


def connection_tags(request: Request) -> dict[str, str]:
    """The tags of the connection, the same on each side. Tags live per account and region."""
    return {"Name": f"causeway {request.request_id}", **request.tags, REQUEST_ID_TAG: request.request_id}


def rule_tags(request: Request) -> dict[str, str]:
    """The tags of each rule of the request."""
    return {**request.tags, REQUEST_ID_TAG: request.request_id}


class OwnedRoute(Value):
    """A route that a plan of this request named: routes carry no tags."""

    side: Side
    route_table_id: str
    destination: str

    @property
    def swapped(self) -> "OwnedRoute":
        return replace(self, side=self.side.other)


class OwnedAclEntry(Value):
    """An entry that a plan of this request named: entries carry no tags either."""

    side: Side
    network_acl_id: str
    entry: AclEntry

    @property
    def swapped(self) -> "OwnedAclEntry":
        return replace(self, side=self.side.other)


class Holdings(Value):
    """What a request has in the network, as far as only the ledger can tell. Saved before the first write.

    Attributes:
        request: The desired state that was applied last; None before the first one and after a removal.
        routes: Every route that was ever planned since. One of them is ours while it leads to our connection.
        acl_entries: Every network ACL entry, likewise. One of them is ours while its number and content are as planned.
        connection_ids: Every connection that it ever had since: one that somebody deleted leaves routes behind, as black holes.
        tags: Every tag that was ever asked for since. One of them is ours to take away while it has that value.
        approved: What the desired state lets through: agreed to, or such that nobody had to be asked.
    """

    request: Request | None = None
    routes: tuple[OwnedRoute, ...] = ()
    acl_entries: tuple[OwnedAclEntry, ...] = ()
    connection_ids: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    approved: tuple[Grant, ...] = ()

    def with_connection(self, connection_id: str) -> "Holdings":
        return replace(self, connection_ids=tuple(dict.fromkeys((*self.connection_ids, connection_id))))

    def is_orphaned_blackhole(self, route: Route, connection_id: str | None) -> bool:
        """Whether a connection that was ours, and is not the present one, left the route as a black hole."""
        return route.blackhole and route.target in self.connection_ids and route.target != connection_id

    def entries_of(self, side: Side) -> frozenset[tuple[str, AclEntry]]:
        """Each with the id of its network ACL."""
        return frozenset((owned.network_acl_id, owned.entry) for owned in self.acl_entries if owned.side is side)

    def oriented_to(self, requester: VpcRef) -> "Holdings":
        """The same in the words of a request with this requester: of two requests of a pair each may ask from its own side."""
        if self.request is None or self.request.requester == requester:
            return self
        return replace(
            self,
            request=self.request.swapped,
            routes=tuple(route.swapped for route in self.routes),
            acl_entries=tuple(owned.swapped for owned in self.acl_entries),
        )

    def merged_with(self, other: "Holdings") -> "Holdings":
        """This request's, and what another one of the same pair holds or leaves behind."""
        seen = other if self.request is None else other.oriented_to(self.request.requester)
        return replace(
            self,
            routes=tuple(dict.fromkeys((*self.routes, *seen.routes))),
            acl_entries=tuple(dict.fromkeys((*self.acl_entries, *seen.acl_entries))),
            connection_ids=tuple(dict.fromkeys((*self.connection_ids, *seen.connection_ids))),
            tags=tuple(dict.fromkeys((*self.tags, *seen.tags))),
        )


NOTHING_HELD = Holdings()
"""Of a request that was never applied, or was removed."""
