"""One function for each kind of hop: does it let this traffic through, by which rule, and what would make it?"""

from collections.abc import Iterator

from msgspec.structs import replace

from causeway.domain.model.addressing import block_of, is_block, is_prefix_list
from causeway.domain.model.network import AclEntry, Direction, PeeringConnection, PeeringStatus, Permission, Route

from . import remedies
from .endpoints import End
from .matching import Traffic, best_routes, concerns, judge_entries, judge_permissions
from .verdicts import Cause, Component, Hop
from .wording import say_entries, say_implicit_denial, say_no_rule, say_routes, say_rules, say_unread


def interface_hop(end: End) -> Hop:
    endpoint = end.endpoint
    if endpoint.network_interface_id is None:
        said = f"assumed at {endpoint.address}, where no interface is yet"
        return Hop(component=Component.NETWORK_INTERFACE, resource_id=endpoint.subnet_id, decided_by=said)
    said = f"address {endpoint.address}"
    return Hop(component=Component.NETWORK_INTERFACE, resource_id=endpoint.network_interface_id, decided_by=said)


def security_group_hop(here: End, there: End, direction: Direction, traffic: Traffic) -> Hop:
    """All security groups of an interface: their rules count together. They are stateful: replies always pass."""
    ruling = judge_permissions(rules_about(here, there, direction), traffic)
    if ruling.refused is None:
        deciding = (group for group in here.security_groups if not set(ruling.allowed_by).isdisjoint(group.permissions))
        resource_id = ", ".join(group.security_group_id for group in deciding)
        return Hop(component=Component.SECURITY_GROUP, resource_id=resource_id, decided_by=say_rules(ruling.allowed_by))
    unread = (rule.peer for rule in _unread_rules(here, direction) if concerns(rule, ruling.refused))
    return Hop(
        component=Component.SECURITY_GROUP,
        resource_id=", ".join(here.endpoint.security_group_ids),
        decided_by=say_no_rule(direction, ruling.refused, there.endpoint.address) + say_unread(unread),
        cause=Cause.ENI_SG_RULES_MISMATCH,
        remedy=remedies.for_rules(
            [group.security_group_id for group in here.security_groups], direction, traffic, there.reached_as
        ),
    )


def rules_about(here: End, there: End, direction: Direction) -> Iterator[Permission]:
    """The rules of an end's security groups that mean the other end."""
    for group in here.security_groups:
        yield from (rule for rule in group.permissions if rule.direction is direction and means(rule, there))


def _unread_rules(here: End, direction: Direction) -> Iterator[Permission]:
    """The rules by prefix lists that may not be read: they may or may not mean the other end."""
    for group in here.security_groups:
        yield from (rule for rule in group.permissions if rule.direction is direction and is_prefix_list(rule.peer))


def means(permission: Permission, end: End) -> bool:
    """Whether the rule's peer is this end: by its address or by a group."""
    if is_block(permission.peer):
        return end.address in block_of(permission.peer)
    return permission.peer in end.referable_as


def network_acl_hop(here: End, there: End, direction: Direction, traffic: Traffic, *, returning: bool = False) -> Hop:
    acl = here.surroundings.network_acl
    ruling = judge_entries(entries_about(here, there, direction), traffic)
    if ruling.refused is None:
        said = say_entries(ruling.allowed_by)
    elif ruling.denied_by is not None:
        said = say_entries((ruling.denied_by,))
    else:
        said = say_implicit_denial(direction, ruling.refused, there.endpoint.address)
    hop = Hop(component=Component.NETWORK_ACL, resource_id=acl.network_acl_id, decided_by=said, returning=returning)
    if ruling.refused is None:
        return hop
    remedy = remedies.for_entries(acl, direction, traffic, there.reached_as, ruling.denied_by)
    return replace(hop, cause=Cause.SUBNET_ACL_RESTRICTION, remedy=remedy)


def entries_about(here: End, there: End, direction: Direction) -> Iterator[AclEntry]:
    """The entries of the network ACL around an end that match the other end's address."""
    entries = here.surroundings.network_acl.entries
    return (entry for entry in entries if entry.direction is direction and there.address in block_of(entry.cidr_block))


def route_table_hop(here: End, there: End, connection: PeeringConnection | None, *, returning: bool = False) -> Hop:
    table = here.surroundings.route_table
    routes = best_routes(table.routes, there.address)
    unread = (route.destination for route in table.routes if is_prefix_list(route.destination))
    cause = _route_cause(routes, connection)
    return Hop(
        component=Component.ROUTE_TABLE,
        resource_id=table.route_table_id,
        decided_by=(say_routes(routes) or f"no route to {there.endpoint.address}") + say_unread(unread),
        returning=returning,
        cause=cause,
        remedy=remedies.for_routes(table, routes, there.reached_as, connection) if cause else None,
    )


def peering_connection_hop(source: End, destination: End, connection: PeeringConnection | None) -> Hop:
    """A connection carries only packets between the CIDR blocks of its two VPCs: peering is not transitive."""
    hop = Hop(
        component=Component.PEERING_CONNECTION,
        resource_id=connection.connection_id if connection else "no peering connection",
        decided_by=f"status {connection.status}" if connection else "no peering connection joins the VPCs",
    )
    strays = [end.endpoint.address for end in (source, destination) if end.cidr_block is None]
    if strays:
        said = f"not in the CIDR blocks of its VPC: {' and '.join(strays)}"
        cause, remedy = Cause.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR, remedies.for_strays(strays)
        return replace(hop, decided_by=said, cause=cause, remedy=remedy)
    if connection is None or connection.status is not PeeringStatus.ACTIVE:
        return replace(hop, cause=Cause.PCX_NOT_ACTIVE, remedy=remedies.for_connection(connection))
    return hop


def _route_cause(routes: tuple[Route, ...], connection: PeeringConnection | None) -> Cause | None:
    """Why the routes that a packet can take do not lead to the connection; None if they do."""
    if not routes:
        return Cause.NO_ROUTE_TO_DESTINATION
    if len(routes) > 1:
        return Cause.ROUTE_UNDETERMINED
    (route,) = routes
    if route.blackhole:
        return Cause.BLACKHOLE_ROUTE
    if connection is None or not route.leads_to(connection.connection_id):
        return Cause.ROUTED_ELSEWHERE
    return None
