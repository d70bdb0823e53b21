"""Random networks that are odd, and yet let much through: two or three VPCs, of which each two may be peered."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from itertools import combinations, product

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
from causeway.domain.model.request import Flow, VpcRef
from causeway.domain.model.values import PerSide, Side, Value
from tests.domain.networks import change

LETTERS = "abc"
CIDR_BLOCKS = {"a": ("10.0.0.0/16", "10.8.0.0/20"), "b": ("192.0.0.0/16", "192.8.0.0/20"), "c": ("172.16.0.0/16",)}
IPV6_CIDR_BLOCKS = {"a": "2600:1f00:a::/56", "b": "2600:1f00:b::/56", "c": "2600:1f00:c::/56"}
EVERYWHERE = ("0.0.0.0/0", "::/0")
NUMBERS = (1, 2)
HOSTS = (10, 20, 30)

PORTS = (0, 22, 80, 443, 1023, 1024, 5432, 8080, 32768, 65535)
MESSAGES = {"icmp": (8, 0, 3), "icmpv6": (128, 129, 1)}
PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "253")
EPHEMERAL = PortRange(first=1024, last=65535)
LINUX_EPHEMERAL = PortRange(first=32768, last=65535)
SERVICES = PortRange(first=0, last=1023)
OPEN = (("-1", None),)
CAREFUL = (("tcp", SERVICES), ("tcp", EPHEMERAL), ("udp", SERVICES), ("udp", LINUX_EPHEMERAL), ("icmp", None))


class World(Value):
    """VPCs, and the connections of some pairs of them.

    Attributes:
        flows: What to judge from any interface to any one in another VPC. Their sides mean: from the first to the second.
    """

    snapshots: tuple[Snapshot, ...]
    connections: tuple[PeeringConnection, ...]
    flows: tuple[Flow, ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    letters = LETTERS[: draw(mostly(2, 3))]
    vpcs = {letter: draw(vpc(letter)) for letter in letters}
    connections = tuple(
        draw(connection(f"pcx-{one}{other}", vpcs[one], vpcs[other]))
        for one, other in combinations(letters, 2)
        if draw(mostly(True, False))
    )
    return World(
        snapshots=tuple(draw(snapshot(letter, vpcs, connections)) for letter in letters),
        connections=connections,
        flows=draw(st.lists(flow(), min_size=3, max_size=3, unique=True).map(tuple)),
    )


def mostly[T](usual: T, *others: T) -> st.SearchStrategy[T]:
    """The usual one in most cases, and where there is a choice in the smallest example."""
    return st.sampled_from([usual] * 10 + list(others))


@st.composite
def vpc(draw: st.DrawFn, letter: str) -> Vpc:
    region = draw(mostly("us-east-1", "eu-west-1"))
    return Vpc(
        ref=VpcRef(account_id="111111111111", region=region, vpc_id=f"vpc-{letter}"),
        cidr_blocks=CIDR_BLOCKS[letter][: draw(st.integers(1, 2))],
        ipv6_cidr_blocks=draw(mostly((IPV6_CIDR_BLOCKS[letter],), ())),
    )


@st.composite
def connection(draw: st.DrawFn, connection_id: str, one: Vpc, other: Vpc) -> PeeringConnection:
    requester, accepter = draw(st.sampled_from([(one, other), (other, one)]))
    return PeeringConnection(
        connection_id=connection_id,
        status=draw(mostly(PeeringStatus.ACTIVE, PeeringStatus.PROVISIONING)),
        requester=requester.ref,
        accepter=accepter.ref,
        cidr_blocks=PerSide(requester=requester.all_cidr_blocks, accepter=accepter.all_cidr_blocks),
    )


@st.composite
def snapshot(draw: st.DrawFn, letter: str, vpcs: dict[str, Vpc], connections: Sequence[PeeringConnection]) -> Snapshot:
    here, peers = vpcs[letter], [peer for other, peer in vpcs.items() if other != letter]
    remotes = [block for peer in peers for block in blocks_in(peer)]
    subnets = tuple(subnet(f"subnet-{letter}{number}", here, number) for number in NUMBERS)
    groups = [f"sg-{letter}{number}" for number in NUMBERS]
    references = [f"sg-{each}{number}" for each, number in product(vpcs, NUMBERS)]
    lists = tuple(draw(prefix_list(f"pl-{letter}{number}", remotes)) for number in NUMBERS)
    listed = [*(each.prefix_list_id for each in lists), f"pl-{letter}-unread"]
    peered = [each for each in connections if here.ref in {each.requester, each.accepter}]
    main_table, other_table = (
        draw(route_table(f"rtb-{letter}{number}", here, peers, peered, listed=listed)) for number in NUMBERS
    )
    default_acl, other_acl = (draw(network_acl(f"acl-{letter}{number}", remotes)) for number in NUMBERS)
    apart = draw(st.sampled_from([(), (subnets[1].subnet_id,)]))
    return Snapshot(
        side=Side.REQUESTER,
        vpc=here,
        route_tables=(change(main_table, main=True), change(other_table, subnet_ids=apart)),
        security_groups=tuple(draw(security_group(group_id, remotes, references, listed)) for group_id in groups),
        network_acls=(change(default_acl, default=True), change(other_acl, subnet_ids=apart)),
        subnets=subnets,
        network_interfaces=tuple(
            draw(interface(f"eni-{letter}{number}", host, subnets, groups))
            for number, host in enumerate(HOSTS[: draw(st.integers(2, len(HOSTS)))], 1)
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


@st.composite
def interface(draw: st.DrawFn, interface_id: str, host: int, subnets: Sequence[Subnet], groups: list[str]) -> NetworkInterface:
    """Mostly with one address of each family; else with a second one of each."""
    where = draw(st.sampled_from(subnets))
    hosts = draw(mostly((host,), (host, host + 1)))
    return NetworkInterface(
        network_interface_id=interface_id,
        subnet_id=where.subnet_id,
        addresses=tuple(str(ip_network(block)[each]) for block in where.all_cidr_blocks for each in hosts),
        security_group_ids=draw(st.lists(st.sampled_from(groups), min_size=1, unique=True).map(tuple)),
    )


@st.composite
def route_table(
    draw: st.DrawFn,
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
            if draw(mostly(True, False)):
                routes[block] = Route(destination=block, target=direct[0], blackhole=draw(mostly(False, True)))
    remotes = st.sampled_from([*EVERYWHERE, *(block for peer in peers for block in blocks_in(peer))])
    for destination in draw(st.lists(remotes | st.sampled_from(listed), max_size=3, unique=True)):
        target = draw(st.sampled_from(targets))
        routes.setdefault(destination, Route(destination=destination, target=target, blackhole=draw(mostly(False, True))))
    return RouteTable(route_table_id=table_id, routes=tuple(routes.values()))


@st.composite
def prefix_list(draw: st.DrawFn, prefix_list_id: str, remotes: list[str]) -> PrefixList:
    """Of either family; its blocks may lie in one another."""
    version = draw(mostly(4, 6))
    blocks = st.sampled_from([block for block in remotes if ip_network(block).version == version] or ["2600:1f00:c::/56"])
    return PrefixList(
        prefix_list_id=prefix_list_id,
        name=prefix_list_id,
        family=version,
        max_entries=10,
        cidr_blocks=draw(st.lists(blocks, max_size=4, unique=True).map(tuple)),
    )


@st.composite
def network_acl(draw: st.DrawFn, acl_id: str, remotes: list[str]) -> NetworkAcl:
    """Some entries in random order, and behind them mostly AWS's default ones, or what a careful person puts in their place."""
    first = draw(st.lists(acl_entry(remotes), max_size=3))
    behind = [
        AclEntry(number=1, direction=direction, allow=True, protocol=protocol, cidr_block=block, ports=ports)
        for direction in Direction
        for protocol, ports in draw(mostly(OPEN, (), *[CAREFUL] * 2))
        for block in EVERYWHERE
    ]
    numbers = [*draw(st.permutations(range(1, len(first) + 1))), *range(100, 100 + len(behind))]
    entries = tuple(change(entry, number=number) for number, entry in zip(numbers, first + behind, strict=True))
    return NetworkAcl(network_acl_id=acl_id, entries=entries)


