"""Holdings: what a request has in the network that carries no tag, so that only the ledger says whose it is."""

from collections.abc import Iterable

from msgspec.structs import replace

from causeway.domain.model.request import Request, VpcRef
from causeway.domain.model.tags import Tag
from causeway.domain.model.values import Value

from .kinds import Grant, OwnedAclEntry, OwnedRoute
from .kinds.context import OwnedThing


class Holdings(Value):
    """What a request has in the network, as far as only the ledger knows it. Saved before the first write.

    Attributes:
        request: The desired state that was applied last; None before the first one and after a removal.
        routes: Every route that was ever planned since. One of them is ours while it leads to our connection.
        acl_entries: Every network ACL entry, likewise. One of them is ours while its number and content are as planned.
        connection_ids: Every connection that it ever had since: one that somebody deleted leaves routes behind, as black holes.
        tags: Every tag that was ever asked for since. One of them is ours to take away while it has that value.
        approved: What the desired state lets through: what a person has approved, and what needed no approval.
    """

    request: Request | None = None
    routes: tuple[OwnedRoute, ...] = ()
    acl_entries: tuple[OwnedAclEntry, ...] = ()
    connection_ids: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    approved: tuple[Grant, ...] = ()

    @property
    def owned(self) -> tuple[OwnedThing, ...]:
        """All that carries no tag."""
        return (*self.routes, *self.acl_entries)

    def with_connection(self, connection_id: str) -> "Holdings":
        return replace(self, connection_ids=_once((*self.connection_ids, connection_id)))

    def with_owned(self, things: Iterable[OwnedThing]) -> "Holdings":
        """With more that carries no tag."""
        owned = (*self.owned, *things)
        return replace(
            self,
            routes=_once(each for each in owned if isinstance(each, OwnedRoute)),
            acl_entries=_once(each for each in owned if isinstance(each, OwnedAclEntry)),
        )

    def oriented_to(self, requester: VpcRef) -> "Holdings":
        """The same in the words of a request with this requester: of two requests of a pair each may ask from its own side."""
        if self.request is None or self.request.requester == requester:
            return self
        nothing = replace(self, request=self.request.swapped, routes=(), acl_entries=())
        return nothing.with_owned(each.swapped for each in self.owned)

    def merged_with(self, other: "Holdings") -> "Holdings":
        """This request's, and what another one of the same pair holds or leaves behind."""
        seen = other if self.request is None else other.oriented_to(self.request.requester)
        return replace(
            self.with_owned(seen.owned),
            connection_ids=_once((*self.connection_ids, *seen.connection_ids)),
            tags=_once((*self.tags, *seen.tags)),
        )


NOTHING_HELD = Holdings()
"""Of a request that was never applied, or was removed."""


def _once[T](things: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(things))
