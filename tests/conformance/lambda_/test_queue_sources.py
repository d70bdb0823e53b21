"""A queue's messages reach its function: in batches, as its role may, again where they failed, and then as dead letters."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.expecting import eventually, refused
from tests.conformance.functions import make_function
from tests.conformance.policies import allow, policy
from tests.conformance.queues import Queue

CODE = """
import json
import os
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    works = [json.loads(record["body"]) for record in event["Records"]]
    records = [(record["messageId"], record["attributes"]["ApproximateReceiveCount"]) for record in event["Records"]]
    seen = {"works": works, "counts": [count for _, count in records], "first": event["Records"][0]}
    sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(seen))
    if any(work.get("wish") == "raise" for work in works):
        raise RuntimeError("as it was asked")
    failed = [message for work, (message, _) in zip(works, records) if work.get("wish") == "fail"]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
"""
READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


class Work:
    """A function, a queue where it says what it saw, and queues that it reads."""

    def __init__(self, account: Account, unique: Callable[[], str]) -> None:
        self.account = account
        self.functions = account.client("lambda")
        self.unique = unique
        self.seen = Queue.make(account, unique())
        seeing, reading = allow("sqs:SendMessage", self.seen.arn), allow(READING)
        variables = {"Variables": {"SEEN": self.seen.url}}
        self.function = make_function(account, unique, CODE, seeing, reading, Environment=variables, Timeout=2)

    def source(self, *, retry_after: int = 5, receives: int = 2, **mapping: Any) -> tuple[Queue, Queue]:
        """A queue that the function reads, and the queue of its dead letters."""
        dead = Queue.make(self.account, self.unique())
        redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": receives})
        queue = Queue.make(self.account, self.unique(), VisibilityTimeout=str(retry_after), RedrivePolicy=redrive)
        self.functions.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=self.function, **mapping)
        return queue, dead

    def saw(self, count: int, name: str) -> list[dict[str, Any]]:
        """The next batches with a work of that name."""
        return self.seen.arrived(count, lambda batch: any(work.get("name") == name for work in batch["works"]))


@pytest.fixture(scope="module")
def work(account: Account, unique: Callable[[], str]) -> Work:
    return Work(account, unique)


def test_a_function_gets_a_message_as_a_record(work: Work) -> None:
    """Lambda Guide: with-sqs."""
    queue, _ = work.source()
    kind = {"kind": {"DataType": "String", "StringValue": "urgent"}}
    queue.send({"name": "plain"}, MessageAttributes=kind)
    (batch,) = work.saw(1, "plain")
    record = batch["first"]
    assert (record["body"], record["eventSource"], record["eventSourceARN"]) == ('{"name": "plain"}', "aws:sqs", queue.arn)
    assert record["messageAttributes"]["kind"]["stringValue"] == "urgent"
    assert (record["attributes"]["ApproximateReceiveCount"], record["awsRegion"]) == ("1", work.account.region)
    eventually(queue.counts, (0, 0))


def test_a_batch_is_handed_over_when_its_window_is_over(work: Work) -> None:
    """Lambda Guide: services-sqs-configure; Lambda Guide: invocation-eventsourcemapping."""
    queue, _ = work.source(retry_after=30, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    for number in range(2):
        queue.send({"name": "windowed", "number": number})
    batches = work.saw(1, "windowed")
    assert [[each["number"] for each in batch["works"]] for batch in batches] == [[0, 1]]


def test_a_failed_message_comes_back_alone_and_ends_as_a_dead_letter(work: Work) -> None:
    """Lambda Guide: services-sqs-errorhandling; SQS Guide: sqs-dead-letter-queues."""
    queue, dead = work.source(retry_after=2, FunctionResponseTypes=["ReportBatchItemFailures"])
    queue.send({"name": "failed", "wish": "fail"})
    queue.send({"name": "worked"})
    assert [body["name"] for body in dead.arrived()] == ["failed"]
    assert [batch["counts"] for batch in work.saw(2, "failed")][-1] == ["2"]
    eventually(queue.counts, (0, 0))


def test_a_failed_message_stays_away_for_the_visibility_timeout(work: Work) -> None:
    """SQS Guide: sqs-visibility-timeout; Lambda Guide: services-sqs-errorhandling."""
    queue, _ = work.source(retry_after=600)
    queue.send({"name": "later", "wish": "raise"})
    assert work.saw(1, "later")
    eventually(queue.counts, (0, 1))


def test_what_the_filter_leaves_out_is_deleted(work: Work) -> None:
    """Lambda Guide: with-sqs-filtering."""
    filters = {"Filters": [{"Pattern": '{"body": {"name": ["wanted"]}}'}]}
    queue, dead = work.source(FilterCriteria=filters)
    for name in ("left out", "wanted"):
        queue.send({"name": name})
    assert [[each["name"] for each in batch["works"]] for batch in work.saw(1, "wanted")] == [["wanted"]]
    eventually(queue.counts, (0, 0))
    assert dead.counts() == (0, 0)


def test_a_mapping_needs_a_role_that_may_read_the_queue(work: Work) -> None:
    """Lambda Guide: services-sqs-configure; Lambda API: CreateEventSourceMapping."""
    powerless = make_function(work.account, work.unique, CODE)
    queue = Queue.make(work.account, work.unique())
    with refused("InvalidParameterValueException"):
        work.functions.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=powerless)


def test_a_role_that_may_no_longer_receive_gets_nothing(work: Work) -> None:
    """Lambda Guide: services-sqs-configure; IAM Guide: reference_policies_evaluation-logic."""
    queue, _ = work.source(retry_after=5)
    role = work.functions.get_function_configuration(FunctionName=work.function)["Role"].rsplit("/", 1)[1]
    deny = policy({"Effect": "Deny", "Action": "sqs:ReceiveMessage", "Resource": queue.arn})
    work.account.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=deny)

    def stays() -> bool:
        queue.send({"name": "denied"})
        return queue.counts()[0] >= 2

    eventually(stays, expected=True)


@pytest.mark.parametrize(
    "settings",
    [{"BatchSize": 11}, {"ScalingConfig": {"MaximumConcurrency": 1001}}],
    ids=["batch without a window", "too many at once"],
)
def test_a_mappings_settings_must_fit(work: Work, settings: dict[str, Any]) -> None:
    """Lambda API: CreateEventSourceMapping; Lambda Guide: services-sqs-scaling."""
    queue = Queue.make(work.account, work.unique())
    with refused("InvalidParameterValueException"):
        work.functions.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=work.function, **settings)


def test_a_visibility_timeout_is_no_shorter_than_the_functions(work: Work) -> None:
    """Lambda Guide: services-sqs-configure; Lambda API: CreateEventSourceMapping."""
    hasty = Queue.make(work.account, work.unique(), VisibilityTimeout="1")
    with refused("InvalidParameterValueException"):
        work.functions.create_event_source_mapping(EventSourceArn=hasty.arn, FunctionName=work.function)


def test_a_queue_is_mapped_to_a_function_once(work: Work) -> None:
    """Lambda API: CreateEventSourceMapping."""
    queue, _ = work.source()
    with refused("ResourceConflictException"):
        work.functions.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=work.function)


def test_a_queue_that_does_not_exist_is_not_mapped(work: Work) -> None:
    """Lambda API: CreateEventSourceMapping."""
    queue = Queue.make(work.account, work.unique())
    with refused("InvalidParameterValueException"):
        work.functions.create_event_source_mapping(EventSourceArn=f"{queue.arn}-not", FunctionName=work.function)


def test_a_disabled_mapping_receives_nothing(work: Work) -> None:
    """Lambda API: UpdateEventSourceMapping."""
    queue = Queue.make(work.account, work.unique(), VisibilityTimeout="5")
    given = {"EventSourceArn": queue.arn, "FunctionName": work.function, "Enabled": False}
    mapping = work.functions.create_event_source_mapping(**given)["UUID"]
    queue.send({"name": "asleep"})
    eventually(queue.counts, (1, 0))
    work.functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    assert work.saw(1, "asleep")
