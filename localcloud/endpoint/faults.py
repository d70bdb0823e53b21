"""Faults: latency, throttling, failures and holds for the calls that match a rule, and functions that die of a call."""

import threading
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from localcloud.endpoint.api_request import ApiRequest
from localcloud.endpoint.errors import AwsError, throttling_error


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which calls a rule is about; each field is a glob."""

    service: str = "*"
    operation: str = "*"
    account_id: str = "*"
    function: str = "*"

    def matches(self, request: ApiRequest) -> bool:
        return (
            fnmatchcase(request.service, self.service)
            and fnmatchcase(request.operation, self.operation)
            and fnmatchcase(request.account_id, self.account_id)
            and fnmatchcase(request.function or "", self.function)
        )


class Throttle(_Rule, frozen=True, kw_only=True):
    """A token bucket per account, region and operation, as AWS throttles: ``burst`` tokens, ``rate`` more each second."""

    rate: float
    burst: float


class Failure(_Rule, frozen=True, kw_only=True):
    """The next ``count`` matching calls fail; without a ``code``, with the service's own throttling error.

    ``when="after"`` fails the call after its effect: what a caller sees when the connection or the service breaks
    between the effect and the answer.
    """

    code: str | None = None
    message: str = "Injected failure."
    status: int = 500
    count: int = 1
    when: Literal["before", "after"] = "before"

    def error_for(self, request: ApiRequest) -> AwsError:
        return AwsError(self.code, self.message, self.status) if self.code else throttling_error(request)


class Hold(_Rule, frozen=True, kw_only=True):
    """Matching calls wait as long as this is in force, so that a test can do something else meanwhile."""


class Kill(_Rule, frozen=True, kw_only=True):
    """The Lambda function that makes the matching call of this ``number``, counted from now on, dies of it.

    The call has its effect, and its answer reaches nobody. With ``writes`` only calls that change something match.
    """

    number: int = 1
    writes: bool = False

    def matches(self, request: ApiRequest) -> bool:
        return _Rule.matches(self, request) and (request.mutating or not self.writes)


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The faults in force; ``latency`` in seconds for each call."""

    latency: float = 0.0
    throttles: tuple[Throttle, ...] = ()
    failures: tuple[Failure, ...] = ()
    holds: tuple[Hold, ...] = ()
    kills: tuple[Kill, ...] = ()


class TokenBucket:
    """A bucket that starts full. ``now`` is any clock in seconds that does not go back."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._filled_at = burst, now

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class FaultInjector:
    """Decides, call by call, which fault hits. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self.faults = Faults()

    @property
    def faults(self) -> Faults:
        """The faults still to come: a failure is gone once its count is used up, a kill once it has hit."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._faults = faults
            self._buckets: dict[tuple[Throttle, str, str, str], TokenBucket] = {}
            self._changed.notify_all()

    def wait_while_held(self, request: ApiRequest) -> None:
        with self._changed:
            while any(hold.matches(request) for hold in self._faults.holds):
                self._changed.wait()

    def is_throttled(self, request: ApiRequest, now: float) -> bool:
        """Whether a bucket for this call is empty at ``now``."""
        matching = [throttle for throttle in self._faults.throttles if throttle.matches(request)]
        if not matching:
            return False
        with self._lock:
            return not all(self._bucket(throttle, request, now).take(now) for throttle in matching)

    def next_failure(self, request: ApiRequest) -> Failure | None:
        """The failure for this call, if there is one; it counts as used."""
        if not self._faults.failures:
            return None
        with self._lock:
            failures = self._faults.failures
            hit = next((index for index, failure in enumerate(failures) if failure.matches(request)), None)
            if hit is None:
                return None
            self._faults = msgspec.structs.replace(self._faults, failures=tuple(_use(failures, hit)))
            return failures[hit]

    def kills(self, request: ApiRequest) -> bool:
        """Whether the function that makes this call dies of it. Each matching kill counts the call."""
        if not self._faults.kills or request.process is None:
            return False
        with self._lock:
            before = self._faults.kills
            counted = [_count(kill) if kill.matches(request) else kill for kill in before]
            self._faults = msgspec.structs.replace(self._faults, kills=tuple(kill for kill in counted if kill.number))
            return len(self._faults.kills) < len(before)

    def _bucket(self, throttle: Throttle, request: ApiRequest, now: float) -> TokenBucket:
        key = (throttle, request.account_id, request.region, request.operation)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(throttle.rate, throttle.burst, now)
        return self._buckets[key]


def _count(kill: Kill) -> Kill:
    return msgspec.structs.replace(kill, number=kill.number - 1)


def _use(failures: tuple[Failure, ...], hit: int) -> Iterable[Failure]:
    for index, failure in enumerate(failures):
        if index != hit:
            yield failure
        elif failure.count > 1:
            yield msgspec.structs.replace(failure, count=failure.count - 1)
