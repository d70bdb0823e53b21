"""Where the command speaks: results on stdout, as JSON or for people; everything else on stderr, and with JSON not at all."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .following import Show
from .views import StepView

MIN_WIDTH = 120
"""Columns: a terminal that is narrower wraps the lines, which is better than losing their ends."""


PROGRESS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


class Screen:
    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False, markup=False, width=max(Console().width, MIN_WIDTH))
        self._aside = Console(stderr=True, highlight=False, markup=False, quiet=as_json)

    def show(self, document: object, rendered: RenderableType) -> None:
        """The result of the command."""
        if self._as_json:
            typer.echo(json.dumps(document, indent=2))
        else:
            self._console.print(rendered, crop=False)

    def say(self, text: str) -> None:
        """A word on the way."""
        self._aside.print(text, soft_wrap=True)

    def show_aside(self, rendered: RenderableType) -> None:
        """What a person has to see to be asked something."""
        self._aside.print(rendered)

    @contextmanager
    def looks(self) -> Iterator[Callable[[int], Callable[[], None]]]:
        """A bar that grows with each look at a network."""
        with Progress(*PROGRESS, console=self._aside, transient=True) as progress:

            def begin(total: int) -> Callable[[], None]:
                task = progress.add_task("looking at both sides", total=total)
                return lambda: progress.advance(task)

            yield begin

    @contextmanager
    def steps(self) -> Iterator[Show]:
        """The steps of a run, live while it lasts."""
        view = StepView()

        def show(events: Sequence[Mapping[str, Any]]) -> None:
            view.take(events)
            live.update(view.render())

        with Live(view.render(), console=self._aside, refresh_per_second=10) as live:
            yield show
