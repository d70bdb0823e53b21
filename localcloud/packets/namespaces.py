"""Network namespaces without a name: they are there as long as this process holds them, and no longer.

The kernel takes a namespace away, with all links, routes and rules in it, once nothing refers to it any more. Here only a
descriptor of this process does. So nothing is left behind however the process ends, and nothing but what it made is touched.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

_OURS = "/proc/thread-self/ns/net"
"""The namespace that the calling thread is in: each thread has its own."""


class CommandFailed(Exception):
    """`ip` or `nft` refused what it was given; says what."""


class Namespace:
    """A network namespace, from its making until `close`.

    Raises:
        OSError: The process may not make one.
    """

    def __init__(self) -> None:
        home = os.open(_OURS, os.O_RDONLY)
        try:
            os.unshare(os.CLONE_NEWNET)
            try:
                self._descriptor = os.open(_OURS, os.O_RDONLY)
            finally:
                os.setns(home, os.CLONE_NEWNET)
        finally:
            os.close(home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    @property
    def path(self) -> str:
        """What `ip` and `nsenter --net=` take for it, as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def close(self) -> None:
        os.close(self._descriptor)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Puts the calling thread into it, for a while. Sockets and processes that are made meanwhile stay in it."""
        home = os.open(_OURS, os.O_RDONLY)
        try:
            os.setns(self._descriptor, os.CLONE_NEWNET)
            try:
                yield
            finally:
                os.setns(home, os.CLONE_NEWNET)
        finally:
            os.close(home)

    def run(self, *command: str, lines: str) -> None:
        """Runs a command in it, with the lines as its input.

        Raises:
            CommandFailed: It ended with an error.
        """
        with self.entered():
            done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandFailed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")

    def set_parameters(self, parameters: dict[str, str]) -> None:
        """Sets kernel parameters of the namespace, by their path under `net`."""
        with self.entered():
            for name, value in parameters.items():
                Path("/proc/sys/net", name).write_text(value)
