"""A request, and what a run of it has come to."""

from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector, VpcRef
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.kinds import AcceptPeering, AuthorizeRule, Change, CreatePeering, CreateRoute, SetDnsResolution
from causeway.domain.reachability.verdicts import Cause, Component, Endpoint, Hop, Verdict
from tests.aws.conftest import EAST, PRODUCTION, TEST

REQUESTER = VpcRef(account_id=TEST, region=EAST, vpc_id="vpc-1")
ACCEPTER = VpcRef(account_id=PRODUCTION, region=EAST, vpc_id="vpc-2")
SSH = Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22))
EVERYTHING = PerSide(requester=Selector(every=True), accepter=Selector(every=True))
REQUEST = Request(
    request_id="one",
    requester=REQUESTER,
    accepter=ACCEPTER,
    flows=(SSH,),
    route_tables=EVERYTHING,
    security_groups=EVERYTHING,
    dns_resolution=PerSide(requester=True, accepter=False),
    tags={"Owner": "payments"},
)
ROUTE = CreateRoute(side=Side.REQUESTER, route_table_id="rtb-1", destination="192.168.0.0/16")
RULE = AuthorizeRule(
    side=Side.ACCEPTER,
    security_group_id="sg-1",
    permission=Permission(direction=Direction.INGRESS, protocol="tcp", ports=SSH.ports, peer="10.0.0.0/16"),
)
DNS_OFF = SetDnsResolution(side=Side.REQUESTER, allow=False)
CHANGES: tuple[Change, ...] = (
    CreatePeering(vpc=REQUESTER, peer=ACCEPTER, tags={"Owner": "payments"}),
    AcceptPeering(vpc=ACCEPTER, peer=REQUESTER, tags={"Owner": "payments"}),
    ROUTE,
    RULE,
    SetDnsResolution(side=Side.REQUESTER, allow=True),
)
VERDICT = Verdict(
    flow=SSH,
    source=Endpoint(address="10.0.0.4", subnet_id="subnet-1"),
    destination=Endpoint(address="192.168.0.4", subnet_id="subnet-2"),
    hops=(
        Hop(
            component=Component.ROUTE_TABLE,
            resource_id="rtb-1",
            decided_by="no route",
            cause=Cause.NO_ROUTE_TO_DESTINATION,
        ),
    ),
)


def status(generation: int, state: State = State.PLANNING) -> Status:
    return Status(
        state=state,
        request_id="one",
        generation=generation,
        updated_at="2026-01-01T00:00:00Z",
        findings=(Finding(code=Code.CIDR_OVERLAP, message="They overlap.", where="10.0.0.0/16", side=Side.ACCEPTER),),
        verdicts=(VERDICT,),
        changes_made=(ROUTE.sentence,),
    )
