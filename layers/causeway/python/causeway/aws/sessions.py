"""Clients: of the hub's own account, and of the members' accounts through their roles."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.config import Config

from causeway.clock import now
from causeway.domain.model.partitions import partition_of

from .errors import translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from causeway.domain.model.request import VpcRef

CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 8},
)
EXPIRY_MARGIN = timedelta(minutes=5)
MAX_SESSION_NAME = 64


class Access(StrEnum):
    """Which of a member's roles."""

    READ = "read"
    WRITE = "write"
    WITNESS = "witness"


class Hub:
    """Makes clients, with the environment's credentials and region unless told otherwise.

    One session makes them all, one at a time: a session is not thread-safe (a client is), and loads each service's model once.
    """

    def __init__(self, session: boto3.session.Session | None = None) -> None:
        self._session = session or boto3.session.Session()
        self._lock = Lock()

    @property
    def partition(self) -> str:
        """Where the functions run, and so where everything is that they can reach."""
        return partition_of(self._session.region_name)

    def dynamodb(self) -> DynamoDBClient:
        with self._lock:
            return self._session.client("dynamodb", config=CONFIG)

    def events(self) -> EventBridgeClient:
        with self._lock:
            return self._session.client("events", config=CONFIG)

    def step_functions(self) -> SFNClient:
        with self._lock:
            return self._session.client("stepfunctions", config=CONFIG)

    def sns(self) -> Any:
        with self._lock:
            return self._session.client("sns", config=CONFIG)

    def sqs(self) -> SQSClient:
        with self._lock:
            return self._session.client("sqs", config=CONFIG)

    def sts(self) -> STSClient:
        """The regional endpoint, which is botocore's default: it works when us-east-1 does not."""
        with self._lock:
            return self._session.client("sts", config=CONFIG)

    def of_member(self, service: str, region: str, credentials: CredentialsTypeDef) -> Any:
        with self._lock:
            return self._session.client(  # type: ignore[call-overload]
                service,
                region_name=region,
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
                config=CONFIG,
            )


class Assumed(NamedTuple):
    """A role's credentials, and the clients made with them, by service and region."""

    credentials: CredentialsTypeDef
    clients: dict[tuple[str, str], Any]

    @property
    def is_fresh(self) -> bool:
        return now() < self.credentials["Expiration"] - EXPIRY_MARGIN


class MemberSessions:
    """Clients in the members' accounts, through one of the roles there.

    Credentials and clients are kept until shortly before they expire: a warm function assumes no role anew.

    Args:
        roles: Their names; a function's own ones are enough.
        session_name: Names the sessions in the members' CloudTrail; cut to the 64 characters that STS allows.
    """

    def __init__(self, *, roles: Mapping[Access, str], external_id: str, session_name: str, hub: Hub | None = None) -> None:
        self._roles = roles
        self._external_id = external_id
        self._session_name = session_name[:MAX_SESSION_NAME]
        self._hub = hub or Hub()
        self._assumed: dict[tuple[str, Access], Assumed] = {}
        self._locks: dict[tuple[str, Access], Lock] = {}

    def ec2(self, vpc: VpcRef, access: Access) -> EC2Client:
        """A client for the VPC's account and region. Threads may ask at once; two of one account wait for one role.

        Raises:
            AccessDenied: The role does not exist or may not be assumed.
        """
        client: EC2Client = self._client("ec2", vpc, access)
        return client

    def service_quotas(self, vpc: VpcRef, access: Access) -> Any:
        """As `ec2`, for Service Quotas."""
        return self._client("service-quotas", vpc, access)

    def systems_manager(self, vpc: VpcRef, access: Access) -> Any:
        """As `ec2`, for Systems Manager."""
        return self._client("ssm", vpc, access)

    @property
    def partition(self) -> str:
        """The one whose accounts can be reached."""
        return self._hub.partition

    def _client(self, service: str, vpc: VpcRef, access: Access) -> Any:
        key = (vpc.account_id, access)
        with self._locks.setdefault(key, Lock()):
            assumed = self._assumed.get(key)
            if assumed is None or not assumed.is_fresh:
                assumed = self._assumed[key] = Assumed(self._assume(*key), {})
            place = (service, vpc.region)
            if place not in assumed.clients:
                assumed.clients[place] = self._hub.of_member(service, vpc.region, assumed.credentials)
            return assumed.clients[place]

    def _assume(self, account_id: str, access: Access) -> CredentialsTypeDef:
        arn = f"arn:{self.partition}:iam::{account_id}:role/{self._roles[access]}"
        with translated(arn):
            answer = self._hub.sts().assume_role(RoleArn=arn, RoleSessionName=self._session_name, ExternalId=self._external_id)
        return answer["Credentials"]
