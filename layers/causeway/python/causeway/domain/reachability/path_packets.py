"""The packets that a path lets through, as a set. The check asks the same hops about one flow.

Some of what decides may not be visible. What is known to pass is one set; what passes if all that is not visible lets through
everything is another, which holds the first. What is between them is unknown.
"""

from causeway.domain.model.addressing import is_prefix_list
from causeway.domain.model.network import UNSEEN_ACL, UNSEEN_TABLE, Direction, PeeringConnection

from .endpoints import End
from .hops import entries_about, peering_connection_hop, route_table_hop, rules_about, unread_rules
from .packet_sets import EVERYTHING, NOTHING, PacketSet, allowed_by_entries, allowed_by_rules, of_family, with_replies


def path_packets(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """The packets that the source can send to the destination, and gets replies to."""
    return _with_ingress_rules(source, destination, connection, unseen_passes=False)


def unknown_packets(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """The packets of which nobody can tell whether they arrive and are replied to."""
    if not (_hides_something(source) or _hides_something(destination)):
        return NOTHING
    possible = _with_ingress_rules(source, destination, connection, unseen_passes=True)
    return possible - path_packets(source, destination, connection)


def packets_before_ingress_rules(
    source: End, destination: End, connection: PeeringConnection | None, *, unseen_passes: bool = False
) -> PacketSet:
    """The same, if the destination's security groups had a rule for everything.

    Routes and the connection let through all packets or none. Network ACLs are stateless: they are asked there and back.
    Security groups are stateful: only the source's egress rules are asked.
    """
    if not _is_routed(source, destination, connection, unseen_passes=unseen_passes):
        return NOTHING
    family = source.address.version
    there = (
        _allowed_by_groups(source, destination, Direction.EGRESS, unseen_passes=unseen_passes)
        & _allowed_by_acl(source, destination, Direction.EGRESS, unseen_passes=unseen_passes)
        & _allowed_by_acl(destination, source, Direction.INGRESS, unseen_passes=unseen_passes)
    )
    back = _allowed_by_acl(destination, source, Direction.EGRESS, unseen_passes=unseen_passes) & _allowed_by_acl(
        source, destination, Direction.INGRESS, unseen_passes=unseen_passes
    )
    return with_replies(of_family(there, family), of_family(back, family), family)


def _with_ingress_rules(
    source: End, destination: End, connection: PeeringConnection | None, *, unseen_passes: bool
) -> PacketSet:
    allowed = _allowed_by_groups(destination, source, Direction.INGRESS, unseen_passes=unseen_passes)
    before = packets_before_ingress_rules(source, destination, connection, unseen_passes=unseen_passes)
    return before & of_family(allowed, source.address.version)


def _allowed_by_groups(here: End, there: End, direction: Direction, *, unseen_passes: bool) -> PacketSet:
    known = allowed_by_rules(rules_about(here, there, direction))
    if not unseen_passes:
        return known
    return EVERYTHING if here.unread_groups else known | allowed_by_rules(unread_rules(here, direction))


def _allowed_by_acl(here: End, there: End, direction: Direction, *, unseen_passes: bool) -> PacketSet:
    if here.surroundings.network_acl == UNSEEN_ACL:
        return EVERYTHING if unseen_passes else NOTHING
    return allowed_by_entries(entries_about(here, there, direction))


def _is_routed(source: End, destination: End, connection: PeeringConnection | None, *, unseen_passes: bool) -> bool:
    """Whether routes lead there and back over a connection that carries both addresses."""
    hops = (
        peering_connection_hop(source, destination, connection),
        route_table_hop(source, destination, connection),
        route_table_hop(destination, source, connection, returning=True),
    )
    return all(hop.cause is None or (unseen_passes and hop.is_unknown) for hop in hops)


def _hides_something(end: End) -> bool:
    """Whether something about it was not seen, or stands in its path and may pass packets on."""
    around = end.surroundings
    return bool(
        end.unread_groups
        or around.network_acl == UNSEEN_ACL
        or any(is_prefix_list(rule.peer) for group in end.security_groups for rule in group.permissions)
        or any(is_prefix_list(route.destination) or route.leads_to_appliance for route in around.route_table.routes)
        or around.route_table == UNSEEN_TABLE
        or sum(route.prefix_list is not None for route in around.route_table.routes) > 1
    )
