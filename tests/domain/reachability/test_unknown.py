"""The third verdict: where something that decides cannot be seen, nobody says reachable, nor blocked."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from causeway.domain.model.findings import Code
from causeway.domain.model.network import (
    AclEntry,
    Direction,
    PrefixList,
    Route,
    Snapshot,
)
from causeway.domain.model.values import SIDES, PerSide
from causeway.domain.planning.planner import plan_request
from causeway.domain.reachability.check import check
from causeway.domain.reachability.packet_sets import EVERYTHING, NOTHING, allowed_by_rules
from causeway.domain.reachability.queries import reachable_to
from causeway.domain.reachability.query_targets import find_target
from causeway.domain.reachability.remedies import Reveal
from causeway.domain.reachability.unknown_flows import unknown_flows
from causeway.domain.reachability.verdicts import Cause, Component, Result, Verdict
from tests.domain.networks import (
    CIDR_BLOCKS,
    CONNECTION_ID,
    change,
    change_side,
    connection,
    request,
    snapshots,
    ssh,
    with_entries,
    with_permissions,
    with_routes,
)
from tests.domain.reachability.test_check import (
    FLOWS,
    SSH_IN,
    at,
    odd_networks,
    peered,
    with_only,
    without_groups_rules,
    without_routes,
)

REQUESTER, ACCEPTER = SIDES
THERE = CIDR_BLOCKS.accepter
UNREAD = "pl-unread"
DENY_SSH = AclEntry(number=1, direction=Direction.INGRESS, allow=False, protocol="6", cidr_block="0.0.0.0/0")


def judged(networks: PerSide[Snapshot]) -> Verdict:
    (verdict,) = check(request(ssh()), networks, connection(networks))
    return verdict


def by(destination: str, target: str, *others: Route) -> Callable[[Snapshot], Snapshot]:
    """With one route to the peer, in place of those that are there."""
    return lambda network: with_routes(without_routes(network), Route(destination=destination, target=target), *others)


def more(destination: str, target: str) -> Callable[[Snapshot], Snapshot]:
    return lambda network: with_routes(network, Route(destination=destination, target=target))


def carrying_unreadable(network: Snapshot) -> Snapshot:
    """Its interfaces carry a group that was not listed, beside their own, which let nothing in."""
    interfaces = tuple(change(each, security_group_ids=("sg-b1", "sg-b9")) for each in network.network_interfaces)
    return change(without_groups_rules(network), network_interfaces=interfaces)


def let_in_by(peer: str) -> Callable[[Snapshot], Snapshot]:
    return lambda network: with_permissions(without_groups_rules(network), change(SSH_IN, peer=peer))


@pytest.mark.parametrize(
    ("networks", "component", "cause", "missing"),
    [
        (at(REQUESTER, by(UNREAD, CONNECTION_ID)), Component.ROUTE_TABLE, Cause.PREFIX_LIST_UNREADABLE, "pl-unread"),
        (at(REQUESTER, more(UNREAD, "tgw-1")), Component.ROUTE_TABLE, Cause.PREFIX_LIST_UNREADABLE, "pl-unread"),
        (at(REQUESTER, more("192.0.0.0/24", "eni-1")), Component.ROUTE_TABLE, Cause.APPLIANCE_IN_PATH, "eni-1"),
        (at(REQUESTER, more("192.0.0.0/24", "vpce-1")), Component.ROUTE_TABLE, Cause.APPLIANCE_IN_PATH, "vpce-1"),
        (at(ACCEPTER, let_in_by(UNREAD)), Component.SECURITY_GROUP, Cause.PREFIX_LIST_UNREADABLE, "pl-unread"),
        (at(ACCEPTER, carrying_unreadable), Component.SECURITY_GROUP, Cause.SECURITY_GROUP_UNREADABLE, "sg-b9"),
        (
            at(ACCEPTER, lambda network: change(network, network_acls=())),
            Component.NETWORK_ACL,
            Cause.NOT_OBSERVED,
            "no network ACL",
        ),
        (
            at(REQUESTER, lambda network: change(network, route_tables=())),
            Component.ROUTE_TABLE,
            Cause.NOT_OBSERVED,
            "no route table",
        ),
    ],
    ids=[
        "a route by a list that may not be read",
        "a list that may lead a part elsewhere",
        "a network interface in the path",
        "a Gateway Load Balancer endpoint in the path",
        "a rule by a list that may not be read",
        "a group that may not be read",
        "an ACL that was not seen",
        "a route table that was not seen",
    ],
)
def test_what_cannot_be_seen_makes_a_verdict_unknown(
    networks: PerSide[Snapshot], component: Component, cause: Cause, missing: str
) -> None:
    verdict = judged(networks)

    assert (verdict.result, verdict.reachable, verdict.blocked_by) == (Result.UNKNOWN, False, None)
    hop = verdict.unknown_by
    assert hop is not None
    assert (hop.component, hop.cause) == (component, cause)
    assert all(missing in said for said in verdict.missing)
    assert verdict.missing


@pytest.mark.parametrize(
    "networks",
    [
        at(REQUESTER, lambda network: more("192.0.0.10/32", CONNECTION_ID)(more(UNREAD, "tgw-1")(network))),
        at(REQUESTER, more(UNREAD, CONNECTION_ID)),
        at(ACCEPTER, lambda network: with_permissions(network, change(SSH_IN, peer=UNREAD))),
        at(ACCEPTER, lambda network: change(carrying_unreadable(network), security_groups=network.security_groups)),
    ],
    ids=[
        "a static route to the address alone",
        "all routes lead there",
        "another rule is enough",
        "a readable group is enough",
    ],
)
def test_what_does_not_decide_may_stay_unseen(networks: PerSide[Snapshot]) -> None:
    assert judged(networks).result is Result.REACHABLE


@pytest.mark.parametrize("target", ["tgw-1", "igw-a1"])
def test_a_route_is_blocked_where_every_one_it_may_be_leads_elsewhere(target: str) -> None:
    verdict = judged(at(REQUESTER, by(THERE, "tgw-2", Route(destination=UNREAD, target=target))))

    assert verdict.result is Result.BLOCKED
    assert verdict.blocked_by
    assert verdict.blocked_by.cause is Cause.ROUTED_ELSEWHERE


def test_another_hop_that_blocks_decides() -> None:
    networks = at(ACCEPTER, lambda network: with_entries(let_in_by(UNREAD)(network), DENY_SSH))

    verdict = judged(networks)

    assert verdict.result is Result.BLOCKED
    assert verdict.blocked_by
    assert verdict.blocked_by.component is Component.NETWORK_ACL


def test_what_would_make_it_known_is_told() -> None:
    (reveal,) = judged(at(REQUESTER, more("192.0.0.0/24", "eni-1"))).remedies

    assert isinstance(reveal, Reveal)
    assert reveal.sentence.startswith("Look at eni-1:")
    (rule,) = judged(at(ACCEPTER, let_in_by(UNREAD))).remedies
    assert rule.sentence == "Add to sg-b1 the ingress rule tcp 22 from 10.0.0.0/16."


# --- before the first write, and after it


def test_an_unknown_flow_is_told_before_the_first_write_and_does_not_block() -> None:
    networks = change_side(snapshots(), REQUESTER, more("192.0.0.0/24", "eni-1")(snapshots().requester))

    plan = plan_request(request(ssh()), 1, networks)

    (finding,) = plan.findings
    assert (finding.code, finding.where, finding.blocking, plan.is_blocked) == (Code.FLOW_UNKNOWN, "rtb-a1", False, False)
    assert "tcp/22 from requester to accepter" in finding.message
    assert "eni-1" in finding.message


def test_an_unknown_flow_is_told_once_for_each_hop() -> None:
    networks = peered(subnets=3, interfaces=5)
    appliances = [(table, Route(destination="192.0.0.0/24", target=f"eni-{table}")) for table in ("rtb-a1", "rtb-a2", "rtb-a3")]
    for table, route in appliances:
        networks = change_side(networks, REQUESTER, with_routes(networks.requester, route, tables=[table]))

    found = list(unknown_flows(check(request(ssh()), networks, connection(networks))))

    assert [finding.where for finding in found] == ["rtb-a1", "rtb-a2", "rtb-a3"]


# --- what is open


def test_what_may_be_open_is_told_apart_from_what_is() -> None:
    networks = at(ACCEPTER, lambda network: with_permissions(network, change(SSH_IN, protocol="-1", ports=None, peer=UNREAD)))
    networks = change(networks, requester=change(networks.requester, peering_connections=(connection(networks),)))

    (way,) = reachable_to(find_target("eni-b1", request(ssh()), networks), networks)

    known = allowed_by_rules((SSH_IN,))
    assert (way.packets, way.unknown) == (known, EVERYTHING - known)


def test_behind_an_appliance_nothing_is_said_to_be_open() -> None:
    networks = at(REQUESTER, by("192.0.0.0/16", "eni-1"))
    networks = change(networks, requester=change(networks.requester, peering_connections=(connection(networks),)))

    (way,) = reachable_to(find_target("eni-b1", request(ssh()), networks), networks)

    assert (way.packets, way.unknown) == (NOTHING, allowed_by_rules((SSH_IN,)))


# --- on any network, knowing more never contradicts


@given(odd_networks())
@settings(max_examples=60)
def test_whatever_an_unread_list_holds_no_known_verdict_changes(networks: PerSide[Snapshot]) -> None:
    one = PerSide.of(lambda side: with_only(networks[side], networks[side].network_interfaces[0]))
    before = {verdict.flow: verdict.result for verdict in check(request(*FLOWS), one, connection(one))}
    for blocks in ((), *((block,) for block in ("0.0.0.0/0", "10.0.0.10/32", "192.0.0.10/32", "10.0.0.0/16", "192.0.0.0/16"))):
        read = PrefixList(prefix_list_id=UNREAD, name="read", family=4, max_entries=1, cidr_blocks=blocks)
        known = PerSide.of(lambda side, read=read: change(one[side], prefix_lists=(*one[side].prefix_lists, read)))  # type: ignore[misc]
        for verdict in check(request(*FLOWS), known, connection(one)):
            assert before[verdict.flow] in {Result.UNKNOWN, verdict.result}
