"""Random networks that are odd, and yet let much through: two or three VPCs, of which each two may be peered.

A network is made from a seed, and the same one each time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from ipaddress import ip_network
from itertools import combinations, product
from random import Random
from types import MappingProxyType

from hypothesis import strategies as st

from causeway.domain.model.network import (
    LOCAL,
    AclEntry,
    Direction,
    NetworkAcl,
    NetworkInterface,
    PeeringConnection,
    PeeringStatus,
    Permission,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    Snapshot,
    Subnet,
    Vpc,
)
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Selector, VpcRef
from causeway.domain.model.values import PerSide, Side, Value
from tests.domain.networks import change

LETTERS = "abc"
CIDR_BLOCKS = {"a": ("10.0.0.0/16", "10.8.0.0/20"), "b": ("192.0.0.0/16", "192.8.0.0/20"), "c": ("172.16.0.0/16",)}
IPV6_CIDR_BLOCKS = {"a": "2600:1f00:a::/56", "b": "2600:1f00:b::/56", "c": "2600:1f00:c::/56"}
EVERYWHERE = ("0.0.0.0/0", "::/0")
NUMBERS = (1, 2)
HOSTS = (10, 20, 30, 40)

SHARED = "sg-shared"

PORTS = (0, 22, 80, 443, 1023, 1024, 5432, 8080, 32768, 65535)
MESSAGES = {"icmp": (8, 0, 3), "icmpv6": (128, 129, 1)}
PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "253")
EPHEMERAL = PortRange(first=1024, last=65535)
"""Where clients open connections from. Written down a second time, on purpose: the check is compared with it."""

LINUX_EPHEMERAL = PortRange(first=32768, last=65535)
SERVICES = PortRange(first=0, last=1023)
OPEN = (("-1", None),)
CAREFUL = (("tcp", SERVICES), ("tcp", EPHEMERAL), ("udp", SERVICES), ("udp", LINUX_EPHEMERAL), ("icmp", None))
ALMOST = (
    ("tcp", PortRange(first=0, last=65534)),
    ("udp", SERVICES),
    ("udp", PortRange(first=1025, last=65535)),
    ("icmp", None),
)


class World(Value):
    """VPCs, and the connections of some pairs of them.

    Attributes:
        snapshots: Everything that is there.
        flows: What to judge from each VPC to each other one. Their sides mean: from the first to the second.
        hidden: The security groups and prefix lists that the check does not get to read.
        security_groups: What is selected, by VPC; everything where nothing is said.
        route_tables: Likewise.
    """

    snapshots: tuple[Snapshot, ...]
    connections: tuple[PeeringConnection, ...]
    flows: tuple[Flow, ...]
    hidden: frozenset[str] = frozenset()
    security_groups: Mapping[str, Selector] = MappingProxyType({})
    route_tables: Mapping[str, Selector] = MappingProxyType({})

    def seen(self, snapshot: Snapshot) -> Snapshot:
        """A VPC as the check gets to see it."""
        return change(
            snapshot,
            security_groups=tuple(each for each in snapshot.security_groups if each.security_group_id not in self.hidden),
            prefix_lists=tuple(
                change(each, cidr_blocks=None) if each.prefix_list_id in self.hidden else each for each in snapshot.prefix_lists
            ),
        )


def world_of(seed: int) -> World:
    """The network with this number."""
    return random_world(Random(seed))


def worlds() -> st.SearchStrategy[World]:
    """The same for Hypothesis, which can make them smaller."""
    return st.randoms(use_true_random=False).map(random_world)


def random_world(random: Random) -> World:
    letters = LETTERS[: random.choice([2, 2, 2, 3])]
    vpcs = {letter: vpc(random, letter) for letter in letters}
    connections = tuple(
        connection(random, f"pcx-{one}{other}", vpcs[one], vpcs[other])
        for one, other in combinations(letters, 2)
        if mostly(random, True, False)
    )
    everywhere = [*blocks_in(vpcs["a"]), *blocks_in(vpcs["b"])]
    shared = security_group(random, SHARED, everywhere, [SHARED, "sg-a1", "sg-b1"], ["pl-a1"])
    return World(
        snapshots=tuple(snapshot(random, letter, vpcs, connections, shared) for letter in letters),
        connections=connections,
        flows=tuple(dict.fromkeys(flow(random, protocol) for protocol in random.choices(list(Protocol), k=3))),
        hidden=frozenset(name for letter in letters for name in hidden_in(random, letter)),
        security_groups=selectors(random, vpcs, "sg"),
        route_tables=selectors(random, vpcs, "rtb"),
    )


def hidden_in(random: Random, letter: str) -> Iterator[str]:
    """Mostly one of its two prefix lists; sometimes its second group."""
    for number in some(random, NUMBERS, mostly(random, 1, 0, 2)):
        yield f"pl-{letter}{number}"
    if mostly(random, False, *[True] * 5):
        yield f"sg-{letter}2"


def selectors(random: Random, vpcs: Mapping[str, Vpc], kind: str) -> dict[str, Selector]:
    """Of half of the VPCs only the first of the kind is selected."""
    chosen = [letter for letter in vpcs if random.choice([False, True])]
    return {vpcs[letter].ref.vpc_id: Selector(ids=(f"{kind}-{letter}1",)) for letter in chosen}


def mostly[T](random: Random, usual: T, *others: T) -> T:
    """The usual one in most cases."""
    return random.choice([usual] * 20 + list(others))


def few(random: Random, most: int) -> int:
    """From 0 on, small numbers more often: each oddity stops something, and much is to get through."""
    return min(random.randint(0, most), random.randint(0, most))


def some[T](random: Random, pool: Iterable[T], count: int) -> list[T]:
    """Different ones, in any order."""
    different = list(dict.fromkeys(pool))
    return random.sample(different, min(count, len(different)))


def vpc(random: Random, letter: str) -> Vpc:
    region = mostly(random, "us-east-1", "eu-west-1")
    return Vpc(
        ref=VpcRef(account_id="111111111111", region=region, vpc_id=f"vpc-{letter}"),
        cidr_blocks=CIDR_BLOCKS[letter][: random.randint(1, 2)],
        ipv6_cidr_blocks=mostly(random, (IPV6_CIDR_BLOCKS[letter],), ()),
    )


def connection(random: Random, connection_id: str, one: Vpc, other: Vpc) -> PeeringConnection:
    requester, accepter = random.choice([(one, other), (other, one)])
    return PeeringConnection(
        connection_id=connection_id,
        status=mostly(random, PeeringStatus.ACTIVE, PeeringStatus.PROVISIONING),
        requester=requester.ref,
        accepter=accepter.ref,
        cidr_blocks=PerSide(requester=requester.all_cidr_blocks, accepter=accepter.all_cidr_blocks),
    )


def snapshot(
    random: Random, letter: str, vpcs: dict[str, Vpc], connections: Sequence[PeeringConnection], shared: SecurityGroup
) -> Snapshot:
    """A VPC with its own groups, and the one that all VPCs are associated with."""
    here, peers = vpcs[letter], [peer for other, peer in vpcs.items() if other != letter]
    remotes = [block for peer in peers for block in blocks_in(peer)]
    subnets = tuple(subnet(f"subnet-{letter}{number}", here, number) for number in NUMBERS)
    groups = [f"sg-{letter}{number}" for number in NUMBERS]
    references = [SHARED, *(f"sg-{each}{number}" for each, number in product(vpcs, NUMBERS))]
    lists = tuple(prefix_list(random, f"pl-{letter}{number}", remotes) for number in NUMBERS)
    listed = [each.prefix_list_id for each in lists]
    peered = [each for each in connections if here.ref in {each.requester, each.accepter}]
    main_table, other_table = (
        route_table(random, f"rtb-{letter}{number}", here, peers, peered, listed=listed) for number in NUMBERS
    )
    default_acl, other_acl = (network_acl(random, f"acl-{letter}{number}", remotes) for number in NUMBERS)
    apart = random.choice([(), (subnets[1].subnet_id,)])
    return Snapshot(
        side=Side.REQUESTER,
        vpc=here,
        route_tables=(change(main_table, main=True), change(other_table, subnet_ids=apart)),
        security_groups=(*(security_group(random, group_id, remotes, references, listed) for group_id in groups), shared),
        network_acls=(change(default_acl, default=True), change(other_acl, subnet_ids=apart)),
        subnets=subnets,
        network_interfaces=tuple(
            interface(random, f"eni-{letter}{number}", host, subnets, groups)
            for number, host in enumerate(HOSTS[: random.randint(2, len(HOSTS))], 1)
        ),
        peering_connections=tuple(peered),
        prefix_lists=lists,
    )


def subnet(subnet_id: str, of: Vpc, number: int) -> Subnet:
    """The first is in the VPC's first block, the second in its last."""
    block = of.cidr_blocks[0 if number == 1 else -1]
    return Subnet(
        subnet_id=subnet_id,
        cidr_block=piece(block, 24, number),
        ipv6_cidr_blocks=tuple(piece(block, 64, number) for block in of.ipv6_cidr_blocks),
    )


