"""Small networks to judge: plain functions, whose defaults are the walkthrough's, and strategies that vary them.

Ids tell their side: `subnet-a1` is the requester's first subnet and `sg-b1` the accepter's first security group.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import msgspec
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
from causeway.domain.model.request import Flow, Peer, Request, Selector, VpcRef
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, Change, CreatePeering, CreateRoute
from causeway.domain.planning.plan import Plan

CONNECTION_ID = "pcx-1"
EVERYTHING = Selector(every=True)
ACCOUNTS = PerSide(requester="111111111111", accepter="222222222222")
CIDR_BLOCKS = PerSide(requester="10.0.0.0/16", accepter="192.0.0.0/16")
IPV6_CIDR_BLOCKS = PerSide(requester="2600:1f00:a::/56", accepter="2600:1f00:b::/56")
FIRST_HOST = 10  # addresses below it stay free: the first four of a subnet are AWS's own


def named(kind: str, side: Side, number: int) -> str:
    """The id of a side's nth resource of a kind: `named("sg", Side.ACCEPTER, 1)` is `sg-b1`."""
    return f"{kind}-{'a' if side is Side.REQUESTER else 'b'}{number}"


def vpc_ref(side: Side, *, region: str = "us-east-1") -> VpcRef:
    return VpcRef(account_id=ACCOUNTS[side], region=region, vpc_id=named("vpc", side, 1))


def flow(source: Side, protocol: Protocol = Protocol.TCP, ports: PortRange | int | None = None, **changes: Any) -> Flow:
    return Flow(
        source=source,
        protocol=protocol,
        ports=PortRange(first=ports, last=ports) if isinstance(ports, int) else ports,
        **changes,
    )


def ssh(source: Side = Side.REQUESTER) -> Flow:
    return flow(source, Protocol.TCP, 22)


def ping(source: Side = Side.REQUESTER) -> Flow:
    return flow(source, Protocol.ICMP)


def request(*flows: Flow, accepter_region: str = "us-east-1", **changes: Any) -> Request:
    """A request for everything that both VPCs have; SSH and ICMP both ways, unless flows are given."""
    fields: dict[str, Any] = {
        "request_id": "test-to-production",
        "requester": vpc_ref(Side.REQUESTER),
        "accepter": vpc_ref(Side.ACCEPTER, region=accepter_region),
        "flows": flows or tuple(flow_of(side) for side in SIDES for flow_of in (ssh, ping)),
        "route_tables": PerSide(requester=EVERYTHING, accepter=EVERYTHING),
        "security_groups": PerSide(requester=EVERYTHING, accepter=EVERYTHING),
        "dns_resolution": PerSide(requester=False, accepter=False),
        "tags": {},
    }
    return Request(**fields | changes)


def change[T: msgspec.Struct](value: T, **changes: Any) -> T:
    """The value with some fields changed."""
    return msgspec.structs.replace(value, **changes)


def change_side[T](both: PerSide[T], side: Side, value: T) -> PerSide[T]:
    return change(both, **{side.value: value})


def allow_all(*, ipv6: bool = False) -> tuple[AclEntry, ...]:
    """The entries of a new network ACL as AWS makes it for a new VPC, without the implicit last ones."""
    blocks = ("0.0.0.0/0", "::/0") if ipv6 else ("0.0.0.0/0",)
    return tuple(
        AclEntry(number=100 + place, direction=direction, allow=True, protocol="-1", cidr_block=block)
        for direction in Direction
        for place, block in enumerate(blocks)
    )


