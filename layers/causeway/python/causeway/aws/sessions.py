"""Clients: of the hub's own account, and of the members' accounts through their roles."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causeway.domain.request import VpcRef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_stepfunctions import SFNClient


class Access(StrEnum):
    READ = "read"
    WRITE = "write"


class Hub:
    """Makes the clients of Causeway's own account, with the credentials and the region of the environment."""

    def dynamodb(self) -> DynamoDBClient:
        raise NotImplementedError

    def events(self) -> EventBridgeClient:
        raise NotImplementedError

    def step_functions(self) -> SFNClient:
        raise NotImplementedError


class MemberSessions:
    """EC2 clients in the members' accounts, through the role for reading or the one for writing."""

    def __init__(self, *, read_role: str, write_role: str, external_id: str, session_name: str, hub: Hub | None = None) -> None:
        raise NotImplementedError

    def ec2(self, vpc: VpcRef, access: Access) -> EC2Client:
        raise NotImplementedError
