"""What the network will be once a plan is done, so that flows can be judged before the first write."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from causeway.domain.model.network import (
    AclEntry,
    NetworkAcl,
    OwnedRule,
    PeeringConnection,
    PeeringStatus,
    Permission,
    Route,
    RouteTable,
    SecurityGroup,
    Snapshot,
)
from causeway.domain.model.values import SIDES, PerSide, Side

from .ownership import REQUEST_ID_TAG
from .plan import (
    AcceptPeering,
    AuthorizeRule,
    CreateAclEntry,
    CreatePeering,
    CreateRoute,
    DeleteAclEntry,
    DeleteRoute,
    Plan,
    RevokeRule,
    SetDnsResolution,
    TagPeering,
    TagRule,
)

PLANNED_CONNECTION = "the planned peering connection"
"""Stands for the id that AWS will give."""


def project(plan: Plan, snapshots: PerSide[Snapshot]) -> tuple[PerSide[Snapshot], PeeringConnection]:
    """Both sides with the plan's routes, rules, entries and tags, and the plan's connection, active and with its DNS options.

    The answer fits `check`: `check(request, *project(plan, snapshots))`.
    """
    connection = _connection(plan, snapshots)
    requester, accepter = (_side(plan, side, snapshots[side], connection) for side in SIDES)
    return PerSide(requester=requester, accepter=accepter), connection


def _connection(plan: Plan, snapshots: PerSide[Snapshot]) -> PeeringConnection:
    present = (each for each in snapshots.requester.peering_connections if each.connection_id == plan.connection_id)
    requester, accepter = snapshots.requester.vpc, snapshots.accepter.vpc
    connection = next(present, None) or PeeringConnection(
        connection_id=plan.connection_id or PLANNED_CONNECTION,
        status=PeeringStatus.ACTIVE,
        requester=requester.ref,
        accepter=accepter.ref,
    )
    blocks = PerSide(requester=requester.all_cidr_blocks, accepter=accepter.all_cidr_blocks)
    return replace(
        connection,
        status=PeeringStatus.ACTIVE,
        cidr_blocks=blocks if connection.requester == requester.ref else blocks.swapped,
        dns_resolution=PerSide(
            requester=_dns_resolution(plan, Side.REQUESTER, connection),
            accepter=_dns_resolution(plan, Side.ACCEPTER, connection),
        ),
    )


def _dns_resolution(plan: Plan, role: Side, connection: PeeringConnection) -> bool:
    changes = [change for change in plan.of(SetDnsResolution) if change.role is role]
    return changes[-1].allow if changes else connection.dns_resolution[role]


def _side(plan: Plan, side: Side, snapshot: Snapshot, connection: PeeringConnection) -> Snapshot:
    routes = _by_resource((change.route_table_id, change.destination) for change in plan.of(CreateRoute, side))
    rules = _by_resource((change.security_group_id, change.permission) for change in plan.of(AuthorizeRule, side))
    deleted = _by_resource((change.route_table_id, change.destination) for change in plan.of(DeleteRoute, side))
    revoked = _by_resource((change.security_group_id, change.permission) for change in plan.of(RevokeRule, side))
    created = _by_resource((change.network_acl_id, change.entry) for change in plan.of(CreateAclEntry, side))
    dropped = _by_resource((change.network_acl_id, change.entry) for change in plan.of(DeleteAclEntry, side))
    gone = {change.rule_id for change in plan.of(RevokeRule, side)}
    others = (each for each in snapshot.peering_connections if each.connection_id != connection.connection_id)
    retagged = {change.rule_id: change for change in plan.of(TagRule, side)}
    return replace(
        snapshot,
        route_tables=tuple(
            _with_routes(table, routes[table.route_table_id], deleted[table.route_table_id], connection.connection_id)
            for table in snapshot.route_tables
        ),
        security_groups=tuple(
            _with_rules(group, rules[group.security_group_id], revoked[group.security_group_id])
            for group in snapshot.security_groups
        ),
        network_acls=tuple(
            _with_entries(acl, created[acl.network_acl_id], dropped[acl.network_acl_id]) for acl in snapshot.network_acls
        ),
        owned_rules=tuple(
            _with_tags(rule, retagged.get(rule.rule_id)) for rule in snapshot.owned_rules if rule.rule_id not in gone
        ),
        peering_connections=(*others, replace(connection, tags=_connection_tags(plan, side, snapshot, connection))),
    )


def _connection_tags(plan: Plan, side: Side, snapshot: Snapshot, connection: PeeringConnection) -> dict[str, str]:
    """The side's own tags of the connection."""
    seen = (each.tags for each in snapshot.peering_connections if each.connection_id == connection.connection_id)
    tags = next(seen, {})
    making: tuple[CreatePeering | AcceptPeering, ...] = (*plan.of(CreatePeering, side), *plan.of(AcceptPeering, side))
    for change in making:
        tags = tags | change.tags
    for edit in plan.of(TagPeering, side):
        tags = edit.tags.applied_to(tags)
    return tags


def _with_tags(rule: OwnedRule, edit: TagRule | None) -> OwnedRule:
    if edit is None:
        return rule
    tags = edit.tags.applied_to({REQUEST_ID_TAG: rule.request_id, **rule.tags})
    return replace(rule, request_id=tags.pop(REQUEST_ID_TAG), tags=tags)


def _by_resource[T](pairs: Iterable[tuple[str, T]]) -> defaultdict[str, list[T]]:
    changes: defaultdict[str, list[T]] = defaultdict(list)
    for resource_id, change in pairs:
        changes[resource_id].append(change)
    return changes


def _with_routes(table: RouteTable, destinations: list[str], deleted: list[str], connection_id: str) -> RouteTable:
    """The table with the new routes; those that lead to the connection already are no black holes once it is active."""
    kept = (route for route in table.routes if route.destination not in {*deleted, *destinations})
    present = (replace(route, blackhole=False) if route.target == connection_id else route for route in kept)
    created = (Route(destination=destination, target=connection_id) for destination in destinations)
    return replace(table, routes=(*present, *created))


def _with_rules(group: SecurityGroup, permissions: list[Permission], revoked: list[Permission]) -> SecurityGroup:
    kept = (permission for permission in group.permissions if permission not in revoked)
    return replace(group, permissions=(*kept, *permissions))


def _with_entries(acl: NetworkAcl, created: list[AclEntry], dropped: list[AclEntry]) -> NetworkAcl:
    kept = (entry for entry in acl.entries if entry not in dropped)
    return replace(acl, entries=(*kept, *created))
