"""`make bench`: Causeway beside what people use today."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import report
from bench.cloud import Cloud, deployed
from bench.cold_start import ColdStart, measure_cold_starts
from bench.competitors import Absent, Terraform, find_competitors, straight_line
from bench.fleet import Fleet, Size, measure_fleet
from bench.leftovers import Leftovers, leave
from bench.life import Life, measure_life
from bench.measure import Case, Measurement, PeeringMethod, Run, take_sample
from bench.networks import build_pair
from bench.product import Causeway, peer, peer_and_remove
from bench.questions import Question, measure_questions
from bench.reachability import Reachability, measure_reachability
from localcloud.lambda_.runtime_image import LOCAL_FOLDER

ROUTE_TABLES = (4, 64)
LATENCIES_MS = (0, 50)
SMALLEST = Case(ROUTE_TABLES[0], LATENCIES_MS[0])
COLD_STARTS = 5
QUICK_COLD_STARTS = ("DispatchRequest", "PlanPeering")
"""One function with the models that check what comes from outside, and one without."""

FLEET, QUICK_FLEET = Size(requests=100, vpcs=20), Size(requests=4, vpcs=4)
RESULTS = LOCAL_FOLDER / "bench.json"
QUICK_RESULTS = LOCAL_FOLDER / "bench-quick.json"
_WIDTH_OF_A_FILE = 140

app = typer.Typer(add_completion=False)
console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


@app.command()
def main(
    *,
    quick: Annotated[
        bool, typer.Option(help="Only the smallest case, once, beside the boto3 script; few cold starts.")
    ] = False,
    samples: Annotated[int, typer.Option(min=1, help="How often each case is measured; medians are shown.")] = 1,
) -> None:
    """Measure Causeway beside a boto3 script, an AWS CLI script and Terraform; the results are in .local/bench.json too."""
    with _progress() as progress, tempfile.TemporaryDirectory() as folder:
        tell = _Teller(progress)
        tell("deploying Causeway")
        with deployed() as cloud:
            results = _run_quick(cloud, tell) if quick else _run_all(cloud, Path(folder), samples, tell)
    report.write(results, QUICK_RESULTS if quick else RESULTS)
    report.show(results, console)
    if failed := _failed(results):
        console.print(f"Causeway did not do what was asked: {failed}", style="red")
        raise typer.Exit(1)


class _Teller:
    """Says what is going on now."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def __call__(self, what: str) -> None:
        self._progress.update(self._task, description=what)


def _run_quick(cloud: Cloud, tell: _Teller) -> report.Results:
    ways: list[PeeringMethod] = [Causeway(cloud), straight_line(cloud)]
    return _results(
        samples=1,
        measurements=_measure(cloud, ways, [SMALLEST], 1, tell),
        leftovers=_leave(cloud, ways, tell),
        life=_live(cloud, tell),
        fleet=_send_fleet(cloud, QUICK_FLEET, tell),
        reachability=_judge_all(tell),
        questions=_ask(tell),
        cold_starts=_start_cold(cloud, QUICK_COLD_STARTS, 1, tell),
    )


def _run_all(cloud: Cloud, folder: Path, samples: int, tell: _Teller) -> report.Results:
    tell("getting the competitors ready")
    competitors, absent = find_competitors(cloud, folder)
    warm = Causeway(cloud)
    cases = [Case(*each) for each in product(ROUTE_TABLES, LATENCIES_MS)]
    return _results(
        samples=samples,
        measurements=_measure(cloud, [Causeway(cloud, cold=True), warm, *competitors], cases, samples, tell),
        leftovers=_leave(cloud, [warm, *competitors], tell),
        life=_live(cloud, tell),
        fleet=_send_fleet(cloud, FLEET, tell),
        reachability=_judge_all(tell),
        questions=_ask(tell),
        cold_starts=_start_cold(cloud, cloud.functions, COLD_STARTS, tell),
        absent=absent,
        terraform_init_seconds=next((way.init_seconds for way in competitors if isinstance(way, Terraform)), None),
    )


