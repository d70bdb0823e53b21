"""Which interfaces are the ends of a flow: all that carry a selected group, and assumed ones for groups that none carries."""

from causeway.domain.model.network import NetworkInterface, SecurityGroup, Snapshot
from causeway.domain.model.request import Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.planner import plan_request
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Verdict
from tests.domain.networks import change, change_side, everything_out, request, snapshots, ssh
from tests.domain.situations import applied

REQUESTER, ACCEPTER = SIDES


def groups(side: Side, *ids: str, wanted: Request | None = None) -> Request:
    """SSH for these groups of one side."""
    wanted = wanted or request(ssh())
    return change(wanted, security_groups=change_side(wanted.security_groups, side, Selector(ids=ids)))


def tables(side: Side, *ids: str) -> Request:
    """SSH by these tables of one side."""
    wanted = request(ssh())
    return change(wanted, route_tables=change_side(wanted.route_tables, side, Selector(ids=ids)))


def with_group(network: Snapshot, group_id: str, *carriers: str) -> Snapshot:
    """The side with one more group, alone on these interfaces."""
    more = SecurityGroup(security_group_id=group_id, name=group_id, permissions=everything_out())

    def carrying(interface: NetworkInterface) -> NetworkInterface:
        is_carrier = interface.network_interface_id in carriers
        return change(interface, security_group_ids=(group_id,)) if is_carrier else interface

    interfaces = tuple(map(carrying, network.network_interfaces))
    return change(network, security_groups=(*network.security_groups, more), network_interfaces=interfaces)


def judged(wanted: Request, networks: PerSide[Snapshot]) -> tuple[Verdict, ...]:
    """The verdicts once the plan of the request is done, whatever its findings."""
    after = applied(wanted, plan_request(wanted, 1, networks), networks)
    (connection,) = after.requester.peering_connections
    return check(wanted, after, connection)


def test_an_interface_with_a_selected_group_is_an_end_whatever_its_route_table() -> None:
    networks = snapshots(subnets=2)

    verdicts = judged(tables(ACCEPTER, "rtb-b1"), networks)

    assert [(verdict.destination.network_interface_id, verdict.reachable) for verdict in verdicts] == [
        ("eni-b1", True),
        ("eni-b2", False),
    ]


def test_an_interface_without_a_selected_group_is_no_end() -> None:
    networks = snapshots(subnets=2)
    networks = change_side(networks, ACCEPTER, with_group(networks.accepter, "sg-b9", "eni-b2"))

    (verdict,) = judged(groups(ACCEPTER, "sg-b9"), networks)

    assert verdict.destination.network_interface_id == "eni-b2"


def test_an_interface_is_assumed_for_each_selected_group_that_none_carries() -> None:
    networks = snapshots(subnets=2)
    networks = change_side(networks, ACCEPTER, with_group(networks.accepter, "sg-b9"))
    wanted = change(groups(ACCEPTER, "sg-b1", "sg-b9"), route_tables=tables(ACCEPTER, "rtb-b2").route_tables)

    ends = [verdict.destination for verdict in judged(wanted, networks)]

    assert [(end.network_interface_id, end.security_group_ids, end.stands_for) for end in ends] == [
        ("eni-b1", ("sg-b1",), 1),
        ("eni-b2", ("sg-b1",), 1),
    ], "the assumed one in subnet-b2 meets the same as eni-b2, which stands for it"

    alone = [
        verdict.destination
        for verdict in judged(change(wanted, security_groups=groups(ACCEPTER, "sg-b9").security_groups), networks)
    ]
    assert [(end.network_interface_id, end.address, end.security_group_ids, end.stands_for) for end in alone] == [
        (None, "192.0.1.4", ("sg-b9",), 0)
    ]


def test_nothing_is_assumed_where_an_interface_is_though_it_is_cut_off() -> None:
    networks = snapshots(subnets=2)
    networks = change_side(networks, ACCEPTER, with_group(networks.accepter, "sg-b9", "eni-b2"))
    wanted = change(groups(ACCEPTER, "sg-b9"), route_tables=tables(ACCEPTER, "rtb-b1").route_tables)

    (verdict,) = judged(wanted, networks)

    assert (verdict.destination.network_interface_id, verdict.reachable) == ("eni-b2", False)


def test_a_verdict_says_in_its_first_words_what_is_assumed() -> None:
    (neither,) = judged(request(ssh()), snapshots(interfaces=0))
    (both,) = judged(request(ssh()), snapshots())

    assert neither.assumes == (
        "assumed, because there is none yet: an interface with sg-a1 at 10.0.0.4 in subnet-a1",
        "assumed, because there is none yet: an interface with sg-b1 at 192.0.0.4 in subnet-b1",
    )
    assert both.assumes == ()