def snapshot(
    side: Side,
    *,
    cidr: str | None = None,
    ipv6_cidr: str | None = None,
    region: str = "us-east-1",
    subnets: int = 1,
    interfaces: int = 1,
    security_groups: int = 1,
    **changes: Any,
) -> Snapshot:
    """A VPC as one starts out with it, not peered yet.

    Each subnet is a /24 (IPv6: a /64) with its own route table (`rtb-?1`, …; the main one, `rtb-?0`, is used by none), a
    default route to the internet gateway, and `interfaces` instances from `.10` on. All interfaces carry all the security
    groups, which allow everything out and nothing in. One network ACL, the default one, allows everything.

    Args:
        side: Names the resources, and decides the blocks where none are given.
        cidr: The primary IPv4 block; the walkthrough's where none is given.
        ipv6_cidr: An IPv6 block; the VPC has none where none is given.
        region: Where the VPC is.
        subnets: How many subnets, and so route tables beside the main one.
        interfaces: How many in each subnet.
        security_groups: How many.
        **changes: Fields of the snapshot to set afterwards.
    """
    blocks = tuple(block for block in (cidr or CIDR_BLOCKS[side], ipv6_cidr) if block)
    subnet_values = _subnets(side, blocks, subnets)
    group_ids = tuple(named("sg", side, number) for number in range(1, security_groups + 1))
    result = Snapshot(
        side=side,
        vpc=Vpc(ref=vpc_ref(side, region=region), cidr_blocks=blocks[:1], ipv6_cidr_blocks=blocks[1:]),
        route_tables=_route_tables(side, blocks, subnet_values),
        security_groups=tuple(
            SecurityGroup(security_group_id=group_id, name=group_id, permissions=everything_out(ipv6=ipv6_cidr is not None))
            for group_id in group_ids
        ),
        network_acls=(
            NetworkAcl(
                network_acl_id=named("acl", side, 1),
                default=True,
                subnet_ids=tuple(subnet.subnet_id for subnet in subnet_values),
                entries=allow_all(ipv6=ipv6_cidr is not None),
            ),
        ),
        subnets=subnet_values,
        network_interfaces=tuple(
            _interface(side, subnet, number=place * interfaces + host + 1, host=FIRST_HOST + host, group_ids=group_ids)
            for place, subnet in enumerate(subnet_values)
            for host in range(interfaces)
        ),
    )
    return change(result, **changes)


def everything_out(*, ipv6: bool = False) -> tuple[Permission, ...]:
    return tuple(
        Permission(direction=Direction.EGRESS, protocol="-1", peer=block) for block in ("0.0.0.0/0", "::/0")[: 2 if ipv6 else 1]
    )


def snapshots(*, ipv6: bool = False, **options: Any) -> PerSide[Snapshot]:
    """Both sides, alike in all but their blocks; `options` as for `snapshot`."""
    blocks = {side: IPV6_CIDR_BLOCKS[side] if ipv6 else None for side in SIDES}
    return PerSide.of(lambda side: snapshot(side, ipv6_cidr=blocks[side], **options))


def connection(networks: PerSide[Snapshot], status: PeeringStatus = PeeringStatus.ACTIVE, **changes: Any) -> PeeringConnection:
    """The connection of the two VPCs; the CIDR blocks are shown as far as AWS does."""
    shown = status is PeeringStatus.ACTIVE
    result = PeeringConnection(
        connection_id=CONNECTION_ID,
        status=status,
        requester=networks.requester.vpc.ref,
        accepter=networks.accepter.vpc.ref,
        cidr_blocks=PerSide(
            requester=networks.requester.vpc.all_cidr_blocks,
            accepter=networks.accepter.vpc.all_cidr_blocks if shown else (),
        ),
    )
    return change(result, **changes)


def with_routes(network: Snapshot, *routes: Route, tables: Iterable[str] | None = None) -> Snapshot:
    """The side with routes added to the named tables, or to all."""
    chosen = None if tables is None else set(tables)
    return change(
        network,
        route_tables=tuple(
            change(table, routes=table.routes + routes) if chosen is None or table.route_table_id in chosen else table
            for table in network.route_tables
        ),
    )


