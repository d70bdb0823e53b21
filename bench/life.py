"""One peering's life: what a change and a removal cost, beside the create."""

from collections.abc import Callable

import msgspec

from bench.cloud import Cloud
from bench.measure import Calls, Outcome, Run
from bench.networks import build_pair
from bench.product import Causeway

CHANGED_FLOWS = [{"from": "both", "protocol": "tcp", "ports": "443"}, {"from": "both", "protocol": "icmp"}]
"""HTTPS instead of SSH: a rule more and a rule less in each group and direction."""


_GENERATION_OF_THE_REMOVAL = 3


class Life(msgspec.Struct, frozen=True):
    """Three runs on one pair of VPCs, one after the other, each by warm functions."""

    route_tables: int
    create: Run
    change: Run
    removal: Run


def measure_life(cloud: Cloud, route_tables: int) -> Life:
    causeway, pair = Causeway(cloud), build_pair(cloud, route_tables)
    causeway.prepare(pair)
    return Life(
        route_tables=route_tables,
        create=_recorded(cloud, lambda: causeway.run(pair)),
        change=_recorded(cloud, lambda: causeway.ask({**pair.request_item, "allow": CHANGED_FLOWS})),
        removal=_recorded(cloud, lambda: causeway.remove(pair, _GENERATION_OF_THE_REMOVAL)),
    )


def _recorded(cloud: Cloud, act: Callable[[], Outcome]) -> Run:
    with cloud.recorded() as calls:
        outcome = act()
    return Run(outcome, Calls.of(calls))
