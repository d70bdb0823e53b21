"""The functions as Lambda loads them, with the environment of the template, on moto: the hub and two members' VPCs."""

import importlib.util
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws
from moto.ec2.models.amis import AmiBackend

from localcloud import ec2 as emulated_ec2

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
BLOCKS = {"111111111111": "10.0.0.0/16", "222222222222": "192.0.0.0/16"}
KEYS = {"requests": ["request_id"], "ledger": ["request_id", "record"]}
ROLE = "arn:aws:iam::123456789012:role/flow"
DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_LAMBDA_FUNCTION_NAME": "causeway-tests",
    "REQUESTS_TABLE": "requests",
    "LEDGER_TABLE": "ledger",
    "EVENT_BUS_NAME": "causeway",
    "APPROVAL_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:approvals",
    "STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:123456789012:stateMachine:flow",
    "READ_ROLE_NAME": "causeway-read",
    "WRITE_ROLE_NAME": "causeway-write",
    "WITNESS_ROLE_NAME": "causeway-witness",
    "EXTERNAL_ID": "causeway",
    "POWERTOOLS_SERVICE_NAME": "causeway",
    "POWERTOOLS_METRICS_NAMESPACE": "Causeway",
}


class Context(NamedTuple):
    """What Lambda tells a handler of its invocation, as far as the logs use it."""

    function_name: str = "causeway-tests"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:causeway-tests"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"


class Hub:
    """The functions, by name, and what they say."""

    def __init__(self, table: Any, vpc_ids: list[str], said: io.StringIO) -> None:
        self.table = table
        self._vpc_ids = vpc_ids
        self._said = said

    def sample(self, name: str) -> Any:
        """The function's sample, about the members' VPCs that are there."""
        text = (ROOT / "events" / f"{name}.json").read_text()
        for number, vpc_id in enumerate(self._vpc_ids, 1):
            text = text.replace(f"vpc-0a1b2c3d4e5f6000{number}", vpc_id)
        return json.loads(text)

    def invoke(self, name: str, event: Any = None) -> Any:
        """The function's answer as its caller gets it."""
        answer = load(name).handler(self.sample(name) if event is None else event, Context())
        return json.loads(json.dumps(answer))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._said.getvalue().splitlines()]

    def status(self, request_id: str = "test-to-production") -> dict[str, Any]:
        status: dict[str, Any] = self.table.get_item(Key={"request_id": request_id})["Item"]["status"]
        return status


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def cloud(environment: None) -> Iterator[None]:
    """One for all tests, and so one warm sandbox: making clients takes longer than most tests."""
    from causeway import composition  # noqa: PLC0415 - after the environment is set

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        # No test here starts an instance, and loading the images is most of what a new account costs.
        patch.setattr(AmiBackend, "_load_amis", lambda _: None)
        emulated_ec2.install()
        emulated_ec2.configure(emulated_ec2.Timing(visibility=0, provisioning=0, deleting=0))
        boto3.client("events").create_event_bus(Name="causeway")
        boto3.client("sns").create_topic(Name="approvals")
        boto3.client("stepfunctions").create_state_machine(name="flow", definition=DEFINITION, roleArn=ROLE)
        yield
        emulated_ec2.configure(emulated_ec2.Timing())
    for part in vars(composition).values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()


@pytest.fixture(scope="module")
def dynamodb(cloud: None) -> Any:
    return boto3.resource("dynamodb")


@pytest.fixture(scope="module")
def members(cloud: None) -> dict[str, Any]:
    """An EC2 client of each member's administrator, by account."""
    return {account: _administrator(account) for account in BLOCKS}


@pytest.fixture
def hub(dynamodb: Any, members: dict[str, Any]) -> Iterator[Hub]:
    """With empty tables and new VPCs."""
    _make_tables(dynamodb.meta.client)
    vpc_ids = [_make_vpc(ec2, BLOCKS[account]) for account, ec2 in members.items()]
    with _listening() as said:
        yield Hub(dynamodb.Table("requests"), vpc_ids, said)
    for table in KEYS:
        dynamodb.Table(table).delete()


@contextmanager
def _listening() -> Iterator[io.StringIO]:
    """The log's lines, wherever the log went when it was made."""
    from causeway.observability import logger  # noqa: PLC0415 - after the environment is set

    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    said = io.StringIO()
    before = handler.setStream(said)
    yield said
    handler.setStream(before)


def _make_tables(dynamodb: Any) -> None:
    for table, names in KEYS.items():
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
            BillingMode="PAY_PER_REQUEST",
        )


def _administrator(account: str) -> Any:
    role = f"arn:aws:iam::{account}:role/administrator"
    credentials = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return boto3.client(
        "ec2",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _make_vpc(ec2: Any, block: str) -> str:
    """A VPC with one subnet, its default security group and its main route table."""
    vpc_id: str = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc_id, CidrBlock=block.replace("/16", "/24"))
    return vpc_id
