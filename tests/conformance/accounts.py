"""The two accounts: their ids, and clients whose traces are taken away."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from tests.conformance.cleanup import Cleanup
from tests.conformance.settings import AWS, INVENTED_ACCOUNTS, Settings

ROLE = "conformance"
_AWS_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 8})
_LOCAL_CONFIG = Config(retries={"total_max_attempts": 1})


class Account:
    """An account as its administrator sees it."""

    def __init__(self, session: boto3.Session, account_id: str, endpoint: str, cleanup: Cleanup, region: str) -> None:
        self.id = account_id
        self.region = region
        self._session = session
        self._endpoint = endpoint
        self._cleanup = cleanup
        self.client = cache(self._client)

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def session(self, credentials: Mapping[str, str]) -> "Account":
        """The account as the bearer of these temporary credentials sees it."""
        session = _session_of(credentials, self.region)
        return Account(session, self.id, self._endpoint, self._cleanup, self.region)

    def _client(self, service: str, region: str | None = None) -> Any:
        make: Any = self._session.client
        own = self._endpoint == AWS
        client = make(
            service,
            region_name=region or self.region,
            endpoint_url=None if own else self._endpoint,
            config=_AWS_CONFIG if own else _LOCAL_CONFIG,
        )
        self._cleanup.watch(client)
        return client


def accounts(settings: Settings, endpoint: str, cleanup: Cleanup) -> tuple[Account, Account]:
    """The accounts of the two profiles, or two invented ones."""
    region = settings.regions[0]
    sessions = [boto3.Session(profile_name=name) for name in settings.profiles] or [
        _invented(account_id, endpoint, region) for account_id in INVENTED_ACCOUNTS
    ]
    first, second = (Account(each, _account_id(each, endpoint, region), endpoint, cleanup, region) for each in sessions)
    return first, second


def _invented(account_id: str, endpoint: str, region: str) -> boto3.Session:
    sts = boto3.Session("test", "test", region_name=region).client("sts", endpoint_url=endpoint)
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/{ROLE}", RoleSessionName=ROLE)
    return _session_of(role["Credentials"], region)


def _session_of(credentials: Any, region: str) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=region,
    )


def _account_id(session: boto3.Session, endpoint: str, region: str) -> str:
    sts = session.client("sts", region_name=region, endpoint_url=None if endpoint == AWS else endpoint)
    return sts.get_caller_identity()["Account"]
