"""The packets that a path lets through, as a set. The check asks the same hops about one flow."""

from causeway.domain.model.network import Direction, PeeringConnection

from .endpoints import End
from .hops import entries_about, peering_connection_hop, route_table_hop, rules_about
from .packet_sets import NOTHING, PacketSet, allowed_by_entries, allowed_by_rules, of_family, with_replies


def path_packets(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """The packets that the source can send to the destination, and gets replies to."""
    allowed = allowed_by_rules(rules_about(destination, source, Direction.INGRESS))
    return packets_before_ingress_rules(source, destination, connection) & of_family(allowed, source.address.version)


def packets_before_ingress_rules(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """The same, if the destination's security groups had a rule for everything.

    Routes and the connection let through all packets or none. Network ACLs are stateless: they are asked there and back.
    Security groups are stateful: only the source's egress rules are asked.
    """
    if not _is_routed(source, destination, connection):
        return NOTHING
    family = source.address.version
    there = (
        allowed_by_rules(rules_about(source, destination, Direction.EGRESS))
        & allowed_by_entries(entries_about(source, destination, Direction.EGRESS))
        & allowed_by_entries(entries_about(destination, source, Direction.INGRESS))
    )
    back = allowed_by_entries(entries_about(destination, source, Direction.EGRESS)) & allowed_by_entries(
        entries_about(source, destination, Direction.INGRESS)
    )
    return with_replies(of_family(there, family), of_family(back, family), family)


def _is_routed(source: End, destination: End, connection: PeeringConnection | None) -> bool:
    """Whether routes lead there and back over a connection that carries both addresses."""
    hops = (
        peering_connection_hop(source, destination, connection),
        route_table_hop(source, destination, connection),
        route_table_hop(destination, source, connection, returning=True),
    )
    return all(hop.cause is None for hop in hops)
