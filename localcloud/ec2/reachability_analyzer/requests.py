"""What the requests about paths and analyses have in common: tokens and tags."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError


def refuse_another(token: str, *, differs: bool) -> None:
    """The same token for another request: IdempotentParameterMismatch."""
    if differs:
        message = f"The client token {token} was used before, with other parameters."
        raise EC2ClientError("IdempotentParameterMismatch", message)


def tags_of(response: Any, kind: str) -> tuple[tuple[str, str], ...]:
    """What the request tags the new resource with."""
    return tuple(sorted(response._parse_tag_specification(kind).get(kind, {}).items()))
