"""The planner: a request and what was observed in, the plan out.

1. Find the connection that is already ours, or plan to request it.
2. Plan to accept it, unless it is accepted.
3. On each side: routes to every CIDR block of the peer, rules and network ACL entries for every flow, the DNS option, the
   tags of what is there.
4. Then, on each side, take away what is ours and no longer wanted: rules, entries, then routes.
5. Let preflight look at all of it, and at what the network would then be.

A resource that is right already is not in the plan, so a second run of the same request has an empty one. A removal is the same
with nothing wanted: the connection goes last.

Other requests of the same two VPCs share the connection. What one of them wants too is not taken away but handed over: routes
in the ledger, rules and the connection by their tags.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from msgspec.structs import replace

from causeway.domain.model.findings import Finding
from causeway.domain.model.network import PeeringConnection, Route, Snapshot
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side, Value

from .claims import Claim, RoutePlace, RulePlace, claim_of, claims_of, connection_of, owner_of
from .exposure import beyond_allow
from .grants import AclGrant, ConnectionGrant, DnsGrant, Grant, RouteGrant, RuleGrant
from .ownership import NOTHING_HELD, Holdings, OwnedAclEntry, OwnedRoute, connection_tags
from .plan import (
    AcceptPeering,
    Addition,
    AuthorizeRule,
    Change,
    CreateAclEntry,
    CreatePeering,
    CreateRoute,
    DeletePeering,
    Plan,
    Removal,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from .preflight import preflight
from .projection import project
from .rules import missing_permissions
from .surplus import revocation, surplus_entries, surplus_routes, surplus_rules
from .tagging import tag_peering, tag_rules


class Situation(Value):
    """What there is to plan from.

    Attributes:
        request_id: Who is planned.
        connection: The pair's, if it is ours; as its own requester's side sees it.
        claims: Of all who want something afterwards, this request first, unless it goes.
        holdings: What all of them hold, and this one where it goes, in the words of this one.
    """

    request_id: str
    snapshots: PerSide[Snapshot]
    connection: PeeringConnection | None
    claims: tuple[Claim, ...]
    holdings: Holdings

    @property
    def swapped(self) -> bool:
        """Whether the connection is the other way round than the request."""
        return self.connection is not None and self.connection.requester != self.snapshots.requester.vpc.ref

    def side_of(self, role: Side) -> Side:
        """The side whose VPC has this role in the connection; and the role of a side's VPC."""
        return role.other if self.swapped else role


def plan_request(
    request: Request,
    generation: int,
    snapshots: PerSide[Snapshot],
    holdings: Holdings = NOTHING_HELD,
    others: tuple[Holdings, ...] = (),
) -> Plan:
    """Plan what makes the network as the request says.

    Args:
        request: The desired state.
        generation: Of the run.
        snapshots: Both sides.
        holdings: What the request holds.
        others: What the other requests of the same two VPCs hold, each in its own words.
    """
    joint = _joint(request, holdings, others)
    claim = claim_of(request, snapshots, joint)
    seen = _situation(request, snapshots, joint, others, (claim, *claims_of(others, snapshots, joint)))
    draft = _plan(
        request,
        generation,
        seen,
        *_connection_changes(request, seen),
        *(change for side in SIDES for change in _additions(claim, side, seen)),
        *(change for side in SIDES for change in _removals(side, seen)),
    )
    draft = replace(draft, scope=tuple(_scope(claim, seen)))
    plan = draft.with_findings(preflight(request, snapshots, draft, seen.holdings))
    return plan if plan.is_blocked else _with_exposures(plan, request, snapshots, others)


def _with_exposures(plan: Plan, request: Request, snapshots: PerSide[Snapshot], others: tuple[Holdings, ...]) -> Plan:
    """What will be open that nobody asks for, once the plan is done."""
    return plan.with_findings((*plan.findings, *beyond_allow(request, others, *project(plan, snapshots))))


