"""Every API call that crosses the endpoint, seen in one place: recorded; slowed, held, throttled, failed or fatal on demand."""

import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from localcloud.endpoint.api_request import ApiRequest, identify
from localcloud.endpoint.errors import answer, throttling_error
from localcloud.endpoint.faults import Failure, FaultInjector, Faults, Hold, Kill, Throttle
from localcloud.endpoint.outcome import Outcome, read

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT_CALLS = 100_000


class ApiCall(msgspec.Struct, frozen=True):
    """One API call.

    ``number`` grows by one with each finished call. ``principal`` is the caller's role, or ``operator``. ``function`` is the
    Lambda function that makes the call, as whichever role. ``internal`` calls are those of the embedded AWS's own services.
    Times are in seconds, ``started`` since the epoch.
    """

    number: int
    service: str
    operation: str
    account_id: str
    region: str
    principal: str
    function: str | None
    internal: bool
    mutating: bool
    started: float
    duration: float
    status: int
    error: str | None

    @property
    def kind(self) -> str:
        return f"{self.service}:{self.operation}"


def count_by_kind(calls: Iterable[ApiCall]) -> dict[str, int]:
    """How many calls of each ``service:operation``, in alphabetical order."""
    return dict(sorted(Counter(call.kind for call in calls).items()))


class CallGate:
    """WSGI middleware that every call passes on its way to the embedded AWS.

    Faults hit the calls of clients only. The embedded AWS's own service-to-service calls (see
    `localcloud.endpoint.callers.INTERNAL_HEADER`) are recorded, and otherwise left alone.

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
        self._calls: deque[ApiCall] = deque(maxlen=KEPT_CALLS)
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

    def kill(self, kill: Kill) -> None:
        self.faults = msgspec.structs.replace(self.faults, kills=(*self.faults.kills, kill))

    @property
    def cursor(self) -> int:
        """The number of the latest call; 0 before the first."""
        return self._cursor

    def since(self, cursor: int = 0) -> list[ApiCall]:
        """The kept calls after ``cursor``, oldest first."""
        with self._lock:
            latest = list(itertools.takewhile(lambda call: call.number > cursor, reversed(self._calls)))
        return latest[::-1]

    def forget(self) -> None:
        with self._lock:
            self._calls.clear()

    @contextmanager
    def record(self) -> Iterator[list[ApiCall]]:
        """Give a list that holds, once the block is left, the calls that were finished inside it."""
        cursor, calls = self.cursor, list[ApiCall]()
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
        outcome = Outcome(start_response)
        body = self._pass(request, environ, outcome)
        if request.process and self._injector.kills(request):
            body = [read(body)]
            request.process.kill()
        if outcome.failed:
            body = outcome.read_error(body)
        self._keep(request, started, time.perf_counter() - clock, outcome)
        return body

    def _pass(self, request: ApiRequest, environ: "WSGIEnvironment", outcome: Outcome) -> Iterable[bytes]:
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

    def _keep(self, request: ApiRequest, started: float, duration: float, outcome: Outcome) -> None:
        with self._lock:
            self._cursor = next(self._numbers)
            self._calls.append(
                ApiCall(
                    number=self._cursor,
                    service=request.service,
                    operation=request.operation,
                    account_id=request.account_id,
                    region=request.region,
                    principal=request.caller.name,
                    function=request.function,
                    internal=request.caller.internal,
                    mutating=request.mutating,
                    started=started,
                    duration=duration,
                    status=outcome.status,
                    error=outcome.error,
                )
            )


def _run_and_discard(app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
    read(app(environ, lambda _status, _headers, _exc_info=None, /: lambda _data: None))
