"""Lag: EC2's answers may be behind its writes, as AWS's guide says of eventual consistency.

A write has its effect at once, on what is there now. A read, whatever it reads, may see the account and region as they were
some calls ago: that state is kept before each write, as a copy.
"""

import copy
from collections import Counter, deque
from fnmatch import fnmatchcase
from random import Random
from typing import Any

import msgspec
from moto.core.model_instances import model_data
from moto.ec2.models import ec2_backends
from moto.ec2.responses._base_response import EC2BaseResponse

from localcloud.core.patching import replaces
from localcloud.endpoint.api_request import is_read
from localcloud.endpoint.callers import INTERNAL_HEADER, OPERATOR, session_of

type Place = tuple[str, str]
"""An account and a region."""


class Lag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far behind reads may be.

    Attributes:
        calls: up to so many calls ago, of all callers in the account and region. 0 is no lag.
        probability: that a read is behind at all.
        principal: whose reads: a glob of the caller's role, or of `operator`.
        seed: with the same one, the same reads of a caller are behind by the same.
    """

    calls: int = 0
    probability: float = 1.0
    principal: str = "*"
    seed: int = 0


class _Past:
    """What an account and region was like: each state with the number of the last call that could see it."""

    def __init__(self) -> None:
        self.calls = 0
        self._states: deque[tuple[int, Any]] = deque()

    def keep(self, state: Any, most: int) -> None:
        self._states.append((self.calls, state))
        while self._states[0][0] < self.calls - most:
            self._states.popleft()

    def as_of(self, call: int) -> Any | None:
        """The state that this call saw, or None where nothing was written since."""
        return next((state for last, state in self._states if last >= call), None)


class _Lagging:
    """The lag in force, and what it needs to know of the calls since."""

    def __init__(self) -> None:
        self.start(Lag())

    def start(self, lag: Lag) -> None:
        self.lag = lag
        self._pasts: dict[Place, _Past] = {}
        self._turns = Counter[str]()

    def past(self, backend: Any) -> _Past:
        return self._pasts.setdefault((backend.account_id, backend.region_name), _Past())

    def draw(self, reader: str) -> int:
        """By how many calls this read is behind."""
        self._turns[reader] += 1
        chance = Random(f"{self.lag.seed} {reader} {self._turns[reader]}")  # noqa: S311 - to be repeated, not to be secret
        return chance.randint(1, self.lag.calls) if chance.random() < self.lag.probability else 0


_LAGGING = _Lagging()


def configure(lag: Lag) -> None:
    """Let reads be behind from now on; what was before is forgotten."""
    _LAGGING.start(lag)
    for model in model_data["ec2"].values():
        model.instances_tracked = deque(maxlen=0)  # moto would keep every copy for its dashboard


def current() -> Lag:
    return _LAGGING.lag


def seen_by(response: Any) -> Any:
    """The state of its account and region that a call acts on or reads. The embedded AWS's own calls are never behind."""
    backend, operation = response.ec2_backend, response._get_action()
    if not current().calls or INTERNAL_HEADER in response.headers:
        return backend
    session = session_of(response.access_key)
    principal = session.name if session else OPERATOR
    past = _LAGGING.past(backend)
    past.calls += 1
    if not is_read(operation):
        _keep(backend)
        return backend
    if not fnmatchcase(principal, current().principal):
        return backend
    behind = _LAGGING.draw(f"{principal} {backend.account_id} {backend.region_name} {operation}")
    return past.as_of(past.calls - behind) or backend


@replaces(EC2BaseResponse, "ec2_backend")
def the_state_that_is_seen(original: Any, self: Any) -> Any:
    return vars(self).get("seen_backend") or original(self)


def _keep(backend: Any) -> None:
    """Copy what a write may change: the account and region, and those that its connections lead to."""
    every = [each for regions in list(ec2_backends.values()) for each in list(regions.values())]
    shared = [kept for each in every for kept in (each.amis, each.snapshots)]  # large, and never changed
    copies: dict[int, Any] = {id(each): each for each in shared}
    copy.deepcopy(backend, copies)
    for each in every:
        if id(each) in copies:
            _LAGGING.past(each).keep(copies[id(each)], current().calls)
