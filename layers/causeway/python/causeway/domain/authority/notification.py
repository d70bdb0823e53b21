"""The notification that a plan needs approval: plain text, short lines, nothing that needs Causeway to read it."""

from collections.abc import Iterable, Iterator

from causeway.domain.model.request import Request
from causeway.domain.model.values import Value
from causeway.domain.planning.plan import Plan

MAX_LINES = 500
"""How many changes are listed: a notification has 256 KB (Amazon SNS quotas). The ledger has them all."""


class Notification(Value):
    """What the topic's subscribers get.

    Attributes:
        subject: One line of ASCII of at most 100 characters: what SNS takes.
    """

    subject: str
    text: str


def approval_notification(request: Request, plan: Plan) -> Notification:
    """What is asked of those who may approve: who asked for what, why they are asked, every change, and how to decide."""
    return Notification(
        subject=f"Approval needed: {request.request_id}",
        text="\n".join(
            (
                *_heading(request, plan),
                "",
                *_section("Why you are asked", plan.approval_reasons),
                *render_plan(plan),
                *_section("How to decide", _commands(plan)),
                "The decision is about exactly these changes. If the network has changed by then, you are asked again.",
            )
        ),
    )


def render_plan(plan: Plan) -> Iterator[str]:
    """The changes in order, then what preflight found, each under its heading."""
    sentences = tuple(change.sentence for change in plan.changes)
    rest = (f"and {len(sentences) - MAX_LINES} more",) if len(sentences) > MAX_LINES else ()
    yield from _section("What would be done", (*sentences[:MAX_LINES], *rest))
    if plan.findings:
        yield from _section("What to know", (finding.message for finding in plan.findings[:MAX_LINES]))


def _heading(request: Request, plan: Plan) -> Iterator[str]:
    yield f"Request {request.request_id}, generation {plan.generation}"
    yield f"Asked by: {request.requested_by or 'the item does not say'}"
    yield f"Requester: {request.requester}"
    yield f"Accepter:  {request.accepter}"
    yield f"Checksum:  {plan.checksum}"


def _commands(plan: Plan) -> tuple[str, ...]:
    return f"causeway approve {plan.request_id}", f'causeway deny {plan.request_id} --reason "..."'


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {line}" for line in lines)
    yield ""
