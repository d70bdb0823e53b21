"""Whether the check and real packets agree about a network."""

from collections.abc import Collection, Iterator, Sequence

from causeway.domain.model.values import Value
from causeway.domain.reachability.verdicts import Hop, Result, Verdict
from localcloud.packets import Probe, answered, lay_out
from tests.packets.judging import Case, Pair, cases, pair_of
from tests.packets.worlds import World

PATIENCE = 3.0
"""Seconds for a second try of what the check contradicts: a busy machine is no disagreement."""


class Comparison(Value):
    """What became of all flows of a network.

    Attributes:
        disagreements: Each in words: what the check says, and what the packets do.
        worked: Between how many pairs of addresses a flow works, by the packets.
        blocked: Between how many it does not.
    """

    disagreements: tuple[str, ...]
    worked: int
    blocked: int


def compare(world: World, patience: float = PATIENCE) -> Comparison:
    """Lays the network out, and tries each flow of it."""
    judged = list(cases(world))
    with lay_out(world.snapshots, world.connections) as network:
        came = answered(network, {probe for case in judged for probe in case.all_probes})
        doubtful = [case for case in judged if any(_contradictions(case, came))]
        if doubtful:
            came |= answered(network, {probe for case in doubtful for probe in case.all_probes} - came, patience)
    works = [each for case in judged for each in _works(case, came).values()]
    return Comparison(
        disagreements=tuple(said for case in doubtful for said in _contradictions(case, came)),
        worked=works.count(True),
        blocked=works.count(False),
    )


def _works(case: Case, came: Collection[Probe]) -> dict[Pair, bool]:
    """Between which addresses the flow works, by the packets."""
    return {pair: all(probe in came for probe in probes) for pair, probes in case.probes.items()}


def _contradictions(case: Case, came: Collection[Probe]) -> Iterator[str]:
    """Where the packets contradict a verdict about its ends, or how many others those stand for."""
    works = _works(case, came)
    for verdict in case.verdicts:
        pair = pair_of(verdict)
        if verdict.result is not Result.UNKNOWN and pair in works and works[pair] is not verdict.reachable:
            yield _told(verdict, [probe for probe in case.probes[pair] if probe not in came])
    reachable = sum(_stands_for(each) for each in case.verdicts if each.reachable)
    unknown = sum(_stands_for(each) for each in case.verdicts if each.result is Result.UNKNOWN)
    works_between = sum(works.values())
    if not reachable <= works_between <= reachable + unknown:
        yield _miscounted(case, f"works between {works_between} pairs of addresses; reachable {reachable}, unknown {unknown}")
    if sum(map(_stands_for, case.verdicts)) != len(works):
        yield _miscounted(case, f"is asked for between {len(works)} pairs of addresses")


def _stands_for(verdict: Verdict) -> int:
    """How many pairs of addresses it is about."""
    return verdict.source.stands_for * verdict.destination.stands_for


def _told(verdict: Verdict, unanswered: Sequence[Probe]) -> str:
    flow = f"{verdict.flow.what} from {verdict.source.address} to {verdict.destination.address}"
    said = f"{flow}: {verdict.result} by the check, {_answers(unanswered)}"
    return "\n".join([said, *map(_hop, verdict.hops)])


def _answers(unanswered: Sequence[Probe]) -> str:
    if not unanswered:
        return "but all its packets are answered"
    first = unanswered[0]
    return f"but no answer came to protocol {first.protocol} from port {first.source_port} to port {first.port}"


def _hop(hop: Hop) -> str:
    return f"    {'x' if hop.cause else ' '} {hop.component} {hop.resource_id}: {hop.decided_by}"


def _miscounted(case: Case, what: str) -> str:
    verdicts = (
        f"    {each.result}: {each.source.address} and {each.source.stands_for - 1} more "
        f"to {each.destination.address} and {each.destination.stands_for - 1} more"
        for each in case.verdicts
    )
    return "\n".join([f"{case.flow.what} {what}", *verdicts])
