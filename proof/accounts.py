"""The accounts that a proof is given, each by a profile of AWS's configuration files.

`AWS_ENDPOINT_URL` in the environment makes another AWS of AWS, as everywhere.
"""

import os
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

import boto3

_OF_A_CALLER = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")


class Account:
    """An account as its administrator sees it, in one region."""

    def __init__(self, profile: str, region: str) -> None:
        self.profile = profile
        self.region = region
        self.client = cache(self._client)
        self._session = boto3.Session(profile_name=profile, region_name=region)

    @cached_property
    def id(self) -> str:
        account_id: str = self.client("sts").get_caller_identity()["Account"]
        return account_id

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program use this account: nobody else's credentials are left in it."""
        kept = {name: value for name, value in os.environ.items() if name not in _OF_A_CALLER}
        return {**kept, "AWS_PROFILE": self.profile, "AWS_DEFAULT_REGION": self.region, "AWS_REGION": self.region}

    def _client(self, service: str) -> Any:
        make: Any = self._session.client
        return make(service)


class Accounts(NamedTuple):
    """Who runs Causeway, and who owns the two networks."""

    hub: Account
    requester: Account
    accepter: Account

    @property
    def members(self) -> Iterator[Account]:
        yield from (self.requester, self.accepter)
