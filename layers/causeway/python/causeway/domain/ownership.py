"""What is ours: the tags that say so, and the ledger where there are no tags."""

import msgspec

from .network import PeeringConnection, Route
from .request import Request
from .values import Side, Value

REQUEST_ID_TAG = "causeway:request-id"


def connection_tags(request: Request) -> dict[str, str]:
    """The tags of the connection, the same on each side. Tags live per account and region."""
    return {"Name": f"causeway {request.request_id}", **request.tags, REQUEST_ID_TAG: request.request_id}


def is_made_for(request: Request, connection: PeeringConnection) -> bool:
    """Whether this connection, seen from the requester's side, was made for this very request."""
    return (
        connection.tags.get(REQUEST_ID_TAG) == request.request_id
        and connection.requester == request.requester
        and connection.accepter == request.accepter
    )


def is_tagged(request: Request, connection: PeeringConnection | None) -> bool:
    """Whether one side's own tags of the connection are all there."""
    return connection is not None and connection_tags(request).items() <= connection.tags.items()


class OwnedRoute(Value):
    """A route that a plan of this request named: routes carry no tags."""

    side: Side
    route_table_id: str
    destination: str


class Holdings(Value):
    """What a request has in the network, as far as only the ledger can tell. Saved before the first write.

    Attributes:
        request: The desired state that was applied last; None before the first one and after a removal.
        routes: Every route that was ever planned since. One of them is ours while it leads to our connection.
        connection_ids: Every connection that it ever had since: one that somebody deleted leaves routes behind, as black holes.
    """

    request: Request | None = None
    routes: tuple[OwnedRoute, ...] = ()
    connection_ids: tuple[str, ...] = ()

    def with_connection(self, connection_id: str) -> "Holdings":
        return msgspec.structs.replace(self, connection_ids=tuple(dict.fromkeys((*self.connection_ids, connection_id))))

    def left_behind(self, route: Route, connection_id: str | None) -> bool:
        """Whether a connection that was ours, and is not the present one, left the route as a black hole."""
        return route.blackhole and route.target in self.connection_ids and route.target != connection_id


NOTHING_HELD = Holdings()
"""Of a request that was never applied, or was removed."""
