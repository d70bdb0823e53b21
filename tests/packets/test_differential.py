"""The reachability check and real packets have to agree, on any network.

`make differential` tries thousands of flows, on new networks each time; without it they are the same hundreds every time.
"""

import os
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.packets.agreement import disagreements
from tests.packets.worlds import World, worlds

NEW_NETWORKS = int(os.environ.get("NEW_NETWORKS", "0"))
"""How many new ones to try; 0 means some that are always the same."""

pytestmark = pytest.mark.usefixtures("real_packets")


def test_the_check_agrees_with_real_packets(capsys: pytest.CaptureFixture[str]) -> None:
    tried: Counter[bool] = Counter()

    @settings(
        max_examples=NEW_NETWORKS or 45,
        derandomize=not NEW_NETWORKS,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # the hops tell what is wrong; making the network smaller would take minutes
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(worlds())
    def agree(world: World) -> None:
        found = disagreements(world, tried)
        if found:
            pytest.fail("The packets say the opposite of\n" + "\n".join(map(str, found)))

    agree()
    with capsys.disabled():
        sys.stdout.write(f"\n{tried[True]} reachable flows and {tried[False]} blocked ones: check and packets agree\n")
    assert min(tried[True], tried[False]) > 100
