"""EC2's pages."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError


def page[Item](items: Sequence[Item], max_results: int | None, next_token: str | None) -> tuple[list[Item], str | None]:
    """One page and the token of the next.

    Raises:
        EC2ClientError: InvalidPaginationToken for a token that no page gave.
    """
    start = _offset(next_token) if next_token else 0
    end = len(items) if max_results is None else start + int(max_results)
    return list(items[start:end]), _token(end) if end < len(items) else None


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str) -> int:
    try:
        offset = re.fullmatch(r"offset:(\d+)", base64.urlsafe_b64decode(token).decode())
    except (binascii.Error, ValueError) as error:
        raise _invalid_token() from error
    if offset is None:
        raise _invalid_token()
    return int(offset[1])


def _invalid_token() -> Exception:
    error: Exception = EC2ClientError("InvalidPaginationToken", "The specified pagination token is not valid.")
    return error


def paged_result(response: Any, key: str, items: Sequence[Any]) -> Any:
    """The answer of a describe call: the page that the request asked for."""
    shown, token = page(items, response._get_param("MaxResults"), response._get_param("NextToken"))
    return ActionResult({key: shown, "NextToken": token})
