"""The outcome of a call, as seen by a middleware that passes it on."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_CLIENT_ERROR = 400
_ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\"\s*:\s*\"(?:[^\"#]*#)?([^\"]+)\"")


class Outcome:
    """Stands in for ``start_response`` and keeps the status. Our applications call it before they return the body."""

    def __init__(self, start_response: "StartResponse") -> None:
        self._start_response = start_response
        self.status = 0
        self.error: str | None = None

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        self.status = int(status.split(" ", 1)[0])
        if self.failed:
            self.error = next((value for name, value in headers if name.lower() == "x-amzn-errortype"), None)
        return self._start_response(status, headers, exc_info)

    @property
    def failed(self) -> bool:
        return self.status >= _CLIENT_ERROR

    def read_error(self, body: Iterable[bytes]) -> list[bytes]:
        """Take the error code out of an error's body, which is small; without one the status stands for it."""
        content = read(body)
        if self.error is None:
            match = _ERROR_CODE.search(content)
            self.error = next(group for group in match.groups() if group).decode() if match else str(self.status)
        return [content]


def read(body: Iterable[bytes]) -> bytes:
    """The whole body, closed afterwards as WSGI asks for."""
    try:
        return b"".join(body)
    finally:
        if close := getattr(body, "close", None):
            close()
