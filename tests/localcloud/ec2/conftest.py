"""A small world of accounts, under a clock that moves only when a test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import AmiBackend

from localcloud import ec2 as emulated_ec2
from localcloud.servicequotas import vpc_quotas

HUB, TEST, PRODUCTION = "123456789012", "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"

type Clients = Callable[..., Any]


class World:
    """Clients of any account and region, and what tests make again and again."""

    def __init__(self, clients: Clients) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.client = clients

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def settle(self) -> None:
        """Let everything that AWS does in the background happen."""
        self.wait(seconds=10)

    def quota(self, code: str, value: int, account: str = TEST, region: str = EAST) -> None:
        vpc_quotas.override(vpc_quotas.OwnQuota(account, region, code, value))

    def ec2(self, account: str = TEST, region: str = EAST) -> Any:
        return self.client("ec2", account, region)

    def vpc(self, cidr: str, *secondary: str, account: str = TEST, region: str = EAST, ipv6: bool = False) -> str:
        ec2 = self.ec2(account, region)
        vpc_id: str = ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]["VpcId"]
        for block in secondary:
            ec2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock=block)
        return vpc_id

    def request(self, vpc: str, peer: str, owner: str = PRODUCTION, region: str = EAST, *, account: str = TEST) -> str:
        answer = self.ec2(account).create_vpc_peering_connection(
            VpcId=vpc, PeerVpcId=peer, PeerOwnerId=owner, PeerRegion=region
        )
        connection_id: str = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.settle()
        return connection_id

    def peer(self, vpc: str, peer: str, owner: str = PRODUCTION, region: str = EAST) -> str:
        connection_id = self.request(vpc, peer, owner, region)
        self.ec2(owner, region).accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
        self.settle()
        return connection_id

    def connection(self, connection_id: str, account: str = TEST, region: str = EAST) -> dict[str, Any]:
        found = self.ec2(account, region).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
        description: dict[str, Any] = found["VpcPeeringConnections"][0]
        return description

    def status(self, connection_id: str, account: str = TEST, region: str = EAST) -> str:
        code: str = self.connection(connection_id, account, region)["Status"]["Code"]
        return code


def _client(service: str, account: str, region: str, role: str = "tests") -> Any:
    once = Config(retries={"total_max_attempts": 1})
    make: Any = boto3.client  # of the default session, which caches the service models
    operator = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    sts = make("sts", region_name=EAST, config=once, **operator)
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="tests")["Credentials"]
    return make(
        service,
        region_name=region,
        config=once,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    """The accounts' clients, made once a module: making one takes longer than most tests."""
    emulated_ec2.install()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        # No test here starts an instance, and loading the images is most of what a new account costs.
        patch.setattr(AmiBackend, "_load_amis", lambda _: None)
        yield cache(_client)


@pytest.fixture
def world(clients: Clients) -> Iterator[World]:
    ec2_backends.clear()
    cloudformation_backends.clear()
    made = World(clients)
    emulated_ec2.configure(emulated_ec2.Timing(), clock=lambda: made.now)
    yield made
    vpc_quotas.clear_overrides()
    emulated_ec2.configure(emulated_ec2.Timing())


@pytest.fixture
def refused() -> Any:
    """A context that must end in a ClientError of exactly that code."""

    @contextmanager
    def check(code: str, message: str = "") -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        assert caught.value.response["Error"]["Code"] == code
        assert message in caught.value.response["Error"]["Message"]

    return check
