"""Which namespaces a network needs, and what goes into each. Pure: snapshots in, lines for `ip` and `nft` out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from causeway.domain.model.addressing import block_of, is_within
from causeway.domain.model.network import NetworkInterface, PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import Value
from localcloud.packets.filters import PeeringEdge, SubnetEdge, interface_filter, router_filter
from localcloud.packets.routes import EVERYWHERE, PrefixLists, host, local_routes, lookup, subnet_routes

UPLINK = "eth0"
"""An interface's only device, whose other end is its VPC's router."""

_FIRST_TABLE = 1000
"""Kernel tables from here on are the subnets'."""


class Content(Value):
    """What goes into a namespace.

    Attributes:
        lines: For `ip -batch`.
        lookups: For `ip -4 -batch` and `ip -6 -batch`: a routing rule's family shows nowhere else.
        rules: For `nft -f`.
    """

    lines: tuple[str, ...]
    rules: str
    lookups: tuple[str, ...] = ()


class Wire(Value):
    """A pair of devices between two namespaces, each named by its key and the device in it."""

    ends: tuple[tuple[str, str], tuple[str, str]]


class Layout(Value):
    """A network, ready to be made.

    Attributes:
        contents: By namespace: an interface's id, or the id of the VPC whose router it is.
        wires: Between interfaces and their router, and between routers.
    """

    contents: dict[str, Content]
    wires: tuple[Wire, ...]


class Peering(Value):
    """An active connection as one of its VPCs has it."""

    connection: PeeringConnection
    device: str
    peer: Snapshot


def layout_of(snapshots: Sequence[Snapshot], connections: Sequence[PeeringConnection]) -> Layout:
    """The layout of some VPCs, and of the active connections among them."""
    peerings = _peerings(snapshots, connections)
    contents: dict[str, Content] = {}
    wires: list[Wire] = []
    for snapshot in snapshots:
        ours, vpc_id = peerings[snapshot.vpc.ref], snapshot.vpc.ref.vpc_id
        devices = {each.network_interface_id: f"e{number}" for number, each in enumerate(snapshot.network_interfaces)}
        contents[vpc_id] = _router(snapshot, ours, devices)
        for interface in snapshot.network_interfaces:
            interface_id = interface.network_interface_id
            contents[interface_id] = _interface(interface, snapshot, ours)
            wires.append(Wire(ends=((vpc_id, devices[interface_id]), (interface_id, UPLINK))))
    return Layout(contents=contents, wires=(*wires, *_links(peerings)))


def _peerings(snapshots: Sequence[Snapshot], connections: Sequence[PeeringConnection]) -> Mapping[VpcRef, Sequence[Peering]]:
    by_vpc = {snapshot.vpc.ref: snapshot for snapshot in snapshots}
    found: defaultdict[VpcRef, list[Peering]] = defaultdict(list)
    for number, connection in enumerate(connections):
        ends = (connection.requester, connection.accepter)
        if connection.status is PeeringStatus.ACTIVE and by_vpc.keys() >= set(ends):
            for here, there in (ends, ends[::-1]):
                found[here].append(Peering(connection=connection, device=f"p{number}", peer=by_vpc[there]))
    return found


def _links(peerings: Mapping[VpcRef, Sequence[Peering]]) -> Iterator[Wire]:
    for vpc, ours in peerings.items():
        for each in ours:
            if each.connection.requester == vpc:
                yield Wire(ends=((vpc.vpc_id, each.device), (each.peer.vpc.ref.vpc_id, each.device)))


def _router(snapshot: Snapshot, peerings: Sequence[Peering], devices: Mapping[str, str]) -> Content:
    links = {each.connection.connection_id: each.device for each in peerings}
    lists = _prefix_lists(snapshot)
    edges, lookups = [], []
    lines = [f"link set {device} up" for device in (*devices.values(), *links.values())]
    for number, subnet in enumerate(snapshot.subnets, _FIRST_TABLE):
        here = tuple(devices[each.network_interface_id] for each in _of(snapshot, subnet.subnet_id))
        if here:
            edges.append(SubnetEdge(network_acl=snapshot.network_acl_of(subnet.subnet_id), devices=here))
            lines += subnet_routes(snapshot.route_table_of(subnet.subnet_id), number, links, lists)
            lookups += [lookup(device, number) for device in here]
    addresses = [
        (address, devices[each.network_interface_id]) for each in snapshot.network_interfaces for address in each.addresses
    ]
    borders = [
        PeeringEdge(
            device=each.device,
            cidr_blocks=snapshot.vpc.all_cidr_blocks,
            peer_cidr_blocks=each.peer.vpc.all_cidr_blocks,
        )
        for each in peerings
    ]
    return Content(lines=(*lines, *local_routes(addresses)), lookups=tuple(lookups), rules=router_filter(edges, borders))


def _interface(interface: NetworkInterface, snapshot: Snapshot, peerings: Sequence[Peering]) -> Content:
    addresses = (f"address add {host(address)} dev {UPLINK} nodad" for address in interface.addresses)
    groups = {group.security_group_id: group for group in snapshot.security_groups}
    permissions = [
        permission
        for group_id in interface.security_group_ids
        if group_id in groups
        for permission in groups[group_id].permissions
    ]
    referable = [snapshot, *(each.peer for each in peerings if each.peer.vpc.ref.region == snapshot.vpc.ref.region)]

    lists = _prefix_lists(snapshot)

    def members(name: str) -> Sequence[str]:
        if name in lists:
            return _outermost(lists[name])
        carrying = (each for one in referable for each in one.network_interfaces if name in each.security_group_ids)
        return [address for each in carrying for address in each.addresses]

    return Content(
        lines=(
            "link set lo up",
            f"link set {UPLINK} up",
            *addresses,
            *(f"route add {everywhere} dev {UPLINK}" for everywhere in EVERYWHERE),
        ),
        rules=interface_filter(permissions, members),
    )


def _prefix_lists(snapshot: Snapshot) -> PrefixLists:
    """What is known of what they hold: a list that may not be read holds nothing here."""
    return {each.prefix_list_id: each.cidr_blocks or () for each in snapshot.prefix_lists}


def _outermost(blocks: Sequence[str]) -> Sequence[str]:
    """Without those that lie in another one."""
    return [one for one in blocks if not any(one != other and is_within(block_of(one), block_of(other)) for other in blocks)]


def _of(snapshot: Snapshot, subnet_id: str) -> Iterator[NetworkInterface]:
    return (each for each in snapshot.network_interfaces if each.subnet_id == subnet_id)