@cache
def piece(block: str, prefix: int, number: int) -> str:
    return str(list(ip_network(block).subnets(new_prefix=prefix))[number])


def blocks_in(of: Vpc) -> Iterator[str]:
    """What somebody may name of a VPC: whole blocks, subnets, single addresses, and what is too wide."""
    yield from of.all_cidr_blocks
    for number in NUMBERS:
        for block in subnet("any", of, number).all_cidr_blocks:
            network = ip_network(block)
            yield block
            yield f"{network[HOSTS[0]]}/{network.max_prefixlen}"
    yield f"{of.cidr_blocks[0].split('.')[0]}.0.0.0/8"


def interface(random: Random, interface_id: str, host: int, subnets: Sequence[Subnet], groups: list[str]) -> NetworkInterface:
    """Mostly with one address of each family; else with a second one of each."""
    where = random.choice(subnets)
    hosts = mostly(random, (host,), (host, host + 1))
    return NetworkInterface(
        network_interface_id=interface_id,
        subnet_id=where.subnet_id,
        addresses=tuple(str(ip_network(block)[each]) for block in where.all_cidr_blocks for each in hosts),
        security_group_ids=(*some(random, groups, random.randint(1, len(groups))), *random.choice([(), (SHARED,)])),
    )


def route_table(
    random: Random,
    table_id: str,
    here: Vpc,
    peers: Sequence[Vpc],
    connections: Sequence[PeeringConnection],
    *,
    listed: Sequence[str],
) -> RouteTable:
    """Mostly with a route to each block of each peer; with black holes, detours, and routes to parts, to more, and by lists."""
    routes = {block: Route(destination=block, target=LOCAL) for block in here.all_cidr_blocks}
    targets = [*(each.connection_id for each in connections), "tgw-1"]
    for peer in peers:
        direct = [each.connection_id for each in connections if each.joins(here.ref, peer.ref)] or ["pcx-gone"]
        for block in peer.all_cidr_blocks:
            if mostly(random, True, False):
                routes[block] = Route(destination=block, target=direct[0], blackhole=mostly(random, False, True))
    remotes = [*EVERYWHERE, *(block for peer in peers for block in blocks_in(peer))]
    for _ in range(few(random, 3)):
        destination, target = random.choice(random.choice([remotes, listed])), random.choice(targets)
        routes.setdefault(destination, Route(destination=destination, target=target, blackhole=mostly(random, False, True)))
    learned = some(random, remotes, mostly(random, 0, 1, 2))
    propagated = (Route(destination=block, target="vgw-1", propagated=True) for block in learned)
    return RouteTable(route_table_id=table_id, routes=(*routes.values(), *propagated))


