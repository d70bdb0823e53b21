"""From the errors of AWS to the errors of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raises the domain's error for what boto3 raises inside.

    Args:
        where: The call, the account and the region, for the message.
    """
    raise NotImplementedError
    yield
