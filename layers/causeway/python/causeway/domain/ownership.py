"""What is ours: the tags that say so."""

from .network import PeeringConnection
from .request import Request

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