def prefix_list(random: Random, prefix_list_id: str, remotes: list[str]) -> PrefixList:
    """Of either family; its blocks may lie in one another."""
    version = mostly(random, 4, 6)
    blocks = [block for block in remotes if ip_network(block).version == version] or ["2600:1f00:c::/56"]
    return PrefixList(
        prefix_list_id=prefix_list_id,
        name=prefix_list_id,
        family=version,
        max_entries=10,
        cidr_blocks=tuple(some(random, blocks, random.randint(0, 4))),
    )


def network_acl(random: Random, acl_id: str, remotes: list[str]) -> NetworkAcl:
    """Some entries in random order, and behind them mostly AWS's default ones, or what people put in their place."""
    first = [acl_entry(random, remotes) for _ in range(few(random, 2))]
    behind = [
        AclEntry(number=1, direction=direction, allow=True, protocol=protocol, cidr_block=block, ports=ports)
        for direction in Direction
        for protocol, ports in mostly(random, OPEN, (), CAREFUL, CAREFUL, ALMOST, ALMOST)
        for block in EVERYWHERE
    ]
    numbers = [*random.sample(range(1, len(first) + 1), len(first)), *range(100, 100 + len(behind))]
    entries = tuple(change(entry, number=number) for number, entry in zip(numbers, first + behind, strict=True))
    return NetworkAcl(network_acl_id=acl_id, entries=entries)


