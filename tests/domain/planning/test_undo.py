"""The undo: whatever a run has changed of whatever network, its inverses give the network before."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.network import Direction, PeeringStatus, Permission, Route, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import AclMode, Request
from causeway.domain.model.tags import REQUEST_ID_TAG, connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side, Value
from causeway.domain.planning.claims import connection_of
from causeway.domain.planning.kinds import (
    AcceptPeering,
    Addition,
    AuthorizeRule,
    Change,
    CreateAclEntry,
    CreatePeering,
    CreateRoute,
    DeleteAclEntry,
    DeletePeering,
    DeleteRoute,
    Removal,
    RevokeRule,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from causeway.domain.planning.kinds.base import BaseChange
from causeway.domain.planning.kinds.tags import TagEdit
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from causeway.domain.planning.undo import Undo, plan_undo
from tests.domain.networks import (
    CIDR_BLOCKS,
    change,
    change_side,
    closed,
    flow,
    request,
    snapshots,
    with_entries,
    with_permissions,
)
from tests.domain.situations import applied, edits, held, situations, with_connection, without_connection

ADDITIONS, REMOVALS = Addition.__value__, Removal.__value__
KINDS = (*ADDITIONS.__args__, *REMOVALS.__args__)


class Half(Value):
    """A run that has come as far as `changes`: what it was for, what there was before, what it planned, what there is now."""

    changes: tuple[Change, ...]
    former: Request
    wanted: Request
    before: PerSide[Snapshot]
    planned: Plan
    now: PerSide[Snapshot]

    def undo(self, before: Undo | None = None, now: PerSide[Snapshot] | None = None) -> Undo:
        connection = connection_of(self.wanted, self.now)
        connection_id = self.planned.connection_id or (connection.connection_id if connection else None)
        return plan_undo(self.wanted, self.planned, connection_id, now or self.now, before)


def half(former: Request, wanted: Request, before: PerSide[Snapshot], planned: Plan, done: Sequence[Change]) -> Half:
    """After these changes of the plan."""
    part = change(planned, changes=tuple(done))
    now = applied(wanted, part, before) if done else before
    return Half(
        changes=part.changes,
        former=former,
        wanted=wanted,
        before=before,
        planned=planned,
        now=_as_far_as_accepted(now, before, part, planned),
    )


def _as_far_as_accepted(now: PerSide[Snapshot], before: PerSide[Snapshot], part: Plan, planned: Plan) -> PerSide[Snapshot]:
    """The connection's state: the projection takes every connection for active."""
    accepts = bool(part.of(AcceptPeering, Side.ACCEPTER)) or not planned.of(AcceptPeering, Side.ACCEPTER)
    former = {each.connection_id: each.status for each in before.requester.peering_connections}

    def seen(side: Side) -> Snapshot:
        connections = tuple(
            each if accepts else change(each, status=former.get(each.connection_id, PeeringStatus.PENDING_ACCEPTANCE))
            for each in now[side].peering_connections
        )
        return change(now[side], peering_connections=connections)

    return PerSide.of(seen)


@st.composite
def some(draw: st.DrawFn, changes: tuple[Change, ...]) -> list[Change]:
    """Any of the changes that can be there together: nothing leads to a connection that is not, and its end comes last."""
    chosen = [each for each in changes if draw(st.booleans())]
    if any(isinstance(each, CreatePeering) for each in changes) and CreatePeering not in map(type, chosen):
        return []
    if any(isinstance(each, DeletePeering) for each in chosen):
        return list(changes)
    return chosen


@st.composite
def halves(draw: st.DrawFn) -> Half:
    """A creation, a change or a removal that has come any way."""
    former, edited, networks = draw(edits())
    first = plan_request(former, 1, networks, held(networks))
    kind = draw(st.sampled_from(["creation", "change", "removal"]))
    if kind == "creation":
        return half(former, former, networks, first, draw(some(first.changes)))
    there, holdings = applied(former, first, networks), holdings_after(former, held(networks), first)
    if kind == "change":
        second = plan_request(edited, 2, there, holdings)
        return half(former, edited, there, second, draw(some(second.changes)))
    removal = plan_removal(former, 2, there, holdings)
    return half(former, former, there, removal, draw(some(removal.changes)))


