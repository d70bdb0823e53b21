"""Whatever is put, edited and deleted in whatever order: the network is what the surviving items ask for, and no more."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
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
EPHEMERAL, SERVICE = (1024, 65535), {"22": (22, 22), "443": (443, 443), "8000-8010": (8000, 8010), "53": (53, 53)}
NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
"""How network ACLs spell protocols."""


class Site(NamedTuple):
    """A VPC, and what of it a selector by tag selects.

    Attributes:
        blocks: All its CIDR blocks, of both families.
        acl: The network ACL of its subnet, which uses the main table.
    """

    network: Network
    blocks: list[str]
    tables: Mapping[str, bool]
    groups: Mapping[str, bool]
    acl: str


class Action(NamedTuple):
    """What is done to one of the requests: an item put, or deleted where there is no `wanted`."""

    request: int
    wanted: dict[str, Any] | None


class Life(NamedTuple):
    """Three VPCs, and what is done to the requests about them.

    Attributes:
        more: Of each VPC, what it has beside its IPv4 block.
        closed: Whether the VPCs' network ACLs let nothing through by themselves: then all items say `manage`.
    """

    places: list[tuple[str, str]]
    more: list[str]
    closed: bool
    actions: list[Action]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A network ACL has room for 20 entries: where it needs some, there are fewer flows."""
    closed = draw(st.booleans())
    flows = st.builds(
        lambda flow, source: {**flow, "from": source},
        st.sampled_from([flow for flow in FLOWS if not closed or flow["protocol"] != "udp"]),
        st.sampled_from(["requester", "both"]),
    )
    items = st.fixed_dictionaries(
        {
            "allow": st.lists(flows, max_size=2 if closed else 3),
            "route_tables": selections,
            "security_groups": selections,
            "network_acls": st.just("manage") if closed else st.sampled_from(["check", "manage"]),
        }
    )
    actions = st.builds(Action, st.integers(0, len(ENDS) - 1), st.one_of(items, items, st.none()))
    return Life(
        places=draw(st.lists(st.sampled_from(PLACES), min_size=3, max_size=3)),
        more=draw(st.lists(st.sampled_from(["nothing", "a block", "IPv6"]), min_size=3, max_size=3)),
        closed=closed,
        actions=draw(st.lists(actions, min_size=3, max_size=6)),
    )


selections = st.sampled_from([{}, {"requester": {"tag": "Chosen=yes"}}, {"accepter": {"tag": "Chosen=yes"}}])


def _wanted(*flows: tuple[str, int], **selectors: Any) -> dict[str, Any]:
    allow = [{**FLOWS[number], "from": source} for source, number in flows]
    return {"allow": allow, "route_tables": {}, "security_groups": {}, "network_acls": "manage", **selectors}


SSH, HTTPS, RANGE, PING = 0, 1, 2, 4
CROWDED = Life(
    places=[(TEST, EAST), (PRODUCTION, EAST), (TEST, WEST)],
    more=["IPv6", "IPv6", "a block"],
    closed=True,
    actions=[
        Action(0, _wanted(("both", SSH), ("requester", PING))),
        Action(1, _wanted(("requester", SSH), ("both", RANGE))),
        Action(2, _wanted(("both", HTTPS), ("both", PING))),
        Action(0, _wanted(("both", PING), route_tables={"accepter": {"tag": "Chosen=yes"}})),
        Action(1, None),
    ],
)
"""All at once: both families, closed network ACLs, two requests that share a peering and a third one at the same VPC."""


@pytest.fixture(scope="session")
def prefix() -> Iterator[str]:
    """Request ids of each example's own."""
    return (f"random-{number}" for number in range(1_000_000))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@example(life=CROWDED)
@given(life=lives())
def test_the_network_follows_the_items(hub: Hub, networks: Networks, prefix: Iterator[str], life: Life) -> None:
    name = next(prefix)
    sites = [_site(networks, *each, closed=life.closed) for each in zip(life.places, life.more, strict=True)]
    before = [_seen(site) for site in sites]
    surviving: dict[int, Item] = {}
    for request, wanted in life.actions:
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


def _site(networks: Networks, place: tuple[str, str], more: str, *, closed: bool) -> Site:
    """A VPC that is lived in: a second table and a second group, each chosen, a route and a rule of somebody else's."""
    network = networks.make(*place, ipv6=more == "IPv6")
    blocks = [network.block, *network.ipv6_blocks]
    if more == "a block":
        blocks.append(networks.free_block())
        network.add_cidr_block(blocks[-1])
    network.route_to_a_gateway(ANYWHERE)
    chosen = network.add_security_group("chosen", open_egress=False, Chosen="yes")
    foreign = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "172.16.0.0/12"}]}]
    network.ec2.authorize_security_group_ingress(GroupId=chosen, IpPermissions=foreign)
    return Site(
        network,
        blocks,
        tables={network.main_table: False, network.add_route_table(Chosen="yes"): True},
        groups={network.default_group: False, chosen: True},
        acl=network.close() if closed else network.default_acl,
    )