def acl_entry(random: Random, remotes: list[str]) -> AclEntry:
    protocol, ports = traffic(random)
    return AclEntry(
        number=1,
        direction=random.choice(list(Direction)),
        allow=random.choice([False, True]),
        protocol=protocol,
        cidr_block=random.choice([*EVERYWHERE, *remotes]),
        ports=ports,
    )


def security_group(
    random: Random, group_id: str, remotes: list[str], references: list[str], listed: list[str]
) -> SecurityGroup:
    """Some rules, and mostly everything out, as AWS begins; often everything in from everywhere, or from some groups."""
    peers = {
        Direction.EGRESS: mostly(random, EVERYWHERE, references, ()),
        Direction.INGRESS: random.choice([EVERYWHERE, EVERYWHERE, references, references[::2], ()]),
    }
    broad = [Permission(direction=each, protocol="-1", peer=peer) for each in Direction for peer in peers[each]]
    rules = [permission(random, remotes, references, listed) for _ in range(random.randint(0, 5))]
    return SecurityGroup(security_group_id=group_id, name=group_id, permissions=(*rules, *broad))


def permission(random: Random, remotes: list[str], references: list[str], listed: list[str]) -> Permission:
    protocol, ports = traffic(random)
    peer = random.choice(random.choice([EVERYWHERE, remotes, references, listed]))
    return Permission(direction=random.choice(list(Direction)), protocol=protocol, peer=peer, ports=ports)


def traffic(random: Random) -> tuple[str, PortRange | None]:
    """What a rule is about: a protocol, and of some its ports, or a type and code."""
    protocol = random.choice(["-1", *PROTOCOLS])
    if protocol in {"tcp", "udp"}:
        return protocol, random.choice([None, EPHEMERAL, port_range(random)])
    if protocol in MESSAGES:
        message = PortRange(first=random.choice(MESSAGES[protocol]), last=random.choice([-1, 0]))
        return protocol, random.choice([None, message])
    return protocol, None


def port_range(random: Random) -> PortRange:
    """Of one port as often as of several."""
    port = random.choice(PORTS)
    first, last = sorted((port, random.choice([port, random.choice(PORTS)])))
    return PortRange(first=first, last=last)


def flow(random: Random, protocol: Protocol) -> Flow:
    """With ports for the protocols that have them; port 0 alone is no flow."""
    ports = None
    if protocol.has_ports:
        port = random.choice(PORTS[1:])
        first, last = sorted((mostly(random, port, *PORTS), port))
        ports = PortRange(first=first, last=last)
    return Flow(source=Side.REQUESTER, protocol=protocol, ports=ports)