@st.composite
def acl_entry(draw: st.DrawFn, remotes: list[str]) -> AclEntry:
    protocol, ports = draw(traffic())
    return AclEntry(
        number=1,
        direction=draw(st.sampled_from(Direction)),
        allow=draw(st.booleans()),
        protocol=protocol,
        cidr_block=draw(st.sampled_from([*EVERYWHERE, *remotes])),
        ports=ports,
    )


@st.composite
def security_group(
    draw: st.DrawFn, group_id: str, remotes: list[str], references: list[str], listed: list[str]
) -> SecurityGroup:
    """Some rules, and mostly everything out, as AWS begins; often everything in from everywhere, or from some groups."""
    peers = {
        Direction.EGRESS: draw(mostly(EVERYWHERE, references, ())),
        Direction.INGRESS: draw(st.sampled_from([EVERYWHERE, references, references[::2], ()])),
    }
    broad = [Permission(direction=each, protocol="-1", peer=peer) for each in Direction for peer in peers[each]]
    rules = draw(st.lists(permission(remotes, references, listed), max_size=5))
    return SecurityGroup(security_group_id=group_id, name=group_id, permissions=(*rules, *broad))


@st.composite
def permission(draw: st.DrawFn, remotes: list[str], references: list[str], listed: list[str]) -> Permission:
    protocol, ports = draw(traffic())
    peer = draw(st.sampled_from(EVERYWHERE) | st.sampled_from(remotes) | st.sampled_from(references) | st.sampled_from(listed))
    return Permission(direction=draw(st.sampled_from(Direction)), protocol=protocol, peer=peer, ports=ports)


@st.composite
def traffic(draw: st.DrawFn) -> tuple[str, PortRange | None]:
    """What a rule is about: a protocol, and of some its ports, or a type and code."""
    protocol = draw(st.sampled_from(["-1", *PROTOCOLS]))
    if protocol in {"tcp", "udp"}:
        return protocol, draw(st.none() | st.just(EPHEMERAL) | port_range())
    if protocol in MESSAGES:
        message = st.builds(PortRange, first=st.sampled_from(MESSAGES[protocol]), last=st.sampled_from([-1, 0]))
        return protocol, draw(st.none() | message)
    return protocol, None


def port_range() -> st.SearchStrategy[PortRange]:
    ends = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS))
    return ends.map(lambda pair: PortRange(first=min(pair), last=max(pair)))


@st.composite
def flow(draw: st.DrawFn) -> Flow:
    protocol = draw(st.sampled_from(Protocol))
    ports = draw(port_range().filter(lambda ports: ports.last > 0)) if protocol.has_ports else None
    return Flow(source=Side.REQUESTER, protocol=protocol, ports=ports)