def _results(
    *,
    samples: int,
    measurements: Sequence[Measurement],
    cold_starts: tuple[ColdStart, ...],
    leftovers: Sequence[Leftovers],
    life: Life,
    fleet: Fleet,
    reachability: Reachability,
    questions: Sequence[Question],
    absent: Sequence[Absent] = (),
    terraform_init_seconds: float | None = None,
) -> report.Results:
    return report.Results(
        machine=report.Machine.here(),
        samples=samples,
        measurements=tuple(measurements),
        ratios=report.ratios(measurements),
        cold_starts=cold_starts,
        leftovers=tuple(leftovers),
        life=life,
        fleet=fleet,
        reachability=reachability,
        questions=tuple(questions),
        absent=tuple(absent),
        terraform_init_seconds=terraform_init_seconds,
    )


def _measure(
    cloud: Cloud, ways: Sequence[PeeringMethod], cases: Sequence[Case], samples: int, tell: _Teller
) -> list[Measurement]:
    """The ways take turns, so that what disturbs the machine disturbs all of them."""
    return [measurement for case in cases for measurement in _measure_case(cloud, ways, case, samples, tell)]


def _measure_case(
    cloud: Cloud, ways: Sequence[PeeringMethod], case: Case, samples: int, tell: _Teller
) -> Iterator[Measurement]:
    runs: dict[str, list[tuple[Run, Run]]] = {way.name: [] for way in ways}
    for sample in range(1, samples + 1):
        for way in ways:
            tell(f"{case}: {way.name}, {sample} of {samples}")
            runs[way.name].append(take_sample(cloud, way, build_pair(cloud, case.route_tables), case.latency_ms))
    for name, taken in runs.items():
        first, second = zip(*taken, strict=True)
        yield Measurement(name, case, first, second)


def _start_cold(cloud: Cloud, names: Iterable[str], samples: int, tell: _Teller) -> tuple[ColdStart, ...]:
    tell("cold starts")
    return measure_cold_starts(cloud, names, peer(cloud, times=2), peer_and_remove(cloud), samples)


def _leave(cloud: Cloud, ways: Sequence[PeeringMethod], tell: _Teller) -> list[Leftovers]:
    left = []
    for way in ways:
        tell(f"what is left after a conflict: {way.name}")
        left.append(leave(cloud, way, SMALLEST.route_tables))
    return left


def _live(cloud: Cloud, tell: _Teller) -> Life:
    tell("one peering's life")
    return measure_life(cloud, SMALLEST.route_tables)


def _send_fleet(cloud: Cloud, size: Size, tell: _Teller) -> Fleet:
    tell(f"{size.requests} requests at once")
    return measure_fleet(cloud, size)


def _judge_all(tell: _Teller) -> Reachability:
    tell("the reachability check, all pairs of many interfaces")
    return _alone(measure_reachability)


def _ask(tell: _Teller) -> tuple[Question, ...]:
    tell("questions about many interfaces")
    return _alone(measure_questions)


def _alone[Measured](measure: Callable[[], Measured]) -> Measured:
    """Measure in a process of its own: here, the garbage collector looks through all that the embedded AWS keeps, too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(measure).result()


def _failed(results: report.Results) -> str:
    causeways = (each for each in results.measurements if each.way.startswith("Causeway"))
    life = (results.life.create, results.life.change, results.life.removal)
    runs = [*(run for each in causeways for run in (*each.first, *each.second)), *life]
    if set(results.fleet.ended) != {"ACTIVE"}:
        return f"a fleet of {results.fleet.ended}"
    if not results.reachability.agreed:
        return "a reachability check that says something else than pair by pair"
    return ", ".join(dict.fromkeys(run.outcome.ended for run in runs if not run.outcome.succeeded))


@contextmanager
def _progress() -> Iterator[Progress]:
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    ) as shown:
        yield shown


if __name__ == "__main__":
    app()
