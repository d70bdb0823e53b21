"""The edge and the planner agree: what was written is what is observed, so there is nothing left to plan."""

from collections import Counter

from msgspec.structs import replace

from causeway.aws.reader import Reader
from causeway.aws.writer import Writer
from causeway.domain.network import Snapshot
from causeway.domain.plan import AcceptPeering, AuthorizeRule, CreatePeering, CreateRoute, Plan, SetDnsResolution
from causeway.domain.planner import plan_request
from causeway.domain.request import Flow, Request
from causeway.domain.values import SIDES, Both, PortRange, Protocol, Side

from .conftest import PRODUCTION, TEST, WEST, World

FLOWS = (
    Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22)),
    Flow(source=Side.ACCEPTER, protocol=Protocol.UDP, ports=PortRange(first=0, last=65535)),
    Flow(source=Side.REQUESTER, protocol=Protocol.ICMP),
    Flow(source=Side.ACCEPTER, protocol=Protocol.ICMP),
)


def plan(reader: Reader, request: Request) -> Plan:
    observed = reader.observe_both(request)
    assert isinstance(observed.requester, Snapshot)
    assert isinstance(observed.accepter, Snapshot)
    return plan_request(request, 1, Both(requester=observed.requester, accepter=observed.accepter))


def apply(writer: Writer, request: Request, planned: Plan) -> None:
    (create,) = planned.of(CreatePeering, Side.REQUESTER)
    (accept,) = planned.of(AcceptPeering, Side.ACCEPTER)
    connection_id = writer.request_peering(create)
    writer.accept_peering(accept, connection_id)
    for side in SIDES:
        vpc = request.vpc(side)
        assert writer.create_routes(vpc, connection_id, planned.of(CreateRoute, side)).error is None
        rules = planned.of(AuthorizeRule, side)
        assert writer.authorize_rules(vpc, request.request_id, rules, tags=request.tags).error is None
        for change in planned.of(SetDnsResolution, side):
            writer.set_dns_resolution(vpc, connection_id, change)


def test_what_was_applied_leaves_nothing_to_plan_across_accounts_regions_and_families(
    world: World, request_of_both: Request
) -> None:
    request = replace(
        request_of_both,
        requester=world.vpc("10.0.0.0/16", account=TEST, ipv6=True),
        accepter=world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST, ipv6=True),
        flows=FLOWS,
        dns_resolution=Both(requester=True, accepter=True),
    )
    for side in SIDES:
        vpc = request.vpc(side)
        world.route_tables(vpc, 3)
        world.security_group(vpc, "app")
        subnet_block = "10.0.1.0/24" if side is Side.REQUESTER else "172.16.1.0/24"
        world.ec2(vpc).create_subnet(VpcId=vpc.vpc_id, CidrBlock=subnet_block)
        world.ec2(vpc).modify_vpc_attribute(VpcId=vpc.vpc_id, EnableDnsHostnames={"Value": True})
    reader, writer = Reader(world.sessions), Writer(world.sessions)

    first = plan(reader, request)
    assert not first.is_blocked, first.findings
    assert Counter(type(change) for change in first.changes)[CreateRoute] == 2 * 4 * 2
    apply(writer, request, first)

    assert plan(reader, request).changes == ()
