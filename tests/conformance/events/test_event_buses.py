"""Event buses: who puts events on them, what their rules deliver, and where."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import make_vpc
from tests.conformance.expecting import eventually, refused
from tests.conformance.policies import Roles, allow, letting, outcome, policy, trusting
from tests.conformance.queues import Queue

ORDERS = {"source": ["example.orders"]}


class Bus:
    """A new event bus and what happens on it."""

    def __init__(self, account: Account, name: str) -> None:
        self.name = name
        self.events = account.client("events")
        self.arn: str = self.events.create_event_bus(Name=name)["EventBusArn"]

    def open_to(self, *statements: dict[str, Any]) -> None:
        """Make these the bus's policy."""
        named = [{"Sid": f"s{number}", **statement} for number, statement in enumerate(statements)]
        self.events.put_permission(EventBusName=self.name, Policy=policy(*named))

    def rule(self, name: str, pattern: dict[str, Any] = ORDERS) -> str:
        made = self.events.put_rule(Name=name, EventBusName=self.name, EventPattern=json.dumps(pattern))
        arn: str = made["RuleArn"]
        return arn

    def target(self, rule: str, **target: Any) -> None:
        answer = self.events.put_targets(Rule=rule, EventBusName=self.name, Targets=[{"Id": "one", **target}])
        assert answer["FailedEntryCount"] == 0

    def deliver_to(self, queue: Queue, name: str, pattern: dict[str, Any] = ORDERS, **target: Any) -> None:
        """Deliver the events of a pattern to a queue."""
        arn = self.rule(name, pattern)
        queue.let_in(letting("events", "sqs:SendMessage", queue.arn, ArnEquals={"aws:SourceArn": arn}))
        self.target(name, Arn=queue.arn, **target)


def put(account: Account, bus: str, source: str = "example.orders", kind: str = "Order", **detail: Any) -> dict[str, Any]:
    """Put an event; the answer about its entry."""
    entry = {"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
    answer: dict[str, Any] = account.client("events").put_events(Entries=[entry])["Entries"][0]
    return answer


def opened(bus: Bus, principal: Any, effect: str = "Allow", **conditions: str) -> dict[str, Any]:
    """A statement about who may put events."""
    statement = {"Effect": effect, "Principal": principal, "Action": "events:PutEvents", "Resource": bus.arn}
    return {**statement, "Condition": {"StringEquals": conditions}} if conditions else statement


def root(account: Account) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account.id}:root"}


@pytest.fixture
def bus(account: Account, unique: Callable[[], str]) -> Bus:
    return Bus(account, unique())


@pytest.fixture
def queue(account: Account, unique: Callable[[], str]) -> Queue:
    return Queue.make(account, unique())


def test_a_target_gets_the_whole_event(account: Account, bus: Bus, queue: Queue, unique: Callable[[], str]) -> None:
    """EventBridge Guide: eb-events-structure."""
    bus.deliver_to(queue, unique())
    event_id = put(account, bus.name, size=7)["EventId"]
    (event,) = queue.arrived()
    assert (event["id"], event["detail"], event["version"], event["resources"]) == (event_id, {"size": 7}, "0", [])
    assert (event["source"], event["detail-type"]) == ("example.orders", "Order")
    assert (event["account"], event["region"]) == (account.id, account.region)


def test_a_pattern_decides_which_events_are_delivered(account: Account, bus: Bus, queue: Queue, unique: Any) -> None:
    """EventBridge Guide: eb-event-patterns."""
    bus.deliver_to(queue, unique(), {"detail": {"size": [{"numeric": [">", 5]}]}})
    for size in (3, 7):
        put(account, bus.name, size=size)
    assert [event["detail"]["size"] for event in queue.arrived()] == [7]


def test_a_target_gets_what_its_transformer_makes(account: Account, bus: Bus, queue: Queue, unique: Any) -> None:
    """EventBridge Guide: eb-transform-target-input."""
    transformer = {
        "InputPathsMap": {"size": "$.detail.size", "kind": "$.detail-type", "name": "$.detail.name"},
        "InputTemplate": '{"size": <size>, "kind": <kind>, "text": "order <name>"}',
    }
    bus.deliver_to(queue, unique(), InputTransformer=transformer)
    put(account, bus.name, size=3, name='sm"all')
    assert queue.arrived() == [{"size": 3, "kind": "Order", "text": 'order sm"all'}]


def test_an_unknown_bus_is_an_error_of_the_entry(account: Account) -> None:
    """EventBridge API: PutEvents."""
    assert put(account, "conformance-missing")["ErrorCode"] == "ResourceNotFoundException"


