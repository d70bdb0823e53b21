"""Prefix lists: rules and routes by one are judged, and planned around, as those for each block that it holds."""

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.domain.model.findings import Code
from causeway.domain.model.network import Direction, PeeringStatus, Permission, PrefixList, Route, Snapshot
from causeway.domain.model.prefix_lists import named, resolved
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateRoute
from causeway.domain.planning.planner import plan_request
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Cause, Component, Result, Verdict
from tests.domain.networks import (
    CIDR_BLOCKS,
    CONNECTION_ID,
    change,
    change_side,
    connection,
    prefix_list,
    request,
    snapshots,
    ssh,
    with_permissions,
    with_routes,
)
from tests.domain.reachability.test_check import FLOWS, odd_networks, outcome
from tests.domain.situations import with_connection

REQUESTER, ACCEPTER = SIDES
THERE = CIDR_BLOCKS.accepter
SSH_IN = Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=22, last=22), peer="pl-1")
UNREAD = PrefixList(prefix_list_id="pl-1", name="list-1", family=4, max_entries=10)


def by_lists(*lists: PrefixList, routes: tuple[Route, ...] = ()) -> PerSide[Snapshot]:
    """Peered sides that let SSH in by `pl-1`, and have the routes to it, or those given on the requester's side."""
    networks = snapshots()
    requester = with_routes(networks.requester, *(routes or (Route(destination="pl-1", target=CONNECTION_ID),)))
    accepter = with_routes(networks.accepter, Route(destination=CIDR_BLOCKS.requester, target=CONNECTION_ID))
    return PerSide(
        requester=change(requester, prefix_lists=lists),
        accepter=change(with_permissions(accepter, SSH_IN), prefix_lists=(prefix_list(CIDR_BLOCKS.requester),)),
    )


def judge(networks: PerSide[Snapshot]) -> Verdict:
    (verdict,) = check(request(ssh()), networks, connection(networks))
    return verdict


def said(verdict: Verdict, component: Component) -> list[str]:
    return [hop.decided_by for hop in verdict.hops if hop.component is component]


def test_a_hop_names_the_list_and_the_block_in_it() -> None:
    verdict = judge(by_lists(prefix_list("172.16.0.0/12", THERE)))

    assert verdict.reachable
    assert said(verdict, Component.ROUTE_TABLE)[0] == "route pl-1 (list-1) holding 192.0.0.0/16 → pcx-1"
    assert said(verdict, Component.SECURITY_GROUP)[1] == "ingress rule tcp 22 from pl-1 (list-1) holding 10.0.0.0/16"


@pytest.mark.parametrize("lists", [(), (UNREAD,)], ids=["nothing known", "only its name"])
def test_a_list_that_may_not_be_read_makes_a_flow_unknown_and_is_told(lists: tuple[PrefixList, ...]) -> None:
    networks = by_lists(*lists)
    networks = change_side(networks, ACCEPTER, change(networks.accepter, prefix_lists=lists))

    verdict = judge(networks)

    assert verdict.result is Result.UNKNOWN
    assert [hop.cause for hop in verdict.hops if hop.cause] == [Cause.PREFIX_LIST_UNREADABLE] * 2
    assert said(verdict, Component.ROUTE_TABLE)[0] == "route 0.0.0.0/0 → igw-a1; what pl-1 holds is unknown"
    assert said(verdict, Component.SECURITY_GROUP)[1] == (
        "no ingress rule allows tcp 22 from 10.0.0.10; what pl-1 holds is unknown"
    )


def test_a_list_that_may_not_be_read_does_not_hide_what_is_known() -> None:
    to_one, by_unread = Route(destination="192.0.0.10/32", target=CONNECTION_ID), Route(destination="pl-9", target="vpce-1")

    known, unknown = (
        judge(by_lists(routes=(by_unread, to_one))),
        judge(by_lists(routes=(by_unread, change(to_one, destination=THERE)))),
    )

    assert (known.result, said(known, Component.ROUTE_TABLE)[0]) == (Result.REACHABLE, "route 192.0.0.10/32 → pcx-1")
    assert (unknown.result, said(unknown, Component.ROUTE_TABLE)[0]) == (
        Result.UNKNOWN,
        "route 192.0.0.0/16 → pcx-1; what pl-9 holds is unknown",
    )


def test_lists_with_different_targets_that_hold_one_block_leave_it_open() -> None:
    routes = (Route(destination="pl-1", target=CONNECTION_ID), Route(destination="pl-2", target="tgw-1"))

    verdict = judge(by_lists(prefix_list(THERE), prefix_list(THERE, number=2), routes=routes))

    assert verdict.result is Result.UNKNOWN
    assert [hop.cause for hop in verdict.hops if hop.cause] == [Cause.ROUTE_UNDETERMINED]
    assert said(verdict, Component.ROUTE_TABLE)[0] == (
        "route pl-1 (list-1) holding 192.0.0.0/16 → pcx-1 or route pl-2 (list-2) holding 192.0.0.0/16 → tgw-1"
    )
    assert [remedy.sentence for remedy in verdict.remedies] == ["Add to rtb-a1 the route 192.0.0.0/16 → pcx-1."]


