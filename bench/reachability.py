"""How long the reachability check takes for many interfaces, beside asking about each pair of them one by one.

Nothing but the check: no AWS, no network, one core, its own processor time. The naive way asks the same hops about every flow
between every pair of interfaces, which would take hours. So it does that for fewer interfaces of the same kind, all pairs,
where both ways must find the same; what it would take for all is told by what it takes for a pair.
"""

import random
from ipaddress import IPv4Network
from itertools import islice, product
from time import process_time

import msgspec

from causeway.domain.model.network import (
    LOCAL,
    AclEntry,
    Direction,
    NetworkAcl,
    NetworkInterface,
    PeeringConnection,
    PeeringStatus,
    Permission,
    Route,
    RouteTable,
    SecurityGroup,
    Snapshot,
    Subnet,
    Vpc,
)
from causeway.domain.model.protocols import ALL_PROTOCOLS, PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector, VpcRef
from causeway.domain.model.values import PerSide, Side
from causeway.domain.reachability.check import check, judge
from causeway.domain.reachability.endpoints import End
from causeway.domain.reachability.equivalence import ends_of

BLOCKS = PerSide(requester="10.0.0.0/16", accepter="10.1.0.0/16")
ACCOUNTS = PerSide(requester="111111111111", accepter="222222222222")
CONNECTION_ID = "pcx-1"
ZONES = 3
ROUTED, PINGED = 0.9, 0.5
"""How many of the route tables lead to the peer, and of the security groups let its pings in."""

PORTS = (22, 80, 443, 5432, 6379, 8080)
EVERYTHING = PerSide(requester=Selector(every=True), accepter=Selector(every=True))
FLOWS = (
    Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=443, last=443)),
    Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=5432, last=5432)),
    Flow(source=Side.ACCEPTER, protocol=Protocol.ICMP),
)


class Dimensions(msgspec.Struct, frozen=True):
    """Of each side."""

    interfaces: int
    security_groups: int
    route_tables: int


WHOLE, SAMPLE = Dimensions(5000, 200, 100), Dimensions(50, 200, 100)


class Reachability(msgspec.Struct, frozen=True):
    """What the check took, and what the naive way would take.

    Attributes:
        pairs: A source, a destination and a flow each.
        reachable: How many of them are.
        verdicts: One for each pair of classes and each flow.
        seconds: Of one core, for all pairs.
        naive_pairs: How many the naive way judged, on the smaller network.
        naive_seconds: What it took for them.
        agreed: Whether both ways found as many of them reachable.
    """

    whole: Dimensions
    sample: Dimensions
    pairs: int
    reachable: int
    verdicts: int
    seconds: float
    naive_pairs: int
    naive_seconds: float
    agreed: bool

    @property
    def naive_whole_seconds(self) -> float:
        """What the naive way would take for all pairs."""
        return self.naive_seconds / self.naive_pairs * self.pairs


def measure_reachability(whole: Dimensions = WHOLE, sample: Dimensions = SAMPLE) -> Reachability:
    """Judge all pairs by the check; and those of a smaller network by the check and one by one."""
    verdicts, reachable, seconds = _check(build_networks(whole))
    networks = build_networks(sample)
    naively_reachable, naive_seconds = _ask_each(networks)
    return Reachability(
        whole=whole,
        sample=sample,
        pairs=whole.interfaces**2 * len(FLOWS),
        reachable=reachable,
        verdicts=verdicts,
        seconds=seconds,
        naive_pairs=sample.interfaces**2 * len(FLOWS),
        naive_seconds=naive_seconds,
        agreed=_check(networks)[1] == naively_reachable,
    )


def build_networks(dimensions: Dimensions) -> PerSide[Snapshot]:
    """Two peered VPCs that are used: the same ones each time."""
    chance = random.Random(1)  # noqa: S311
    return PerSide.of(lambda side: _side(side, dimensions, chance))


def _check(networks: PerSide[Snapshot]) -> tuple[int, int, float]:
    """How many verdicts there are, how many pairs they find reachable, and the seconds."""
    request, connection = a_request(networks), a_connection(networks)
    begun = process_time()
    verdicts = check(request, networks, connection)
    seconds = process_time() - begun
    found = (each.source.stands_for * each.destination.stands_for for each in verdicts if each.reachable)
    return len(verdicts), sum(found), seconds


def _ask_each(networks: PerSide[Snapshot]) -> tuple[int, float]:
    """How many pairs are reachable, and the seconds; without those that it takes to find the ends."""
    every, connection = [(flow, _all_ends(flow, networks)) for flow in FLOWS], a_connection(networks)
    begun = process_time()
    reachable = sum(
        judge(flow, source, destination, connection).reachable
        for flow, ends in every
        for source, destination in product(ends[flow.source], ends[flow.destination])
    )
    return reachable, process_time() - begun


def _all_ends(flow: Flow, networks: PerSide[Snapshot]) -> PerSide[list[End]]:
    """An end for each interface, alike or not."""
    request = a_request(networks)
    pairs = zip(networks.requester.network_interfaces, networks.accepter.network_interfaces, strict=True)
    by_pair = [
        ends_of(
            flow,
            request,
            PerSide(requester=_with_only(networks.requester, one), accepter=_with_only(networks.accepter, other)),
        )
        for one, other in pairs
    ]
    return PerSide.of(lambda side: [end for ends in by_pair for end in ends[side]])


