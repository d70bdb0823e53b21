"""What `make demo` shows: the steps while the state machine takes them, and the verdicts with their hops."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

TITLES = {
    "PlanPeering": "observe both sides, check, plan",
    "RequestPeering": "request the peering",
    "AcceptPeering": "accept it in the other account",
    "UpdateRouteTables": "route the peer's CIDR blocks",
    "UpdateSecurityGroups": "allow the flows",
    "ConfigureDns": "set the DNS option",
    "UpdateTags": "set and remove tags",
    "CheckReachability": "prove every flow, there and back",
    "RecordOutcome": "write the outcome onto the item",
}
"""The states that a person wants to see, in the flow's order, and what each does."""


class StepView:
    """The steps of one execution, from its history events, as far as they have come."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}
        self._finished: dict[str, int] = {}
        self._retried: dict[str, int] = {}

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Count what the events say. Each event is to be taken once."""
        for event in events:
            entered = event.get("stateEnteredEventDetails", {}).get("name")
            exited = event.get("stateExitedEventDetails", {}).get("name")
            if entered in TITLES:
                self._running[entered] = self._running.get(entered, 0) + 1
            if exited in TITLES:
                self._running[exited] -= 1
                self._finished[exited] = self._finished.get(exited, 0) + 1
            if event["type"] == "TaskFailed":
                error = event["taskFailedEventDetails"].get("error", "")
                self._retried[error] = self._retried.get(error, 0) + 1

    def render(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        for name, title in TITLES.items():
            if self._running.get(name) or self._finished.get(name):
                grid.add_row(self._mark(name), name, Text(title, style="dim"), self._count(name))
        for error, times in self._retried.items():
            grid.add_row("↻", Text(error, style="yellow"), Text(f"waited for, {times}×", style="dim"), "")
        return Group(grid)

    def _mark(self, name: str) -> RenderableType:
        return Spinner("dots") if self._running.get(name) else Text("✔", style="green")

    def _count(self, name: str) -> str:
        total = self._finished.get(name, 0) + self._running.get(name, 0)
        return f"{total}×" if total > 1 else ""


def verdict_table(verdicts: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each verdict."""
    table = Table(title="Verdicts", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "flow", "from", "to"):
        table.add_column(heading, no_wrap=True)
    for verdict in verdicts:
        table.add_row(_sign(verdict), verdict["flow"], verdict["source"]["address"], verdict["destination"]["address"])
    return table


def hop_tree(verdict: Mapping[str, Any]) -> Tree:
    """One verdict's way there, and back, hop by hop, each with the rule that decided."""
    source, destination = verdict["source"], verdict["destination"]
    tree = Tree(Text.assemble(_sign(verdict), f" {verdict['flow']}: {_end(source)} → {_end(destination)}"))
    for hop in verdict["hops"]:
        tree.add(
            Text.assemble(
                "← " if hop.get("returning") else "→ ",
                (f"{hop['component']} {hop['resource_id']} ", "dim"),
                (hop["decided_by"], "red" if hop.get("cause") else ""),
            )
        )
    return tree


def finding_table(findings: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(title="Findings", title_justify="left", show_lines=True)
    for heading in ("code", "where", "what, and what to do"):
        table.add_column(heading)
    for finding in findings:
        table.add_row(
            Text(finding["code"], style="red" if finding["blocking"] else "yellow"), finding["where"], finding["message"]
        )
    return table


def _sign(verdict: Mapping[str, Any]) -> Text:
    return Text("✔ reachable", style="green") if verdict["reachable"] else Text("✘ blocked", style="red")


def _end(endpoint: Mapping[str, Any]) -> str:
    return f"{endpoint.get('instance_id') or endpoint['subnet_id']} ({endpoint['address']})"
