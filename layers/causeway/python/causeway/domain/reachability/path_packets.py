"""What a path lets through at all: the check asks its hops about one flow, this about every packet."""

from causeway.domain.model.network import Direction, PeeringConnection

from .endpoints import End
from .hops import entries_about, peering_connection_hop, route_table_hop, rules_about
from .packet_sets import NOTHING, PacketSet, allowed_by_entries, allowed_by_rules, of_family, with_replies


def passage(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """All that the source can send to the destination, and gets answers to."""
    let = allowed_by_rules(rules_about(destination, source, Direction.INGRESS))
    return carried(source, destination, connection) & of_family(let, source.address.version)


def carried(source: End, destination: End, connection: PeeringConnection | None) -> PacketSet:
    """The same as far as the destination's security groups: what their rules can let in.

    Routes and connection carry all or nothing. Network ACLs are asked there and back, security groups only there.
    """
    if not _is_way(source, destination, connection):
        return NOTHING
    version = source.address.version
    there = (
        allowed_by_rules(rules_about(source, destination, Direction.EGRESS))
        & allowed_by_entries(entries_about(source, destination, Direction.EGRESS))
        & allowed_by_entries(entries_about(destination, source, Direction.INGRESS))
    )
    back = allowed_by_entries(entries_about(destination, source, Direction.EGRESS)) & allowed_by_entries(
        entries_about(source, destination, Direction.INGRESS)
    )
    return with_replies(of_family(there, version), of_family(back, version), version)


def _is_way(source: End, destination: End, connection: PeeringConnection | None) -> bool:
    """Whether routes lead there and back over a connection that carries both addresses."""
    hops = (
        peering_connection_hop(source, destination, connection),
        route_table_hop(source, destination, connection),
        route_table_hop(destination, source, connection, returning=True),
    )
    return all(hop.cause is None for hop in hops)
