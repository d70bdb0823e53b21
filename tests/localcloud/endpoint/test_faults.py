"""Faults: latency, throttles, failures and holds hit clients as they are told to."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Faults, Hold, Throttle, TokenBucket
from tests.localcloud.http_endpoint import MEMBER, Endpoint, code_of

EXPLORER = (MEMBER, "explorer")


def test_latency_slows_clients_but_not_the_clouds_own_calls(endpoint: Endpoint, gate: CallGate) -> None:
    gate.latency = 0.3
    with gate.record() as calls:
        endpoint.client("sts").get_caller_identity()
        endpoint.client("sts", {"AccessKeyId": "ak", "SecretAccessKey": "sk"}).get_caller_identity()
    external, internal = calls
    assert not external.internal
    assert external.duration >= 0.3
    assert internal.internal
    assert internal.duration < 0.3


def test_a_token_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3, now=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(100.5)
    assert not bucket.take(100.5)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("service", "operation", "error"),
    [
        ("ec2", "describe_vpcs", ("RequestLimitExceeded", 503)),
        ("dynamodb", "list_tables", ("ThrottlingException", 400)),
        ("sts", "get_caller_identity", ("Throttling", 400)),
        ("lambda", "list_functions", ("TooManyRequestsException", 429)),
        ("s3", "list_buckets", ("SlowDown", 503)),
        ("cloudwatch", "list_metrics", ("ThrottlingException", 400)),
    ],
)
def test_throttling_answers_with_the_services_own_error(
    endpoint: Endpoint, gate: CallGate, service: str, operation: str, error: tuple[str, int]
) -> None:
    client = endpoint.client(service)
    gate.throttle(Throttle(rate=0, burst=1))
    getattr(client, operation)()
    with gate.record() as calls:
        assert code_of(client, operation) == error
    assert [(call.error, call.status) for call in calls] == [error]


def test_a_throttle_counts_each_account_and_operation_apart(endpoint: Endpoint, gate: CallGate) -> None:
    gate.throttle(Throttle(service="ec2", operation="Describe*", rate=0, burst=1))
    hub, member = endpoint.client("ec2"), endpoint.client("ec2", endpoint.assume(*EXPLORER))
    hub.describe_vpcs()
    hub.describe_subnets()
    member.describe_vpcs()
    assert code_of(hub, "describe_vpcs") == ("RequestLimitExceeded", 503)


def test_the_first_calls_of_one_account_are_throttled(endpoint: Endpoint, gate: CallGate) -> None:
    gate.fail(Failure(service="ec2", operation="DescribeVpcs", account_id=MEMBER, count=2))
    hub, member = endpoint.client("ec2"), endpoint.client("ec2", endpoint.assume(*EXPLORER))
    hub.describe_vpcs()
    assert [code_of(member, "describe_vpcs")[0] for _ in range(2)] == ["RequestLimitExceeded"] * 2
    member.describe_vpcs()


def test_a_failure_before_the_effect_has_none(endpoint: Endpoint, gate: CallGate) -> None:
    sqs = endpoint.client("sqs")
    gate.fail(Failure(service="sqs", operation="CreateQueue", code="InternalError"))
    assert code_of(sqs, "create_queue", QueueName="unmade") == ("InternalError", 500)
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="unmade")


def test_a_failure_after_the_effect_leaves_it(endpoint: Endpoint, gate: CallGate) -> None:
    sqs = endpoint.client("sqs")
    gate.fail(Failure(service="sqs", operation="CreateQueue", code="InternalError", when="after"))
    assert code_of(sqs, "create_queue", QueueName="made") == ("InternalError", 500)
    assert len(sqs.list_queues(QueueNamePrefix="made")["QueueUrls"]) == 1


def test_a_held_call_has_its_effect_once_it_is_let_go(endpoint: Endpoint, gate: CallGate) -> None:
    sqs = endpoint.client("sqs")
    gate.hold(Hold(service="sqs", operation="CreateQueue"))
    with ThreadPoolExecutor() as pool:
        made = pool.submit(sqs.create_queue, QueueName="held")
        gate.hold(Hold(service="sqs", operation="DeleteQueue"))
        assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="held")
        assert not made.done()
        gate.faults = Faults()
        assert made.result(timeout=10)["QueueUrl"].endswith("held")
