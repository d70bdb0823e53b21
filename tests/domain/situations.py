"""Situations to plan for: two networks in which something is there already, and a request for them."""

from functools import cache
from itertools import count

from hypothesis import strategies as st

from causeway.domain.model.network import (
    LIVE_STATUSES,
    Direction,
    OwnedRule,
    PeeringConnection,
    Permission,
    PrefixList,
    Route,
    Snapshot,
)
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import AclMode, Request, Selector
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, DeletePeering, OwnedRoute
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.projection import project

from .networks import (
    CIDR_BLOCKS,
    CONNECTION_ID,
    IPV6_CIDR_BLOCKS,
    any_flow,
    change,
    closed,
    connection,
    named,
    networks_and_flows,
    prefix_list,
)

SECONDARY_CIDR_BLOCKS = PerSide(requester="10.7.0.0/16", accepter="192.7.0.0/16")

OFTEN_NONE: st.SearchStrategy[tuple[str, ...]] = st.sampled_from([(), (), ("igw-1",)])
RESOURCE_TAGS: st.SearchStrategy[dict[str, str]] = st.sampled_from([{}, {"Tier": "private"}])
REQUEST_TAGS: st.SearchStrategy[dict[str, str]] = st.sampled_from([{}, {"Owner": "payments"}, {"Name": "ours"}])
STATUSES = st.sampled_from(LIVE_STATUSES)
BOOLEANS = st.booleans()

type Situation = tuple[Request, PerSide[Snapshot]]
type Edit = tuple[Request, Request, PerSide[Snapshot]]


