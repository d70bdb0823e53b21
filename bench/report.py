"""What a run of the bench found: as tables for people, and as JSON."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.cold_start import ColdStart, Start
from bench.competitors import Absent, version_of
from bench.fleet import Fleet
from bench.leftovers import Leftovers
from bench.life import Life
from bench.measure import Case, Measurement, Run, middle
from bench.questions import Question
from bench.reachability import Reachability

REFERENCE = "Causeway, warm"


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured, and with which versions of what."""

    system: str
    processors: int
    python: str
    terraform: str | None
    aws_cli: str | None

    @classmethod
    def here(cls) -> "Machine":
        return cls(
            system=f"{platform.system()} {platform.machine()}",
            processors=os.cpu_count() or 1,
            python=platform.python_version(),
            terraform=version_of("terraform", "version"),
            aws_cli=version_of("aws", "--version"),
        )


class Ratio(msgspec.Struct, frozen=True):
    """How many times what Causeway takes, warm, another way takes in the same case; each from the run of median time.

    Attributes:
        time: Of the first run.
        network_calls: EC2's and STS's, of the first run.
        all_calls: Those to Causeway's own tables, state machine and bus counted too.
    """

    way: str
    case: Case
    time: float
    network_calls: float
    all_calls: float


class Results(msgspec.Struct, frozen=True):
    """Everything that one run of the bench measured."""

    machine: Machine
    samples: int
    measurements: tuple[Measurement, ...]
    ratios: tuple[Ratio, ...]
    cold_starts: tuple[ColdStart, ...]
    leftovers: tuple[Leftovers, ...]
    life: Life
    fleet: Fleet
    reachability: Reachability
    questions: tuple[Question, ...]
    absent: tuple[Absent, ...]
    terraform_init_seconds: float | None


def ratios(measurements: Sequence[Measurement]) -> tuple[Ratio, ...]:
    """Every other way's ratios to the reference."""
    references = {each.case: middle(each.first) for each in measurements if each.way == REFERENCE}
    return tuple(
        _ratio(each.way, each.case, middle(each.first), references[each.case]) for each in measurements if each.way != REFERENCE
    )


