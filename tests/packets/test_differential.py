"""The reachability check and real packets have to agree, on any network.

`make differential` tries networks with the seeds that one names; without it they are the same few each time. The runs that were
made are listed in docs/embedded-aws.md.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.packets.agreement import Comparison, compare
from tests.packets.shrinking import described, shrunk
from tests.packets.worlds import world_of

SEED = int(os.environ.get("SEED") or "0")
"""The first network's; the others have the numbers that follow."""

FEW = 45
NETWORKS = int(os.environ.get("NETWORKS") or FEW)

AT_ONCE = 2
"""Networks laid out together: one is made while the other waits for answers."""

IMPATIENT = 0.5
"""Seconds, where a network is made smaller: what is lost there is only a smaller one."""

pytestmark = pytest.mark.usefixtures("real_packets")


def test_the_check_agrees_with_real_packets(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = range(SEED, SEED + NETWORKS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        compared = list(pool.map(_compared, seeds))
    disagreeing = [seed for seed in seeds if compared[seed - SEED].disagreements]
    # a machine that stands still for seconds loses packets: what is no accident comes again
    lasting = {seed: again for seed in disagreeing if (again := _compared(seed)).disagreements}
    worked, blocked = sum(each.worked for each in compared), sum(each.blocked for each in compared)

    with capsys.disabled():
        sys.stdout.write(f"\nseeds {seeds[0]} to {seeds[-1]}: {worked} flows between two addresses work, {blocked} do not\n")
        for seed in disagreeing:
            said = "disagree" if seed in lasting else "agree now, and did not at first"
            sys.stdout.write(f"seed {seed}: check and packets {said}: {compared[seed - SEED].disagreements[0]}\n")
    for seed in lasting:
        pytest.fail(_told(seed), pytrace=False)
    assert NETWORKS < FEW or min(worked, blocked) > 100


def _compared(seed: int) -> Comparison:
    try:
        return compare(world_of(seed))
    except Exception as error:
        error.add_note(_again(seed))
        raise


def _told(seed: int) -> str:
    """The flow, in the smallest network that shows it, and how to try it again."""
    world = shrunk(world_of(seed), lambda smaller: bool(compare(smaller, IMPATIENT).disagreements))
    said = next(iter(compare(world).disagreements), "a flow, but not always.")
    return f"The check and packets disagree about {said}\nin\n{described(world)}\n{_again(seed)}"


def _again(seed: int) -> str:
    return f"To try this network again: make differential SEED={seed} NETWORKS=1"
