"""Whatever is put, edited and deleted in whatever order: the network is what the surviving items ask for, and no more."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .network import ANYWHERE, EAST, PRODUCTION, TEST, WEST, Network, Networks, Rule
from .requests import Hub, Item

PLACES = [(TEST, EAST), (PRODUCTION, EAST), (TEST, WEST), (PRODUCTION, WEST)]
FLOWS: list[dict[str, str]] = [
    {"protocol": "tcp", "ports": "22"},
    {"protocol": "tcp", "ports": "443"},
    {"protocol": "tcp", "ports": "8000-8010"},
    {"protocol": "udp", "ports": "53"},
    {"protocol": "icmp"},
]
"""None covers another one, so that what a request needs does not depend on what was there before."""
ENDS = ((0, 1), (1, 0), (1, 2))
"""Which two of the three VPCs each request joins: two of them the same pair, each the other way round."""


class Site(NamedTuple):
    """A VPC, and what of it a selector by tag selects."""

    network: Network
    tables: Mapping[str, bool]
    groups: Mapping[str, bool]


class Action(NamedTuple):
    """What is done to one of the requests: an item put, or deleted where there is no `wanted`."""

    request: int
    wanted: dict[str, Any] | None


type Places = list[tuple[str, str]]

flows = st.builds(lambda flow, source: {**flow, "from": source}, st.sampled_from(FLOWS), st.sampled_from(["requester", "both"]))
selections = st.sampled_from([{}, {"requester": {"tag": "Chosen=yes"}}, {"accepter": {"tag": "Chosen=yes"}}])
items = st.fixed_dictionaries(
    {
        "allow": st.lists(flows, max_size=3),
        "route_tables": selections,
        "security_groups": selections,
    }
)
actions = st.builds(Action, st.integers(0, len(ENDS) - 1), st.one_of(items, items, st.none()))


@pytest.fixture(scope="session")
def prefix() -> Iterator[str]:
    """Request ids of each example's own."""
    return (f"random-{number}" for number in range(1_000_000))


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(places=st.lists(st.sampled_from(PLACES), min_size=3, max_size=3), steps=st.lists(actions, min_size=3, max_size=6))
def test_the_network_follows_the_items(
    hub: Hub, networks: Networks, prefix: Iterator[str], places: Places, steps: list[Action]
) -> None:
    name, sites = next(prefix), [_site(networks.make(*place)) for place in places]
    before = [_seen(site) for site in sites]
    surviving: dict[int, Item] = {}
    for request, wanted in steps:
        if wanted is not None:
            surviving[request] = _item(f"{name}-{request}", [sites[end].network for end in ENDS[request]], wanted)
            run = hub.run(surviving[request])
            assert run.status["state"] == "ACTIVE", run.status["findings"]
        elif surviving.pop(request, None):
            assert hub.remove(f"{name}-{request}")["detail-type"] == "PeeringRemoved"
        for site, untouched in zip(sites, before, strict=True):
            assert _seen(site) == _expected(site, untouched, surviving.values(), sites)
    for request in surviving:
        assert hub.remove(f"{name}-{request}")["detail-type"] == "PeeringRemoved"
    assert [_seen(site) for site in sites] == before


def _site(network: Network) -> Site:
    """A VPC that is lived in: a second table and a second group, each chosen, a route and a rule of somebody else's."""
    network.route_to_a_gateway(ANYWHERE)
    chosen = network.add_security_group("chosen", open_egress=False, Chosen="yes")
    foreign = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "172.16.0.0/12"}]}]
    network.ec2.authorize_security_group_ingress(GroupId=chosen, IpPermissions=foreign)
    return Site(
        network,
        tables={network.main_table: False, network.add_route_table(Chosen="yes"): True},
        groups={network.default_group: False, chosen: True},
    )


def _item(request_id: str, ends: list[Network], wanted: dict[str, Any]) -> Item:
    return {"request_id": request_id, "requester": ends[0].ref, "accepter": ends[1].ref, **wanted}


class Seen(NamedTuple):
    """What EC2 says: each table's routes with their targets, each group's rules, and the VPCs at the other ends."""

    routes: dict[tuple[str, str], str]
    rules: set[tuple[str, Rule]]
    peers: list[str]


def _seen(site: Site) -> Seen:
    network, peerings = site.network, site.network.connections()
    names = {each["VpcPeeringConnectionId"]: _peer(network, each) for each in peerings}
    return Seen(
        routes={
            (table, block): names.get(target, target)
            for table in site.tables
            for block, target in network.routes(table).items()
        },
        rules={(group, rule) for group in site.groups for rule in network.rules(group)},
        peers=sorted(names.values()),
    )


def _peer(network: Network, connection: Mapping[str, Any]) -> str:
    ends = {connection[f"{side}VpcInfo"]["VpcId"] for side in ("Requester", "Accepter")}
    (peer,) = ends - {network.vpc_id}
    return str(peer)


def _expected(site: Site, before: Seen, surviving: Iterable[Item], sites: list[Site]) -> Seen:
    """What was there, and what each item asks for: worked out from the items alone."""
    routes, rules, peers = dict(before.routes), set(before.rules), set(before.peers)
    for item in surviving:
        for side, other in (("requester", "accepter"), ("accepter", "requester")):
            if item[side]["vpc_id"] == site.network.vpc_id:
                (peer,) = (each.network for each in sites if each.network.vpc_id == item[other]["vpc_id"])
                peers.add(peer.vpc_id)
                routes |= {(table, peer.block): peer.vpc_id for table in _selected(item["route_tables"], side, site.tables)}
                groups = _selected(item["security_groups"], side, site.groups)
                rules |= {
                    (group, rule)
                    for group, rule in product(groups, _rules(item, side, peer.block))
                    if (group, Rule("egress", "-1", "", ANYWHERE)) not in before.rules or rule.direction == "ingress"
                }
    return Seen(routes, rules, sorted(peers))


def _selected(selectors: Mapping[str, Any], side: str, resources: Mapping[str, bool]) -> list[str]:
    return [each for each, chosen in resources.items() if chosen or side not in selectors]


def _rules(item: Item, side: str, block: str) -> Iterator[Rule]:
    for flow in item["allow"]:
        sources = ("requester", "accepter") if flow["from"] == "both" else (flow["from"],)
        for source in sources:
            yield Rule("egress" if source == side else "ingress", flow["protocol"], flow.get("ports", ""), block)
