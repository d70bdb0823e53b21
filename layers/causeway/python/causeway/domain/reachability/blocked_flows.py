"""Blocked flows as findings."""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding

from .verdicts import Verdict


def blocked_flows(verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """One finding for each flow and each hop that blocks it first, however many endpoints are behind it."""
    found = set()
    for verdict in verdicts:
        hop = verdict.blocked_by
        if hop is None or (verdict.flow, hop.resource_id, hop.cause, hop.returning) in found:
            continue
        found.add((verdict.flow, hop.resource_id, hop.cause, hop.returning))
        way = "the answers to " if hop.returning else ""
        remedy = hop.remedy.sentence if hop.remedy else "Change it."
        yield Finding(
            code=Code.FLOW_BLOCKED,
            where=hop.resource_id,
            message=f"The {hop.component} {hop.resource_id} stops {way}{verdict.flow}, for example {verdict.source.address} to "
            f"{verdict.destination.address}: {hop.decided_by} ({hop.cause}). {remedy} Or take the flow out of the item.",
        )
