"""Every API call that crosses the endpoint, seen in one place: recorded, and slowed, held, throttled or failed on demand."""

import itertools
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from localcloud.endpoint.api_request import ApiRequest, identify
from localcloud.endpoint.errors import answer, throttling_error
from localcloud.endpoint.faults import Failure, FaultInjector, Faults, Hold, Throttle

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT_CALLS = 100_000
_ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\"\s*:\s*\"(?:[^\"#]*#)?([^\"]+)\"")
_CLIENT_ERROR = 400


class Call(msgspec.Struct, frozen=True):
    """One API call.

    ``number`` grows by one with each finished call. ``principal`` is the caller's role, or ``operator``. ``internal``
    calls are those of the embedded AWS's own services. Times are in seconds, ``started`` since the epoch.
    """

    number: int
    service: str
    operation: str
    account_id: str
    region: str
    principal: str
    internal: bool
    mutating: bool
    started: float
    duration: float
    status: int
    error: str | None

    @property
    def kind(self) -> str:
        return f"{self.service}:{self.operation}"


def count_by_kind(calls: Iterable[Call]) -> dict[str, int]:
    """How many calls of each ``service:operation``, in alphabetical order."""
    return dict(sorted(Counter(call.kind for call in calls).items()))


class CallGate:
    """WSGI middleware that every call passes on its way to the embedded AWS.

    Faults hit the calls of clients only. The embedded AWS's own service-to-service calls (see
    `localcloud.requests.INTERNAL_HEADER`) are recorded, and otherwise left alone.

    Example:
        >>> gate = CallGate(app)  # doctest: +SKIP
        >>> with gate.record() as calls:  # doctest: +SKIP
        ...     ec2.describe_vpcs()
        >>> count_by_kind(calls)  # doctest: +SKIP
        {'ec2:DescribeVpcs': 1}
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._injector = FaultInjector()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._cursor = 0

    @property
    def faults(self) -> Faults:
        return self._injector.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._injector.faults = faults

    @property
    def latency(self) -> float:
        return self.faults.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.faults = msgspec.structs.replace(self.faults, latency=seconds)

    def throttle(self, throttle: Throttle) -> None:
        self.faults = msgspec.structs.replace(self.faults, throttles=(*self.faults.throttles, throttle))

    def fail(self, failure: Failure) -> None:
        self.faults = msgspec.structs.replace(self.faults, failures=(*self.faults.failures, failure))

    def hold(self, hold: Hold) -> None:
        self.faults = msgspec.structs.replace(self.faults, holds=(*self.faults.holds, hold))

    @property
    def cursor(self) -> int:
        """The number of the latest call; 0 before the first."""
        return self._cursor

    def since(self, cursor: int = 0) -> list[Call]:
        """The kept calls after ``cursor``, oldest first."""
        with self._lock:
            latest = list(itertools.takewhile(lambda call: call.number > cursor, reversed(self._calls)))
        return latest[::-1]

    def forget(self) -> None:
        with self._lock:
            self._calls.clear()

    @contextmanager
    def record(self) -> Iterator[list[Call]]:
        """Give a list that holds, once the block is left, the calls that were finished inside it."""
        cursor, calls = self.cursor, list[Call]()
        try:
            yield calls
        finally:
            calls.extend(self.since(cursor))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = identify(environ)
        if request is None:
            return self._app(environ, start_response)
        started = time.time()
        clock = time.perf_counter()
        outcome = _Outcome(start_response)
        body = self._pass(request, environ, outcome)
        if outcome.status >= _CLIENT_ERROR:
            body = outcome.read_error(body)
        self._keep(request, started, time.perf_counter() - clock, outcome)
        return body

    def _pass(self, request: ApiRequest, environ: "WSGIEnvironment", outcome: "_Outcome") -> Iterable[bytes]:
        if request.caller.internal:
            return self._app(environ, outcome)
        if latency := self.latency:
            time.sleep(latency)
        self._injector.wait_while_held(request)
        if self._injector.is_throttled(request, time.monotonic()):
            return answer(throttling_error(request), request, outcome)
        failure = self._injector.next_failure(request)
        if failure is None:
            return self._app(environ, outcome)
        if failure.when == "after":
            _run_and_discard(self._app, environ)
        return answer(failure.error_for(request), request, outcome)

    def _keep(self, request: ApiRequest, started: float, duration: float, outcome: "_Outcome") -> None:
        with self._lock:
            self._cursor = next(self._numbers)
            self._calls.append(
                Call(
                    number=self._cursor,
                    service=request.service,
                    operation=request.operation,
                    account_id=request.account_id,
                    region=request.region,
                    principal=request.caller.name,
                    internal=request.caller.internal,
                    mutating=request.mutating,
                    started=started,
                    duration=duration,
                    status=outcome.status,
                    error=outcome.error,
                )
            )


class _Outcome:
    """Stands in for ``start_response`` and remembers the status. Our applications call it before they return the body."""

    def __init__(self, start_response: "StartResponse") -> None:
        self._start_response = start_response
        self.status = 0
        self.error: str | None = None

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        self.status = int(status.split(" ", 1)[0])
        if self.status >= _CLIENT_ERROR:
            self.error = next((value for name, value in headers if name.lower() == "x-amzn-errortype"), None)
        return self._start_response(status, headers, exc_info)

    def read_error(self, body: Iterable[bytes]) -> list[bytes]:
        """Take the error code out of an error's body, which is small; without one the status stands for it."""
        content = _read(body)
        if self.error is None:
            match = _ERROR_CODE.search(content)
            self.error = next(group for group in match.groups() if group).decode() if match else str(self.status)
        return [content]


def _run_and_discard(app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
    _read(app(environ, lambda _status, _headers, _exc_info=None, /: lambda _data: None))


def _read(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        if close := getattr(body, "close", None):
            close()