def done(plan: Plan, run: Half, now: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """The network once an undo's plan is done. No connection is accepted by that, as the projection would have it."""
    if not plan.changes:
        return now
    status = {each.connection_id: each.status for each in now.requester.peering_connections}
    after = applied(run.former, plan, now)

    def seen(side: Side) -> Snapshot:
        connections = after[side].peering_connections
        return change(
            after[side], peering_connections=tuple(change(each, status=status[each.connection_id]) for each in connections)
        )

    return PerSide.of(seen)


def everything(networks: PerSide[Snapshot], without: Collection[Change] = ()) -> list[Any]:
    """What a run could have changed: routes by where they lead, rules by their content and owner, entries, options."""
    holes = {(each.route_table_id, each.destination, each.target) for each in without if isinstance(each, DeleteRoute)}
    return [
        [
            {(table.route_table_id, each.destination, each.target) for table in here.route_tables for each in table.routes}
            - holes,
            {(group.security_group_id, each) for group in here.security_groups for each in group.permissions},
            {(rule.request_id, rule.security_group_id, rule.permission) for rule in here.owned_rules},
            {(acl.network_acl_id, each) for acl in here.network_acls for each in acl.entries},
            {each.connection_id: each.dns_resolution for each in here.peering_connections},
        ]
        for here in (networks[side] for side in SIDES)
    ]


# --- For any situation


@given(halves())
def test_an_undo_gives_the_network_before(run: Half) -> None:
    undo = run.undo()
    left = undo.left(undo.plan.changes)

    assert [each for each in run.changes if each not in undo.made] == []
    assert_in_order(undo.plan.changes)
    if any(isinstance(each, DeletePeering) for each in run.changes):
        assert left == run.planned.changes, "nothing brings a connection back"
    else:
        assert everything(done(undo.plan, run, run.now)) == everything(run.before, without=left)
        assert all(cannot_be_undone(each, run.planned) for each in left)


def assert_in_order(changes: Sequence[Change]) -> None:
    """What is put back comes first, the connection last."""
    turns = [2 if isinstance(each, DeletePeering) else int(isinstance(each, REMOVALS)) for each in changes]
    assert turns == sorted(turns)
    assert turns.count(2) <= 1


def cannot_be_undone(left: Change, plan: Plan) -> bool:
    """What was done to a connection that was there before, and a hole that led to one which was not."""
    if isinstance(left, DeleteRoute):
        return left.target != plan.connection_id
    return isinstance(left, CreatePeering | AcceptPeering) and plan.connection_id is not None


@given(halves(), st.data())
def test_an_undo_that_stopped_half_way_is_finished_by_another(run: Half, data: st.DataObject) -> None:
    first = run.undo()
    part = change(first.plan, changes=tuple(data.draw(some(first.plan.changes))))
    now = done(part, run, run.now)

    second = run.undo(first, now)

    assert second.round == 2
    assert second.made == first.made
    assert everything(done(second.plan, run, now)) == everything(done(first.plan, run, run.now))


@given(situations())
def test_of_a_run_that_made_nothing_nothing_is_undone(situation: tuple[Request, PerSide[Snapshot]]) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)

    changes = plan_undo(wanted, plan, plan.connection_id, networks).plan.changes

    assert changes == ()


# --- By example

WANTED = request(flow(Side.REQUESTER, ports=22), dns_resolution=PerSide(requester=True, accepter=False))
NARROW = request(flow(Side.REQUESTER, ports=443))
NETWORKS = snapshots()
CREATION = plan_request(WANTED, 1, NETWORKS)
THERE = applied(WANTED, CREATION, NETWORKS)
CREATION_ID = THERE.requester.peering_connections[0].connection_id
HELD = holdings_after(WANTED, held(NETWORKS), CREATION)
TO_PEER = CIDR_BLOCKS.accepter
SSH = Permission(direction=Direction.INGRESS, protocol="tcp", peer=CIDR_BLOCKS.requester, ports=PortRange(first=22, last=22))