def behind(networks: PerSide[Snapshot], side: Side, address: str, target: str) -> PerSide[Snapshot]:
    """The side's first interface with an address that no block of its VPC has, and all routes that a way to it needs.

    It stands for what a gateway of the side, or another peering, leads to.
    """
    here, there, destination = networks[side], networks[side.other], f"{address}/{ip_network(address).max_prefixlen}"
    first, *others = here.network_interfaces
    interfaces = (change(first, addresses=(address,)), *others)
    onward = with_routes(change(here, network_interfaces=interfaces), Route(destination=destination, target=target))
    to_the_peer = with_routes(there, Route(destination=destination, target=CONNECTION_ID))
    return change_side(change_side(networks, side, onward), side.other, to_the_peer)


BEHIND_A_PEER = {
    "its other peering": ("172.16.0.10", "pcx-2"),
    "its other peering, in IPv6": ("2600:1f00:c::10", "pcx-2"),
    "its internet gateway": ("203.0.113.10", "igw-1"),
    "its egress-only internet gateway": ("2001:db8::10", "eigw-1"),
    "its NAT gateway": ("198.51.100.10", "nat-1"),
    "its VPN": ("10.99.0.10", "vgw-1"),
    "its transit gateway": ("10.100.0.10", "tgw-1"),
    "its gateway endpoint": ("52.216.0.10", "vpce-1"),
}
"""What no peering leads to, though routes do (VPC peering guide, "VPC peering limitations"): an address, the peer's target."""


def prefix_list(*blocks: str, number: int = 1, family: int = 4, max_entries: int = 10) -> PrefixList:
    """`pl-1`, named `list-1`, or another one, that holds the blocks."""
    return PrefixList(
        prefix_list_id=f"pl-{number}",
        name=f"list-{number}",
        family=family,
        max_entries=max_entries,
        cidr_blocks=blocks,
    )


def by_list(block: str, target: str) -> Route:
    """A route by a prefix list that holds the block, resolved."""
    return Route(destination=block, target=target, prefix_list="pl-1 (list-1)")


def with_permissions(network: Snapshot, *permissions: Permission, groups: Iterable[str] | None = None) -> Snapshot:
    """The side with rules added to the named security groups, or to all."""
    chosen = None if groups is None else set(groups)
    return change(
        network,
        security_groups=tuple(
            change(group, permissions=group.permissions + permissions)
            if chosen is None or group.security_group_id in chosen
            else group
            for group in network.security_groups
        ),
    )


def with_entries(network: Snapshot, *entries: AclEntry) -> Snapshot:
    """The side with entries in front of those of all its network ACLs."""
    return change(network, network_acls=tuple(change(acl, entries=entries + acl.entries) for acl in network.network_acls))


def closed(network: Snapshot) -> Snapshot:
    """With network ACLs that let nothing through."""
    return change(network, network_acls=tuple(change(acl, entries=()) for acl in network.network_acls))


def whole_plan(wanted: Request, networks: PerSide[Snapshot]) -> Plan:
    """Everything a new peering of these two needs, whatever is there already: what a planner's plan is compared with."""
    changes: list[Change] = [CreatePeering(vpc=wanted.requester, peer=wanted.accepter, tags={})]
    for side in SIDES:
        changes += _routes(wanted, networks, side)
        changes += _rules(wanted, networks, side)
    return Plan(request_id=wanted.request_id, generation=1, changes=tuple(changes))


@st.composite
def networks_and_flows(draw: st.DrawFn) -> tuple[PerSide[Snapshot], Request]:
    """Two ordinary VPCs of any small size, with or without IPv6, and a request for one to three flows."""
    ipv6 = draw(st.booleans())
    networks = PerSide.of(
        lambda side: snapshot(
            side,
            ipv6_cidr=IPV6_CIDR_BLOCKS[side] if ipv6 else None,
            subnets=draw(st.integers(1, 3)),
            interfaces=draw(st.integers(0, 3)),
            security_groups=draw(st.integers(1, 2)),
        )
    )
    flows = draw(st.lists(any_flow(), min_size=1, max_size=3))
    return networks, request(*flows)


