"""The embedded AWS as the bench uses it: deployed, recorded, and slowed on demand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3

from localcloud.deploy.stacks import HUB_STACK, deploy_everything
from localcloud.endpoint.callers import INTERNAL_HEADER
from localcloud.endpoint.calls import ApiCall
from localcloud.endpoint.faults import Faults, Throttle
from localcloud.server import DEFAULT_REGION, MEMBER_ACCOUNT_IDS, EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REGION = DEFAULT_REGION
MEMBERS = MEMBER_ACCOUNT_IDS
WATCH_RULES = {"NetworkChanged", "WatchRequestsSweep"}
"""What makes the hub look at the requests' networks."""
OPERATOR_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def operator_role(account_id: str) -> str:
    """A role that the operator of the hub account may always assume, and that may do everything in that account."""
    return f"arn:aws:iam::{account_id}:role/bench"


class Cloud:
    """One embedded AWS, with Causeway deployed.

    Args:
        aws: It runs already.
        hub: The outputs of Causeway's stack.

    Attributes:
        warm: Whether a pair was peered since the sandboxes were retired; who peers one says so.
    """

    def __init__(self, aws: EmbeddedAws, hub: Mapping[str, str]) -> None:
        self.endpoint_url = aws.endpoint_url
        self.requests_table = hub["RequestsTableName"]
        self.state_machine_arn = hub["StateMachineArn"]
        self._event_bus = hub["EventBusName"]
        self.warm = False
        self._aws = aws
        self._members: dict[tuple[str, str], EC2Client] = {}

    def client(self, service: str, region: str = REGION, **credentials: str) -> Any:
        """A client of the hub's operator, or of whom the credentials are."""
        given = credentials or {name.lower(): value for name, value in OPERATOR_CREDENTIALS.items()}
        session = boto3.Session(region_name=region, **given)  # type: ignore[arg-type]
        return session.client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]

    def unseen_client(self, service: str) -> Any:
        """A client whose calls are neither counted nor slowed: for looking on while something is measured."""
        client = self.client(service)
        client.meta.events.register("before-sign", _mark_internal)
        return client

    def member_ec2(self, account_id: str, region: str = REGION) -> "EC2Client":
        place = (account_id, region)
        if place not in self._members:
            self._members[place] = self.client("ec2", region, **self._assume(account_id))
        return self._members[place]

    @cached_property
    def functions(self) -> dict[str, str]:
        """The names of the stack's functions by their logical ids."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=HUB_STACK)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        }

    def disable_watch(self) -> None:
        """Let nobody look at the networks of one measurement because those of the next are being built."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=HUB_STACK)
        rules = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["LogicalResourceId"] in WATCH_RULES
        }
        for logical_id, physical_id in rules.items():
            bus = self._event_bus if logical_id == "NetworkChanged" else "default"
            name = physical_id.rpartition("|")[2].rpartition("/")[2]
            self.client("events").disable_rule(Name=name, EventBusName=bus)

    def retire_sandboxes(self) -> None:
        """Let every function's next invocation be a cold start."""
        self._aws.retire_sandboxes()
        self.warm = False

    @contextmanager
    def recorded(self, latency_ms: int = 0) -> Iterator[list[ApiCall]]:
        """Slow every call, and give a list that holds the calls of clients once the block is left."""
        calls = list[ApiCall]()
        self._aws.calls.latency = latency_ms / 1000
        try:
            with self._aws.calls.record() as everything:
                yield calls
        finally:
            self._aws.calls.latency = 0
            calls.extend(call for call in everything if not call.internal)

    @contextmanager
    def limited(self, *throttles: Throttle) -> Iterator[None]:
        """Limit the rates of calls inside."""
        self._aws.calls.faults = Faults(throttles=throttles)
        try:
            yield
        finally:
            self._aws.calls.faults = Faults()

    def _assume(self, account_id: str) -> dict[str, str]:
        role = self.client("sts").assume_role(RoleArn=operator_role(account_id), RoleSessionName="bench")["Credentials"]
        return {
            "aws_access_key_id": role["AccessKeyId"],
            "aws_secret_access_key": role["SecretAccessKey"],
            "aws_session_token": role["SessionToken"],
        }


@contextmanager
def deployed() -> Iterator[Cloud]:
    """An embedded AWS of its own for this run, with everything deployed."""
    with EmbeddedAws() as aws:
        hub, _members = deploy_everything(aws)
        cloud = Cloud(aws, hub)
        cloud.disable_watch()
        yield cloud


def _mark_internal(request: Any, **_: Any) -> None:
    request.headers[INTERNAL_HEADER] = "true"
