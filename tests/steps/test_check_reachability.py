"""CheckReachability: what is there is judged, once it shows one moment."""

import pytest

from causeway.domain.model.errors import AccessDenied, NetworkNotSettled, PeeringNotActive
from causeway.domain.model.findings import Code
from causeway.domain.model.network import Direction, PeeringStatus, Permission, RouteTable, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.ownership import Holdings
from causeway.steps.check_reachability import Proof, check_reachability
from tests.domain.networks import change, change_side, flow, with_permissions
from tests.ledger import Ledger

from .conftest import StillReader
from .samples import NETWORKS, STEP, UNREADABLE, WANTED, found_connection, with_status

pytestmark = pytest.mark.usefixtures("begun")


def test_every_flow_is_proved(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)

    assert not check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks)).blocked

    verdicts = ledger.runs.load(WANTED.request_id, 1).verdicts
    assert verdicts is not None
    assert {verdict.flow for verdict in verdicts} == set(WANTED.flows)
    assert all(verdict.reachable for verdict in verdicts)


def test_what_is_open_that_no_request_of_the_pair_asks_for_is_saved(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    opened = with_permissions(networks.accepter, *(ingress(port) for port in (22, 3306, 5432)))
    networks = change_side(networks, Side.ACCEPTER, opened)
    other = change(WANTED.swapped, request_id="other", flows=(flow(Side.ACCEPTER, ports=5432),))
    ledger.holdings.save("other", Holdings(request=other))
    ledger.holdings.add_user(WANTED.pair, "other")

    assert check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))

    (finding,) = ledger.runs.load(WANTED.request_id, 1).exposures
    assert (finding.code, finding.where, finding.blocking) == (Code.OPEN_BEYOND_ALLOW, "sg-b1", False)
    assert "tcp 3306" in finding.message


def ingress(port: int) -> Permission:
    ports = PortRange(first=port, last=port)
    return Permission(direction=Direction.INGRESS, protocol="tcp", peer="0.0.0.0/0", ports=ports)


def test_the_network_is_judged_not_the_plan(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    bare = change(networks, accepter=change(networks.accepter, security_groups=NETWORKS.accepter.security_groups))

    assert looked_twice(ledger, bare).blocked

    verdicts = ledger.runs.load(WANTED.request_id, 1).verdicts or ()
    assert {verdict.flow.source for verdict in verdicts if not verdict.reachable} == {Side.REQUESTER}


def looked_twice(ledger: Ledger, networks: PerSide[Snapshot]) -> Proof:
    """What two looks say that find the same flows blocked."""
    with pytest.raises(NetworkNotSettled, match="these flows do not work"):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))
    return check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))


def test_a_blocked_flow_counts_once_two_looks_agree(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    one, both_sides = (
        change(networks, accepter=change(networks.accepter, security_groups=NETWORKS.accepter.security_groups)),
        PerSide.of(lambda side: change(networks[side], security_groups=NETWORKS[side].security_groups)),
    )

    for differing in (one, both_sides):
        with pytest.raises(NetworkNotSettled):
            check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(differing))

    assert check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(both_sides)).blocked


def test_a_flow_that_works_at_the_second_look_works(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    stale = change(networks, accepter=change(networks.accepter, route_tables=NETWORKS.accepter.route_tables))
    with pytest.raises(NetworkNotSettled):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(stale))

    assert not check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks)).blocked


@pytest.mark.parametrize("status", [PeeringStatus.PROVISIONING, PeeringStatus.INITIATING_REQUEST])
def test_a_connection_on_its_way_is_waited_for(ledger: Ledger, status: PeeringStatus) -> None:
    networks = with_status(status)
    found_connection(ledger, networks)

    with pytest.raises(PeeringNotActive, match=status):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(networks))

    assert ledger.runs.load(WANTED.request_id, 1).verdicts is None


@pytest.mark.parametrize("side", SIDES)
def test_routes_seen_before_the_connection_was_active_are_looked_at_again(ledger: Ledger, side: Side) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    early = PerSide.of(lambda each: blackholed(networks[each]) if each is side else networks[each])

    with pytest.raises(PeeringNotActive, match="black holes"):
        check_reachability(STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(early))

    assert ledger.runs.load(WANTED.request_id, 1).verdicts is None


def blackholed(snapshot: Snapshot) -> Snapshot:
    """Its routes to the connection as they are before that is active."""
    (connection,) = snapshot.peering_connections

    def before(table: RouteTable) -> RouteTable:
        ours = connection.connection_id
        return change(table, routes=tuple(change(route, blackhole=route.target == ours) for route in table.routes))

    return change(snapshot, route_tables=tuple(map(before, snapshot.route_tables)))


def test_a_connection_that_is_gone_is_for_the_verdicts_to_tell(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)
    gone = PerSide.of(lambda side: change(networks[side], peering_connections=()))

    assert looked_twice(ledger, gone).blocked


def test_a_side_that_is_no_longer_readable_is_an_error(ledger: Ledger) -> None:
    networks = with_status(PeeringStatus.ACTIVE)
    found_connection(ledger, networks)

    with pytest.raises(AccessDenied, match=r"222222222222.*No role"):
        check_reachability(
            STEP, runs=ledger.runs, holdings=ledger.holdings, reader=StillReader(change(networks, accepter=UNREADABLE))
        )
