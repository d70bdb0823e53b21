"""What people see: pure functions from plain documents to what rich prints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from causeway.domain.lifecycle.history import Entry, EntryKind
from causeway.domain.lifecycle.status import State

from .flow_views import finding_table, judged, testimony_table, unseen_view, verdict_table

TITLES = {
    "PlanPeering": "observe both sides, check, plan",
    "RequestPeering": "request the peering",
    "AcceptPeering": "accept it in the other account",
    "UpdateRouteTables": "route the peer's CIDR blocks",
    "UpdateSecurityGroups": "allow the flows",
    "UpdateNetworkAcls": "let them through network ACLs",
    "ConfigureDns": "set the DNS option",
    "UpdateTags": "set and remove tags",
    "CheckReachability": "prove every flow, there and back",
    "CallWitnesses": "ask the other witnesses",
    "HearWitnesses": "hear what they say",
    "UndoChanges": "look again, plan the way back",
    "RecordOutcome": "write the outcome onto the item",
}
"""The states that a person wants to see, in the flow's order, and what each does."""


STYLES = {"ACTIVE": "green", "REMOVED": "green", "REJECTED": "red", "FAILED": "red"}
"""Of the states; any other is on its way, or waits for a person."""

_WHAT_STYLES = {EntryKind.OUTCOME: "bold", EntryKind.ASKED: "cyan", EntryKind.DONE: "green"}


class StepView:
    """The steps of one execution, from its history events, as far as they have come."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}
        self._finished: dict[str, int] = {}
        self._retried: dict[str, int] = {}
        self._taken = 0

    def take(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Count what the events say: all of the execution's, of which those that were taken before are left out."""
        for event in events[self._taken :]:
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
        self._taken = len(events)

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


def state_text(state: str | None) -> Text:
    return Text(state or "not yet seen", style=STYLES.get(state or "", "yellow"))


def request_table(items: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each item."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("request", "state", "requester", "accepter", "connection", "since"):
        table.add_column(heading, overflow="fold")
    for item in items:
        status = item.get("status", {})
        table.add_row(
            Text(str(item["request_id"])),
            state_text(status.get("state")),
            Text(_vpc(item.get("requester"))),
            Text(_vpc(item.get("accepter"))),
            status.get("peering_connection_id") or "",
            status.get("updated_at", "")[:19],
        )
    return table


def request_view(item: Mapping[str, Any]) -> RenderableType:
    """One item: what is wanted, and how it stands."""
    facts = Table.grid(padding=(0, 2))
    facts.add_row("requester", Text(_vpc(item.get("requester"))))
    facts.add_row("accepter", Text(_vpc(item.get("accepter"))))
    for flow in _list(item.get("allow")):
        facts.add_row("allow", Text(_flow(flow)))
    if "requested_by" in item:
        facts.add_row("requested by", Text(str(item["requested_by"])))
    return Group(Text(str(item["request_id"]), style="bold"), facts, status_view(item.get("status", {})))


def status_view(status: Mapping[str, Any]) -> RenderableType:
    """How a request stands, or how its run ended: findings, changes, verdicts."""
    head = Text.assemble("state  ", state_text(status.get("state")), f"  {status.get('peering_connection_id') or ''}")
    parts: list[RenderableType] = [head]
    if status.get("findings"):
        parts.append(finding_table(status["findings"]))
    for heading, key in (("waiting to be done", "changes_planned"), ("done", "changes_made"), ("undone", "changes_undone")):
        if status.get(key):
            parts.append(change_list(heading, status[key]))
    if status.get("verdicts"):
        parts.append(verdict_table(status["verdicts"]))
    if status.get("testimonies"):
        parts.append(testimony_table(status["testimonies"]))
    return Group(*parts)


def change_list(heading: str, changes: Iterable[str]) -> RenderableType:
    return Group(Text(heading), *(Text(f"  • {change}") for change in changes))


def preview_view(preview: Mapping[str, Any]) -> RenderableType:
    """What an item would find and change."""
    parts: list[RenderableType] = []
    if preview["findings"]:
        parts.append(finding_table(preview["findings"]))
    if preview["blocked"]:
        parts.append(Text("Nothing would be done: something stands in the way.", style="red"))
    elif preview["changes"]:
        parts.append(change_list(f"{preview['request_id']}, plan {preview['checksum']}:", preview["changes"]))
    else:
        parts.append(Text(f"{preview['request_id']}: nothing to do, the network is as the item says.", style="green"))
    return Group(*parts)


def drift_view(drift: Mapping[str, Any]) -> RenderableType:
    """Where the network is not as an item says, or why nobody knows."""
    return unseen_view(drift) if "why" in drift else preview_view(drift)


def question_view(item: Mapping[str, Any]) -> RenderableType:
    """What a person is asked to agree to, and why."""
    status = item["status"]
    approval = status["approval"]
    return Group(
        Text(f"{item['request_id']}, generation {status['generation']}, plan {approval['checksum']}", style="bold"),
        Text(f"{_vpc(item.get('requester'))} ↔ {_vpc(item.get('accepter'))}"),
        *(Text(f"  because {reason}", style="yellow") for reason in approval.get("reasons", ())),
        change_list("would be done:", status.get("changes_planned", ())),
    )


def history_view(entries: Iterable[Entry]) -> RenderableType:
    """All that happened, in order: what and who, with what it came to below."""
    return Group(*(line for entry in entries for line in _told(entry)))


def _told(entry: Entry) -> Iterator[Text]:
    first, *more = entry.text.splitlines()
    at = entry.at[:19].replace("T", " ")
    style = _WHAT_STYLES.get(entry.what, "")
    parts = ((f"{at}  {entry.generation:>3}  ", "dim"), (f"{entry.what:<10}", style), f" {entry.who}: {first}")
    yield Text.assemble(*parts, no_wrap=True, overflow="ignore")
    yield from (Text(f"{'':<27}{line}", style="dim", no_wrap=True, overflow="ignore") for line in more)


def explanation_view(explained: Mapping[str, Any]) -> RenderableType:
    """Every verdict's way with the rules that decided; below a blocked one its causes, and what would help."""
    verdicts = explained["verdicts"]
    head = Text.assemble((explained["request_id"], "bold"), "  ", state_text(explained["state"]))
    if not verdicts:
        return Group(head, Text("No flow was checked.", style="red"), finding_table(explained["findings"]))
    if explained["state"] == State.REJECTED:
        head.append("  nothing was changed; this is how it would be")
    return Group(head, *judged(verdicts, explained["testimonies"]))


def _vpc(ref: Any) -> str:
    """A VPC as an item names it; an item that is malformed may name anything."""
    return f"{ref.get('vpc_id')} ({ref.get('account_id')}, {ref.get('region')})" if isinstance(ref, Mapping) else ""


def _flow(flow: Any) -> str:
    """A flow as an item writes it; of a malformed one whatever stands there."""
    if not isinstance(flow, Mapping):
        return str(flow)
    what = " ".join(str(flow[name]) for name in ("protocol", "ports") if name in flow)
    return f"{what} from {flow.get('from', 'nobody')}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
