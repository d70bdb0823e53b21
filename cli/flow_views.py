"""What people see of flows and findings: pure functions from plain documents to what rich prints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from causeway.domain.reachability.packet_sets import NOTHING
from causeway.domain.reachability.verdicts import UNKNOWN_CAUSES, Result
from causeway.domain.reachability.wording import say_packets

from .exits import ExitCode

NOTHING_OPEN = say_packets(NOTHING)
"""Of a way on which something may be open, and nothing is known to be."""

type Documents = Sequence[Mapping[str, Any]]


def proof_view(verdicts: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Every verdict with its hops."""
    return Group(*(hop_tree(verdict) for verdict in verdicts))


def verdict_table(verdicts: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each verdict."""
    table = Table(title="Verdicts", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "flow", "from", "to"):
        table.add_column(heading, no_wrap=True)
    for verdict in verdicts:
        sign = Text.assemble(_result(verdict), ", assumed" if verdict.get("assumes") else "")
        table.add_row(sign, verdict["flow"], verdict["source"]["address"], verdict["destination"]["address"])
    return table


def testimony_table(testimonies: Iterable[Mapping[str, Any]]) -> Table:
    """A row for each testimony, without its ends: those stand with the verdicts."""
    table = Table(title="Other witnesses", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "witness", "flow"):
        table.add_column(heading, no_wrap=True)
    table.add_column("said")
    for each in testimonies:
        table.add_row(_sign(each["reachable"]), each["witness"], each["flow"], Text(each["said"]))
    return table


def hop_tree(verdict: Mapping[str, Any]) -> Tree:
    """One verdict's way there, and back, hop by hop, each with the rule that decided; first of all what it assumes."""
    source, destination = verdict["source"], verdict["destination"]
    assumed = [(f"{said}: ", "yellow") for said in verdict.get("assumes", ())]
    said = f" {verdict['flow']}: {_end(source)} → {_end(destination)}"
    tree = Tree(Text.assemble(*assumed, _result(verdict), said))
    for hop in verdict["hops"]:
        tree.add(
            Text.assemble(
                "← " if hop.get("returning") else "→ ",
                (f"{hop['component']} {hop['resource_id']} ", "dim"),
                (hop["decided_by"], _style(hop)),
            )
        )
    return tree


def check_view(checked: Mapping[str, Any]) -> RenderableType:
    """What a saved network says of its request's flows, as an explanation does."""
    head = Text.assemble((checked["request_id"], "bold"), f"  as seen at {checked['taken_at']}")
    findings = [finding_table(checked["findings"])] if checked.get("findings") else []
    if not checked["verdicts"]:
        return Group(head, Text("There is no flow to check, or nothing to check it between.", style="red"), *findings)
    return Group(head, *judged(checked["verdicts"]), *findings)


def reach_view(answered: Mapping[str, Any]) -> RenderableType:
    """What each network answers: a flow's ways hop by hop, or all that is open. And of which nothing was seen."""
    views = [check_view(each) if "verdicts" in each else _ways_view(each) for each in answered["answers"]]
    return Group(*views, *map(unseen_view, answered["unseen"]))


def unseen_view(unseen: Mapping[str, Any]) -> RenderableType:
    """Of which request nothing was seen, and why."""
    return Group(Text.assemble((unseen["request_id"], "bold"), "  could not be looked at"), Text(unseen["why"], style="red"))


def _ways_view(answered: Mapping[str, Any]) -> RenderableType:
    head = Text.assemble((answered["request_id"], "bold"), f"  as seen at {answered['taken_at']}")
    if not answered["ways"]:
        return Group(head, Text("Nothing is open.", style="red"))
    table = Table(box=SIMPLE_HEAD)
    for heading in ("from", "to", "open"):
        table.add_column(heading, overflow="fold")
    for way in answered["ways"]:
        opened = [Text(way["open"], style="green")] if way["open"] != NOTHING_OPEN else []
        unknown = [Text(f"unknown: {way['unknown']}", style="yellow")] if way.get("unknown") else []
        table.add_row(Text(_ends(way["source"])), Text(_ends(way["destination"])), Text("; ").join([*opened, *unknown]))
    return Group(head, table)


def judged(verdicts: Documents, testimonies: Documents = ()) -> Iterator[RenderableType]:
    """Each verdict's way with what other witnesses said of it, and how many work."""
    for verdict in verdicts:
        yield from _explained(verdict)
        yield from (_said(each) for each in testimonies if _is_about(each, verdict))
    works = sum(verdict["reachable"] for verdict in verdicts)
    assumed = sum(bool(verdict["reachable"] and verdict.get("assumes")) for verdict in verdicts)
    unknown = sum(result_of(verdict) is Result.UNKNOWN for verdict in verdicts)
    more = f", {assumed} of them between assumed interfaces" if assumed else ""
    rest = f", {unknown} unknown" if unknown else ""
    style = "green" if works == len(verdicts) else "yellow" if works + unknown == len(verdicts) else "red"
    yield Text(f"{works} of {len(verdicts)} reachable{more}{rest}", style=style)


def _explained(verdict: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield hop_tree(verdict)
    causes = [hop for hop in verdict["hops"] if hop.get("cause")]
    blocking = [hop for hop in causes if hop["cause"] not in UNKNOWN_CAUSES]
    for place, hop in enumerate(blocking):
        yield Text.assemble("  and by      " if place else "  stopped by  ", _cause(hop))
    for hop in (hop for hop in causes if hop["cause"] in UNKNOWN_CAUSES):
        yield Text.assemble("  unknown at  ", _cause(hop))
    for number, remedy in enumerate(verdict.get("remedies", ()), 1):
        yield Text.assemble("  to do       ", (f"{number}. ", "dim"), (remedy, "cyan"))


def _is_about(testimony: Mapping[str, Any], verdict: Mapping[str, Any]) -> bool:
    ends = verdict["source"]["address"], verdict["destination"]["address"]
    return (testimony["flow"], testimony["source"], testimony["destination"]) == (verdict["flow"], *ends)


def _said(testimony: Mapping[str, Any]) -> RenderableType:
    return Text.assemble("  witness     ", _sign(testimony["reachable"]), f"  {testimony['witness']}: {testimony['said']}")


def _cause(hop: Mapping[str, Any]) -> Text:
    way = "way back" if hop.get("returning") else "way there"
    return Text.assemble((hop["cause"], _style(hop)), f"  {hop['component']} {hop['resource_id']}, {way}")


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


def result_of(verdict: Mapping[str, Any]) -> Result:
    """What a verdict says. One that an older hub has written only says whether the flow is reachable."""
    return Result(verdict.get("verdict") or (Result.REACHABLE if verdict["reachable"] else Result.BLOCKED))


def of_results(results: Sequence[Result]) -> ExitCode:
    """How verdicts end a command."""
    if Result.BLOCKED in results:
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if Result.UNKNOWN in results else ExitCode.DONE


def _result(verdict: Mapping[str, Any]) -> Text:
    sign, style = _RESULTS[result_of(verdict)]
    return Text(f"{sign} {result_of(verdict)}", style=style)


_RESULTS = {Result.REACHABLE: ("✔", "green"), Result.BLOCKED: ("✘", "red"), Result.UNKNOWN: ("?", "yellow")}


def _style(hop: Mapping[str, Any]) -> str:
    if not hop.get("cause"):
        return "green"
    return "yellow" if hop["cause"] in UNKNOWN_CAUSES else "red"


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
