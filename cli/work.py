"""What the commands do, without a word about how it is shown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from causeway.boundary import desired_part, parse_request
from causeway.domain.lifecycle.history import Entry, render_history
from causeway.domain.lifecycle.run import Run
from causeway.domain.reachability.verdicts import Result

from .exits import OF_STATE, CommandError, ExitCode
from .flow_views import of_results, result_of
from .following import AWAITING_APPROVAL, begun
from .hub import Document, Hub
from .many import ask_all

SETTLED = {"ACTIVE", "DRIFTED"}
"""States of an item that the network should be like; of another one it is known that it is not, or not yet."""


class Asked(NamedTuple):
    """A change of an item that was just made.

    Attributes:
        after: The newest generation before it.
        is_it: Tells its run from those of other changes.
    """

    request_id: str
    item: Document
    after: int
    is_it: Callable[[Run], bool]

    def generation(self, hub: Hub) -> int:
        """The generation that the change got, once it has one."""
        return begun(hub, self.request_id, self.after, self.is_it)


def put(hub: Hub, item: Document) -> Asked:
    """Put an item. One that does not say who asks gets the caller's ARN.

    Raises:
        MalformedItem: It is no request; nothing is written.
    """
    item = item if "requested_by" in item else {**item, "requested_by": hub.caller()}
    wanted, request_id = parse_request(item), str(item["request_id"])
    after = hub.generations.newest(request_id)
    hub.put(item)
    return Asked(request_id, item, after, lambda run: run.request == wanted and not run.removal)


def delete(hub: Hub, request_id: str) -> Asked:
    """Delete an item."""
    item, after = hub.item(request_id), hub.generations.newest(request_id)
    hub.delete(request_id)
    return Asked(request_id, item, after, lambda run: run.removal)


def newest(hub: Hub, request_id: str) -> int:
    """The newest generation of a request.

    Raises:
        CommandError: There never was one.
    """
    generation = hub.generations.newest(request_id)
    if not generation:
        raise _unheard_of(request_id)
    return generation


def history(hub: Hub, request_id: str) -> tuple[Entry, ...]:
    """All that happened to a request, also to one that is gone.

    Raises:
        CommandError: Nothing ever did.
    """
    entries = render_history(hub.history.records(request_id))
    if not entries:
        raise _unheard_of(request_id)
    return entries


def drifted(hub: Hub, request_ids: Sequence[str]) -> list[Document]:
    """The previews of the settled items from which the network differs; of these requests, or of all.

    Of a request whose network cannot be looked at there is `request_id` and `why` instead.
    """
    items = [hub.item(request_id) for request_id in request_ids] or hub.items()
    settled = [desired_part(item) for item in items if item.get("status", {}).get("state") in SETTLED]
    previews, unseen = ask_all(settled, hub.preview)
    return [preview for preview in previews if exit_code_of_preview(preview) is not ExitCode.DONE] + unseen


def exit_code_of_drift(drift: Iterable[Document]) -> ExitCode:
    """How what differs ends the command. Where not all was seen, no answer is the whole one."""
    codes = (ExitCode.UNREACHABLE if "why" in each else exit_code_of_preview(each) for each in drift)
    return max(codes, default=ExitCode.DONE)


def exit_code_of_preview(preview: Mapping[str, Any]) -> ExitCode:
    """How a preview ends the command."""
    if preview["blocked"]:
        return ExitCode.FAILED
    return ExitCode.WAITING if preview["changes"] else ExitCode.DONE


def explanation(item: Document, flow: str) -> Document:
    """The verdicts of the last check, as the item has them, and the testimonies; where there are none, the findings say why.

    Args:
        item: The item.
        flow: Only flows that contain this text; the empty text is in all.

    Raises:
        CommandError: No flow contains it.
    """
    status: Document = item.get("status", {})
    verdicts = [verdict for verdict in status.get("verdicts", ()) if flow in verdict["flow"]]
    if flow and not verdicts:
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"No checked flow contains {flow!r}.",
            where=f"request {item['request_id']}",
            remedy=f"`causeway explain {item['request_id']}` shows all that were checked.",
        )
    told = {"request_id": item["request_id"], "state": status.get("state"), "updated_at": status.get("updated_at")}
    testimonies = [each for each in status.get("testimonies", ()) if flow in each["flow"]]
    return {**told, "findings": status.get("findings", []), "verdicts": verdicts, "testimonies": testimonies}


def exit_code_of_explanation(explained: Document) -> ExitCode:
    """How verdicts end the command: well only where something was checked, and all of it works."""
    results = [result_of(verdict) for verdict in explained["verdicts"]]
    return of_results(results) if results else ExitCode.FAILED


def of_status(status: Document) -> ExitCode:
    """How a run that was waited for ends the command: well only if nothing is unknown of what it has made."""
    code = OF_STATE[status["state"]]
    results = (result_of(verdict) for verdict in status["verdicts"])
    return ExitCode.UNKNOWN if code is ExitCode.DONE and Result.UNKNOWN in results else code


def waiting(item: Document) -> Document:
    """The item, if its run waits for a decision.

    Raises:
        CommandError: It does not.
    """
    status: Document = item.get("status", {})
    if status.get("state") == AWAITING_APPROVAL and status.get("approval"):
        return item
    raise CommandError(
        ExitCode.FAILED,
        f"Nothing waits for a decision: its state is {status.get('state', 'not yet known')}.",
        where=f"request {item['request_id']}",
        remedy=f"See `causeway history {item['request_id']}`.",
    )


def _unheard_of(request_id: str) -> CommandError:
    return CommandError(
        ExitCode.NOT_FOUND,
        f"There never was a request {request_id}.",
        where="the ledger",
        remedy="`causeway request list` shows all that are there.",
    )