def applied(wanted: Request, plan: Plan, networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """What is observed once the plan is done: its projection, with the tags of the rules that it added."""
    projected, ours = project(plan, networks)
    if plan.of(DeletePeering):
        return PerSide.of(lambda side: without_connection(projected[side], ours.connection_id))
    return PerSide.of(lambda side: _with_owned_rules(projected[side], plan, wanted))


def without_connection(network: Snapshot, connection_id: str) -> Snapshot:
    others = (each for each in network.peering_connections if each.connection_id != connection_id)
    return change(network, peering_connections=tuple(others))


def _with_owned_rules(network: Snapshot, plan: Plan, wanted: Request) -> Snapshot:
    """With the tags of the rules that the plan added. Rules that are put back get new ids, as AWS gives them."""
    taken = {rule.rule_id for rule in network.owned_rules}
    free = (each for place in count() if (each := f"sgr-{network.side}-{plan.generation}-{place}") not in taken)
    added = (
        OwnedRule(
            rule_id=next(free),
            security_group_id=rule.security_group_id,
            permission=rule.permission,
            request_id=plan.request_id,
            tags=wanted.tags,
        )
        for rule in plan.of(AuthorizeRule, network.side)
    )
    return change(network, owned_rules=(*network.owned_rules, *added))


def with_connection(network: Snapshot, ours: PeeringConnection) -> Snapshot:
    others = without_connection(network, ours.connection_id).peering_connections
    return change(network, peering_connections=(*others, ours))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Any small one: with or without the connection, tags, foreign routes and rules, more blocks, edge tables, closed ACLs.

    Routes and rules are by prefix lists too, of which one may not be read.
    """
    networks, ordinary = draw(networks_and_flows())
    wanted = draw(particular(ordinary))
    networks = PerSide.of(lambda side: draw(_lived_in(networks[side])))
    return wanted, draw(_connected(wanted, networks))


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """A situation, and what the item says after an edit: narrower, or anything else that it can say of these two VPCs."""
    wanted, networks = draw(situations())
    other = draw(particular(change(wanted, flows=tuple(draw(st.lists(any_flow(), max_size=3))))))
    return wanted, draw(st.sampled_from([other, change(wanted, flows=wanted.flows[1:])])), networks


@st.composite
def particular(draw: st.DrawFn, wanted: Request) -> Request:
    """The request with any selectors, DNS options, tags, and its network ACLs checked or managed."""
    return change(
        wanted,
        route_tables=PerSide.of(lambda side: draw(_selectors("rtb", side))),
        security_groups=PerSide.of(lambda side: draw(_selectors("sg", side))),
        dns_resolution=PerSide.of(lambda _: draw(BOOLEANS)),
        tags=draw(REQUEST_TAGS),
        network_acls=draw(st.sampled_from(AclMode)),
    )


def held(networks: PerSide[Snapshot]) -> Holdings:
    """Every route that is there, as if a plan had once named it: where it leads decides whether it is ours."""
    return Holdings(
        routes=tuple(
            OwnedRoute(side=side, route_table_id=table.route_table_id, destination=route.destination)
            for side in SIDES
            for table in networks[side].route_tables
            for route in table.routes
        )
    )


@cache
def _selectors(kind: str, side: Side) -> st.SearchStrategy[Selector]:
    ids = st.lists(st.integers(0, 4).map(lambda number: named(kind, side, number)), min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.just(Selector(every=True)),
        st.just(Selector(tag_key="Tier", tag_value="private")),
        ids.map(lambda chosen: Selector(ids=tuple(chosen))),
    )


@st.composite
def _lived_in(draw: st.DrawFn, network: Snapshot) -> Snapshot:
    side = network.side
    secondary = (SECONDARY_CIDR_BLOCKS[side],) if draw(BOOLEANS) else ()
    tables = tuple(
        change(
            table,
            routes=table.routes + draw(_other_routes(side)),
            gateway_ids=draw(OFTEN_NONE),
            tags=draw(RESOURCE_TAGS),
        )
        for table in network.route_tables
    )
    added = {group.security_group_id: draw(_other_rules(side)) for group in network.security_groups}
    groups = tuple(
        change(group, permissions=group.permissions + added[group.security_group_id], tags=draw(RESOURCE_TAGS))
        for group in network.security_groups
    )
    of_another_request = tuple(
        OwnedRule(rule_id=f"sgr-{group}-{place}", security_group_id=group, permission=rule, request_id="another")
        for group, rules in added.items()
        for place, rule in enumerate(rules[:1])
    )
    return change(
        closed(network) if draw(BOOLEANS) else network,
        vpc=change(network.vpc, cidr_blocks=network.vpc.cidr_blocks + secondary),
        route_tables=tables,
        security_groups=groups,
        owned_rules=of_another_request,
        prefix_lists=draw(_prefix_lists(side)),
    )


@cache
def _prefix_lists(side: Side) -> st.SearchStrategy[tuple[PrefixList, ...]]:
    blocks = st.sampled_from([CIDR_BLOCKS[side.other], SECONDARY_CIDR_BLOCKS[side.other], "172.16.0.0/12"])
    return st.lists(blocks, max_size=2, unique=True).map(lambda held: (prefix_list(*held),))


@cache
def _other_routes(side: Side) -> st.SearchStrategy[tuple[Route, ...]]:
    peers = [CIDR_BLOCKS[side.other], SECONDARY_CIDR_BLOCKS[side.other], IPV6_CIDR_BLOCKS[side.other], "172.16.0.0/12"]
    routes = st.builds(
        Route,
        destination=st.sampled_from([*peers, "pl-1", "pl-unread"]),
        target=st.sampled_from([CONNECTION_ID, "pcx-9", "tgw-1"]),
        blackhole=st.booleans(),
    )
    return st.lists(routes, max_size=2, unique_by=lambda route: route.destination).map(tuple)


@cache
def _other_rules(side: Side) -> st.SearchStrategy[tuple[Permission, ...]]:
    rules = st.builds(
        Permission,
        direction=st.sampled_from(Direction),
        protocol=st.sampled_from(["tcp", "icmp", "-1"]),
        peer=st.sampled_from([CIDR_BLOCKS[side.other], "0.0.0.0/0", "::/0", named("sg", side.other, 1), "pl-1"]),
        ports=st.none() | st.just(PortRange(first=22, last=22)),
    )
    return st.lists(rules, max_size=2, unique=True).map(tuple)  # EC2 has no rule twice in a group


@st.composite
def _connected(draw: st.DrawFn, wanted: Request, networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """With the request's own connection, or without one; the accepter's tags may be missing yet."""
    if not draw(BOOLEANS):
        return networks
    ours = connection(
        networks,
        draw(STATUSES),
        dns_resolution=PerSide.of(lambda _: draw(BOOLEANS)),
        tags=connection_tags(wanted),
    )
    theirs = change(ours, tags=ours.tags if draw(BOOLEANS) else {})
    return PerSide(
        requester=with_connection(networks.requester, ours),
        accepter=with_connection(networks.accepter, theirs),
    )