def creation(changes: Sequence[Change] = CREATION.changes) -> Half:
    return half(WANTED, WANTED, NETWORKS, CREATION, changes)


def edit() -> Half:
    plan = plan_request(NARROW, 2, THERE, HELD)
    return half(WANTED, NARROW, THERE, plan, plan.changes)


def removal(changes: int | None = -1) -> Half:
    """A removal without its last step, unless told otherwise."""
    plan = plan_removal(WANTED, 2, THERE, HELD)
    return half(WANTED, WANTED, THERE, plan, plan.changes[:changes])


def sentences(changes: Sequence[Change]) -> list[str]:
    return [each.sentence for each in changes]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_change_has_its_inverse(kind: type[BaseChange]) -> None:
    """A new kind of change says in its own file what takes it back."""
    assert kind.undoing is not BaseChange.undoing


def test_a_new_peering_is_taken_back_as_a_whole() -> None:
    undo = creation().undo()

    assert sentences(undo.plan.changes) == [
        "No longer allow tcp/22 from 10.0.0.0/16 in sg-b1",
        "No longer route 10.0.0.0/16 to the peering in rtb-b1",
        "No longer route 10.0.0.0/16 to the peering in rtb-b0",
        "No longer route 192.0.0.0/16 to the peering in rtb-a1",
        "No longer route 192.0.0.0/16 to the peering in rtb-a0",
        f"Delete the peering of {WANTED.requester} with {WANTED.accepter}",
    ]
    assert undo.made == CREATION.changes
    assert undo.left(undo.plan.changes) == ()


def test_a_connection_that_failed_to_go_is_left_with_all_that_was_done_to_it() -> None:
    undo = creation().undo()
    *others, _ = undo.plan.changes

    assert [type(each) for each in undo.left(others)] == [CreatePeering, AcceptPeering, SetDnsResolution]


def test_a_connection_that_the_run_could_not_record_is_found_by_its_tag() -> None:
    run = creation(CREATION.changes[:1])

    undo = plan_undo(WANTED, CREATION, None, run.now)

    assert sentences(undo.made) == sentences(CREATION.changes[:1])
    assert [type(each) for each in undo.plan.changes] == [DeletePeering]
    assert undo.connection_id == run.now.requester.peering_connections[0].connection_id


def test_a_connection_that_is_not_ours_any_more_is_not_deleted() -> None:
    run = creation(CREATION.changes[:1])
    (ours,) = run.now.requester.peering_connections
    now = PerSide.of(lambda side: with_connection(run.now[side], change(ours, tags={})))

    assert run.undo(now=now).plan.changes == ()


def test_a_changed_peering_is_the_former_peering_again() -> None:
    undo = edit().undo()

    assert sentences(undo.plan.changes) == [
        "Allow tcp/22 from 10.0.0.0/16 in sg-b1",
        "Let the accepter resolve the requester's private DNS names",
        "No longer allow tcp/443 from 10.0.0.0/16 in sg-b1",
    ]


def test_a_removal_is_put_back_while_the_connection_is_there() -> None:
    undo = removal().undo()

    assert {type(each) for each in undo.plan.changes} == {CreateRoute, AuthorizeRule}
    assert undo.left(undo.plan.changes) == ()
    assert undo.connection_id == undo.plan.connection_id == CREATION_ID


def test_of_a_removal_that_was_done_nothing_is_put_back() -> None:
    run = removal(None)
    undo = run.undo()

    assert undo.plan.changes == ()
    assert undo.left(()) == undo.made == run.planned.changes


def test_a_waiting_connection_that_was_accepted_stays_so() -> None:
    waiting = PerSide.of(
        lambda side: with_connection(
            THERE[side],
            change(THERE[side].peering_connections[0], status=PeeringStatus.PENDING_ACCEPTANCE, tags=connection_tags(WANTED)),
        )
    )
    plan = plan_request(WANTED, 2, waiting, HELD)
    undo = half(WANTED, WANTED, waiting, plan, plan.changes).undo()

    assert [type(each) for each in plan.changes] == [AcceptPeering]
    assert undo.plan.changes == ()
    assert undo.left(()) == plan.changes


