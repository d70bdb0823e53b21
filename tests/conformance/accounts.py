"""The two accounts: their ids, and clients whose traces are taken away."""

from collections.abc import Mapping
from functools import cache, cached_property
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

    def __init__(self, session: boto3.Session, endpoint: str, cleanup: Cleanup) -> None:
        self.region = session.region_name
        self.client = cache(self._client)
        self._session = session
        self._endpoint = endpoint
        self._cleanup = cleanup
        self._administrator = self

    @cached_property
    def id(self) -> str:
        account_id: str = self.client("sts").get_caller_identity()["Account"]
        return account_id

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def credentials(self) -> Any:
        """What requests that are no API calls are signed with."""
        return self._session.get_credentials()

    def session(self, credentials: Mapping[str, str]) -> "Account":
        """The account as the bearer of these temporary credentials sees it; its administrator cleans up."""
        bearer = Account(_session_of(credentials, self.region), self._endpoint, self._cleanup)
        bearer._administrator = self
        return bearer

    def _client(self, service: str, region: str | None = None) -> Any:
        make: Any = self._session.client
        own = self._endpoint == AWS
        client = make(
            service,
            region_name=region or self.region,
            endpoint_url=None if own else self._endpoint,
            config=_AWS_CONFIG if own else _LOCAL_CONFIG,
        )
        self._cleanup.watch(client, client if self._administrator is self else self._administrator.client(service, region))
        return client


def accounts(settings: Settings, endpoint: str, cleanup: Cleanup) -> tuple[Account, Account]:
    """The accounts of the two profiles, or two invented ones."""
    region = settings.regions[0]
    sessions = [boto3.Session(profile_name=name, region_name=region) for name in settings.profiles] or [
        _invented(account_id, endpoint, region) for account_id in INVENTED_ACCOUNTS
    ]
    first, second = (Account(session, endpoint, cleanup) for session in sessions)
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
