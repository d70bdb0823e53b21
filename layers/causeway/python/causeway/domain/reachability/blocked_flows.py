"""Blocked flows as findings."""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding

from .verdicts import Hop, Verdict


def blocked_flows(verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """One finding for each flow and each hop that blocks it first, however many endpoints are behind it."""
    found = set()
    for verdict in verdicts:
        hop = verdict.blocked_by
        if hop is None or (verdict.flow, hop.resource_id, hop.cause, hop.returning) in found:
            continue
        found.add((verdict.flow, hop.resource_id, hop.cause, hop.returning))
        said = f"The {hop.component} {hop.resource_id} stops {example(verdict, hop)}: {hop.decided_by} ({hop.cause})."
        remedy = hop.remedy.sentence if hop.remedy else "Change it."
        yield Finding(
            code=Code.FLOW_BLOCKED,
            where=hop.resource_id,
            message=f"{assumed(verdict)}{said} {remedy} Or take the flow out of the item.",
        )


def assumed(verdict: Verdict) -> str:
    """What the verdict assumes, as sentences before all others."""
    return "".join(f"{said[0].upper()}{said[1:]}. " for said in verdict.assumes)


def example(verdict: Verdict, hop: Hop) -> str:
    """The flow, or its answers, between two of its ends."""
    way = "the answers to " if hop.returning else ""
    return f"{way}{verdict.flow}, for example {verdict.source.address} to {verdict.destination.address}"
