"""Tags, and the one that says whose a thing is."""

from .request import Request

type Tag = tuple[str, str]
"""A key and its value."""

OWN_PREFIX = "causeway:"
"""Begins the keys of the tags that are Causeway's own."""

REQUEST_ID_TAG = "causeway:request-id"
"""Its value is the id of the request that a connection or a rule belongs to."""


def connection_tags(request: Request) -> dict[str, str]:
    """The tags of the request's connection, the same on each side. Tags live per account and region."""
    return {"Name": f"causeway {request.request_id}", **rule_tags(request)}


def rule_tags(request: Request) -> dict[str, str]:
    """The tags of each rule of the request."""
    return {**request.tags, REQUEST_ID_TAG: request.request_id}
