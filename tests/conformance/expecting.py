"""What a test expects: a value that appears within the suite's patience, or a call that is refused."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.conformance.settings import SETTINGS

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0


def until[Value](read: Callable[[], Value], arrived: Callable[[Value], bool] = bool) -> Value:
    """Read until the value has arrived. What has not arrived in time is answered too: the test's assertion shows it."""
    deadline, pause = time.monotonic() + SETTINGS.patience, _SHORTEST_PAUSE
    while not arrived(value := read()) and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return value


def eventually(read: Callable[[], object], expected: object) -> None:
    """Assert that the value is the expected one, now or within the suite's patience."""
    found = until(read, lambda value: value == expected)
    assert found == expected, f"{found!r} is not {expected!r}"


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Assert that the block's call is refused with exactly this error code."""
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code
