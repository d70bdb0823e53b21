"""One function for each kind of hop: does it let this traffic through, by which rule, and what would make it?"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from causeway.domain.model.addressing import block_of, is_block, is_prefix_list
from causeway.domain.model.network import (
    LOCAL,
    UNSEEN_ACL,
    UNSEEN_TABLE,
    AclEntry,
    Direction,
    PeeringConnection,
    PeeringStatus,
    Permission,
    Route,
    RouteTable,
)

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
    """All security groups of an interface: their rules count together. They are stateful: replies always pass.

    Where the rules that are known do not allow all of it, a group or a prefix list that was not read still may.
    """
    known = list(rules_about(here, there, direction))
    ruling = judge_permissions(known, traffic)
    if ruling.refused is None:
        deciding = (group for group in here.security_groups if not set(ruling.allowed_by).isdisjoint(group.permissions))
        resource_id = ", ".join(group.security_group_id for group in deciding)
        return Hop(component=Component.SECURITY_GROUP, resource_id=resource_id, decided_by=say_rules(ruling.allowed_by))
    unread = [rule for rule in unread_rules(here, direction) if concerns(rule, ruling.refused)]
    names = (*here.unread_groups, *(rule.peer for rule in unread))
    hop = Hop(
        component=Component.SECURITY_GROUP,
        resource_id=", ".join(here.endpoint.security_group_ids),
        decided_by=say_no_rule(direction, ruling.refused, there.endpoint.address) + say_unread(names),
        remedy=_more_rules(here, there, direction, traffic),
    )
    if here.unread_groups:
        return replace(hop, cause=Cause.SECURITY_GROUP_UNREADABLE)
    is_unknown = judge_permissions([*known, *unread], traffic).refused is None
    return replace(hop, cause=Cause.PREFIX_LIST_UNREADABLE if is_unknown else Cause.ENI_SG_RULES_MISMATCH)


def _more_rules(here: End, there: End, direction: Direction, traffic: Traffic) -> remedies.Remedy:
    groups = [group.security_group_id for group in here.security_groups]
    if not groups:
        return remedies.for_unread_groups(here.unread_groups)
    return remedies.for_rules(groups, direction, traffic, there.reached_as)


def rules_about(here: End, there: End, direction: Direction) -> Iterator[Permission]:
    """The rules of an end's security groups that mean the other end."""
    for group in here.security_groups:
        yield from (rule for rule in group.permissions if rule.direction is direction and means(rule, there))


def unread_rules(here: End, direction: Direction) -> Iterator[Permission]:
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
    if acl == UNSEEN_ACL:
        return _unseen(Component.NETWORK_ACL, acl.network_acl_id, returning=returning)
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
    """The routes that a packet may take: the best of those that are known, and those by prefix lists that were not read.

    If all lead to the connection, the packet passes; if none does, it is blocked; else nobody knows.
    """
    table = here.surroundings.route_table
    if table == UNSEEN_TABLE:
        return _unseen(Component.ROUTE_TABLE, table.route_table_id, returning=returning)
    taken = _possible_routes(table, there)
    cause = _route_cause(taken, connection)
    return Hop(
        component=Component.ROUTE_TABLE,
        resource_id=table.route_table_id,
        decided_by=(say_routes(taken.known) or f"no route to {there.endpoint.address}")
        + say_unread(route.destination for route in taken.unread),
        returning=returning,
        cause=cause,
        remedy=_other_routes(here, there, connection, taken, cause),
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


def _unseen(component: Component, resource_id: str, *, returning: bool) -> Hop:
    return Hop(
        component=component,
        resource_id=resource_id,
        decided_by=f"{resource_id} was observed",
        returning=returning,
        cause=Cause.NOT_OBSERVED,
        remedy=remedies.for_unseen(component),
    )


class PossibleRoutes(NamedTuple):
    """The routes that a packet may take.

    Attributes:
        known: The best of those that are known; several if AWS takes any of them.
        unread: Those by prefix lists that were not read: one of them may come before.
    """

    known: tuple[Route, ...]
    unread: tuple[Route, ...]


def _possible_routes(table: RouteTable, there: End) -> PossibleRoutes:
    known = best_routes(table.routes, there.address)
    if any(map(_is_final, known)):
        return PossibleRoutes(known, ())
    return PossibleRoutes(known, tuple(route for route in table.routes if is_prefix_list(route.destination)))


def _is_final(best: Route) -> bool:
    """Whether no other route can come before: it is local, or a static one to the address alone."""
    to_one_address = block_of(best.destination).num_addresses == 1
    return best.target == LOCAL or (to_one_address and not best.propagated and best.prefix_list is None)


def _route_cause(taken: PossibleRoutes, connection: PeeringConnection | None) -> Cause | None:
    """Why the routes that a packet may take do not lead to the connection, or may not; None if they do."""
    known = [_cause_of(route, connection) for route in taken.known] or [Cause.NO_ROUTE_TO_DESTINATION]
    causes = [*known, *(_cause_of(route, connection) for route in taken.unread)]
    if all(cause is None for cause in causes):
        return None
    if all(map(_blocks, causes)):
        return known[0]
    if len(set(known)) > 1 and not all(map(_blocks, known)):
        return Cause.ROUTE_UNDETERMINED
    return Cause.APPLIANCE_IN_PATH if Cause.APPLIANCE_IN_PATH in known else Cause.PREFIX_LIST_UNREADABLE


def _blocks(cause: Cause | None) -> bool:
    return cause is not None and not cause.is_unknown


def _cause_of(route: Route, connection: PeeringConnection | None) -> Cause | None:
    """Why one route does not lead to the connection, or may not; None if it does."""
    if route.blackhole:
        return Cause.BLACKHOLE_ROUTE
    if connection is not None and route.leads_to(connection.connection_id):
        return None
    return Cause.APPLIANCE_IN_PATH if route.leads_to_appliance else Cause.ROUTED_ELSEWHERE


def _other_routes(
    here: End, there: End, connection: PeeringConnection | None, taken: PossibleRoutes, cause: Cause | None
) -> remedies.Remedy | None:
    match cause:
        case None:
            return None
        case Cause.APPLIANCE_IN_PATH:
            return remedies.for_appliances(route.target for route in taken.known)
        case Cause.PREFIX_LIST_UNREADABLE:
            return remedies.for_unread_lists(route.destination for route in taken.unread)
        case _:
            return remedies.for_routes(here.surroundings.route_table, taken.known, there.reached_as, connection)