def test_only_the_lists_that_are_named_are_looked_for() -> None:
    networks = by_lists(routes=(Route(destination="pl-9", target="tgw-1"),))

    assert named(networks.requester) == {"pl-9"}
    assert named(networks.accepter) == {"pl-1"}
    assert named(snapshots().requester) == frozenset()


def test_where_no_list_was_read_nothing_is_resolved() -> None:
    network = by_lists(UNREAD).requester

    assert resolved(network) is network


@given(odd_networks())
@settings(max_examples=60)
def test_lists_are_judged_as_their_blocks_written_out(networks: PerSide[Snapshot]) -> None:
    written_out = PerSide(requester=_written_out(networks.requester), accepter=_written_out(networks.accepter))

    assert of_every_pair(networks) == of_every_pair(written_out)


def of_every_pair(networks: PerSide[Snapshot]) -> Counter[object]:
    """How many pairs of interfaces each outcome is that of; two rules that say the same are told apart by their lists."""
    counted = Counter[object]()
    for verdict in check(request(*FLOWS), networks, connection(networks)):
        counted[outcome(verdict)] += verdict.source.stands_for * verdict.destination.stands_for
    return counted


def _written_out(network: Snapshot) -> Snapshot:
    """With rules by the blocks themselves in place of those by the lists."""
    lists = {each.prefix_list_id: each.cidr_blocks or () for each in network.prefix_lists}
    groups = (
        change(
            group,
            permissions=tuple(
                change(rule, peer=peer) for rule in group.permissions for peer in lists.get(rule.peer, (rule.peer,))
            ),
        )
        for group in network.security_groups
    )
    return change(network, security_groups=tuple(groups))


@given(st.builds(prefix_list, st.sampled_from([THERE, "10.0.0.0/8"]), number=st.integers(1, 9)) | st.just(UNREAD))
def test_a_list_is_saved_as_it_is(held: PrefixList) -> None:
    network = change(snapshots().requester, prefix_lists=(held,))

    assert msgspec.json.decode(msgspec.json.encode(network), type=Snapshot) == network


# --- planned around ---


def ours(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """With a connection of the request's own."""
    joined = connection(networks, PeeringStatus.ACTIVE, tags=connection_tags(request(ssh())))
    return PerSide.of(lambda side: with_connection(networks[side], joined))


@pytest.mark.parametrize(
    ("held", "target", "planned"),
    [
        (THERE, CONNECTION_ID, 0),
        ("192.0.0.0/8", CONNECTION_ID, 2),
        (THERE, "tgw-1", 2),
        ("192.0.0.0/8", "tgw-1", 2),
        ("172.16.0.0/12", "tgw-1", 2),
    ],
    ids=["leads to ours", "a wider one", "elsewhere", "a wider one elsewhere", "other blocks"],
)
def test_a_route_by_a_list_counts_only_if_it_leads_the_block_to_the_connection(held: str, target: str, planned: int) -> None:
    """In both tables of the requester. A route of ours comes before one by a list that leads elsewhere."""
    networks = ours(by_lists(prefix_list(held), routes=(Route(destination="pl-1", target=target),)))

    plan = plan_request(request(ssh()), 1, networks)

    assert len(plan.of(CreateRoute, REQUESTER)) == planned
    assert plan.findings == ()


def test_a_longer_prefix_in_a_list_is_found_before_the_first_write() -> None:
    networks = ours(by_lists(prefix_list("192.0.0.0/24"), routes=(Route(destination="pl-1", target="tgw-1"),)))

    plan = plan_request(request(ssh()), 1, networks)

    assert [finding.code for finding in plan.findings] == [Code.FLOW_BLOCKED]
    assert "pl-1 (list-1) holding 192.0.0.0/24 → tgw-1" in plan.findings[0].message


def test_a_list_does_not_come_before_a_route_to_the_block_itself() -> None:
    routes = (Route(destination="pl-1", target="tgw-1"), Route(destination=THERE, target=CONNECTION_ID))

    plan = plan_request(request(ssh()), 1, ours(by_lists(prefix_list(THERE), routes=routes)))

    assert (plan.of(CreateRoute, REQUESTER), plan.findings) == ((), ())


@pytest.mark.parametrize(
    ("alter", "planned"),
    [
        (lambda network: network, 0),
        (lambda network: change(network, prefix_lists=(prefix_list("10.0.0.0/24"),)), 1),
        (lambda network: change(network, prefix_lists=(UNREAD,)), 1),
    ],
    ids=["all of the peer", "a part", "unknown"],
)
def test_a_rule_by_a_list_that_holds_the_peer_is_enough(alter: Callable[[Snapshot], Snapshot], planned: int) -> None:
    networks = by_lists(prefix_list(THERE))

    plan = plan_request(request(ssh()), 1, change_side(networks, ACCEPTER, alter(networks.accepter)))

    assert len(plan.of(AuthorizeRule, Side.ACCEPTER)) == planned
