"""The edge and the planner agree: what was written is what is observed, so there is nothing left to plan, or to remove."""

from collections import Counter
from itertools import product

import pytest
from msgspec.structs import replace

from causeway.aws.ec2.acl_entries import AclEntryWriter
from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.ec2.dns import DnsWriter
from causeway.aws.ec2.reader import Reader
from causeway.aws.ec2.routes import RouteWriter
from causeway.aws.ec2.rules import RuleWriter
from causeway.aws.ec2.tags import TagWriter
from causeway.aws.ec2.writer import KindWriter
from causeway.domain.model.network import Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Peer, Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import (
    ACL_ENTRIES,
    DNS,
    ROUTES,
    RULES,
    TAGS,
    AcceptPeering,
    AnyKind,
    CreatePeering,
    CreateRoute,
    DeletePeering,
    DeleteRoute,
    RevokeRule,
)
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from tests.aws.conftest import PRODUCTION, TEST, WEST, World, target

HTTPS = PortRange(first=443, last=443)
WRITERS: dict[AnyKind, type[KindWriter]] = {
    ROUTES: RouteWriter,
    RULES: RuleWriter,
    ACL_ENTRIES: AclEntryWriter,
    DNS: DnsWriter,
    TAGS: TagWriter,
}
FLOWS = (
    Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22)),
    Flow(source=Side.ACCEPTER, protocol=Protocol.UDP, ports=PortRange(first=0, last=65535)),
    Flow(source=Side.REQUESTER, protocol=Protocol.ICMP),
    Flow(source=Side.ACCEPTER, protocol=Protocol.ICMP),
)


@pytest.fixture
def reader(world: World) -> Reader:
    return Reader(world.sessions)


@pytest.fixture
def across(world: World, request_of_both: Request) -> Request:
    """A request across accounts, regions and families."""
    request = replace(
        request_of_both,
        requester=world.vpc("10.0.0.0/16", account=TEST, ipv6=True),
        accepter=world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST, ipv6=True),
        flows=FLOWS,
        dns_resolution=PerSide(requester=True, accepter=True),
    )
    furnish(world, request)
    return request


@pytest.fixture
def by_group(world: World, request_of_both: Request) -> Request:
    """A request whose rules name the other side's groups."""
    request = replace(
        request_of_both,
        accepter=world.vpc("172.16.0.0/16", account=PRODUCTION),
        flows=(Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=HTTPS, peer=Peer.SECURITY_GROUPS),),
    )
    furnish(world, request)
    return request


def furnish(world: World, request: Request) -> None:
    """Tables, a group, a subnet and names on each side, and something of somebody else's."""
    for side, block in ((Side.REQUESTER, "10.0.1.0/24"), (Side.ACCEPTER, "172.16.1.0/24")):
        vpc = request.vpc(side)
        ec2, group = world.ec2(vpc), world.security_group(vpc, "app")
        world.route_tables(vpc, 3)
        ec2.create_subnet(VpcId=vpc.vpc_id, CidrBlock=block)
        ec2.modify_vpc_attribute(VpcId=vpc.vpc_id, EnableDnsHostnames={"Value": True})
        theirs = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[theirs])
        elsewhere = world.peer(vpc, world.vpc("192.168.0.0/16", account=vpc.account_id, region=vpc.region))
        (table,) = world.route_tables(vpc, 1)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=elsewhere)


def observe(reader: Reader, request: Request) -> PerSide[Snapshot]:
    observed = reader.observe_both(request)
    assert isinstance(observed.requester, Snapshot)
    assert isinstance(observed.accepter, Snapshot)
    return PerSide(requester=observed.requester, accepter=observed.accepter)


def plan(reader: Reader, request: Request, holdings: Holdings) -> Plan:
    return plan_request(request, 1, observe(reader, request), holdings)


def apply(world: World, request: Request, planned: Plan) -> None:
    connection_id = planned.connection_id or ""
    writer = ConnectionWriter(world.sessions)
    for create in planned.of(CreatePeering, Side.REQUESTER):
        connection_id = writer.request_peering(create)
    for accept in planned.of(AcceptPeering, Side.ACCEPTER):
        writer.accept_peering(accept, connection_id)
    for removing in (False, True):
        for side, (kind, of_kind) in product(SIDES, WRITERS.items()):
            there = target(request.vpc(side), request.request_id, tags=request.tags, connection_id=connection_id)
            types = kind.types(removing=removing)
            changes = [each for each in planned.changes if isinstance(each, types) and each.side is side]
            apply_changes = of_kind(world.sessions).remove if removing else of_kind(world.sessions).add
            if changes:
                assert apply_changes(there, changes).error is None
    for delete in planned.of(DeletePeering, Side.REQUESTER):
        writer.delete_peering(delete, connection_id, request.request_id)


def applied(reader: Reader, world: World, request: Request, holdings: Holdings | None = None) -> Holdings:
    """Makes the network as the request says, and returns what it holds then."""
    before = holdings or Holdings()
    planned = plan(reader, request, before)
    assert not planned.is_blocked, planned.findings
    apply(world, request, planned)
    return holdings_after(request, before, planned)


def test_nothing_is_left_to_plan_across_accounts_regions_and_families(reader: Reader, world: World, across: Request) -> None:
    first = plan(reader, across, Holdings())
    assert Counter(type(change) for change in first.changes)[CreateRoute] == 2 * 5 * 2
    holdings = applied(reader, world, across)

    assert plan(reader, across, holdings).changes == ()


@pytest.mark.parametrize("wanted", ["across", "by_group"])
def test_what_was_applied_is_removed_without_a_trace_and_nothing_else_is(
    reader: Reader, world: World, wanted: str, request: pytest.FixtureRequest
) -> None:
    ours: Request = request.getfixturevalue(wanted)
    before = observe(reader, ours)
    holdings = applied(reader, world, ours)
    removal = plan_removal(ours, 2, observe(reader, ours), holdings)
    assert {type(change) for change in removal.changes} == {RevokeRule, DeleteRoute, DeletePeering}

    for _ in range(2):
        apply(world, ours, removal)

        after = observe(reader, ours)
        assert after == before
        assert plan_removal(ours, 2, after, holdings).changes == ()


def test_a_removal_that_was_interrupted_is_ended_by_another(reader: Reader, world: World, across: Request) -> None:
    before = observe(reader, across)
    holdings = applied(reader, world, across)
    removal = plan_removal(across, 2, observe(reader, across), holdings)
    apply(world, across, replace(removal, changes=(*removal.changes[1::2], *removal.of(DeletePeering, Side.REQUESTER))))
    holdings = holdings_after(across, holdings, removal)

    apply(world, across, plan_removal(across, 3, observe(reader, across), holdings))

    assert observe(reader, across) == before


def test_a_request_that_wants_less_takes_away_only_that(reader: Reader, world: World, across: Request) -> None:
    (table, *_) = observe(reader, across).requester.route_tables
    less = replace(
        across,
        flows=FLOWS[:1],
        route_tables=PerSide(requester=Selector(ids=(table.route_table_id,)), accepter=Selector(every=True)),
    )
    fresh = observe(reader, across)
    holdings = applied(reader, world, across)

    planned = plan(reader, less, holdings)
    assert {type(change) for change in planned.changes} == {RevokeRule, DeleteRoute}
    holdings = applied(reader, world, less, holdings)

    assert plan(reader, less, holdings).changes == ()
    apply(world, less, plan_removal(less, 3, observe(reader, less), holdings))
    assert observe(reader, less) == fresh