# --- Tags

FORMER, LATTER = (("Owner", "payments"), (REQUEST_ID_TAG, WANTED.request_id)), ((REQUEST_ID_TAG, WANTED.request_id),)
EDIT = TagEdit(before=FORMER, after=LATTER)


def tagged(tags: tuple[tuple[str, str], ...]) -> PerSide[Snapshot]:
    """The peering with these tags on its connection and its rules."""
    others = {key: value for key, value in tags if key != REQUEST_ID_TAG}

    def seen(side: Side) -> Snapshot:
        connections = tuple(change(each, tags=dict(tags)) for each in THERE[side].peering_connections)
        rules = tuple(change(each, tags=others) for each in THERE[side].owned_rules)
        return change(THERE[side], peering_connections=connections, owned_rules=rules)

    return PerSide.of(seen)


def tag_changes() -> tuple[TagPeering, TagRule]:
    (rule,) = THERE.accepter.owned_rules
    return TagPeering(side=Side.REQUESTER, tags=EDIT), TagRule(
        side=Side.ACCEPTER,
        security_group_id=rule.security_group_id,
        permission=rule.permission,
        rule_id=rule.rule_id,
        tags=EDIT,
    )


def test_tags_are_as_they_were() -> None:
    changes, connection_id = tag_changes(), CREATION_ID
    plan = Plan(request_id=WANTED.request_id, generation=2, connection_id=connection_id, changes=changes)

    undo = plan_undo(WANTED, plan, connection_id, tagged(LATTER))

    assert undo.plan.changes == tuple(change(each, tags=EDIT.inverse) for each in reversed(changes))
    assert plan_undo(WANTED, plan, connection_id, tagged(FORMER)).plan.changes == ()
    assert plan_undo(WANTED, plan, connection_id, NETWORKS).plan.changes == ()


# --- What somebody changed meanwhile


def retargeted(here: Snapshot, target: str) -> Snapshot:
    def elsewhere(route: Route) -> Route:
        return change(route, target=target) if route.destination == TO_PEER else route

    return change(
        here, route_tables=tuple(change(each, routes=tuple(map(elsewhere, each.routes))) for each in here.route_tables)
    )


def without_rules(here: Snapshot) -> Snapshot:
    groups = tuple(change(each, permissions=()) for each in here.security_groups)
    return change(here, security_groups=groups, owned_rules=())


@pytest.mark.parametrize(
    ("side", "interfere", "kind"),
    [
        (Side.REQUESTER, lambda here: retargeted(here, "igw-1"), CreateRoute),
        (Side.REQUESTER, lambda here: change(here, route_tables=()), CreateRoute),
        (Side.ACCEPTER, without_rules, AuthorizeRule),
        (Side.ACCEPTER, lambda here: change(here, security_groups=(), owned_rules=()), AuthorizeRule),
    ],
    ids=["route retargeted", "table gone", "rule revoked", "group gone"],
)
def test_what_somebody_took_back_is_not_the_runs_any_more(side: Side, interfere: Any, kind: type) -> None:
    run = creation()

    undo = run.undo(now=change_side(run.now, side, interfere(run.now[side])))

    lost = [each for each in CREATION.changes if isinstance(each, kind) and each.side is side]
    assert lost
    assert [each for each in CREATION.changes if each not in undo.made] == lost
    assert undo.left(undo.plan.changes) == ()


@pytest.mark.parametrize(
    ("side", "interfere", "kind"),
    [
        (Side.REQUESTER, lambda here: with_route_to("igw-1", here), DeleteRoute),
        (Side.REQUESTER, lambda here: change(here, route_tables=()), DeleteRoute),
        (Side.ACCEPTER, lambda here: with_permissions(here, SSH), RevokeRule),
        (Side.ACCEPTER, lambda here: change(here, security_groups=()), RevokeRule),
    ],
    ids=["routed elsewhere", "table gone", "allowed by hand", "group gone"],
)
def test_what_somebody_put_in_the_place_is_left_alone(side: Side, interfere: Any, kind: type) -> None:
    run = removal()

    undo = run.undo(now=change_side(run.now, side, interfere(run.now[side])))

    lost = [each for each in run.changes if isinstance(each, kind) and each.side is side]
    assert lost
    assert [each for each in run.changes if each not in undo.made] == lost


