"""A queue's messages reach its function: in batches, as its role may, again where they failed, and then as dead letters."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.core.time_limits import TimeLimits
from tests.localcloud.conftest import App, eventually

NO_WAITING = TimeLimits(batch_window=0, visibility_timeout=0)


@pytest.fixture(autouse=True)
def no_waiting(app: App) -> Iterator[None]:
    """Without waiting, and with nothing left over."""
    app.aws.time_limits.limits = NO_WAITING
    yield
    app.aws.time_limits.limits = NO_WAITING
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    eventually(lambda: not any(_counts(sqs, url)))
    app.aws.time_limits.limits = TimeLimits()


def _counts(sqs: Any, url: str) -> list[int]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return [int(count) for count in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()]


def _send(app: App, *works: dict[str, Any]) -> None:
    entries = [{"Id": str(number), "MessageBody": json.dumps(work)} for number, work in enumerate(works)]
    app.client("sqs").send_message_batch(QueueUrl=app.outputs["WorkUrl"], Entries=entries)


def _seen(app: App, name: str, *, times: int = 1) -> list[dict[str, Any]]:
    """What the function noted of the messages whose id begins so, once it is as much as expected."""
    return eventually(lambda: found if len(found := app.noted(f"work-{name}")) >= times else None)


def test_a_function_gets_the_message_in_lambdas_words(app: App) -> None:
    attribute = {"kind": {"DataType": "String", "StringValue": "urgent"}}
    sent = app.client("sqs").send_message(
        QueueUrl=app.outputs["WorkUrl"], MessageBody='{"id": "plain"}', MessageAttributes=attribute
    )
    record = json.loads(_seen(app, "plain")[0]["record"])
    assert (record["messageId"], record["body"], record["md5OfBody"]) == (
        sent["MessageId"],
        '{"id": "plain"}',
        sent["MD5OfMessageBody"],
    )
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", app.outputs["WorkArn"])
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "urgent"
    assert record["awsRegion"] == "us-east-1"


def test_a_batch_is_handed_over_when_it_is_full(app: App) -> None:
    app.aws.time_limits.limits = TimeLimits()
    _send(app, {"id": "full-1"}, {"id": "full-2"})
    _send(app, {"id": "full-3"})
    assert {item["batch"] for item in _seen(app, "full-", times=3)} == {'["full-1", "full-2", "full-3"]'}


def test_a_batch_is_handed_over_when_its_window_is_over(app: App) -> None:
    app.aws.time_limits.limits = TimeLimits()
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    _send(app, {"id": "windowed"})
    eventually(lambda: _counts(sqs, url) == [0, 1])
    assert not app.noted("work-windowed")
    app.aws.time_limits.limits = NO_WAITING
    assert _seen(app, "windowed")


def test_a_failed_message_comes_back_alone_and_ends_as_a_dead_letter(app: App) -> None:
    app.aws.time_limits.limits = TimeLimits(visibility_timeout=0)
    _send(app, {"id": "part-1"}, {"id": "part-2", "wish": "fail"}, {"id": "part-3"})
    _seen(app, "part-", times=3)
    app.aws.time_limits.limits = NO_WAITING
    dead = eventually(lambda: app.messages("WorkDeadLettersUrl"))
    assert dead == [{"id": "part-2", "wish": "fail"}]
    assert [item["id"] for item in app.noted("work-part-")] == [
        "work-part-1-1",
        "work-part-2-1",
        "work-part-2-2",
        "work-part-3-1",
    ]


@pytest.mark.parametrize("wish", ["raise", "odd"])
def test_a_function_that_fails_or_names_no_message_fails_its_whole_batch(app: App, wish: str) -> None:
    app.aws.time_limits.limits = TimeLimits(visibility_timeout=0)
    _send(app, {"id": f"{wish}-1"}, {"id": f"{wish}-2", "wish": wish}, {"id": f"{wish}-3"})
    _seen(app, f"{wish}-", times=6)
    app.aws.time_limits.limits = NO_WAITING
    dead: list[Any] = []

    def all_arrived() -> bool:
        dead.extend(app.messages("WorkDeadLettersUrl"))
        return len(dead) >= 3

    eventually(all_arrived)
    assert {work["id"] for work in dead} == {f"{wish}-1", f"{wish}-2", f"{wish}-3"}


def test_a_failed_message_stays_away_for_the_visibility_timeout(app: App) -> None:
    app.aws.time_limits.limits = TimeLimits(batch_window=0)
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    _send(app, {"id": "later", "wish": "raise"})
    _seen(app, "later-1")
    assert _counts(sqs, url) == [0, 1]
    assert not app.noted("work-later-2")
    sqs.purge_queue(QueueUrl=url)


def test_what_the_filter_leaves_out_is_deleted(app: App) -> None:
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="no JSON")
    sqs.send_message(QueueUrl=url, MessageBody='{"other": 1}')
    eventually(lambda: not any(_counts(sqs, url)))
    assert not app.messages("WorkDeadLettersUrl")


def test_no_more_batches_at_once_than_the_maximum_concurrency(app: App) -> None:
    _send(app, *({"id": f"slow-{number}", "sleep": 0.2} for number in range(9)))
    assert len({item["pid"] for item in _seen(app, "slow-", times=9)}) == 2


def test_a_role_that_may_no_longer_receive_gets_nothing(app: App) -> None:
    iam, role = app.client("iam"), app.outputs["WorkFunctionRole"]
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    deny = {"Effect": "Deny", "Action": "sqs:ReceiveMessage", "Resource": app.outputs["WorkArn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=document)
    try:
        # What the poller decided to receive before the policy counted, it has received when another poll has ended.
        eventually(lambda: _send_and_stay(app, sqs, url))
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="deny")
    eventually(lambda: not any(_counts(sqs, url)))


def _send_and_stay(app: App, sqs: Any, url: str) -> bool:
    _send(app, {"id": "denied"})
    return _counts(sqs, url)[0] >= 2


def test_a_disabled_mapping_receives_nothing(app: App) -> None:
    mapping = app.mapping("WorkFunctionName")
    sqs, url = app.client("sqs"), app.outputs["WorkUrl"]
    app.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    eventually(lambda: _send_and_stay(app, sqs, url))
    app.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    eventually(lambda: not any(_counts(sqs, url)))


def test_a_mapping_needs_a_role_that_may_read_the_queue(app: App) -> None:
    _refused(app, "does not have permissions to call ReceiveMessage on SQS", FunctionName=app.outputs["EchoFunctionName"])


def test_a_mapping_needs_settings_that_fit(app: App) -> None:
    _refused(app, "batch window in seconds must be greater than 0", BatchSize=11)
    _refused(app, "MaximumConcurrency must be between 2 and 1000", ScalingConfig={"MaximumConcurrency": 1001})
    _refused(app, "already exists")
    _refused(app, "NonExistentQueue", EventSourceArn="arn:aws:sqs:us-east-1:123456789012:none")
    hasty = app.client("sqs").create_queue(QueueName="hasty", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    _refused(
        app,
        "Queue visibility timeout: 1 seconds is less than Function timeout: 5 seconds",
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:hasty",
    )
    app.client("sqs").delete_queue(QueueUrl=hasty)


def _refused(app: App, message: str, **parameters: Any) -> None:
    given = {"EventSourceArn": app.outputs["WorkArn"], "FunctionName": app.outputs["WorkFunctionName"], **parameters}
    with pytest.raises(ClientError, match=message):
        app.functions.create_event_source_mapping(**given)


def test_a_deleted_mapping_receives_nothing_more(app: App) -> None:
    sqs = app.client("sqs")
    url = sqs.create_queue(QueueName="short-lived")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:short-lived"
    mapping = app.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=app.outputs["WorkFunctionName"])
    sqs.send_message(QueueUrl=url, MessageBody='{"id": "mapped"}')
    _seen(app, "mapped")
    app.functions.delete_event_source_mapping(UUID=mapping["UUID"])

    def stays() -> bool:
        sqs.send_message(QueueUrl=url, MessageBody='{"id": "unmapped"}')
        return _counts(sqs, url)[0] >= 2

    assert eventually(stays)
    sqs.delete_queue(QueueUrl=url)
