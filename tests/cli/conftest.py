"""The command on moto: a stack with outputs, the two tables, and the command line."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from cli.app import app
from tests.ledger import Ledger

REGION = "us-east-1"
KEYS = {"requests": ["request_id"], "ledger": ["request_id", "record"]}
DEFINITION = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:flow"
OUTPUTS = {
    "RequestsTableName": "requests",
    "LedgerTableName": "ledger",
    "StateMachineArn": MACHINE,
    "PreviewPlanName": "preview",
    "TakeSnapshotName": "snapshot",
    "ApprovalUrl": "https://decide.lambda-url.us-east-1.on.aws/",
}


class Command:
    """`causeway`, as a person or a script calls it."""

    def __init__(self, table: Any, ledger: Ledger) -> None:
        self.table = table
        self.ledger = ledger

    def __call__(self, *words: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=given)

    def json(self, *words: str, given: str | None = None) -> Any:
        return json.loads(self(*words, "--json", given=given).stdout)


@pytest.fixture
def causeway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("COLUMNS", "200")
    with mock_aws():
        dynamodb: Any = boto3.resource("dynamodb")
        for table, names in KEYS.items():
            dynamodb.create_table(
                TableName=table,
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        _make_stack()
        role = "arn:aws:iam::123456789012:role/flow"
        boto3.client("stepfunctions").create_state_machine(name="flow", definition=json.dumps(DEFINITION), roleArn=role)
        yield Command(dynamodb.Table("requests"), Ledger.of(boto3.client("dynamodb")))


@pytest.fixture
def offline(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command where there is no AWS at all."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setattr(boto3.session.Session, "client", None)
    return causeway


def _make_stack() -> None:
    """A stack that has the outputs, and a queue because a stack has to have something."""
    outputs = {name: {"Value": value} for name, value in OUTPUTS.items()}
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName="causeway", TemplateBody=json.dumps(template))
