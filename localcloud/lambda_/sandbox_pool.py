"""The warm sandboxes of one function, and who waits for one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localcloud.core.background import StoppingError
from localcloud.lambda_.sandbox import Invocation, Sandbox

SANDBOX_SECONDS = 2400.0
"""Sandboxes are retired well before their role's credentials expire."""

_LOOK_AGAIN = 0.1
"""Seconds until a lease that is to end is looked at again: its sandbox may have been started meanwhile."""


class Lease:
    """A warm sandbox, or the promise of a cold one, for the time of one invocation."""

    def __init__(self, warm: Sandbox | None, start: Callable[[], Sandbox]) -> None:
        self.sandbox = warm
        self.healthy = False
        self._start = start

    def invoke(self, payload: bytes) -> Invocation:
        self.sandbox = self.sandbox or self._start()
        invocation = self.sandbox.invoke(payload)
        self.healthy = invocation.healthy
        return invocation


class SandboxPool[State]:
    """Sandboxes of equal state are interchangeable; a new state retires the old ones. Callers wait at the limit."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state: State | None = None
        self._idle: list[Sandbox] = []
        self._leases: set[Lease] = set()
        self._closed = False

    @contextmanager
    def lease(self, state: State, limit: int, start: Callable[[], Sandbox]) -> Iterator[Lease]:
        """Take a sandbox, or start one where none is idle.

        Raises:
            StoppingError: the pool was closed before or while waiting.
        """
        for old in self._retire_others(state):
            old.stop()
        lease = self._take(limit, start)
        try:
            yield lease
        finally:
            self._give_back(lease, state)

    def retire(self) -> None:
        """End the idle sandboxes."""
        with self._changed:
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.stop()

    def close(self) -> None:
        """End every sandbox: the idle, the busy, and those that are being started."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.retire()
        with self._changed:
            while self._leases:
                for lease in self._leases:
                    if lease.sandbox:
                        lease.sandbox.stop()
                self._changed.wait(_LOOK_AGAIN)

    def _retire_others(self, state: State) -> list[Sandbox]:
        oldest = time.monotonic() - SANDBOX_SECONDS
        with self._changed:
            kept = [sandbox for sandbox in self._idle if state == self._state and sandbox.started > oldest]
            retired = [sandbox for sandbox in self._idle if sandbox not in kept]
            self._state, self._idle = state, kept
        return retired

    def _take(self, limit: int, start: Callable[[], Sandbox]) -> Lease:
        with self._changed:
            self._changed.wait_for(lambda: len(self._leases) < limit or self._closed)
            if self._closed:
                raise StoppingError
            lease = Lease(self._idle.pop() if self._idle else None, start)
            self._leases.add(lease)
        return lease

    def _give_back(self, lease: Lease, state: State) -> None:
        with self._changed:
            self._leases.discard(lease)
            reusable = lease.healthy and state == self._state and not self._closed
            if reusable and lease.sandbox:
                self._idle.append(lease.sandbox)
            self._changed.notify()
        if not reusable and lease.sandbox:
            lease.sandbox.stop()
