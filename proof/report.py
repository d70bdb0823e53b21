"""What AWS did otherwise, as Markdown for people and as JSON for programs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One of AWS's rules that AWS did not keep, and what it did instead."""

    test: str
    otherwise: str


class Rules(msgspec.Struct, frozen=True):
    """How AWS's rules fared, case by case."""

    kept: int = 0
    otherwise: tuple[Rule, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """A step of the product's life: what it promises, how long it took, and what was otherwise."""

    name: str
    promise: str
    seconds: float
    otherwise: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole proof.

    Attributes:
        stopped: somebody stopped it, so that not everything was tried.
        left: what could not be taken away.
    """

    run: str
    began_at: str
    accounts: Mapping[str, str]
    regions: tuple[str, str]
    rules: Rules
    life: tuple[Step, ...]
    stopped: bool
    left: tuple[str, ...]

    @property
    def proved(self) -> bool:
        """Whether all was tried, all was as expected, and nothing is left."""
        otherwise = self.rules.otherwise or any(step.otherwise for step in self.life)
        return not (self.stopped or otherwise or self.left)


def write(report: Report, folder: Path) -> Path:
    """Write both forms; where the Markdown is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    file = folder / "report.md"
    file.write_text("\n".join(_lines(report)) + "\n")
    return file


def _lines(report: Report) -> Iterator[str]:
    accounts = ", ".join(f"{name} {account_id}" for name, account_id in report.accounts.items())
    yield f"# Proof {report.run}"
    yield f"\nBegun {report.began_at}; {accounts}; {' and '.join(report.regions)}."
    if report.stopped:
        yield "\n**It was stopped before its end.**"
    yield f"\n## AWS's rules\n\n{report.rules.kept} cases as stated, {len(report.rules.otherwise)} otherwise."
    if report.rules.otherwise:
        yield "\n| rule | what AWS did |\n| --- | --- |"
        yield from (f"| `{rule.test}` | {_cell(rule.otherwise)} |" for rule in report.rules.otherwise)
    yield "\n## The product's life\n\n| step | seconds | otherwise |\n| --- | --- | --- |"
    for step in report.life:
        yield f"| {step.name}: {step.promise} | {step.seconds} | {'<br>'.join(map(_cell, step.otherwise)) or 'nothing'} |"
    yield "\n## Left behind\n"
    yield from (f"- {each}" for each in report.left or ("nothing",))


def _cell(text: str) -> str:
    """In a table's cell: one line, and no new column."""
    return " ".join(text.split()).replace("|", "\\|")
