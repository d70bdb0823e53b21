"""Flows that have no ends to check, as findings."""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.request import Request

from .verdicts import Verdict


def unchecked_flows(request: Request, verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """One finding for each flow without a verdict. None blocks."""
    checked = {verdict.flow for verdict in verdicts}
    for flow in (each for each in request.flows if each not in checked):
        yield Finding(
            code=Code.NOTHING_TO_CHECK,
            blocking=False,
            where=str(flow),
            message=f"On one side no interface carries a selected security group, and no subnet uses a selected route table, "
            f"apart from what is in excluded CIDR blocks: {flow} has no ends to check yet.",
        )
