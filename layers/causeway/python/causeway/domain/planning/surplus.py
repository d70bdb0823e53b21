"""What is ours in the network and no longer wanted."""

from collections.abc import Collection, Iterator

from causeway.domain.model.network import OwnedRule, Snapshot

from .acl_entries import EntryPlace
from .claims import RoutePlace, RulePlace
from .ownership import Holdings
from .plan import DeleteAclEntry, DeleteRoute, RevokeRule


def surplus_routes(
    here: Snapshot, holdings: Holdings, connection_id: str | None, wanted: Collection[RoutePlace]
) -> Iterator[DeleteRoute]:
    """Our routes that nobody wants: those to our connection, or into the hole that one left. Others are somebody else's."""
    ours = {(route.route_table_id, route.destination) for route in holdings.routes if route.side is here.side}
    for table in here.route_tables:
        for route in table.routes:
            place = (table.route_table_id, route.destination)
            leads_to_ours = route.target == connection_id or holdings.is_orphaned_blackhole(route, connection_id)
            if place in ours and place not in wanted and leads_to_ours:
                yield DeleteRoute(side=here.side, route_table_id=place[0], destination=route.destination, target=route.target)


def surplus_entries(here: Snapshot, holdings: Holdings, wanted: Collection[EntryPlace]) -> Iterator[DeleteAclEntry]:
    """Our network ACL entries that nobody wants, as far as they are there unchanged."""
    ours = holdings.entries_of(here.side)
    for acl in here.network_acls:
        for entry in acl.entries:
            place = (acl.network_acl_id, entry)
            if place in ours and place not in wanted:
                yield DeleteAclEntry(side=here.side, network_acl_id=acl.network_acl_id, entry=entry)


def surplus_rules(here: Snapshot, request_id: str, wanted: Collection[RulePlace]) -> Iterator[OwnedRule]:
    """The rules with our tag that nobody wants, by group and content."""
    for rule in here.owned_rules:
        if rule.request_id == request_id and (rule.security_group_id, rule.permission) not in wanted:
            yield rule


def revocation(here: Snapshot, rule: OwnedRule) -> RevokeRule:
    return RevokeRule(
        side=here.side, security_group_id=rule.security_group_id, rule_id=rule.rule_id, permission=rule.permission
    )
