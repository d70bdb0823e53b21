"""SNS topics from a template: who may publish, and that a queue gets what was published."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import create_stack
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID
from tests.localcloud.conftest import App

TEMPLATE = """
Resources:
  Topic:
    Type: AWS::SNS::Topic
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Owner
            Effect: Allow
            Principal: {AWS: !Ref AWS::AccountId}
            Action: sns:Publish
            Resource: !Ref Topic
  Everything:
    Type: AWS::SQS::Queue
  Raw:
    Type: AWS::SQS::Queue
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Everything, !Ref Raw]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: "*"
            Condition: {ArnEquals: {aws:SourceArn: !Ref Topic}}
  ToEverything:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Everything.Arn}
  ToRaw:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Raw.Arn
      RawMessageDelivery: true
      FilterPolicy: {kind: [plan]}
Outputs:
  TopicArn: {Value: !GetAtt Topic.TopicArn}
  Everything: {Value: !Ref Everything}
  Raw: {Value: !Ref Raw}
"""
KIND = {"kind": {"DataType": "String", "StringValue": "plan"}}


@pytest.fixture(scope="module")
def outputs(app: App, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    template = tmp_path_factory.mktemp("topics") / "template.yaml"
    template.write_text(TEMPLATE)
    return create_stack(app.aws, HUB_ACCOUNT_ID, template, "topics", {})


def _taken(app: App, queue_url: str) -> list[str]:
    sqs = app.client("sqs")
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def _publisher(app: App, name: str, resource: str) -> Any:
    """A client of a new role that may publish to one topic."""
    iam = app.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": HUB_ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": resource}
    trusting, allowing = (json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trust, publish))
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="publish", PolicyDocument=allowing)
    keys = app.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], DEFAULT_REGION)
    return session.client("sns", endpoint_url=app.aws.endpoint_url)


def test_a_queue_gets_what_was_published(app: App, outputs: Mapping[str, str]) -> None:
    topic = outputs["TopicArn"]
    published = app.client("sns").publish(TopicArn=topic, Subject="Approve r1", Message="the plan", MessageAttributes=KIND)
    app.client("sns").publish(TopicArn=topic, Message="something else")
    first, second = (json.loads(body) for body in _taken(app, outputs["Everything"]))
    assert (first["Type"], first["TopicArn"], first["MessageId"]) == ("Notification", topic, published["MessageId"])
    assert (first["Subject"], first["Message"], second["Message"]) == ("Approve r1", "the plan", "something else")
    assert _taken(app, outputs["Raw"]) == ["the plan"]


def test_the_topic_has_the_templates_policy(app: App, outputs: Mapping[str, str]) -> None:
    attributes = app.client("sns").get_topic_attributes(TopicArn=outputs["TopicArn"])["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Sid"], statement["Resource"]) == ("Owner", outputs["TopicArn"])


def test_a_role_publishes_to_its_topic_only(app: App, outputs: Mapping[str, str]) -> None:
    topic = outputs["TopicArn"]
    _publisher(app, "publisher", topic).publish(TopicArn=topic, Message="allowed")
    assert [json.loads(body)["Message"] for body in _taken(app, outputs["Everything"])] == ["allowed"]
    other = _publisher(app, "other-publisher", f"{topic}-other")
    batch = [{"Id": "1", "Message": "m"}]
    for publish in (
        partial(other.publish, TopicArn=topic, Message="m"),
        partial(other.publish, TargetArn=topic, Message="m"),
        partial(other.publish_batch, TopicArn=topic, PublishBatchRequestEntries=batch),
    ):
        with pytest.raises(ClientError) as caught:
            publish()
        assert caught.value.response["Error"]["Code"] == "AuthorizationError"
        assert f"sns:Publish on resource: {topic} because" in caught.value.response["Error"]["Message"]
    assert _taken(app, outputs["Everything"]) == []


def test_an_unknown_topic_is_not_found(app: App, outputs: Mapping[str, str]) -> None:
    with pytest.raises(ClientError) as caught:
        app.client("sns").publish(TopicArn=f"{outputs['TopicArn']}-missing", Message="m")
    assert caught.value.response["Error"]["Code"] == "NotFound"