def plan_removal(
    request: Request, generation: int, snapshots: PerSide[Snapshot], holdings: Holdings, others: tuple[Holdings, ...] = ()
) -> Plan:
    """Plan what takes everything of the request out of the network that no other request of the pair wants."""
    joint = _joint(request, holdings, others)
    seen = _situation(request, snapshots, joint, others, claims_of(others, snapshots, joint))
    return _plan(
        request,
        generation,
        seen,
        *(change for side in SIDES for change in _handed_over(side, seen)),
        *(change for side in SIDES for change in _removals(side, seen)),
        *_end_of_connection(seen),
    )


def refuse(request: Request, generation: int, findings: tuple[Finding, ...]) -> Plan:
    """The plan of a request whose sides cannot even be observed: nothing but the findings."""
    return Plan(request_id=request.request_id, generation=generation, findings=findings)


def holdings_after(request: Request, holdings: Holdings, plan: Plan, others: tuple[Holdings, ...] = ()) -> Holdings:
    """What the request holds once the plan is begun: to be saved before the first write."""
    planned = tuple(
        OwnedRoute(side=change.side, route_table_id=change.route_table_id, destination=change.destination)
        for side in SIDES
        for change in plan.of(CreateRoute, side)
    )
    entries = tuple(
        OwnedAclEntry(side=change.side, network_acl_id=change.network_acl_id, entry=change.entry)
        for change in plan.of(CreateAclEntry)
    )
    found = (plan.connection_id,) if plan.connection_id else ()
    tags = tuple(sorted(request.tags.items()))
    begun = Holdings(request=request, routes=planned, acl_entries=entries, connection_ids=found, tags=tags)
    return replace(_joint(request, holdings, (begun, *others)), request=request, approved=plan.scope)


def _situation(
    request: Request,
    snapshots: PerSide[Snapshot],
    joint: Holdings,
    others: tuple[Holdings, ...],
    claims: tuple[Claim, ...],
) -> Situation:
    return Situation(
        request_id=request.request_id,
        snapshots=snapshots,
        connection=connection_of(request, snapshots, others),
        claims=claims,
        holdings=joint,
    )


def _joint(request: Request, holdings: Holdings, others: tuple[Holdings, ...]) -> Holdings:
    """What all of them hold, in the words of the request; it still says what that one held itself."""
    joint = replace(holdings, request=request)
    for other in others:
        joint = joint.merged_with(other)
    return replace(joint, request=holdings.request)


def _plan(request: Request, generation: int, seen: Situation, *changes: Change) -> Plan:
    connection_id = seen.connection.connection_id if seen.connection else None
    return Plan(request_id=request.request_id, generation=generation, connection_id=connection_id, changes=changes)


def _scope(claim: Claim, seen: Situation) -> Iterator[Grant]:
    """What the request lets through, each thing once, wherever on a side it does; of what all share, what anybody wants."""
    yield ConnectionGrant()
    for side in SIDES:
        blocks = dict.fromkeys(block for _, block in claim.routes[side])
        yield from (RouteGrant(side=side, destination=block) for block in blocks)
        permissions = dict.fromkeys(permission for _, permission in claim.rules[side])
        yield from (RuleGrant(side=side, permission=permission) for permission in permissions)
        passages = dict.fromkeys(entry.permission for _, entry in claim.entries[side])
        yield from (AclGrant(side=side, permission=permission) for permission in passages)
        if any(each.request.dns_resolution[side] for each in seen.claims):
            yield DnsGrant(side=side)


def _connection_changes(request: Request, seen: Situation) -> Iterator[Addition]:
    connection = seen.connection
    if connection is None:
        tags = connection_tags(request)
        yield CreatePeering(vpc=request.requester, peer=request.accepter, tags=tags)
        yield AcceptPeering(vpc=request.accepter, peer=request.requester, tags=tags)
    elif not connection.status.is_accepted:
        yield AcceptPeering(
            side=seen.side_of(Side.ACCEPTER),
            vpc=connection.accepter,
            peer=connection.requester,
            tags=connection_tags(owner_of(connection, seen.claims)),
        )


