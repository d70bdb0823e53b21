"""Managed prefix lists: the one place that resolves them.

A rule or a route by a list works as one for each CIDR block in the list (VPC guide, "Managed prefix lists"). Whatever judges
packets, or compares rules and routes, takes a resolved side, which has them by CIDR blocks only.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from .addressing import is_prefix_list
from .network import Permission, PrefixList, Route, RouteTable, Snapshot


def resolved(snapshot: Snapshot) -> Snapshot:
    """The side with a route or a rule for each CIDR block in place of each one by a list.

    One by a list that may not be read stays as it is. It lets nothing through, and hops say that the list is unknown.
    """
    known = {each.prefix_list_id: each for each in snapshot.prefix_lists if each.cidr_blocks is not None}
    if not known:
        return snapshot
    return replace(
        snapshot,
        route_tables=tuple(replace(table, routes=tuple(_routes(table, known))) for table in snapshot.route_tables),
        security_groups=tuple(
            replace(group, permissions=tuple(each for rule in group.permissions for each in _rules(rule, known)))
            for group in snapshot.security_groups
        ),
    )


def named(snapshot: Snapshot) -> frozenset[str]:
    """The ids of the lists that the side's routes and rules name."""
    destinations = (route.destination for table in snapshot.route_tables for route in table.routes)
    peers = (rule.peer for group in snapshot.security_groups for rule in group.permissions)
    return frozenset(name for names in (destinations, peers) for name in names if is_prefix_list(name))


def _routes(table: RouteTable, known: Mapping[str, PrefixList]) -> Iterator[Route]:
    for route in table.routes:
        held = known.get(route.destination)
        if held is None:
            yield route
        else:
            yield from (replace(route, destination=block, prefix_list=str(held)) for block in held.cidr_blocks or ())


def _rules(rule: Permission, known: Mapping[str, PrefixList]) -> Iterator[Permission]:
    held = known.get(rule.peer)
    if held is None:
        yield rule
    else:
        yield from (replace(rule, peer=block, prefix_list=str(held)) for block in held.cidr_blocks or ())