def _item(request_id: str, ends: list[Network], wanted: dict[str, Any]) -> Item:
    return {"request_id": request_id, "requester": ends[0].ref, "accepter": ends[1].ref, **wanted}


class Entry(NamedTuple):
    """What an entry of a network ACL says, whatever its number."""

    direction: str
    action: str
    protocol: str
    block: str
    ports: tuple[int, int] | None


class Seen(NamedTuple):
    """What EC2 says: each table's routes with their targets, each group's rules, the ACL's entries, and the peers' VPCs."""

    routes: dict[tuple[str, str], str]
    rules: set[tuple[str, Rule]]
    entries: list[Entry]
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
        entries=sorted(map(_entry, network.acl_entries(site.acl)), key=str),
        peers=sorted(names.values()),
    )


def _entry(raw: Mapping[str, Any]) -> Entry:
    ports = raw.get("PortRange")
    return Entry(
        "egress" if raw["Egress"] else "ingress",
        raw["RuleAction"],
        raw["Protocol"],
        raw.get("CidrBlock") or raw["Ipv6CidrBlock"],
        (ports["From"], ports["To"]) if ports else None,
    )


def _peer(network: Network, connection: Mapping[str, Any]) -> str:
    ends = {connection[f"{side}VpcInfo"]["VpcId"] for side in ("Requester", "Accepter")}
    (peer,) = ends - {network.vpc_id}
    return str(peer)


def _expected(site: Site, before: Seen, surviving: Iterable[Item], sites: list[Site]) -> Seen:
    """What was there, and what each item asks for: worked out from the items alone."""
    routes, rules, entries, peers = dict(before.routes), set(before.rules), set[Entry](), set(before.peers)
    closed = all(entry.action == "deny" for entry in before.entries)
    for item in surviving:
        for side, other in (("requester", "accepter"), ("accepter", "requester")):
            if item[side]["vpc_id"] == site.network.vpc_id:
                (peer,) = (each for each in sites if each.network.vpc_id == item[other]["vpc_id"])
                peers.add(peer.network.vpc_id)
                tables = _selected(item["route_tables"], side, site.tables)
                routes |= dict.fromkeys(product(tables, peer.blocks), peer.network.vpc_id)
                groups = _selected(item["security_groups"], side, site.groups)
                rules |= {
                    (group, rule)
                    for block in peer.blocks
                    for group, rule in product(groups, _rules(item, side, block))
                    if (group, _everything_out(block)) not in before.rules or rule.direction == "ingress"
                }
                if closed and site.network.main_table in tables:
                    entries |= set(_entries(item, side, site, peer))
    return Seen(routes, rules, sorted([*before.entries, *entries], key=str), sorted(peers))


def _everything_out(block: str) -> Rule:
    return Rule("egress", "-1", "", "::/0" if ":" in block else ANYWHERE)


def _selected(selectors: Mapping[str, Any], side: str, resources: Mapping[str, bool]) -> list[str]:
    return [each for each, chosen in resources.items() if chosen or side not in selectors]


def _rules(item: Item, side: str, block: str) -> Iterator[Rule]:
    for flow, source in _one_way(item):
        protocol = "icmpv6" if flow["protocol"] == "icmp" and ":" in block else flow["protocol"]
        yield Rule("egress" if source == side else "ingress", protocol, flow.get("ports", ""), block)


def _entries(item: Item, side: str, site: Site, peer: Site) -> Iterator[Entry]:
    """There and back for each block of a family that the site's subnet has, but none that the answers' entry has room for."""
    for block in peer.blocks:
        if ":" in block and not site.network.ipv6_blocks:
            continue
        wanted = {
            Entry(rule.direction if there else _OTHER_WAY[rule.direction], "allow", NUMBERS[rule.protocol], block, ports)
            for rule in _rules(item, side, block)
            for there, ports in ((True, SERVICE.get(rule.ports)), (False, EPHEMERAL if rule.ports else None))
        }
        covered = {each._replace(ports=SERVICE["8000-8010"]) for each in wanted if each.ports == EPHEMERAL}
        yield from wanted - covered


_OTHER_WAY = {"ingress": "egress", "egress": "ingress"}


def _one_way(item: Item) -> Iterator[tuple[Mapping[str, str], str]]:
    """Each flow with the side that starts it."""
    for flow in item["allow"]:
        for source in ("requester", "accepter") if flow["from"] == "both" else (flow["from"],):
            yield flow, source