def write(results: Results, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


def show(results: Results, console: Console) -> None:
    for case in dict.fromkeys(each.case for each in results.measurements):
        console.print(_case_table(case, results))
    console.print(_cold_start_table(results.cold_starts))
    console.print(_leftovers_table(results.leftovers))
    console.print(_life_table(results.life))
    console.print(_fleet_table(results.fleet, results.life))
    console.print(_reachability_table(results.reachability))
    console.print(_question_table(results.questions))
    for absent in results.absent:
        console.print(f"{absent.name} was not measured: {absent.reason}.")
    if results.terraform_init_seconds is not None:
        console.print(f"`terraform init` took {results.terraform_init_seconds:.1f} s more, once, with the provider at hand.")


def _ratio(way: str, case: Case, run: Run, reference: Run) -> Ratio:
    return Ratio(
        way=way,
        case=case,
        time=run.outcome.seconds / reference.outcome.seconds,
        network_calls=run.calls.network / reference.calls.network,
        all_calls=run.calls.total / reference.calls.total,
    )


def _case_table(case: Case, results: Results) -> Table:
    table = Table(
        title=f"{case}{_of_how_many(results.samples)}",
        caption=(
            "Other calls: to Causeway's own tables, state machine and bus. "
            "Ratios are to Causeway, warm: of time, of calls to EC2 and STS, and of all calls."
        ),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("")
    for heading in ("seconds", "EC2 reads", "EC2 mutating", "STS", "other", "× time", "× calls", "× all"):
        table.add_column(heading, justify="right")
    table.add_column("ended")
    found = {ratio.way: ratio for ratio in results.ratios if ratio.case == case}
    for each in (measurement for measurement in results.measurements if measurement.case == case):
        table.add_row(each.way, *_cells(middle(each.first), _factors(found.get(each.way))))
        table.add_row("  second run", *_cells(middle(each.second), ("", "", "")), style="dim", end_section=True)
    return table


def _of_how_many(samples: int) -> str:
    return "" if samples == 1 else f" (medians of {samples})"


def _cells(run: Run, factors: Iterable[str]) -> Iterator[str]:
    yield f"{run.outcome.seconds:.2f}"
    yield from map(str, (run.calls.ec2_reads, run.calls.ec2_mutating, run.calls.sts, run.calls.other))
    yield from factors
    yield run.outcome.ended


def _factors(ratio: Ratio | None) -> tuple[str, str, str]:
    if ratio is None:
        return "1", "1", "1"
    return f"{ratio.time:.1f}", f"{ratio.network_calls:.1f}", f"{ratio.all_calls:.1f}"


def _cold_start_table(cold_starts: Iterable[ColdStart]) -> Table:
    table = Table(
        title="Cold starts (medians)",
        caption="How much longer a fresh sandbox's first invocation takes: with an event that is refused, and a real one.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("function")
    for heading in ("initialisation, ms", "× bare", "first answer, ms", "× bare"):
        table.add_column(heading, justify="right")
    for each in cold_starts:
        table.add_row(each.function, *_start_cells(each.initialisation), *_start_cells(each.first_answer))
    return table


def _start_cells(start: Start) -> tuple[str, str]:
    return f"{start.median * 1000:.0f}", f"{start.ratio:.2f}"


def _life_table(life: Life) -> Table:
    table = Table(
        title=f"One peering's life, {life.route_tables} route tables a side",
        caption="The ratios are to the create.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("")
    for heading in ("seconds", "EC2 reads", "EC2 mutating", "STS", "other", "× time", "× calls"):
        table.add_column(heading, justify="right")
    table.add_column("ended")
    for name, run in (("create", life.create), ("change", life.change), ("removal", life.removal)):
        time = run.outcome.seconds / life.create.outcome.seconds
        calls = run.calls.network / life.create.calls.network
        table.add_row(name, *_cells(run, (f"{time:.1f}", f"{calls:.1f}")))
    return table


def _fleet_table(fleet: Fleet, life: Life) -> Table:
    table = Table(
        title=f"{fleet.requests} requests at once: {fleet.vpcs} VPCs, {fleet.accounts} accounts, {fleet.regions} regions",
        caption="At a twentieth of AWS's rates; throttled calls were tried again. Ratio: to one create times the requests.",
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("seconds to the last", "× time", "calls", "calls a request", "throttled"):
        table.add_column(heading, justify="right")
    table.add_column("ended")
    file_lock = life.create.outcome.seconds * fleet.requests
    ended = ", ".join(f"{count} {state}" for state, count in sorted(fleet.ended.items()))
    table.add_row(
        f"{fleet.seconds:.1f}",
        f"{fleet.seconds / file_lock:.2f}",
        str(fleet.calls.total),
        f"{fleet.calls.total / fleet.requests:.0f}",
        str(fleet.throttled),
        ended,
    )
    return table


def _reachability_table(measured: Reachability) -> Table:
    whole, sample = measured.whole, measured.sample
    table = Table(
        title=f"The reachability check: {whole.interfaces} interfaces, {whole.security_groups} security groups, "
        f"{whole.route_tables} route tables a side",
        caption=f"Seconds of one core for {measured.pairs} pairs. Pair by pair is extrapolated: {measured.naive_pairs} pairs, "
        f"all of {sample.interfaces} interfaces a side, took {measured.naive_seconds:.2f} s.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("")
    for heading in ("asked", "seconds", "× time"):
        table.add_column(heading, justify="right")
    naive = measured.naive_whole_seconds
    table.add_row("by classes", str(measured.verdicts), f"{measured.seconds:.2f}", "1")
    table.add_row("pair by pair", str(measured.pairs), f"{naive:.0f}", f"{naive / measured.seconds:.0f}")
    return table


def _question_table(questions: Iterable[Question]) -> Table:
    table = Table(title="Questions about the same two networks", title_justify="left")
    table.add_column("")
    for heading in ("answers", "seconds"):
        table.add_column(heading, justify="right")
    for each in questions:
        table.add_row(each.what, str(each.answers), f"{each.seconds:.2f}")
    return table


def _leftovers_table(leftovers: Iterable[Leftovers]) -> Table:
    table = Table(
        title="What is left behind when a route to the peer's block points elsewhere on the last route table",
        title_justify="left",
    )
    table.add_column("")
    for heading in ("connections", "routes", "rules"):
        table.add_column(heading, justify="right")
    table.add_column("ended")
    for each in leftovers:
        table.add_row(each.way, str(len(each.connections)), str(len(each.routes)), str(len(each.rules)), each.ended)
    return table
