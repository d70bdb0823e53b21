"""The hub and two member accounts, as strict as EC2 and without its delays."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import AmiBackend

from causeway.aws.ec2.writer import Target
from causeway.aws.sessions import Access, Hub, MemberSessions
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector, VpcRef
from causeway.domain.model.values import PerSide, Side
from localcloud import ec2 as emulated_ec2
from tests.aws.documented_filters import undocumented

TEST, PRODUCTION = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"

type Administrators = Callable[[str, str], Any]


def refusal(code: str) -> tuple[AWSResponse, dict[str, Any]]:
    """What botocore makes of an error of AWS."""
    status = 403 if code == "AccessDenied" else 400
    parsed = {"Error": {"Code": code, "Message": "This call is refused."}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AWSResponse("", status, HTTPHeaders(), MockRawResponse(b"")), parsed


def _administrator(account: str, region: str) -> Any:
    role = f"arn:aws:iam::{account}:role/administrator"
    credentials = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return boto3.client(
        "ec2",
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def target(
    vpc: VpcRef, request_id: str = "one", *, tags: Mapping[str, str] | None = None, connection_id: str | None = None
) -> Target:
    return Target(vpc=vpc, request_id=request_id, tags=dict(tags or {}), connection_id=connection_id)


class World:
    """The member accounts as their administrators use them, and a record of the calls that Causeway makes to them."""

    def __init__(self, session: boto3.session.Session, administrators: Administrators, listening: ExitStack) -> None:
        self._administrators = administrators
        self.calls: list[str] = []
        self.undocumented_filters: list[tuple[str, set[str]]] = []
        self._events = session.events
        self._listening = listening
        self._refusals: list[tuple[str, str, str]] = []
        self._meddlers: dict[str, Callable[[], object]] = {}
        self._listen("before-call", self._answer)
        self._listen("before-call.ec2", self._record)
        self._listen("before-parameter-build.ec2", self._record_filters)
        self._listen("before-call.sts", self._record)
        self._listen("before-call.service-quotas", self._record)
        self.sessions = MemberSessions(
            roles={Access.READ: "causeway-read", Access.WRITE: "causeway-write", Access.WITNESS: "causeway-witness"},
            external_id="causeway",
            session_name="causeway-tests",
            hub=Hub(session),
        )

    def deny(self, service: str, operation: str, *, about: str, code: str = "AccessDenied") -> None:
        """Have AWS refuse a call of Causeway's that names this. It does nothing then."""
        self._refusals.append((f"before-call.{service}.{operation}", about, code))

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Have somebody else act just before Causeway's next such call."""
        self._meddlers[operation] = act

    def _listen(self, event: str, listener: Callable[..., Any]) -> None:
        self._events.register_first(event, listener)
        self._listening.callback(self._events.unregister, event, listener)

    def _record(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        if act := self._meddlers.pop(model.name, None):
            act()

    def _record_filters(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        for each in params.get("Filters", ()):
            if odd := undocumented(model.name, each["Name"], each["Values"]):
                self.undocumented_filters.append((model.name, odd))

    def _answer(self, event_name: str, params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        given = str(params["body"])
        refused = (code for event, about, code in self._refusals if event == event_name and about in given)
        code = next(refused, None)
        return None if code is None else refusal(code)

    def ec2(self, vpc: VpcRef | None = None, *, account: str = TEST, region: str = EAST) -> Any:
        return self._administrators(vpc.account_id, vpc.region) if vpc else self._administrators(account, region)

    def vpc(self, cidr: str, *, account: str = TEST, region: str = EAST, ipv6: bool = False) -> VpcRef:
        ec2 = self.ec2(account=account, region=region)
        answer = ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=ipv6)
        return VpcRef(account_id=account, region=region, vpc_id=answer["Vpc"]["VpcId"])

    def request_peering(self, requester: VpcRef, accepter: VpcRef) -> str:
        answer = self.ec2(requester).create_vpc_peering_connection(
            VpcId=requester.vpc_id,
            PeerVpcId=accepter.vpc_id,
            PeerOwnerId=accepter.account_id,
            PeerRegion=accepter.region,
        )
        connection_id: str = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        return connection_id

    def peer(self, requester: VpcRef, accepter: VpcRef) -> str:
        connection_id = self.request_peering(requester, accepter)
        self.ec2(accepter).accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
        return connection_id

    def route_tables(self, vpc: VpcRef, count: int) -> list[str]:
        ec2 = self.ec2(vpc)
        return [ec2.create_route_table(VpcId=vpc.vpc_id)["RouteTable"]["RouteTableId"] for _ in range(count)]

    def security_group(self, vpc: VpcRef, name: str) -> str:
        answer = self.ec2(vpc).create_security_group(VpcId=vpc.vpc_id, GroupName=name, Description=name)
        group_id: str = answer["GroupId"]
        return group_id


@pytest.fixture(scope="module", autouse=True)
def cloud() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", EAST)
        # No test here starts an instance, and loading the images is most of what a new account costs.
        patch.setattr(AmiBackend, "_load_amis", lambda _: None)
        emulated_ec2.install()
        with mock_aws():
            yield


@pytest.fixture(scope="module")
def administrators(cloud: None) -> Administrators:
    """An EC2 client of an account and region, made once a module: making one takes longer than most tests."""
    return cache(_administrator)


@pytest.fixture(scope="session")
def session() -> boto3.session.Session:
    """One for all tests: it keeps the services' models, which take longer to load than a test to run."""
    return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=EAST)


@pytest.fixture
def world(session: boto3.session.Session, administrators: Administrators) -> Iterator[World]:
    ec2_backends.clear()
    emulated_ec2.configure(emulated_ec2.Timing(visibility=0, provisioning=0, deleting=0))
    with ExitStack() as listening:
        world = World(session, administrators, listening)
        yield world
        assert world.undocumented_filters == []
    emulated_ec2.configure(emulated_ec2.Timing())


@pytest.fixture
def requester(world: World) -> VpcRef:
    return world.vpc("10.0.0.0/16", account=TEST)


@pytest.fixture
def accepter(world: World) -> VpcRef:
    return world.vpc("192.168.0.0/16", account=PRODUCTION)


@pytest.fixture
def request_of_both(requester: VpcRef, accepter: VpcRef) -> Request:
    everything = PerSide(requester=Selector(every=True), accepter=Selector(every=True))
    return Request(
        request_id="test-to-production",
        requester=requester,
        accepter=accepter,
        flows=(Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22)),),
        route_tables=everything,
        security_groups=everything,
        dns_resolution=PerSide(requester=False, accepter=False),
        tags={"Owner": "payments"},
    )
