"""What people see: pure functions from plain documents to what rich prints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from causeway.domain.history import Entry, What
from causeway.domain.status import State

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

_WHAT_STYLES = {What.OUTCOME: "bold", What.ASKED: "cyan", What.DONE: "green"}


type Documents = Sequence[Mapping[str, Any]]


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


def proof_view(verdicts: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Every verdict with its hops."""
    return Group(*(hop_tree(verdict) for verdict in verdicts))


def verdict_table(verdicts: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each verdict."""
    table = Table(title="Verdicts", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "flow", "from", "to"):
        table.add_column(heading, no_wrap=True)
    for verdict in verdicts:
        table.add_row(
            _sign(verdict["reachable"]), verdict["flow"], verdict["source"]["address"], verdict["destination"]["address"]
        )
    return table


def testimony_table(testimonies: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each testimony; between which ends is told with the verdicts."""
    table = Table(title="Other witnesses", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "witness", "flow"):
        table.add_column(heading, no_wrap=True)
    table.add_column("said")
    for each in testimonies:
        table.add_row(_sign(each["reachable"]), each["witness"], each["flow"], Text(each["said"]))
    return table


def hop_tree(verdict: Mapping[str, Any]) -> Tree:
    """One verdict's way there, and back, hop by hop, each with the rule that decided."""
    source, destination = verdict["source"], verdict["destination"]
    tree = Tree(Text.assemble(_sign(verdict["reachable"]), f" {verdict['flow']}: {_end(source)} → {_end(destination)}"))
    for hop in verdict["hops"]:
        tree.add(
            Text.assemble(
                "← " if hop.get("returning") else "→ ",
                (f"{hop['component']} {hop['resource_id']} ", "dim"),
                (hop["decided_by"], "red" if hop.get("cause") else "green"),
            )
        )
    return tree


def explanation_view(explained: Mapping[str, Any]) -> RenderableType:
    """Every verdict's way with the rules that decided; below a blocked one its causes, and what would help."""
    verdicts = explained["verdicts"]
    head = Text.assemble((explained["request_id"], "bold"), "  ", state_text(explained["state"]))
    if not verdicts:
        return Group(head, Text("No flow was checked.", style="red"), finding_table(explained["findings"]))
    if explained["state"] == State.REJECTED:
        head.append("  nothing was changed; this is how it would be")
    return Group(head, *_judged(verdicts, explained["testimonies"]))


def check_view(checked: Mapping[str, Any]) -> RenderableType:
    """What a saved network says of its request's flows, as an explanation does."""
    head = Text.assemble((checked["request_id"], "bold"), f"  as seen at {checked['taken_at']}")
    if not checked["verdicts"]:
        return Group(head, Text("There is no flow to check, or nothing to check it between.", style="red"))
    findings = [finding_table(checked["findings"])] if checked.get("findings") else []
    return Group(head, *_judged(checked["verdicts"]), *findings)


def reach_view(answered: Mapping[str, Any]) -> RenderableType:
    """What each network answers: a flow's ways hop by hop, or all that is open."""
    return Group(*(check_view(each) if "verdicts" in each else _ways_view(each) for each in answered["answers"]))


def _ways_view(answered: Mapping[str, Any]) -> RenderableType:
    head = Text.assemble((answered["request_id"], "bold"), f"  as seen at {answered['taken_at']}")
    if not answered["ways"]:
        return Group(head, Text("Nothing is open.", style="red"))
    table = Table(box=SIMPLE_HEAD)
    for heading in ("from", "to", "open"):
        table.add_column(heading, overflow="fold")
    for way in answered["ways"]:
        table.add_row(Text(_ends(way["source"])), Text(_ends(way["destination"])), Text(way["open"], style="green"))
    return Group(head, table)


def _judged(verdicts: Documents, testimonies: Documents = ()) -> Iterator[RenderableType]:
    """Each verdict's way with what other witnesses said of it, and how many work."""
    for verdict in verdicts:
        yield from _explained(verdict)
        yield from (_said(each) for each in testimonies if _is_about(each, verdict))
    works = sum(verdict["reachable"] for verdict in verdicts)
    yield Text(f"{works} of {len(verdicts)} reachable", style="green" if works == len(verdicts) else "red")


def _explained(verdict: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield hop_tree(verdict)
    blocking = [hop for hop in verdict["hops"] if hop.get("cause")]
    for place, hop in enumerate(blocking):
        yield Text.assemble("  and by      " if place else "  stopped by  ", _cause(hop))
    for number, remedy in enumerate(verdict.get("remedies", ()), 1):
        yield Text.assemble("  to do       ", (f"{number}. ", "dim"), (remedy, "cyan"))


def _is_about(testimony: Mapping[str, Any], verdict: Mapping[str, Any]) -> bool:
    ends = verdict["source"]["address"], verdict["destination"]["address"]
    return (testimony["flow"], testimony["source"], testimony["destination"]) == (verdict["flow"], *ends)


def _said(testimony: Mapping[str, Any]) -> RenderableType:
    return Text.assemble("  witness     ", _sign(testimony["reachable"]), f"  {testimony['witness']}: {testimony['said']}")


def _cause(hop: Mapping[str, Any]) -> Text:
    way = "way back" if hop.get("returning") else "way there"
    return Text.assemble((hop["cause"], "red"), f"  {hop['component']} {hop['resource_id']}, {way}")


def finding_table(findings: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(title="Findings", title_justify="left", show_lines=True)
    for heading in ("code", "where", "what, and what to do"):
        table.add_column(heading)
    for finding in findings:
        table.add_row(
            Text(finding["code"], style="red" if finding["blocking"] else "yellow"),
            Text(finding["where"]),
            Text(finding["message"]),
        )
    return table


def _sign(reachable: bool | None) -> Text:  # noqa: FBT001 - the only thing that it is about
    if reachable is None:
        return Text("? cannot tell", style="yellow")
    return Text("✔ reachable", style="green") if reachable else Text("✘ blocked", style="red")


def _end(endpoint: Mapping[str, Any]) -> str:
    return f"{endpoint.get('instance_id') or endpoint['subnet_id']} ({endpoint['address']})"


def _ends(endpoint: Mapping[str, Any]) -> str:
    """An end, and how many others it stands for."""
    others = endpoint.get("stands_for", 1) - 1
    if others < 0:
        return f"{_end(endpoint)}, assumed"
    return f"{_end(endpoint)} and {others} more" if others else _end(endpoint)


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
