"""An EC2 call that changed something is an event on its account's default bus, and a rule forwards it to the hub's bus."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import operator_session
from tests.localcloud.conftest import App, eventually

MEMBER = "111111111111"
ROLE = "OrganizationAccountAccessRole"
PATTERN = {"source": ["aws.ec2"], "detail-type": ["AWS API Call via CloudTrail"]}
TRUST = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Member:
    """A member account whose default bus forwards EC2's events to the hub's bus, as a role."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._session = operator_session(app.aws, MEMBER)
        self.ec2, self.iam, self.events, self.sqs = map(self.client, ("ec2", "iam", "events", "sqs"))

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.app.aws.endpoint_url)  # type: ignore[call-overload]

    def permit(self, action: str) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": self.app.outputs["BusArn"]}
        self.iam.put_role_policy(RoleName="forward", PolicyName="forward", PolicyDocument=_policy(statement))

    def forward(self) -> None:
        role = self.iam.create_role(RoleName="forward", AssumeRolePolicyDocument=_policy(TRUST))["Role"]["Arn"]
        self.permit("events:PutEvents")
        dead_letters = self.sqs.create_queue(QueueName="unforwarded")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{MEMBER}:unforwarded"
        send = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        self.sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"Policy": _policy(send)})
        self.events.put_rule(Name="forward", EventPattern=json.dumps(PATTERN))
        target = {"Id": "hub", "Arn": self.app.outputs["BusArn"], "RoleArn": role, "DeadLetterConfig": {"Arn": arn}}
        self.events.put_targets(Rule="forward", Targets=[target])

    def end(self) -> None:
        self.events.remove_targets(Rule="forward", Ids=["hub"])
        self.events.delete_rule(Name="forward")
        self.iam.delete_role_policy(RoleName="forward", PolicyName="forward")
        self.iam.delete_role(RoleName="forward")
        self.sqs.delete_queue(QueueUrl=self.sqs.get_queue_url(QueueName="unforwarded")["QueueUrl"])

    def forwarded(self, count: int = 1) -> list[dict[str, Any]]:
        """The next events that came to the hub's bus, once they are as many."""
        events: list[dict[str, Any]] = []

        def all_arrived() -> bool:
            events.extend(self.app.messages("TrailUrl"))
            return len(events) >= count

        eventually(all_arrived)
        return events

    def unforwarded(self) -> dict[str, Any]:
        url = self.sqs.get_queue_url(QueueName="unforwarded")["QueueUrl"]
        message = eventually(lambda: self.sqs.receive_message(QueueUrl=url).get("Messages"))[0]
        event: dict[str, Any] = json.loads(message["Body"])
        return event


def _sending(arn: str, **conditions: Any) -> dict[str, Any]:
    principal = {"Service": "events.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": arn, "Condition": conditions}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def member(app: App) -> Iterator[Member]:
    member = Member(app)
    member.forward()
    yield member
    member.end()


def test_a_call_comes_to_the_hub_in_cloudtrails_words(member: Member) -> None:
    vpc = member.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    event = member.forwarded()[0]
    assert (event["detail-type"], event["source"]) == ("AWS API Call via CloudTrail", "aws.ec2")
    assert (event["account"], event["region"]) == (MEMBER, "us-east-1")
    detail = event["detail"]
    assert (detail["eventSource"], detail["eventName"], detail["awsRegion"]) == ("ec2.amazonaws.com", "CreateVpc", "us-east-1")
    assert (detail["eventTime"], detail["recipientAccountId"]) == (event["time"], MEMBER)
    assert detail["requestParameters"] == {"cidrBlock": "10.77.0.0/16"}
    assert detail["responseElements"]["vpc"]["vpcId"] == vpc
    assert detail["userIdentity"]["type"] == "AssumedRole"
    issuer = detail["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"], issuer["accountId"]) == ("Role", ROLE, MEMBER)
    assert issuer["arn"] == f"arn:aws:iam::{MEMBER}:role/{ROLE}"
    assert detail["userIdentity"]["arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/{ROLE}/operator"


def test_only_calls_that_changed_something_come(member: Member) -> None:
    vpc = member.ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    member.ec2.describe_vpcs()
    with pytest.raises(ClientError, match="DryRunOperation"):
        member.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "k", "Value": "v"}], DryRun=True)
    with pytest.raises(ClientError, match="NotFound"):
        member.ec2.delete_route(RouteTableId="rtb-00000000", DestinationCidrBlock="10.0.0.0/8")
    member.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "k", "Value": "v"}])
    events = member.forwarded(2)
    assert [event["detail"]["eventName"] for event in events] == ["CreateVpc", "CreateTags"]


def test_without_permission_for_the_role_the_event_stays(member: Member) -> None:
    member.permit("events:PutRule")
    member.ec2.create_vpc(CidrBlock="10.79.0.0/16")
    event = member.unforwarded()
    assert event["detail"]["eventName"] == "CreateVpc"
    assert event["errorMessage"].startswith(
        f"arn:aws:iam::{MEMBER}:role/forward is not authorized to perform: events:PutEvents"
    )


def test_without_permission_of_the_target_bus_the_event_stays(member: Member) -> None:
    own = {"Source": "example.orders", "DetailType": "Payment", "Detail": "{}"}
    member.events.put_rule(Name="forward", EventPattern=json.dumps({"source": ["example.orders"]}))
    member.events.put_events(Entries=[own])
    assert member.unforwarded()["errorMessage"].startswith(f"The policy of {member.app.outputs['BusArn']} does not allow")


def test_a_bus_in_another_account_needs_a_role(member: Member) -> None:
    target = {"Id": "hub", "Arn": member.app.outputs["BusArn"]}
    with pytest.raises(ClientError, match="RoleArn is required for target"):
        member.events.put_targets(Rule="forward", Targets=[target])


def test_the_hubs_operator_is_its_root(app: App) -> None:
    events, sqs, ec2 = map(app.client, ("events", "sqs", "ec2"))
    url = sqs.create_queue(QueueName="own-trail")["QueueUrl"]
    arn, rule = "arn:aws:sqs:us-east-1:123456789012:own-trail", "arn:aws:events:us-east-1:123456789012:rule/own"
    sending = _sending(arn, ArnEquals={"aws:SourceArn": rule})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(sending)})
    events.put_rule(Name="own", EventPattern=json.dumps({**PATTERN, "detail": {"eventName": ["DeleteVpc"]}}))
    events.put_targets(Rule="own", Targets=[{"Id": "queue", "Arn": arn, "InputPath": "$.detail.userIdentity"}])
    ec2.delete_vpc(VpcId=ec2.create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]["VpcId"])
    message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]
    identity = json.loads(message["Body"])
    assert (identity["type"], identity["arn"]) == ("Root", "arn:aws:iam::123456789012:root")
    events.remove_targets(Rule="own", Ids=["queue"])
    events.delete_rule(Name="own")
    sqs.delete_queue(QueueUrl=url)