def test_nobody_puts_events_for_aws(account: Account, bus: Bus) -> None:
    """EventBridge API: PutEventsRequestEntry."""
    assert put(account, bus.name, source="aws.ec2")["ErrorCode"] == "NotAuthorizedForSourceException"


def test_another_account_needs_the_buss_policy(account: Account, peer: Account, bus: Bus) -> None:
    """EventBridge Guide: eb-event-bus-perms."""
    assert outcome(lambda: put(peer, bus.arn)) == "AccessDeniedException"
    assert "EventId" in put(account, bus.arn)
    bus.open_to(opened(bus, root(account)))
    assert outcome(lambda: put(peer, bus.arn)) == "AccessDeniedException"
    bus.open_to(opened(bus, root(peer)))
    eventually(lambda: outcome(lambda: put(peer, bus.arn)), "ok")


def test_an_event_from_another_account_names_it(peer: Account, bus: Bus, queue: Queue, unique: Callable[[], str]) -> None:
    """EventBridge Guide: eb-cross-account; EventBridge Guide: eb-events-structure."""
    bus.open_to(opened(bus, root(peer)))
    bus.deliver_to(queue, unique())
    eventually(lambda: outcome(lambda: put(peer, bus.arn)), "ok")
    assert {event["account"] for event in queue.arrived()} == {peer.id}


@pytest.mark.parametrize(
    ("condition", "right", "wrong"),
    [
        ("events:detail-type", "Order", "Payment"),
        ("events:source", "example.orders", "example.payments"),
    ],
)
def test_the_conditions_of_a_buss_policy_count(peer: Account, bus: Bus, condition: str, right: str, wrong: str) -> None:
    """EventBridge Guide: eb-use-conditions."""
    bus.open_to(opened(bus, "*", **{condition: right}))
    eventually(lambda: outcome(lambda: put(peer, bus.arn)), "ok")
    bus.open_to(opened(bus, "*", **{condition: wrong}))
    eventually(lambda: outcome(lambda: put(peer, bus.arn)), "AccessDeniedException")


def test_one_event_that_the_policy_does_not_allow_refuses_them_all(peer: Account, bus: Bus) -> None:
    """EventBridge Guide: eb-event-bus-perms; EventBridge API: PutEvents."""
    bus.open_to(opened(bus, "*", **{"events:detail-type": "Order"}))
    eventually(lambda: outcome(lambda: put(peer, bus.arn)), "ok")
    entries = [
        {"EventBusName": bus.arn, "Source": "example.orders", "DetailType": kind, "Detail": "{}"}
        for kind in ("Order", "Payment")
    ]
    with refused("AccessDeniedException"):
        peer.client("events").put_events(Entries=entries)


def test_a_deny_counts_for_the_buss_own_account_too(account: Account, bus: Bus) -> None:
    """EventBridge Guide: eb-event-bus-perms; IAM Guide: reference_policies_evaluation-logic."""
    bus.open_to(opened(bus, "*", "Deny", **{"events:source": "example.orders"}))
    eventually(lambda: outcome(lambda: put(account, bus.name)), "AccessDeniedException")
    assert "EventId" in put(account, bus.name, source="example.payments")


def test_a_queue_gets_from_a_rule_only_what_its_policy_lets_in(account: Account, bus: Bus, queue: Queue, unique: Any) -> None:
    """EventBridge Guide: eb-use-resource-based; EventBridge Guide: eb-rule-dlq."""
    fallback, name = Queue.make(account, unique()), unique()
    rule = bus.rule(name)
    fallback.let_in(letting("events", "sqs:SendMessage", fallback.arn, ArnEquals={"aws:SourceArn": rule}))
    queue.let_in(letting("events", "sqs:SendMessage", queue.arn, ArnEquals={"aws:SourceArn": f"{rule}-another"}))
    bus.target(name, Arn=queue.arn, DeadLetterConfig={"Arn": fallback.arn})
    put(account, bus.name, size=1)
    assert [event["detail"] for event in fallback.arrived()] == [{"size": 1}]
    queue.let_in(letting("events", "sqs:SendMessage", queue.arn, ArnEquals={"aws:SourceArn": rule}))
    put(account, bus.name, size=2)
    assert [event["detail"] for event in queue.arrived()] == [{"size": 2}]


# Rules that forward to another account's bus


