"""The command line of `causeway`. Every command ends with one of `cli.exits.ExitCode`."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console, Group
from typer.core import TyperGroup

from causeway.boundary import MalformedItem
from causeway.clock import timestamp
from causeway.domain.lifecycle.saved_network import to_json
from causeway.domain.model.errors import CausewayError
from causeway.domain.model.protocols import Protocol

from . import reach as reaching
from . import saved, work
from .exits import CommandError, ExitCode
from .flow_views import check_view, proof_view, reach_view
from .following import follow
from .hub import Document, Hub
from .items import read_item
from .many import Many
from .map.model import map_of
from .map.page import page_of
from .output import write
from .screen import Screen
from .views import (
    drift_view,
    explanation_view,
    history_view,
    preview_view,
    question_view,
    request_table,
    request_view,
    status_view,
)


class Commands(TyperGroup):
    """Tells errors in words, and ends with their code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CausewayError as error:
            raise _told(CommandError.of(error)) from error
        except CommandError as error:
            raise _told(error) from error


def _told(error: CommandError) -> typer.Exit:
    Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(error.code)


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
requests = typer.Typer(no_args_is_help=True, help="The request items.")
app.add_typer(requests, name="request")

RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request's id.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="The item as JSON; - reads stdin.")]
Stack = Annotated[str, typer.Option("--stack", help="The name of Causeway's stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
STACK = "causeway"
THING = "An address, or the id of an interface, instance, security group or subnet."


def _print_version(asked: bool) -> None:  # noqa: FBT001 -- typer calls it with the option's value
    if asked:
        typer.echo(f"causeway {version('causeway')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Causeway: VPC peering as a self-service."""


@requests.command("put")
def put(file: File, *, wait: Wait = False, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """Put an item: the network follows it."""
    item, hub, screen = read_item(file), Hub(stack), Screen(as_json=as_json)
    try:
        asked = work.put(hub, item)
    except MalformedItem as malformed:
        _end_malformed(screen, item["request_id"], malformed)
    screen.say(f"Put {asked.request_id}.")
    if wait:
        _follow(hub, screen, asked.request_id, asked.generation)
    screen.show(asked.item, f"`causeway watch {asked.request_id}` follows it.")


@requests.command("get")
def get(request_id: RequestId, *, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """Show an item and its status."""
    item = Hub(stack).item(request_id)
    Screen(as_json=as_json).show(item, request_view(item))


@requests.command("list")
def list_all(*, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """List all items."""
    items = Hub(stack).items()
    Screen(as_json=as_json).show(items, request_table(items))


@requests.command("delete")
def delete(request_id: RequestId, *, wait: Wait = False, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """Delete an item: what Causeway made for it is taken away."""
    hub, screen = Hub(stack), Screen(as_json=as_json)
    asked = work.delete(hub, request_id)
    screen.say(f"Deleted {request_id}.")
    if wait:
        _follow(hub, screen, request_id, asked.generation)
    screen.show(asked.item, f"`causeway watch {request_id}` follows its removal.")


@app.command()
def watch(request_id: RequestId, *, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """Follow the newest run of a request to its end."""
    hub = Hub(stack)
    _follow(hub, Screen(as_json=as_json), request_id, lambda hub: work.newest(hub, request_id))


@app.command()
def plan(
    file: File,
    *,
    on: Annotated[str | None, typer.Option(metavar="SNAPSHOT", help="Plan on this saved network, without AWS.")] = None,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Tell what putting an item would find and change. Writes nothing."""
    item = read_item(file)
    preview = Hub(stack).preview(item) if on is None else saved.preview(on, item)
    Screen(as_json=as_json).show(preview, preview_view(preview))
    raise typer.Exit(work.exit_code_of_preview(preview))


@app.command()
def snapshot(
    subject: Annotated[str, typer.Argument(metavar="FILE|ID", help="The item as JSON, - for stdin; or a request's id.")],
    *,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it; stdout, if not given.")] = None,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Write down what Causeway sees of both sides of an item, as JSON."""
    hub, screen = Hub(stack), Screen(as_json=as_json)
    item = saved.item_of(hub, subject)
    try:
        network = saved.take(hub, item)
    except MalformedItem as malformed:
        _end_malformed(screen, item["request_id"], malformed)
    if output is None:
        typer.echo(to_json(network), nl=False)
        return
    write(to_json(network), output)
    screen.say(f"Wrote {output}.")


@app.command()
def check(
    file: Annotated[str, typer.Argument(metavar="SNAPSHOT", help="A saved network; - reads stdin.")], *, as_json: AsJson = False
) -> None:
    """Judge the flows of a saved network's request, without AWS."""
    checked = saved.check(file)
    Screen(as_json=as_json).show(checked, check_view(checked))
    raise typer.Exit(work.exit_code_of_explanation(checked))


@app.command()
def reach(
    source: Annotated[str | None, typer.Argument(help=THING)] = None,
    destination: Annotated[str | None, typer.Argument(help=THING)] = None,
    *,
    to: Annotated[str | None, typer.Option(metavar="THING", help="Tell all that can reach it.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="THING", help="Tell all that it can reach.")] = None,
    protocol: Annotated[Protocol | None, typer.Option(help="Judge this flow, hop by hop.")] = None,
    port: Annotated[str | None, typer.Option(help="Its port, or a range as 8000-8010; all, if not given.")] = None,
    request: Annotated[list[str] | None, typer.Option(metavar="ID", help="Look at this request's VPCs only.")] = None,
    on: Annotated[list[str] | None, typer.Option(metavar="SNAPSHOT", help="Ask this saved network, without AWS.")] = None,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Tell what can reach what through a peering: one flow, or all that is open."""
    asked, screen = reaching.query_of((source, destination), to, from_, protocol, port), Screen(as_json=as_json)
    reaching.refuse_both(on, request)
    if on:
        seen = Many([saved.load(file) for file in on], unseen=[])
    else:
        with screen.looks() as begin:
            seen = reaching.observe(Hub(stack), asked, request or [], begin)
    answered = reaching.answer(asked, seen)
    screen.show(answered, reach_view(answered))
    raise typer.Exit(reaching.exit_code_of_reach(answered))


@app.command()
def approve(
    request_id: RequestId,
    *,
    reason: Annotated[str | None, typer.Option(help="What to keep with the decision.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Show the plan that waits, and let it be done."""
    _decide(request_id, "approve", reason, yes=yes, screen=Screen(as_json=as_json), hub=Hub(stack))


@app.command()
def deny(
    request_id: RequestId,
    *,
    reason: Annotated[str, typer.Option(help="Why: the item will tell it.")],
    yes: Yes = False,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Show the plan that waits, and refuse it."""
    _decide(request_id, "deny", reason, yes=yes, screen=Screen(as_json=as_json), hub=Hub(stack))


@app.command()
def history(request_id: RequestId, *, as_json: AsJson = False, stack: Stack = STACK) -> None:
    """Tell all that happened to a request, in order."""
    entries = work.history(Hub(stack), request_id)
    Screen(as_json=as_json).show(msgspec.to_builtins(entries), history_view(entries))


@app.command()
def explain(
    request_id: RequestId,
    *,
    flow: Annotated[str, typer.Option(metavar="TEXT", help="Only flows with these words, as in tcp/22 from requester.")] = "",
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Tell why each flow works or not: the way there and back, and what would help."""
    explained = work.explanation(Hub(stack).item(request_id), flow)
    Screen(as_json=as_json).show(explained, explanation_view(explained))
    raise typer.Exit(work.exit_code_of_explanation(explained))


@app.command("map")
def draw(
    *,
    on: Annotated[list[str] | None, typer.Option(metavar="SNAPSHOT", help="Draw this saved network; may be repeated.")] = None,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The page to write.")] = Path("map.html"),
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Draw all VPCs and peerings as one HTML page, from the items or from saved networks."""
    items, source = (saved.map_items(on), ", ".join(on)) if on else (Hub(stack).items(), f"stack {stack}")
    drawn = map_of(items, source=source, drawn_at=timestamp())
    if not as_json:
        write(page_of(drawn).encode(), output)
    Screen(as_json=as_json).show(msgspec.to_builtins(drawn), f"Wrote {output}: {drawn.summary}.")


@app.command()
def drift(
    request_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Which ones; all, if none is named.")
    ] = None,
    *,
    as_json: AsJson = False,
    stack: Stack = STACK,
) -> None:
    """Tell where the network is not as the items say. Writes nothing."""
    previews = work.drifted(Hub(stack), request_ids or [])
    rendered = Group(*map(drift_view, previews)) if previews else "No drift."
    Screen(as_json=as_json).show(previews, rendered)
    raise typer.Exit(work.exit_code_of_drift(previews))


def _follow(hub: Hub, screen: Screen, request_id: str, find: Callable[[Hub], int]) -> NoReturn:
    """Show a run until it has ended, and end the command as it did."""
    with screen.steps() as show:
        status = follow(hub, request_id, find(hub), show)
    screen.show(status, Group(proof_view(status["verdicts"]), status_view(status)))
    raise typer.Exit(work.of_status(status))


def _decide(request_id: str, decision: str, reason: str | None, *, yes: bool, screen: Screen, hub: Hub) -> None:
    """Ask about exactly the plan that is shown, and send the decision about it."""
    item = work.waiting(hub.item(request_id))
    screen.show_aside(question_view(item))
    if not yes:
        typer.confirm(f"{decision.title()} this plan?", abort=True, err=True)
    decided: Document = hub.decide(request_id, item["status"]["approval"]["checksum"], decision, reason)
    screen.show(decided, f"{request_id}: {decision} is on record.")


def _end_malformed(screen: Screen, request_id: str, malformed: MalformedItem) -> NoReturn:
    findings = [finding.as_map() for finding in malformed.findings]
    rejected = {"request_id": request_id, "state": "REJECTED", "findings": findings}
    screen.show(rejected, status_view(rejected))
    raise typer.Exit(ExitCode.FAILED)
