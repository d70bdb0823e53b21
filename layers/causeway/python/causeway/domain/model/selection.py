"""The resources of an observed side that a request selects."""

from collections.abc import Iterator

from .network import RouteTable, SecurityGroup, Snapshot
from .request import Request


def selected_route_tables(request: Request, snapshot: Snapshot) -> tuple[RouteTable, ...]:
    """The selected route tables."""
    return tuple(table for table in snapshot.route_tables if is_selected(request, snapshot, table))


def is_selected(request: Request, snapshot: Snapshot, table: RouteTable) -> bool:
    """Whether the side's selector selects the table. A gateway route table is never selected."""
    return not table.gateway_ids and request.route_tables[snapshot.side].selects(table.route_table_id, table.tags)


def selected_groups(request: Request, snapshot: Snapshot) -> tuple[SecurityGroup, ...]:
    """The selected groups that the VPC's account may change."""
    return tuple(group for group in _matching_groups(request, snapshot) if group.is_ours)


def left_out_groups(request: Request, snapshot: Snapshot) -> tuple[SecurityGroup, ...]:
    """The groups of other accounts that the side's selector matches."""
    return tuple(group for group in _matching_groups(request, snapshot) if not group.is_ours)


def unread_groups(snapshot: Snapshot) -> tuple[str, ...]:
    """The ids of the groups that interfaces carry and that could not be read."""
    read = {group.security_group_id for group in snapshot.security_groups}
    carried = {group_id for interface in snapshot.network_interfaces for group_id in interface.security_group_ids}
    return tuple(sorted(carried - read))


def _matching_groups(request: Request, snapshot: Snapshot) -> Iterator[SecurityGroup]:
    selector = request.security_groups[snapshot.side]
    return (group for group in snapshot.security_groups if selector.selects(group.security_group_id, group.tags))
