"""What a request's selectors come to on an observed side."""

from .network import RouteTable, SecurityGroup, Snapshot
from .request import Request


def selected_route_tables(request: Request, snapshot: Snapshot) -> tuple[RouteTable, ...]:
    """The tables that the side's selector names; a table that steers a gateway's traffic is never one of them."""
    return tuple(table for table in snapshot.route_tables if is_selected(request, snapshot, table))


def is_selected(request: Request, snapshot: Snapshot, table: RouteTable) -> bool:
    return not table.gateway_ids and request.route_tables[snapshot.side].selects(table.route_table_id, table.tags)


def selected_groups(request: Request, snapshot: Snapshot) -> tuple[SecurityGroup, ...]:
    selector = request.security_groups[snapshot.side]
    return tuple(group for group in snapshot.security_groups if selector.selects(group.security_group_id, group.tags))
