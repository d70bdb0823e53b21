"""Flows of which nobody can say whether they work, as findings."""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding

from .blocked_flows import assumed, example
from .verdicts import Verdict


def unknown_flows(verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """One finding for each flow and each hop that is unknown first, however many endpoints are behind it. None blocks."""
    found = set()
    for verdict in verdicts:
        hop = verdict.unknown_by
        if hop is None or (verdict.flow, hop.resource_id, hop.cause, hop.returning) in found:
            continue
        found.add((verdict.flow, hop.resource_id, hop.cause, hop.returning))
        said = f"Whether the {hop.component} {hop.resource_id} lets through {example(verdict, hop)}, is unknown"
        remedy = f" {hop.remedy.sentence}" if hop.remedy else ""
        yield Finding(
            code=Code.FLOW_UNKNOWN,
            where=hop.resource_id,
            message=f"{assumed(verdict)}{said}: {hop.decided_by} ({hop.cause}).{remedy}",
            blocking=False,
        )
