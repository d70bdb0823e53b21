"""What a walk looks up among moto's EC2 resources: peers, network ACLs, route tables, routes and blocks."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

from localcloud.ec2.cidr_blocks import ipv4_blocks
from localcloud.ec2.peering.connections import is_active, visible_connections


def peers_of(vpc_id: str, backend: Any) -> list[Any]:
    """The VPCs at the other ends of a VPC's active connections."""
    found = []
    for connection in visible_connections(backend):
        ends = [connection.vpc, connection.peer_vpc]
        if is_active(connection) and vpc_id in {end.id for end in ends}:
            found += [end for end in ends if end.id != vpc_id]
    return found


def acl_of(eni: Any) -> Any:
    """The network ACL of an interface's subnet."""
    acls = eni.ec2_backend.network_acls.values()
    return next(acl for acl in acls if eni.subnet.id in {each.subnet_id for each in acl.associations})


def table_of(subnet: Any) -> Any:
    tables = [table for table in subnet.ec2_backend.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = (table for table in tables if any(each.get("SubnetId") == subnet.id for each in table.associations))
    return next(own, None) or next(table for table in tables if table.main_association_id)


def longest_route(table: Any, address: IPv4Address) -> Any | None:
    """The route with the longest prefix; of two equal ones that to a block goes before that to a prefix list."""
    fitting = [
        (block.prefixlen, route.destination_prefix_list is None, number, route)
        for number, route in enumerate(table.routes)
        for block in _destinations(route)
        if address in block
    ]
    return max(fitting)[-1] if fitting else None


def _destinations(route: Any) -> Iterable[IPv4Network]:
    if route.destination_prefix_list is not None:
        return listed_blocks(route.destination_prefix_list)
    return [IPv4Network(route.destination_cidr_block)] if route.destination_cidr_block else []


def listed_blocks(prefix_list: Any) -> Iterator[IPv4Network]:
    """The IPv4 blocks of the current version of a prefix list."""
    for entry in prefix_list.entries.get(prefix_list.version) or []:
        block = ip_network(entry["Cidr"], strict=False)
        if isinstance(block, IPv4Network):
            yield block


def in_its_vpc(eni: Any, address: IPv4Address) -> bool:
    blocks = ipv4_blocks(eni.ec2_backend.get_vpc(eni.subnet.vpc_id))
    return any(address in IPv4Network(block) for block in blocks)