def _additions(claim: Claim, side: Side, seen: Situation) -> Iterator[Addition]:
    here, peer = seen.snapshots[side], seen.snapshots[side.other].vpc
    yield from _missing_routes(claim, side, seen)
    for group in resolved(_lasting(here, claim.rules[side])).security_groups:
        needed = [permission for group_id, permission in claim.rules[side] if group_id == group.security_group_id]
        for permission in missing_permissions(group.permissions, needed, peer):
            yield AuthorizeRule(side=side, security_group_id=group.security_group_id, permission=permission)
    there = {(acl.network_acl_id, entry) for acl in here.network_acls for entry in acl.entries}
    for acl_id, entry in claim.entries[side]:
        if (acl_id, entry) not in there:
            yield CreateAclEntry(side=side, network_acl_id=acl_id, entry=entry)
    yield from _handed_over(side, seen)


def _missing_routes(claim: Claim, side: Side, seen: Situation) -> Iterator[CreateRoute]:
    """Routes to what has none, and in place of those that a connection of ours left as black holes.

    A route by a prefix list is as good as one to the block, as long as it leads to the connection; where it does not, ours
    comes first.
    """
    connection_id = seen.connection.connection_id if seen.connection else None
    present: dict[RoutePlace, Route] = {}
    by_list: defaultdict[RoutePlace, set[str]] = defaultdict(set)
    for table in resolved(seen.snapshots[side]).route_tables:
        for route in table.routes:
            place = (table.route_table_id, route.destination)
            if route.prefix_list is None:
                present[place] = route
            else:
                by_list[place].add(route.target)
    for table_id, block in claim.routes[side]:
        standing = present.get((table_id, block))
        if standing is not None and seen.holdings.is_orphaned_blackhole(standing, connection_id):
            yield CreateRoute(side=side, route_table_id=table_id, destination=block, replaces=standing.target)
        elif standing is None and by_list[table_id, block] != {connection_id}:
            yield CreateRoute(side=side, route_table_id=table_id, destination=block)


def _lasting(here: Snapshot, needed: Collection[RulePlace]) -> Snapshot:
    """The side with only what its groups allow for as long as the request wants it.

    A rule that is about to go cannot stand in for one that is needed, nor can one that another request made for itself.
    """
    passing = {(rule.security_group_id, rule.permission) for rule in here.owned_rules} - set(needed)
    groups = (
        replace(group, permissions=tuple(rule for rule in group.permissions if (group.security_group_id, rule) not in passing))
        for group in here.security_groups
    )
    return replace(here, security_groups=tuple(groups))


def _handed_over(side: Side, seen: Situation) -> Iterator[SetDnsResolution | TagPeering | TagRule]:
    """What all share on a side: the DNS option, which is on if anybody wants it, and the tags of those who go on using it."""
    if not seen.claims:
        return
    connection, ours = seen.connection, frozenset(seen.holdings.tags)
    allow = any(claim.request.dns_resolution[side] for claim in seen.claims)
    if allow != (connection.dns_resolution[seen.side_of(side)] if connection else False):
        yield SetDnsResolution(side=side, allow=allow, swapped=seen.swapped)
    if connection is not None:
        yield from tag_peering(seen.request_id, seen.snapshots[side], connection, seen.claims, ours)
    yield from tag_rules(seen.request_id, seen.snapshots[side], seen.claims, ours)


def _removals(side: Side, seen: Situation) -> Iterator[Removal]:
    here = seen.snapshots[side]
    rules = frozenset(rule for claim in seen.claims for rule in claim.rules[side])
    for rule in surplus_rules(here, seen.request_id, rules):
        yield revocation(here, rule)
    entries = frozenset(entry for claim in seen.claims for entry in claim.entries[side])
    yield from surplus_entries(here, seen.holdings, entries)
    connection_id = seen.connection.connection_id if seen.connection else None
    routes = frozenset(route for claim in seen.claims for route in claim.routes[side])
    yield from surplus_routes(here, seen.holdings, connection_id, routes)


def _end_of_connection(seen: Situation) -> Iterator[DeletePeering]:
    """The last request takes the connection along."""
    if seen.connection is not None and not seen.claims:
        requester, accepter = seen.connection.requester, seen.connection.accepter
        yield DeletePeering(side=seen.side_of(Side.REQUESTER), vpc=requester, peer=accepter)