@pytest.fixture
def forwarding(peer: Account, bus: Bus, unique: Callable[[], str]) -> Callable[..., Queue]:
    """Let the other account's rule forward orders to the bus, as a role with these permissions; its dead letters."""

    def forward(*statements: dict[str, Any]) -> Queue:
        own, dead, name = Bus(peer, unique()), Queue.make(peer, unique()), unique()
        role = Roles(peer, unique).make(*statements, trust=trusting({"Service": "events.amazonaws.com"}))
        rule = own.rule(name)
        dead.let_in(letting("events", "sqs:SendMessage", dead.arn, ArnEquals={"aws:SourceArn": rule}))
        own.target(name, Arn=bus.arn, RoleArn=role, DeadLetterConfig={"Arn": dead.arn})
        put(peer, own.name, size=1)
        return dead

    return forward


def test_a_rule_forwards_to_another_accounts_bus(bus: Bus, peer: Account, queue: Queue, forwarding: Any, unique: Any) -> None:
    """EventBridge Guide: eb-cross-account."""
    bus.open_to(opened(bus, root(peer)))
    bus.deliver_to(queue, unique())
    forwarding(allow("events:PutEvents", bus.arn))
    assert [event["account"] for event in queue.arrived()] == [peer.id]


def test_without_permission_for_the_role_a_forwarded_event_stays(bus: Bus, peer: Account, forwarding: Any) -> None:
    """EventBridge Guide: eb-cross-account; EventBridge Guide: eb-rule-dlq."""
    bus.open_to(opened(bus, root(peer)))
    dead = forwarding(allow("events:PutRule", bus.arn))
    assert [event["detail"] for event in dead.arrived()] == [{"size": 1}]


def test_without_permission_of_the_target_bus_a_forwarded_event_stays(bus: Bus, forwarding: Any) -> None:
    """EventBridge Guide: eb-cross-account; EventBridge Guide: eb-rule-dlq."""
    dead = forwarding(allow("events:PutEvents", bus.arn))
    assert [event["detail"] for event in dead.arrived()] == [{"size": 1}]


def test_a_bus_in_another_account_needs_a_role(bus: Bus, peer: Account, unique: Callable[[], str]) -> None:
    """EventBridge Guide: eb-cross-account; EventBridge API: PutTargets."""
    own, name = Bus(peer, unique()), unique()
    own.rule(name)
    with refused("ValidationException"):
        own.events.put_targets(Rule=name, EventBusName=own.name, Targets=[{"Id": "one", "Arn": bus.arn}])


# CloudTrail's events

KIND = "AWS API Call via CloudTrail"


def test_an_ec2_call_that_changed_something_is_an_event(account: Account, queue: Queue, unique: Callable[[], str]) -> None:
    """EventBridge Guide: eb-service-event-cloudtrail; CloudTrail Guide: cloudtrail-event-reference-record-contents."""
    events, name, vpc = account.client("events"), unique(), make_vpc(account, "10.0.0.0/16")
    pattern = {"source": ["aws.ec2"], "detail-type": [KIND], "detail": {"requestParameters": {"groupName": [name]}}}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue.let_in(letting("events", "sqs:SendMessage", queue.arn, ArnEquals={"aws:SourceArn": rule}))
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": queue.arn}])
    group = account.ec2.create_security_group(GroupName=name, Description="app", VpcId=vpc.id)["GroupId"]
    (event,) = queue.arrived()
    assert (event["detail-type"], event["source"], event["account"]) == (KIND, "aws.ec2", account.id)
    detail = event["detail"]
    assert (detail["eventSource"], detail["eventName"]) == ("ec2.amazonaws.com", "CreateSecurityGroup")
    assert (detail["awsRegion"], detail["recipientAccountId"]) == (account.region, account.id)
    assert detail["eventTime"] == event["time"]
    assert (detail["requestParameters"]["vpcId"], detail["responseElements"]["groupId"]) == (vpc.id, group)


# Schedules


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(0 minutes)", "cron(0 8 * * * *)", "every day"])
def test_a_wrong_schedule_is_refused(account: Account, unique: Callable[[], str], expression: str) -> None:
    """EventBridge Guide: eb-scheduled-rule-pattern; EventBridge API: PutRule."""
    with refused("ValidationException"):
        account.client("events").put_rule(Name=unique(), ScheduleExpression=expression)


def test_a_schedule_is_on_the_default_bus(bus: Bus, unique: Callable[[], str]) -> None:
    """EventBridge Guide: eb-create-rule-schedule; EventBridge API: PutRule."""
    with refused("ValidationException"):
        bus.events.put_rule(Name=unique(), EventBusName=bus.name, ScheduleExpression="rate(1 minute)")