def _with_only(network: Snapshot, interface: NetworkInterface) -> Snapshot:
    """The side with one interface, and only the groups that it carries: none is assumed."""
    carried = tuple(group for group in network.security_groups if group.security_group_id in interface.security_group_ids)
    return msgspec.structs.replace(network, network_interfaces=(interface,), security_groups=carried)


def a_request(networks: PerSide[Snapshot]) -> Request:
    """For all that both have."""
    return Request(
        request_id="bench",
        requester=networks.requester.vpc.ref,
        accepter=networks.accepter.vpc.ref,
        flows=FLOWS,
        route_tables=EVERYTHING,
        security_groups=EVERYTHING,
        dns_resolution=PerSide(requester=False, accepter=False),
        tags={},
    )


def a_connection(networks: PerSide[Snapshot]) -> PeeringConnection:
    """The one that the routes lead to."""
    return PeeringConnection(
        connection_id=CONNECTION_ID,
        status=PeeringStatus.ACTIVE,
        requester=networks.requester.vpc.ref,
        accepter=networks.accepter.vpc.ref,
    )


def _side(side: Side, dimensions: Dimensions, chance: random.Random) -> Snapshot:
    """A subnet for each route table; its interfaces carry one to three of the security groups."""
    blocks = tuple(islice(IPv4Network(BLOCKS[side]).subnets(new_prefix=23), dimensions.route_tables))
    subnet_ids = [f"subnet-{side}-{number}" for number in range(len(blocks))]
    group_ids = [f"sg-{side}-{number}" for number in range(dimensions.security_groups)]
    places = (divmod(number, len(blocks)) for number in range(dimensions.interfaces))
    interfaces = (
        NetworkInterface(
            network_interface_id=f"eni-{side}-{subnet}-{host}",
            subnet_id=subnet_ids[subnet],
            addresses=(str(blocks[subnet][host + 4]),),
            security_group_ids=tuple(chance.sample(group_ids, chance.randint(1, 3))),
        )
        for host, subnet in places
    )
    return Snapshot(
        side=side,
        vpc=Vpc(
            ref=VpcRef(account_id=ACCOUNTS[side], region="us-east-1", vpc_id=f"vpc-{side}"),
            cidr_blocks=(BLOCKS[side],),
        ),
        route_tables=tuple(_route_table(side, number, each, chance) for number, each in enumerate(subnet_ids)),
        security_groups=tuple(_security_group(side, each, group_ids, chance) for each in group_ids),
        network_acls=(NetworkAcl(network_acl_id=f"acl-{side}", default=True, entries=_entries()),),
        subnets=tuple(Subnet(subnet_id=each, cidr_block=str(block)) for each, block in zip(subnet_ids, blocks, strict=True)),
        network_interfaces=tuple(interfaces),
    )


def _route_table(side: Side, number: int, subnet_id: str, chance: random.Random) -> RouteTable:
    """Each is different, and most lead to the peer."""
    routes = [
        Route(destination=BLOCKS[side], target=LOCAL),
        Route(destination="0.0.0.0/0", target=f"nat-{number % ZONES}"),
        Route(destination=f"172.16.{number}.0/24", target="tgw-1"),
    ]
    if chance.random() < ROUTED:
        routes.append(Route(destination=BLOCKS[side.other], target=CONNECTION_ID))
    return RouteTable(route_table_id=f"rtb-{side}-{number}", subnet_ids=(subnet_id,), routes=tuple(routes))


def _security_group(side: Side, group_id: str, group_ids: list[str], chance: random.Random) -> SecurityGroup:
    """Everything out; in what its own VPC's groups send, and some of what the peer does: all of it, a part, or one group."""
    there = BLOCKS[side.other]
    peers = (there, there, str(next(IPv4Network(there).subnets(new_prefix=20))), f"sg-{side.other}-0")
    return SecurityGroup(
        security_group_id=group_id,
        name=group_id,
        permissions=(
            Permission(direction=Direction.EGRESS, protocol=ALL_PROTOCOLS, peer="0.0.0.0/0"),
            *(_ingress("tcp", chance.choice(group_ids), chance.choice(PORTS)) for _ in range(4)),
            *(_ingress("tcp", chance.choice(peers), chance.choice(PORTS)) for _ in range(chance.randint(0, 2))),
            *((_ingress("icmp", there),) if chance.random() < PINGED else ()),
        ),
    )


def _ingress(protocol: str, peer: str, port: int | None = None) -> Permission:
    ports = None if port is None else PortRange(first=port, last=port)
    return Permission(direction=Direction.INGRESS, protocol=protocol, ports=ports, peer=peer)


def _entries() -> tuple[AclEntry, ...]:
    return tuple(
        AclEntry(number=100, direction=direction, allow=True, protocol=ALL_PROTOCOLS, cidr_block="0.0.0.0/0")
        for direction in Direction
    )
