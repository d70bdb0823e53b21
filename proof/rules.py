"""AWS's rules, `tests/conformance`, tried in the two members' accounts."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from proof.accounts import Accounts
from proof.deployment import PROJECT
from proof.report import Rule, Rules
from proof.stopping import ProgramFailed, run

_SOME_FAILED = 1


class Tried(NamedTuple):
    """How the rules fared, and what their tests could not take away."""

    rules: Rules
    left: tuple[str, ...]


def try_rules(accounts: Accounts, regions: tuple[str, str], folder: Path) -> Tried:
    """Run the suite.

    Raises:
        ProgramFailed: it could not be run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "rules.xml"
    command = [sys.executable, "-m", "pytest", "-q", "tests/conformance", f"--junitxml={results}"]
    settings = {
        "CONFORMANCE_ENDPOINT": os.environ.get("AWS_ENDPOINT_URL", "aws"),
        "CONFORMANCE_PROFILES": " ".join(account.profile for account in accounts.members),
        "CONFORMANCE_REGIONS": " ".join(regions),
    }
    ended = run(command, PROJECT, {**accounts.requester.environment, **settings})
    if ended.code not in {0, _SOME_FAILED}:
        raise ProgramFailed(command, ended)
    return read(results.read_text())


def read(junit: str) -> Tried:
    """What pytest's report tells."""
    cases = list(ElementTree.fromstring(junit).iter("testcase"))
    otherwise = tuple(Rule(case.get("name", ""), message) for case in cases if (message := _otherwise(case)) is not None)
    kept = sum(case.find("skipped") is None and _otherwise(case) is None for case in cases)
    return Tried(Rules(kept, otherwise), tuple(left for case in cases for left in _left(case)))


def _otherwise(case: ElementTree.Element) -> str | None:
    """Why a case failed; None where it did not. What is wrong in a test's end does not concern its rule."""
    problems = [*case.iter("failure"), *(error for error in case.iter("error") if not _is_of_teardown(error))]
    return problems[0].get("message", "") if problems else None


def _left(case: ElementTree.Element) -> Iterator[str]:
    """What a test has made and could not take away."""
    for error in case.iter("error"):
        if _is_of_teardown(error):
            yield f"{case.get('name')}: {error.get('message')}"


def _is_of_teardown(error: ElementTree.Element) -> bool:
    return "on teardown" in error.get("message", "")
