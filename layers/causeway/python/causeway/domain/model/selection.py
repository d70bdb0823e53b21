"""The resources of an observed side that a request selects."""

from .network import RouteTable, SecurityGroup, Snapshot
from .request import Request


def selected_route_tables(request: Request, snapshot: Snapshot) -> tuple[RouteTable, ...]:
    """The selected route tables."""
    return tuple(table for table in snapshot.route_tables if is_selected(request, snapshot, table))


def is_selected(request: Request, snapshot: Snapshot, table: RouteTable) -> bool:
    """Whether the side's selector selects the table. A gateway route table is never selected."""
    return not table.gateway_ids and request.route_tables[snapshot.side].selects(table.route_table_id, table.tags)


def selected_groups(request: Request, snapshot: Snapshot) -> tuple[SecurityGroup, ...]:
    selector = request.security_groups[snapshot.side]
    return tuple(group for group in snapshot.security_groups if selector.selects(group.security_group_id, group.tags))
