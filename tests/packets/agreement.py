"""Whether the check and real packets agree about a network."""

from collections import Counter

from localcloud.packets import answered, lay_out
from tests.packets.judging import Case, cases
from tests.packets.worlds import World

PATIENCE = 3.0
"""Seconds for a second try where an answer was expected: a busy machine is no disagreement."""


def disagreements(world: World, tried: Counter[bool]) -> list[Case]:
    """The flows of which the check says one thing and the packets another; counts all, by whether they are reachable."""
    judged = list(cases(world))
    tried.update(case.verdict.reachable for case in judged)
    with lay_out(world.snapshots, world.connections) as network:
        came = answered(network, {probe for case in judged for probe in case.probes})
        missing = {probe for case in judged if case.verdict.reachable for probe in case.probes} - came
        came |= answered(network, missing, PATIENCE)
    return [case for case in judged if case.verdict.reachable != came.issuperset(case.probes)]
