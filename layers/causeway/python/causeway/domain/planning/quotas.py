"""What a plan needs of each quota, before AWS refuses one more of something half way.

The quotas and their defaults are those of "Amazon VPC quotas" in the VPC User Guide and of "Quotas" in the VPC Peering Guide.
Additions come before removals, so that what a plan takes away makes no room for what it adds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from causeway.domain.model.addressing import FAMILIES, block_of, is_block
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import LOCAL, Direction, Permission, Snapshot
from causeway.domain.model.values import SIDES, PerSide, Side, Value

from .plan import AcceptPeering, AuthorizeRule, CreateAclEntry, CreatePeering, CreateRoute, Plan


class Quota(Value):
    """A quota of Amazon VPC.

    Attributes:
        code: Its code in Service Quotas.
        default: What AWS allows unless an account has asked for more.
        counts: What it counts, as a person would say it.
    """

    code: str
    default: int
    counts: str


ACTIVE_CONNECTIONS = Quota(code="L-7E9ECCDB", default=50, counts="active peering connections")
OUTSTANDING_REQUESTS = Quota(code="L-DC9F7029", default=25, counts="outstanding peering requests")
ROUTES = Quota(code="L-93826ACB", default=500, counts="routes")
GROUP_RULES = Quota(code="L-0EA8095F", default=60, counts="rules")
ACL_ENTRIES = Quota(code="L-2AEEBF1A", default=20, counts="entries")


class Demand(Value):
    """What a plan needs of one quota in one place.

    Attributes:
        where: The resource, or the account, that has so many of them.
        part: Which of them count together, such as `IPv4 ingress`; empty where all do.
    """

    quota: Quota
    where: str
    used: int
    needed: int
    part: str = ""


def exceeded(snapshots: PerSide[Snapshot], draft: Plan) -> Iterator[Finding]:
    """A finding for each quota that the plan would go over, on each side."""
    for side in SIDES:
        here = snapshots[side]
        for demand in _demands(here, draft):
            allowed = here.quotas.get(demand.quota.code, demand.quota.default)
            if demand.needed and demand.used + demand.needed > allowed:
                yield _finding(here, demand, allowed)


def _finding(here: Snapshot, demand: Demand, allowed: int) -> Finding:
    quota, vpc = demand.quota, here.vpc.ref
    counted = " ".join(each for each in (demand.part, quota.counts) if each)
    known = "" if quota.code in here.quotas else ", AWS's default,"
    return Finding(
        code=Code.QUOTA_EXCEEDED,
        side=here.side,
        where=demand.where,
        message=f"{demand.where} has {demand.used} {counted} and needs {demand.needed} more; {allowed}{known} are allowed. "
        f"Remove what is not needed, or raise the quota {quota.code} of {vpc.account_id} in {vpc.region} in Service Quotas.",
    )


def _demands(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    yield from _connections(here, draft)
    yield from _routes(here, draft)
    yield from _rules(here, draft)
    yield from _entries(here, draft)


def _connections(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    accepted = {each.connection_id for each in here.peering_connections if each.status.is_accepted}
    accepts = bool(draft.of(AcceptPeering, Side.ACCEPTER)) and draft.connection_id not in accepted
    yield Demand(quota=ACTIVE_CONNECTIONS, where=here.vpc.ref.vpc_id, used=len(accepted), needed=int(accepts))
    requests = bool(draft.of(CreatePeering, here.side)) and draft.connection_id is None
    yield Demand(
        quota=OUTSTANDING_REQUESTS,
        where=here.vpc.ref.account_id,
        used=here.outstanding_requests,
        needed=int(requests),
    )


def _routes(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    """Per table, IPv4 and IPv6 apart. Local and propagated routes do not count; a prefix list counts as much as it may hold."""
    needed = Counter((change.route_table_id, _family(change.destination)) for change in draft.of(CreateRoute, here.side))
    for table in here.route_tables:
        static = [route.destination for route in table.routes if route.target != LOCAL and not route.propagated]
        for family in FAMILIES:
            yield Demand(
                quota=ROUTES,
                where=table.route_table_id,
                used=sum(_weight(here, destination, family) for destination in static),
                needed=needed[table.route_table_id, family],
                part=f"IPv{family}",
            )


def _rules(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    """Per group and direction, IPv4 and IPv6 apart; a rule that names a group counts in both."""
    added = draft.of(AuthorizeRule, here.side)
    for group in here.security_groups:
        needed = [change.permission for change in added if change.security_group_id == group.security_group_id]
        for direction in Direction:
            for family in FAMILIES:
                yield Demand(
                    quota=GROUP_RULES,
                    where=group.security_group_id,
                    used=_count(here, group.permissions, direction, family),
                    needed=_count(here, needed, direction, family),
                    part=f"IPv{family} {direction}",
                )


def _entries(here: Snapshot, draft: Plan) -> Iterator[Demand]:
    """Per network ACL and direction, both families and the closing denials counted too."""
    needed = Counter((change.network_acl_id, change.entry.direction) for change in draft.of(CreateAclEntry, here.side))
    for acl in here.network_acls:
        for direction in Direction:
            yield Demand(
                quota=ACL_ENTRIES,
                where=acl.network_acl_id,
                used=sum(entry.direction is direction for entry in acl.entries),
                needed=needed[acl.network_acl_id, direction],
                part=direction,
            )


def _count(here: Snapshot, permissions: Iterable[Permission], direction: Direction, family: int) -> int:
    return sum(_weight(here, each.peer, family) for each in permissions if each.direction is direction)


def _weight(here: Snapshot, name: str, family: int) -> int:
    """How much a route or a rule counts in a family: one, or as much as the prefix list that it names may hold.

    A group counts in both, and so does a list that may not be read: it may be of either, and counts one at least.
    """
    if is_block(name):
        return int(_family(name) == family)
    named = next((each for each in here.prefix_lists if each.prefix_list_id == name), None)
    if named is None:
        return 1
    return named.max_entries if named.family == family else 0


def _family(block: str) -> int:
    return block_of(block).version
