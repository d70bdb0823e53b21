"""Writes docs/conformance.md: the rules, where AWS states them, and whether plain moto follows them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from tests.conformance.rules import SUITE, Rule, rules

PAGE = SUITE.parents[1] / "docs" / "conformance.md"
_MARK = "<!-- What follows is written by `make conformance-table`. -->\n"
_STARTING = 30.0


def main() -> None:
    found = tuple(rules())
    with _plain_moto() as endpoint:
        failed = _failed(endpoint)
    before, _, _ = PAGE.read_text().partition(_MARK)
    PAGE.write_text(before + _MARK + "\n" + _table(found, failed))


def _table(found: tuple[Rule, ...], failed: set[str]) -> str:
    followed = sum(rule.test not in failed for rule in found)
    return "\n".join(
        [
            summary(len(found)),
            f"Plain moto {version('moto')} follows {followed} of them.",
            *(
                line
                for subject, group in groupby(found, lambda rule: rule.subject)
                for line in _section(subject, group, failed)
            ),
            "",
        ]
    )


def summary(count: int) -> str:
    return f"**{count} rules.** The embedded AWS follows all of them."


def _section(subject: str, group: Iterable[Rule], failed: set[str]) -> Iterator[str]:
    yield from (
        "",
        f"### {subject.partition(':')[0].partition('.')[0]}",
        "",
        "| rule | AWS says so in | plain moto |",
        "| --- | --- | --- |",
    )
    for rule in group:
        yield row(rule, follows=rule.test not in failed)


def row(rule: Rule, *, follows: bool) -> str:
    sources = "; ".join(source.link for source in rule.sources)
    return f"| `{rule.test}` | {sources} | {'yes' if follows else 'no'} |"


@contextmanager
def _plain_moto() -> Iterator[str]:
    """Serve moto as it comes, on a free port of the loopback interface; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _await(port)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()


def _await(port: int) -> None:
    deadline = time.monotonic() + _STARTING
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _failed(endpoint: str) -> set[str]:
    """The tests that fail on an endpoint, in one of their cases at least. What could not be cleaned up is no failure."""
    environment = {**os.environ, "CONFORMANCE_ENDPOINT": endpoint, "CONFORMANCE_PATIENCE": "0.5"}
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", str(SUITE), f"--junitxml={report}"]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        cases = ElementTree.parse(report).iter("testcase")
        return {case.get("name", "").partition("[")[0] for case in cases if _fails(case)}


def _fails(case: ElementTree.Element) -> bool:
    errors = (each.get("message", "") for each in case.iter("error"))
    return case.find("failure") is not None or any("on teardown" not in message for message in errors)


if __name__ == "__main__":
    main()