def managed_edit() -> Half:
    """From SSH to HTTPS, through ACLs that let nothing through by themselves."""
    former, wanted = (change(each, network_acls=AclMode.MANAGE) for each in (WANTED, NARROW))
    networks = PerSide.of(lambda side: closed(NETWORKS[side]))
    first = plan_request(former, 1, networks)
    there = applied(former, first, networks)
    plan = plan_request(wanted, 2, there, holdings_after(former, NOTHING_HELD, first))
    return half(former, wanted, there, plan, plan.changes)


def test_a_network_acl_gets_its_entries_back_with_their_old_numbers() -> None:
    undo = managed_edit().undo()

    assert sentences([each for each in undo.plan.changes if isinstance(each, CreateAclEntry | DeleteAclEntry)]) == [
        "Let tcp/22 from 10.0.0.0/16 through acl-b1, entry 20000",
        "Let tcp/22 to 192.0.0.0/16 through acl-a1, entry 20000",
        "No longer let tcp/443 from 10.0.0.0/16 through acl-b1, entry 20001",
        "No longer let tcp/443 to 192.0.0.0/16 through acl-a1, entry 20001",
    ]
    assert undo.left(undo.plan.changes) == ()


def test_an_entry_whose_number_somebody_took_is_not_put_back_but_told() -> None:
    run = managed_edit()
    (lost,) = run.planned.of(DeleteAclEntry, Side.ACCEPTER)
    theirs = with_entries(run.now.accepter, change(lost.entry, allow=False))

    undo = run.undo(now=change_side(run.now, Side.ACCEPTER, theirs))

    assert undo.plan.of(CreateAclEntry, Side.ACCEPTER) == ()
    assert undo.left(undo.plan.changes) == (lost,)


def test_the_entries_of_a_network_acl_that_is_gone_are_left_alone() -> None:
    run = managed_edit()
    lost = [each for each in run.changes if isinstance(each, CreateAclEntry | DeleteAclEntry) and each.side is Side.ACCEPTER]

    undo = run.undo(now=change_side(run.now, Side.ACCEPTER, change(run.now.accepter, network_acls=())))

    assert [each for each in run.changes if each not in undo.made] == lost


def with_route_to(target: str, here: Snapshot) -> Snapshot:
    tables = tuple(change(each, routes=(*each.routes, Route(destination=TO_PEER, target=target))) for each in here.route_tables)
    return change(here, route_tables=tables)


def test_black_holes_of_a_deleted_connection_go_and_no_route_comes_back() -> None:
    run = edit()
    cut = PerSide.of(lambda side: without_connection(run.now[side], run.planned.connection_id or ""))

    undo = run.undo(now=cut)

    assert {type(each) for each in undo.plan.changes} == {AuthorizeRule, RevokeRule}
    assert undo.connection_id is None


def test_a_new_connection_that_somebody_deleted_leaves_holes_that_go() -> None:
    run = creation()
    connection_id = run.now.requester.peering_connections[0].connection_id
    cut = PerSide.of(lambda side: without_connection(run.now[side], connection_id))

    undo = plan_undo(WANTED, CREATION, connection_id, cut)

    assert {type(each) for each in undo.plan.changes} == {DeleteRoute, RevokeRule}
    assert undo.left(undo.plan.changes) == ()


def test_a_route_to_a_connection_that_is_gone_cannot_be_put_back() -> None:
    gone = DeleteRoute(side=Side.REQUESTER, route_table_id="rtb-a0", destination=TO_PEER, target="pcx-gone")
    plan = Plan(request_id=WANTED.request_id, generation=2, changes=(gone,))

    undo = plan_undo(WANTED, plan, None, NETWORKS)

    assert (undo.plan.changes, undo.left(())) == ((), (gone,))
