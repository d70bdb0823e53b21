"""EventBridge rules deliver to functions, state machines and queues."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import operator_session
from tests.localcloud.conftest import App, eventually
from tests.queues import letting_in


def _put(events: Any, bus: str, source: str = "example.orders", **detail: Any) -> dict[str, Any]:
    entry = {"EventBusName": bus, "Source": source, "DetailType": "Order", "Detail": json.dumps(detail)}
    answer: dict[str, Any] = events.put_events(Entries=[entry])
    return answer


def test_a_function_gets_the_whole_event(app: App) -> None:
    answer = _put(app.client("events"), app.outputs["BusName"], name="whole", size=7)
    event = json.loads(eventually(lambda: app.noted("event-whole"))[0]["event"])
    assert event["id"] == answer["Entries"][0]["EventId"]
    assert event["detail"] == {"name": "whole", "size": 7}
    assert (event["source"], event["detail-type"], event["account"]) == ("example.orders", "Order", "123456789012")
    assert (event["region"], event["version"], event["resources"]) == ("us-east-1", "0", [])
    assert event["time"].endswith("Z")


def test_the_pattern_decides_and_the_queue_gets_the_transformed_input(app: App) -> None:
    app.messages("DeliveredUrl")
    _put(app.client("events"), app.outputs["BusName"], name='sm"all', size=3)
    message = eventually(lambda: app.messages("DeliveredUrl"))[0]
    assert (message["size"], message["kind"]) == (3, "Order")
    assert message["text"].startswith('order sm"all from arn:aws:events:us-east-1:123456789012:rule/tiny-bus/')
    assert not app.noted("event-sm")


def test_a_state_machine_is_started_with_the_input_path(app: App) -> None:
    _put(app.client("events"), app.outputs["BusName"], source="example.starts", action="fail", reason="an event")
    states, machine = app.client("stepfunctions"), app.outputs["MachineArn"]

    def cause() -> bool:
        executions = states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        causes = [states.describe_execution(executionArn=item["executionArn"]).get("cause") for item in executions]
        return "because of an event" in causes

    assert eventually(cause)


def test_another_account_sends_to_the_hubs_bus(app: App) -> None:
    member = operator_session(app.aws, "111111111111").client("events", endpoint_url=app.aws.endpoint_url)
    _put(member, app.outputs["BusArn"], name="foreign", size=9)
    event = json.loads(eventually(lambda: app.noted("event-foreign"))[0]["event"])
    assert event["account"] == "111111111111"


def test_an_unknown_bus_is_an_error_of_the_entry(app: App) -> None:
    answer = _put(app.client("events"), "no-such-bus", name="lost")
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "ResourceNotFoundException"


def _member_events(app: App) -> Any:
    return operator_session(app.aws, "111111111111").client("events", endpoint_url=app.aws.endpoint_url)


def _put_statement(app: App, *statements: dict[str, Any]) -> None:
    """Make these the policy of the hub's own bus ``judged``."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
    app.client("events").put_permission(EventBusName="judged", Policy=document)


@pytest.fixture
def judged(app: App) -> Iterator[str]:
    """A bus that no policy opens."""
    events = app.client("events")
    yield events.create_event_bus(Name="judged")["EventBusArn"]
    events.delete_event_bus(Name="judged")


def _statement(bus: str, effect: str = "Allow", principal: Any = "*", **conditions: str) -> dict[str, Any]:
    statement = {"Sid": "one", "Effect": effect, "Principal": principal, "Action": "events:PutEvents", "Resource": bus}
    return {**statement, "Condition": {"StringEquals": conditions}} if conditions else statement


def test_another_account_needs_the_buss_policy(app: App, judged: str) -> None:
    with pytest.raises(ClientError, match="because no resource-based policy allows the events:PutEvents action"):
        _put(_member_events(app), judged)
    _put(app.client("events"), judged)
    _put_statement(app, _statement(judged, principal={"AWS": "arn:aws:iam::222222222222:root"}))
    with pytest.raises(ClientError, match="not authorized to perform: events:PutEvents on resource"):
        _put(_member_events(app), judged)
    _put_statement(app, _statement(judged, principal={"AWS": "arn:aws:iam::111111111111:root"}))
    assert _put(_member_events(app), judged)["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    ("condition", "right", "wrong"),
    [
        ("aws:PrincipalOrgID", "o-embedded00", "o-somebodyelse"),
        ("events:detail-type", "Order", "Payment"),
        ("events:source", "example.orders", "example.payments"),
    ],
)
def test_the_conditions_of_a_buss_policy_count(app: App, judged: str, condition: str, right: str, wrong: str) -> None:
    _put_statement(app, _statement(judged, **{condition: wrong}))
    with pytest.raises(ClientError, match="no resource-based policy"):
        _put(_member_events(app), judged)
    _put_statement(app, _statement(judged, **{condition: right}))
    assert _put(_member_events(app), judged)["FailedEntryCount"] == 0


def test_one_event_that_the_policy_does_not_allow_refuses_them_all(app: App, judged: str) -> None:
    _put_statement(app, _statement(judged, **{"events:detail-type": "Order"}))
    entries = [
        {"EventBusName": judged, "Source": "example.orders", "DetailType": kind, "Detail": "{}"}
        for kind in ("Order", "Payment")
    ]
    with pytest.raises(ClientError, match="no resource-based policy"):
        _member_events(app).put_events(Entries=entries)


def test_a_deny_counts_for_the_buss_own_account_too(app: App, judged: str) -> None:
    _put_statement(app, _statement(judged, effect="Deny", **{"events:source": "example.orders"}))
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        _put(app.client("events"), judged)
    _put(app.client("events"), judged, source="example.payments")


def test_a_statement_of_a_template_does_not_replace_another_one(app: App) -> None:
    policy = json.loads(app.client("events").describe_event_bus(Name=app.outputs["BusName"])["Policy"])
    assert {statement["Sid"] for statement in policy["Statement"]} == {"members", "trail"}


def test_nobody_puts_events_for_aws(app: App) -> None:
    answer = _put(app.client("events"), app.outputs["BusName"], source="aws.ec2")
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_queue_gets_only_what_its_policy_lets_in(app: App, judged: str) -> None:
    events, sqs = app.client("events"), app.client("sqs")
    arns = {name: f"arn:aws:sqs:us-east-1:123456789012:{name}" for name in ("closed", "fallback")}
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in arns}
    rule = events.put_rule(Name="to-closed", EventBusName="judged", EventPattern='{"source": ["example.orders"]}')["RuleArn"]
    target = {"Id": "queue", "Arn": arns["closed"], "DeadLetterConfig": {"Arn": arns["fallback"]}}
    events.put_targets(Rule="to-closed", EventBusName="judged", Targets=[target])
    _let_in(sqs, urls["fallback"], arns["fallback"], rule)
    _let_in(sqs, urls["closed"], arns["closed"], rule.replace("to-closed", "another"))
    _put(events, judged)
    dead = json.loads(eventually(lambda: sqs.receive_message(QueueUrl=urls["fallback"]).get("Messages"))[0]["Body"])
    assert dead["errorMessage"].startswith(f"The policy of {arns['closed']} does not let events.amazonaws.com send")
    _let_in(sqs, urls["closed"], arns["closed"], rule)
    _put(events, judged)
    assert eventually(lambda: sqs.receive_message(QueueUrl=urls["closed"]).get("Messages"))
    events.remove_targets(Rule="to-closed", EventBusName="judged", Ids=["queue"])
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def _let_in(sqs: Any, url: str, arn: str, rule: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": letting_in(rule, arn)})
