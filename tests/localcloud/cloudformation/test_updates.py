"""An updated stack keeps its resources, as on AWS: what can change in place does, and what cannot is replaced."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import operator_session
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws

_numbers = count(1)

type Properties = dict[str, Any]

TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ALARM = {
    "Namespace": "Causeway",
    "MetricName": "Failed",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
}
ALARM |= {"ComparisonOperator": "GreaterThanThreshold"}


class Stack:
    """A stack of one resource, which a test changes."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._session = operator_session(aws, HUB_ACCOUNT_ID)
        self._url = aws.endpoint_url
        self.name = f"updated-{next(_numbers)}"
        self.stacks = self.client("cloudformation")

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._url)  # type: ignore[call-overload]

    def create(self, kind: str, properties: Properties, **more: Any) -> str:
        self.stacks.create_stack(StackName=self.name, TemplateBody=_template(kind, properties, more))
        return self.physical_id()

    def update(self, kind: str, properties: Properties, **more: Any) -> str:
        self.stacks.update_stack(StackName=self.name, TemplateBody=_template(kind, properties, more))
        return self.physical_id()

    def physical_id(self, name: str = "It") -> str:
        detail = self.stacks.describe_stack_resource(StackName=self.name, LogicalResourceId=name)["StackResourceDetail"]
        return str(detail["PhysicalResourceId"])


def _template(kind: str, properties: Properties, more: Properties) -> str:
    return json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties, **more}}})


@pytest.fixture
def stack(embedded_aws: EmbeddedAws) -> Iterator[Stack]:
    made = Stack(embedded_aws)
    yield made
    made.stacks.delete_stack(StackName=made.name)


def retention(stack: Stack, group: str) -> Any:
    (found,) = stack.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return found["retentionInDays"]


def visibility(stack: Stack, url: str) -> Any:
    return stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"]


def display_name(stack: Stack, arn: str) -> Any:
    return stack.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"]


def schedule(stack: Stack, rule: str) -> Any:
    return stack.client("events").describe_rule(Name=rule)["ScheduleExpression"]


def protection(stack: Stack, table: str) -> Any:
    return stack.client("dynamodb").describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]


def threshold(stack: Stack, alarm: str) -> Any:
    (found,) = stack.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return found["Threshold"]


def dashboard(stack: Stack, name: str) -> Any:
    return stack.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]


@dataclass(frozen=True)
class Change:
    """A resource type, its properties before and after, and how to see the value that has changed."""

    kind: str
    before: Properties
    after: Properties
    read: Callable[[Stack, str], Any]
    value: Any


HOURLY = {"ScheduleExpression": "rate(1 hour)", "State": "DISABLED"}
CHANGES = (
    Change("AWS::Logs::LogGroup", {"RetentionInDays": 7}, {"RetentionInDays": 30}, retention, 30),
    Change("AWS::SQS::Queue", {"VisibilityTimeout": 60}, {"VisibilityTimeout": 90}, visibility, "90"),
    Change("AWS::SNS::Topic", {"DisplayName": "Old"}, {"DisplayName": "New"}, display_name, "New"),
    Change("AWS::Events::Rule", HOURLY, {**HOURLY, "ScheduleExpression": "rate(2 hours)"}, schedule, "rate(2 hours)"),
    Change("AWS::DynamoDB::Table", {**TABLE, "DeletionProtectionEnabled": True}, TABLE, protection, value=False),
    Change("AWS::CloudWatch::Alarm", ALARM, {**ALARM, "Threshold": 5}, threshold, 5.0),
    Change("AWS::CloudWatch::Dashboard", {"DashboardBody": "{}"}, {"DashboardBody": "[]"}, dashboard, "[]"),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
def test_a_changed_resource_stays_the_same_one(stack: Stack, change: Change) -> None:
    made = stack.create(change.kind, change.before)

    assert stack.update(change.kind, change.after) == made
    assert change.read(stack, made) == change.value


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_a_table_with_another_key_is_another_table_and_a_retained_one_stays(stack: Stack, policy: str) -> None:
    made = stack.create("AWS::DynamoDB::Table", TABLE, UpdateReplacePolicy=policy)
    other = {
        "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
    }

    replaced = stack.update("AWS::DynamoDB::Table", {**TABLE, **other}, UpdateReplacePolicy=policy)

    tables = stack.client("dynamodb").list_tables()["TableNames"]
    assert replaced != made
    assert (replaced in tables, made in tables) == (True, policy == "Retain")


def test_what_the_embedded_aws_cannot_change_is_refused(stack: Stack) -> None:
    stack.create("AWS::DynamoDB::Table", TABLE)

    with pytest.raises(ClientError, match="cannot change the SSESpecification of a AWS::DynamoDB::Table"):
        stack.update("AWS::DynamoDB::Table", {**TABLE, "SSESpecification": {"SSEEnabled": True}})


def test_what_is_gone_from_the_template_is_deleted_unless_it_is_retained(stack: Stack) -> None:
    names = {policy: f"{stack.name}-{policy}" for policy in ("Delete", "Retain")}
    queues = {
        policy: {"Type": "AWS::SQS::Queue", "DeletionPolicy": policy, "Properties": {"QueueName": name}}
        for policy, name in names.items()
    }
    kept = {"It": {"Type": "AWS::SNS::Topic", "Properties": {}}}
    stack.stacks.create_stack(StackName=stack.name, TemplateBody=json.dumps({"Resources": kept | queues}))
    topic = stack.physical_id()

    assert stack.update("AWS::SNS::Topic", {}) == topic
    urls = stack.client("sqs").list_queues(QueueNamePrefix=stack.name)["QueueUrls"]
    assert [url.rpartition("/")[2] for url in urls] == [names["Retain"]]


def test_a_parameter_that_had_its_default_reaches_what_refers_to_it(stack: Stack) -> None:
    parameter = {"Days": {"Type": "Number", "Default": 7}}
    group = {"It": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}}}
    body = json.dumps({"Parameters": parameter, "Resources": group})
    stack.stacks.create_stack(StackName=stack.name, TemplateBody=body)
    made = stack.physical_id()

    changed = stack.stacks.create_change_set(
        StackName=stack.name,
        ChangeSetName="longer",
        ChangeSetType="UPDATE",
        TemplateBody=body,
        Parameters=[{"ParameterKey": "Days", "ParameterValue": "30"}],
    )
    stack.stacks.execute_change_set(ChangeSetName=changed["Id"])

    assert stack.physical_id() == made
    assert retention(stack, made) == 30
