"""Quotas: what counts against each, and that a plan which would go over one says so."""

import pytest

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, PeeringStatus, Permission, Route, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import Request
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import connection as connection_kind
from causeway.domain.planning.kinds import routes as routes_kind
from causeway.domain.planning.kinds import rules as rules_kind
from causeway.domain.planning.kinds.quota import Quota
from causeway.domain.planning.planner import plan_request
from tests.domain.networks import (
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
from tests.domain.situations import applied, with_connection

from .test_preflight import ELSEWHERE


def with_quota(networks: PerSide[Snapshot], side: Side, quota: Quota, value: int) -> PerSide[Snapshot]:
    return change_side(networks, side, change(networks[side], quotas={quota.code: value}))


def told(wanted: Request, networks: PerSide[Snapshot]) -> list[Finding]:
    return [each for each in plan_request(wanted, 1, networks).findings if each.code is Code.QUOTA_EXCEEDED]


def peered(network: Snapshot, count: int) -> Snapshot:
    """The side with active connections to others."""
    for number in range(count):
        other = connection(snapshots(), connection_id=f"pcx-9{number}", requester=network.vpc.ref, accepter=ELSEWHERE)
        network = with_connection(network, change(other, cidr_blocks=PerSide(requester=(), accepter=())))
    return network


def rules(count: int, direction: Direction = Direction.INGRESS, peer: str = "172.16.0.0/12") -> tuple[Permission, ...]:
    ports = (PortRange(first=port, last=port) for port in range(1000, 1000 + count))
    return tuple(Permission(direction=direction, protocol="tcp", peer=peer, ports=each) for each in ports)


def routes(count: int, **changes: object) -> tuple[Route, ...]:
    return tuple(change(Route(destination=f"172.16.{each}.0/24", target="tgw-1"), **changes) for each in range(count))


def test_what_fits_exactly_is_no_finding() -> None:
    networks = with_quota(snapshots(), Side.ACCEPTER, rules_kind.QUOTA, 3)
    networks = change_side(networks, Side.ACCEPTER, with_permissions(networks.accepter, *rules(2)))

    assert told(request(ssh()), networks) == []


def test_a_finding_says_what_is_used_needed_and_allowed_and_where() -> None:
    networks = with_quota(snapshots(), Side.ACCEPTER, rules_kind.QUOTA, 3)
    networks = change_side(networks, Side.ACCEPTER, with_permissions(networks.accepter, *rules(3)))

    (finding,) = told(request(ssh()), networks)

    assert (finding.side, finding.where, finding.blocking) == (Side.ACCEPTER, "sg-b1", True)
    assert finding.message == (
        "sg-b1 has 3 IPv4 ingress rules and needs 1 more; 3 are allowed. Remove what is not needed, or raise the quota "
        "L-0EA8095F of 222222222222 in us-east-1 in Service Quotas."
    )


def test_where_the_quota_is_not_known_the_documented_default_counts() -> None:
    networks = snapshots()
    networks = change_side(networks, Side.ACCEPTER, with_permissions(networks.accepter, *rules(60)))

    (finding,) = told(request(ssh()), networks)

    assert "60, AWS's default, are allowed" in finding.message


@pytest.mark.parametrize(
    "others",
    [rules(60, Direction.EGRESS), rules(60, peer="2600:1f00:c::/56")],
    ids=["the other direction", "the other family"],
)
def test_directions_and_families_of_rules_count_apart(others: tuple[Permission, ...]) -> None:
    networks = snapshots()
    networks = change_side(networks, Side.ACCEPTER, with_permissions(networks.accepter, *others))

    assert told(request(ssh()), networks) == []


def test_a_rule_that_names_a_group_counts_in_both_families() -> None:
    networks = snapshots()
    networks = change_side(networks, Side.ACCEPTER, with_permissions(networks.accepter, *rules(60, peer="sg-a9")))

    assert [finding.where for finding in told(request(ssh()), networks)] == ["sg-b1"]


@pytest.mark.parametrize(
    ("present", "tables"),
    [
        (routes(1), ["rtb-a1"]),
        (routes(3, propagated=True), []),
        ((Route(destination="2600:1f00:c::/56", target="tgw-1"),), []),
        ((Route(destination="pl-1", target="tgw-1"),), ["rtb-a1"]),
    ],
    ids=["static", "propagated", "the other family", "a prefix list that may not be read"],
)
def test_routes_count_for_each_table_and_family(present: tuple[Route, ...], tables: list[str]) -> None:
    """The main table has its local route, the other one a route to the internet besides."""
    networks = with_quota(snapshots(), Side.REQUESTER, routes_kind.QUOTA, 2)
    networks = change_side(networks, Side.REQUESTER, with_routes(networks.requester, *present, tables=["rtb-a1"]))

    assert [finding.where for finding in told(request(ssh()), networks)] == tables


@pytest.mark.parametrize(("family", "quota", "tables"), [(4, 22, []), (4, 21, ["rtb-a1"]), (6, 2, [])])
def test_a_route_by_a_prefix_list_counts_as_much_as_the_list_may_hold(family: int, quota: int, tables: list[str]) -> None:
    """The table has a route to the internet besides, and gets one."""
    network = change(snapshots().requester, prefix_lists=(prefix_list("172.16.0.0/16", family=family, max_entries=20),))
    network = with_routes(network, Route(destination="pl-1", target="tgw-1"), tables=["rtb-a1"])
    networks = with_quota(change_side(snapshots(), Side.REQUESTER, network), Side.REQUESTER, routes_kind.QUOTA, quota)

    assert [finding.where for finding in told(request(ssh()), networks)] == tables


@pytest.mark.parametrize(("quota", "groups"), [(21, []), (20, ["sg-b1"])])
def test_a_rule_by_a_prefix_list_counts_as_much_as_the_list_may_hold(quota: int, groups: list[str]) -> None:
    """Also where what it holds may not be read: then its size still is known."""
    unread = change(prefix_list(max_entries=20), cidr_blocks=None)
    network = with_permissions(change(snapshots().accepter, prefix_lists=(unread,)), *rules(1, peer="pl-1"))
    networks = with_quota(change_side(snapshots(), Side.ACCEPTER, network), Side.ACCEPTER, rules_kind.QUOTA, quota)

    assert [finding.where for finding in told(request(ssh()), networks)] == groups


@pytest.mark.parametrize("side", SIDES)
def test_active_connections_count_on_both_sides(side: Side) -> None:
    networks = snapshots()
    networks = change_side(networks, side, peered(networks[side], 3))

    assert told(request(ssh()), with_quota(networks, side, connection_kind.ACTIVE_CONNECTIONS, 4)) == []
    (finding,) = told(request(ssh()), with_quota(networks, side, connection_kind.ACTIVE_CONNECTIONS, 3))
    assert (finding.side, finding.where) == (side, networks[side].vpc.ref.vpc_id)


def test_a_pending_request_is_one_of_the_accounts_outstanding_ones() -> None:
    networks = with_quota(snapshots(), Side.REQUESTER, connection_kind.OUTSTANDING_REQUESTS, 25)
    full = change(networks, requester=change(networks.requester, outstanding_requests=25))

    assert told(request(ssh()), networks) == []
    assert [finding.where for finding in told(request(ssh()), full)] == ["111111111111"]


def test_a_connection_that_is_there_needs_no_more() -> None:
    """New tags are planned for it as a request and an acceptance that make no second connection."""
    wanted, networks = request(ssh()), snapshots()
    networks = applied(wanted, plan_request(wanted, 1, networks), networks)
    for side in SIDES:
        values = {quota.code: 0 for quota in (connection_kind.ACTIVE_CONNECTIONS, connection_kind.OUTSTANDING_REQUESTS)}
        networks = change_side(networks, side, change(networks[side], quotas=values))
    retagged = change(wanted, tags={"Owner": "payments"})

    assert plan_request(retagged, 2, networks).changes
    assert told(retagged, networks) == []


def test_a_pending_connection_of_ours_still_has_to_become_active() -> None:
    wanted, networks = request(ssh()), snapshots()
    ours = connection(networks, PeeringStatus.PENDING_ACCEPTANCE, tags=connection_tags(wanted))
    for side in SIDES:
        networks = change_side(networks, side, with_connection(networks[side], ours))

    (finding,) = told(wanted, with_quota(networks, Side.ACCEPTER, connection_kind.ACTIVE_CONNECTIONS, 0))

    assert finding.message.startswith("vpc-b1 has 0 active peering connections and needs 1 more; 0 are allowed.")
