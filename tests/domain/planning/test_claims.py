"""Two requests of one pair, each asked from either side: they share what both want, and neither takes it from the other."""

from collections.abc import Iterable
from functools import partial, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.exclusion import without_excluded
from causeway.domain.model.findings import Code
from causeway.domain.model.network import Direction, Permission, Route, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import Request, Selector
from causeway.domain.model.tags import REQUEST_ID_TAG, connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.claims import claim_of
from causeway.domain.planning.kinds import (
    ACL_ENTRIES,
    ROUTES,
    RULES,
    AuthorizeRule,
    CreatePeering,
    CreateRoute,
    DeletePeering,
    DeleteRoute,
    RevokeRule,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from causeway.domain.planning.kinds.tags import TagEdit
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from tests.domain.networks import (
    any_flow,
    change,
    closed,
    flow,
    named,
    networks_and_flows,
    ping,
    request,
    snapshots,
    ssh,
    with_permissions,
    with_routes,
)
from tests.domain.situations import BOOLEANS, applied, particular

A, B = "a", "b"

type Step = tuple[str, Request | None]
"""Who puts an item, and what it says; None deletes it."""


class Pair:
    """Two VPCs and what the ledger knows of the requests for them; each run is planned, saved and done at once."""

    def __init__(self, networks: PerSide[Snapshot]) -> None:
        self.networks = networks
        self.held: dict[str, Holdings] = {}
        self.generation = 0

    def put(self, wanted: Request) -> Plan:
        """Whatever preflight says of the selectors and flows: what is planned is planned."""
        plan = self.planned(wanted)
        before = self.held.get(wanted.request_id, NOTHING_HELD)
        self.held[wanted.request_id] = holdings_after(wanted, before, plan, self._others(wanted.request_id))
        self._do(wanted, plan)
        return plan

    def delete(self, request_id: str) -> Plan:
        held = self.held.pop(request_id)
        assert held.request is not None
        self.generation += 1
        seen = self._seen_by(held.request)
        plan = plan_removal(held.request, self.generation, seen, held, self._others(request_id))
        self._do(held.request, plan)
        self.held = {user: other.merged_with(held) for user, other in self.held.items()}
        return plan

    def planned(self, wanted: Request) -> Plan:
        self.generation += 1
        holdings = self.held.get(wanted.request_id, NOTHING_HELD)
        return plan_request(wanted, self.generation, self._seen_by(wanted), holdings, self._others(wanted.request_id))

    @property
    def wanted(self) -> list[Request]:
        """The surviving requests."""
        return [held.request for held in self.held.values() if held.request is not None]

    def _others(self, request_id: str) -> tuple[Holdings, ...]:
        return tuple(held for user, held in self.held.items() if user != request_id)

    def _do(self, wanted: Request, plan: Plan) -> None:
        whole = self.networks if self._is_straight(wanted) else swapped(self.networks)
        done = applied(wanted, plan, whole)
        self.networks = done if self._is_straight(wanted) else swapped(done)

    def _seen_by(self, wanted: Request) -> PerSide[Snapshot]:
        networks = self.networks if self._is_straight(wanted) else swapped(self.networks)
        return PerSide.of(lambda side: without_excluded(wanted, networks[side]))

    def _is_straight(self, wanted: Request) -> bool:
        return wanted.requester == self.networks.requester.vpc.ref


def swapped(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    return PerSide.of(lambda side: change(networks[side.other], side=side))


def everything(networks: PerSide[Snapshot]) -> set[tuple[object, ...]]:
    """Routes, rules and network ACL entries."""
    tables = [(table, route) for side in SIDES for table in networks[side].route_tables for route in table.routes]
    groups = [(group, rule) for side in SIDES for group in networks[side].security_groups for rule in group.permissions]
    return (
        {(table.route_table_id, route.destination, route.target) for table, route in tables}
        | {(group.security_group_id, rule) for group, rule in groups}
        | {(acl.network_acl_id, entry) for side in SIDES for acl in networks[side].network_acls for entry in acl.entries}
    )


def seen_for(wanted: Request, networks: PerSide[Snapshot], side: Side) -> Snapshot:
    return without_excluded(wanted, networks[side])


def claimed(pair: Pair, connection_id: str) -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
    """What the surviving requests want: routes and entries, which always are there; and rules."""
    places: set[tuple[object, ...]] = set()
    rules: set[tuple[object, ...]] = set()
    for wanted in pair.wanted:
        straight = wanted if wanted.requester == pair.networks.requester.vpc.ref else wanted.swapped
        held = reduce(Holdings.merged_with, pair.held.values(), Holdings(request=straight))
        claim = claim_of(straight, PerSide.of(partial(seen_for, straight, pair.networks)), held)
        for side in SIDES:
            places |= {(table, block, connection_id) for table, block in claim.of(ROUTES, side)} | set(
                claim.of(ACL_ENTRIES, side)
            )
            rules |= set(claim.of(RULES, side))
    return places, rules


# --- For any two requests, in any order


@st.composite
def lives(draw: st.DrawFn) -> tuple[PerSide[Snapshot], list[Step]]:
    """Two VPCs with something of somebody else's in them, and what is put and deleted, one after the other."""
    networks, ordinary = draw(networks_and_flows())
    by_hand = Permission(direction=Direction.INGRESS, protocol="tcp", peer="0.0.0.0/0", ports=PortRange(first=22, last=22))
    if draw(BOOLEANS):
        networks = PerSide.of(lambda side: with_permissions(networks[side], by_hand))
    if draw(BOOLEANS):
        networks = PerSide.of(lambda side: closed(networks[side]))
    networks = PerSide.of(lambda side: with_routes(networks[side], Route(destination="172.16.0.0/12", target="tgw-1")))
    turns = {A: False, B: draw(BOOLEANS)}
    steps: list[Step] = []
    at_first = [(user, False) for user in draw(st.permutations([A, B]))]
    later = draw(st.lists(st.tuples(st.sampled_from([A, B]), BOOLEANS), max_size=4))
    for user, deletes in (*at_first, *later):
        flows = tuple(draw(st.lists(any_flow(), max_size=2)))
        wanted = draw(particular(change(ordinary, request_id=user, flows=flows)))
        steps.append((user, None if deletes else wanted.swapped if turns[user] else wanted))
    return networks, steps


def lived(networks: PerSide[Snapshot], steps: Iterable[Step]) -> Pair:
    pair = Pair(networks)
    for user, wanted in steps:
        if wanted is not None:
            pair.put(wanted)
        elif user in pair.held:
            pair.delete(user)
    return pair


@given(lives())
def test_the_network_has_exactly_what_the_surviving_requests_want(life: tuple[PerSide[Snapshot], list[Step]]) -> None:
    networks, steps = life
    pair = lived(networks, steps)

    before, after = everything(networks), everything(pair.networks)
    connections = {each.connection_id for each in pair.networks.requester.peering_connections}
    assert len(connections) == (1 if pair.held else 0)
    places, rules = claimed(pair, next(iter(connections), ""))
    assert before <= after
    assert after - before <= places | rules
    assert places <= after
    again = [pair.planned(wanted) for wanted in pair.wanted]
    assert [plan.changes for plan in again if plan.changes] == []
    told = {finding.code for plan in again for finding in plan.findings}
    assert told.isdisjoint({Code.PEERING_EXISTS, Code.ROUTE_CONFLICT})
    for side in SIDES:
        for rule in pair.networks[side].owned_rules:
            assert rule.request_id in pair.held
            assert rule.tags == pair.held[rule.request_id].request.tags  # type: ignore[union-attr]
        for connection in pair.networks[side].peering_connections:
            assert connection.tags[REQUEST_ID_TAG] in pair.held


@given(lives())
def test_once_all_are_gone_everything_is_as_it_was(life: tuple[PerSide[Snapshot], list[Step]]) -> None:
    networks, steps = life
    pair = lived(networks, steps)

    for user in list(pair.held):
        pair.delete(user)

    assert pair.networks == networks


# --- By example


def both_there(first: Request, second: Request) -> Pair:
    pair = Pair(snapshots())
    pair.put(first)
    pair.put(second)
    return pair


@pytest.mark.parametrize("second", [request(request_id=B), request(request_id=B).swapped], ids=["alike", "swapped"])
def test_the_second_of_two_alike_changes_nothing(second: Request) -> None:
    pair = Pair(snapshots())
    pair.put(request(request_id=A))

    plan = pair.put(second)

    assert (plan.changes, plan.findings) == ((), ())
    assert plan.connection_id is not None


def test_the_first_hands_over_what_the_second_wants_and_takes_the_rest_along() -> None:
    pair = both_there(request(ssh(), ping(), request_id=A), request(ssh(), request_id=B))

    plan = pair.delete(A)

    assert [type(each) for each in plan.changes] == [TagPeering, TagPeering, TagRule, RevokeRule]
    (handed,) = plan.of(TagRule)
    assert handed.sentence == "Tag tcp/22 from 10.0.0.0/16 in sg-b1: causeway:request-id=b"
    assert plan.of(RevokeRule)[0].permission.protocol == "icmp"
    tags = {side: pair.networks[side].peering_connections[0].tags for side in SIDES}
    assert tags == dict.fromkeys(SIDES, connection_tags(request(request_id=B)))


def test_the_second_goes_and_the_first_keeps_what_it_made() -> None:
    pair = both_there(request(ssh(), request_id=A), request(ssh(), ping(), request_id=B).swapped)

    plan = pair.delete(B)

    assert {type(each) for each in plan.changes} == {RevokeRule}
    assert pair.planned(request(ssh(), request_id=A)).changes == ()


def test_the_last_one_deletes_a_connection_that_is_the_other_way_round() -> None:
    pair = both_there(request(request_id=A), request(request_id=B).swapped)
    pair.delete(A)

    plan = pair.delete(B)

    (end,) = plan.of(DeletePeering)
    assert (end.side, end.vpc, end.peer) == (Side.ACCEPTER, request().requester, request().accepter)
    assert len(plan.of(DeleteRoute)) == 4


def test_a_broader_rule_of_the_other_request_is_no_cover() -> None:
    wide = flow(Side.REQUESTER, ports=PortRange(first=20, last=30))
    pair = Pair(snapshots())
    pair.put(request(wide, request_id=A))

    assert [each.permission.what for each in pair.put(request(ssh(), request_id=B)).of(AuthorizeRule)] == ["tcp/22"]


def test_dns_is_on_while_anybody_wants_it_on_the_side_that_the_connection_calls_so() -> None:
    names = PerSide(requester=True, accepter=False)
    pair = both_there(request(request_id=A), request(request_id=B, dns_resolution=names).swapped)
    (connection,) = pair.networks.requester.peering_connections
    assert connection.dns_resolution == names

    assert pair.planned(request(request_id=A)).of(SetDnsResolution) == ()
    (off,) = pair.delete(B).of(SetDnsResolution)
    assert (off.side, off.role, off.allow) == (Side.ACCEPTER, Side.REQUESTER, False)


def test_a_route_that_both_want_outlives_the_one_whose_plan_named_it() -> None:
    """Also one that the first made after the second was planned: what is left behind goes to those who stay."""
    first = request(request_id=A)
    only_main = change(first, route_tables=PerSide.of(lambda side: Selector(ids=(named("rtb", side, 0),))))
    pair = both_there(only_main, request(request_id=B))
    assert len(pair.put(first).of(CreateRoute)) == 0
    pair.delete(A)

    assert len(pair.delete(B).of(DeleteRoute)) == 4


def test_a_request_that_excludes_a_block_leaves_it_to_the_one_that_does_not() -> None:
    networks = snapshots()
    shared = change(networks.accepter.vpc, cidr_blocks=(*networks.accepter.vpc.cidr_blocks, "100.64.0.0/16"))
    pair = Pair(change(networks, accepter=change(networks.accepter, vpc=shared)))
    pair.put(request(request_id=A))

    assert pair.put(request(request_id=B, excluded_cidr_blocks=("100.64.0.0/10",))).changes == ()
    assert pair.delete(B).changes == ()


# --- Tags


def test_edited_tags_reach_the_connection_and_the_rules_and_what_is_taken_out_goes() -> None:
    pair = Pair(snapshots())
    pair.put(request(ssh(), request_id=A, tags={"Owner": "payments", "Stage": "test"}))

    plan = pair.put(request(ssh(), request_id=A, tags={"Owner": "ledger"}))

    assert [type(each) for each in plan.changes] == [TagPeering, TagPeering, TagRule]
    edit = TagEdit(
        before=(("Owner", "payments"), ("Stage", "test"), (REQUEST_ID_TAG, A)), after=(("Owner", "ledger"), (REQUEST_ID_TAG, A))
    )
    assert {each.tags for each in plan.of(TagPeering)} | {each.tags for each in plan.of(TagRule)} == {edit}
    assert edit.removed == (("Stage", "test"),)
    assert str(edit) == "Owner=ledger, no Stage"


def test_a_tag_that_somebody_else_set_stays() -> None:
    pair = Pair(snapshots())
    pair.put(request(ssh(), request_id=A, tags={"Owner": "payments"}))
    (connection,) = pair.networks.accepter.peering_connections
    by_hand = change(connection, tags={**connection.tags, "Owner": "me", "Cost": "1"})
    pair.networks = change(pair.networks, accepter=change(pair.networks.accepter, peering_connections=(by_hand,)))

    pair.put(request(ssh(), request_id=A))

    (connection,) = pair.networks.accepter.peering_connections
    assert connection.tags == {**connection_tags(request(request_id=A)), "Owner": "me", "Cost": "1"}


def test_a_connection_that_is_tagged_on_one_side_only_is_tagged_on_the_other() -> None:
    pair = Pair(snapshots())
    pair.put(request(request_id=A))
    (connection,) = pair.networks.accepter.peering_connections
    bare = change(connection, tags={})
    pair.networks = change(pair.networks, accepter=change(pair.networks.accepter, peering_connections=(bare,)))

    (tagged,) = pair.put(request(request_id=A)).changes

    assert isinstance(tagged, TagPeering)
    assert (tagged.side, tagged.tags.before) == (Side.ACCEPTER, ())
    assert tagged.tags.inverse.removed == (("Name", "causeway a"),), "what tells whose it is stays"
    assert not pair.planned(request(request_id=A)).of(CreatePeering)
