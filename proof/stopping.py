"""Ctrl-C ends the work and not the cleaning up, also where other programs do the work."""

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    output: str
    errors: str


class ProgramFailed(Exception):
    """A program ended with another code than 0."""

    def __init__(self, command: Sequence[str], ended: Ended) -> None:
        super().__init__(f"`{' '.join(command)}` ended with {ended.code}:\n{ended.output}{ended.errors}")


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C, or SIGTERM, inside raises KeyboardInterrupt, once. From the end of the block on both are ignored."""
    for number in _SIGNALS:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        _ignore()


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], given: str | None = None) -> Ended:
    """Run a program to its end. It hears of Ctrl-C from here, once, and has all the time that it needs to end in order."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            output, errors = program.communicate(given)
        except KeyboardInterrupt:
            program.send_signal(signal.SIGINT)
            program.communicate()
            raise
    return Ended(program.returncode, output, errors)


def _stop(_number: int, _frame: object) -> NoReturn:
    _ignore()
    raise KeyboardInterrupt


def _ignore() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
