"""SNS topics: who may publish, and that a queue gets what was published."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.conformance.accounts import Account
from tests.conformance.policies import Roles, allow, letting, outcome, permitted
from tests.conformance.queues import Queue


@pytest.fixture
def topic(account: Account, unique: Callable[[], str]) -> str:
    arn: str = account.client("sns").create_topic(Name=unique())["TopicArn"]
    return arn


@pytest.fixture
def queue(account: Account, topic: str, unique: Callable[[], str]) -> Queue:
    """A queue that takes what comes from the topic."""
    made = Queue.make(account, unique())
    made.let_in(letting("sns", "sqs:SendMessage", made.arn, ArnEquals={"aws:SourceArn": topic}))
    return made


def test_a_queue_gets_what_was_published(account: Account, topic: str, queue: Queue) -> None:
    """SNS Guide: sns-sqs-as-subscriber; SNS API: Publish."""
    sns = account.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    published = sns.publish(TopicArn=topic, Subject="Approve r1", Message="the plan")
    (message,) = queue.arrived()
    assert (message["Type"], message["TopicArn"], message["MessageId"]) == ("Notification", topic, published["MessageId"])
    assert (message["Subject"], message["Message"]) == ("Approve r1", "the plan")


def test_a_filter_policy_leaves_out_the_other_messages(account: Account, topic: str, queue: Queue) -> None:
    """SNS Guide: sns-message-filtering; SNS Guide: sns-large-payload-raw-message-delivery."""
    sns = account.client("sns")
    attributes = {"RawMessageDelivery": "true", "FilterPolicy": '{"kind": ["plan"]}'}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)
    for kind in ("other", "plan"):
        attribute = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=f'{{"is": "{kind}"}}', MessageAttributes=attribute)
    assert queue.arrived() == [{"is": "plan"}]


def test_a_role_publishes_to_its_topic_only(account: Account, topic: str, unique: Callable[[], str]) -> None:
    """SNS Guide: sns-access-policy-use-cases; SNS API: PublishBatch."""
    roles = Roles(account, unique)
    publisher = roles.acting(allow("sns:Publish", topic)).client("sns")
    other = roles.acting(allow("sns:Publish", f"{topic}-other")).client("sns")
    batch = [{"Id": "1", "Message": "m"}]
    assert permitted(lambda: publisher.publish(TopicArn=topic, Message="m")) == "ok"
    for publish in (
        partial(other.publish, TopicArn=topic, Message="m"),
        partial(other.publish, TargetArn=topic, Message="m"),
        partial(other.publish_batch, TopicArn=topic, PublishBatchRequestEntries=batch),
    ):
        assert outcome(publish) == "AuthorizationError"


def test_an_unknown_topic_is_not_found(account: Account, topic: str) -> None:
    """SNS API: Publish."""
    assert outcome(lambda: account.client("sns").publish(TopicArn=f"{topic}-missing", Message="m")) == "NotFound"
