"""The table of AWS's rules is what the suite holds, and the suite needs nothing of this project."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.rules import BOOKS, SUITE, rules
from tests.conformance.table import PAGE, row, summary

LONGEST_NAME = 79
OWN = {"causeway", "cli", "localcloud", "moto"}


def test_every_rule_is_in_the_table_with_its_sources() -> None:
    expected = [{row(rule, follows=follows) for follows in (True, False)} for rule in rules()]
    shown = re.findall(r"^\| `test_.*$", PAGE.read_text(), re.MULTILINE)
    assert len(shown) == len(expected)
    assert [line for line, either in zip(shown, expected, strict=True) if line not in either] == []


def test_the_page_counts_the_rules() -> None:
    assert summary(len(list(rules()))) in PAGE.read_text().splitlines()


def test_a_rule_names_its_sources_and_has_a_name_that_no_other_has() -> None:
    found = list(rules())
    names = [rule.test for rule in found]
    assert [name for name in names if len(name) > LONGEST_NAME or names.count(name) > 1] == []
    unknown = [rule.test for rule in found for source in rule.sources if source.book not in BOOKS or not source.page]
    assert unknown == []


def test_the_suite_imports_nothing_of_this_project_or_its_emulator() -> None:
    own = {path.relative_to(SUITE).as_posix() for path in SUITE.rglob("*.py") if OWN & set(imported(path))}
    assert own == {"embedded.py"}


def imported(path: Path) -> Iterator[str]:
    """The packages that a module imports anything from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