@st.composite
def any_flow(draw: st.DrawFn) -> Flow:
    protocol = draw(st.sampled_from(Protocol))
    ports = draw(port_ranges().filter(lambda ports: ports.last > 0)) if protocol.has_ports else None
    return flow(draw(st.sampled_from(SIDES)), protocol, ports, peer=draw(st.sampled_from(Peer)))


def port_ranges(lowest: int = 0, highest: int = 65535) -> st.SearchStrategy[PortRange]:
    ends = st.tuples(st.integers(lowest, highest), st.integers(lowest, highest))
    return ends.map(lambda pair: PortRange(first=min(pair), last=max(pair)))


def _subnets(side: Side, blocks: tuple[str, ...], count: int) -> tuple[Subnet, ...]:
    pieces = [ip_network(block).subnets(new_prefix=24 if ip_network(block).version == 4 else 64) for block in blocks]
    return tuple(
        Subnet(
            subnet_id=named("subnet", side, number),
            cidr_block=str(next(pieces[0])),
            ipv6_cidr_blocks=tuple(str(next(piece)) for piece in pieces[1:]),
        )
        for number in range(1, count + 1)
    )


def _route_tables(side: Side, blocks: tuple[str, ...], subnets: tuple[Subnet, ...]) -> tuple[RouteTable, ...]:
    local = tuple(Route(destination=block, target=LOCAL) for block in blocks)
    to_internet = Route(destination="0.0.0.0/0", target=named("igw", side, 1))
    main = RouteTable(route_table_id=named("rtb", side, 0), main=True, routes=local)
    others = (
        RouteTable(route_table_id=named("rtb", side, number), subnet_ids=(subnet.subnet_id,), routes=(*local, to_internet))
        for number, subnet in enumerate(subnets, 1)
    )
    return (main, *others)


def _interface(side: Side, subnet: Subnet, *, number: int, host: int, group_ids: tuple[str, ...]) -> NetworkInterface:
    blocks = (subnet.cidr_block, *subnet.ipv6_cidr_blocks)
    return NetworkInterface(
        network_interface_id=named("eni", side, number),
        subnet_id=subnet.subnet_id,
        addresses=tuple(str(ip_network(block)[host]) for block in blocks if block),
        security_group_ids=group_ids,
        instance_id=named("i", side, number),
    )


def _routes(wanted: Request, networks: PerSide[Snapshot], side: Side) -> Iterable[CreateRoute]:
    for table in networks[side].route_tables:
        if wanted.route_tables[side].selects(table.route_table_id, table.tags):
            for block in networks[side.other].vpc.all_cidr_blocks:
                yield CreateRoute(side=side, route_table_id=table.route_table_id, destination=block)


def _rules(wanted: Request, networks: PerSide[Snapshot], side: Side) -> Iterable[AuthorizeRule]:
    for one in wanted.flows:
        direction = Direction.EGRESS if one.source is side else Direction.INGRESS
        for peer, protocol in _peers(one, networks[side.other]):
            for group in networks[side].security_groups:
                permission = Permission(direction=direction, protocol=protocol, peer=peer, ports=one.ports)
                yield AuthorizeRule(side=side, security_group_id=group.security_group_id, permission=permission)


def _peers(one: Flow, other: Snapshot) -> Iterable[tuple[str, str]]:
    """The other side's CIDR blocks or groups, each with the protocol as EC2 spells it: ICMP has one for each family."""
    icmp = {False: "icmp", True: "icmpv6"}
    for block in other.vpc.all_cidr_blocks:
        protocol = {Protocol.ALL: "-1", Protocol.ICMP: icmp[":" in block]}.get(one.protocol, one.protocol.value)
        for peer in (block,) if one.peer is Peer.CIDR_BLOCKS else (group.security_group_id for group in other.security_groups):
            yield peer, protocol
