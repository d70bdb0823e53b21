import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from botocore.client import BaseClient
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud.control import Control, ControlClient
from localcloud.core.time_limits import Pace, PaceSetting
from localcloud.ec2 import insights, quotas
from localcloud.endpoint.api_request import INTERNAL_HEADER
from localcloud.endpoint.calls import CallGate, count_by_kind
from localcloud.endpoint.faults import Failure, Faults, Hold, Throttle, TokenBucket
from localcloud.events.schedules import Schedules
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION, Endpoint, refused, serving

EXPLORER = (MEMBER, "explorer")


@pytest.fixture(scope="module")
def gate() -> CallGate:
    return CallGate(DomainDispatcherApplication(create_backend_app))


@pytest.fixture(scope="module")
def endpoint(gate: CallGate) -> Iterator[Endpoint]:
    with serving(Control(gate, PaceSetting(), Schedules())) as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def no_faults_are_left(gate: CallGate) -> Iterator[None]:
    yield
    gate.faults = Faults()


@pytest.fixture
def control(endpoint: Endpoint) -> Iterator[ControlClient]:
    client = ControlClient(endpoint.url)
    yield client
    client.close()


def code_of(client: BaseClient, operation: str, **parameters: object) -> tuple[str, int]:
    response = refused(client, operation, **parameters)
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_call_is_recorded_with_what_and_who_and_how_long(endpoint: Endpoint, gate: CallGate) -> None:
    ec2 = endpoint.client("ec2", endpoint.assume(*EXPLORER))
    before = time.time()
    with gate.record() as calls:
        ec2.describe_vpcs()
    (call,) = calls
    assert call.kind == "ec2:DescribeVpcs"
    assert (call.account_id, call.region, call.principal) == (MEMBER, "us-east-1", "explorer")
    assert (call.mutating, call.status, call.error) == (False, 200, None)
    assert before <= call.started <= time.time()
    assert 0 < call.duration < 10


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}), ("ec2:CreateVpc", True)),
        (("sts", "get_caller_identity", {}), ("sts:GetCallerIdentity", False)),
        (("dynamodb", "list_tables", {}), ("dynamodb:ListTables", False)),
        (("dynamodbstreams", "list_streams", {}), ("dynamodb:ListStreams", False)),
        (("sqs", "create_queue", {"QueueName": "recorded"}), ("sqs:CreateQueue", True)),
        (("events", "list_event_buses", {}), ("events:ListEventBuses", False)),
        (("stepfunctions", "list_state_machines", {}), ("states:ListStateMachines", False)),
        (("lambda", "list_functions", {}), ("lambda:ListFunctions", False)),
        (("s3", "list_buckets", {}), ("s3:ListBuckets", False)),
        (("s3", "create_bucket", {"Bucket": "recorded-bucket"}), ("s3:CreateBucket", True)),
        (("cloudwatch", "list_metrics", {}), ("monitoring:ListMetrics", False)),
        (("iam", "list_roles", {}), ("iam:ListRoles", False)),
    ],
)
def test_every_protocol_is_understood(
    endpoint: Endpoint, gate: CallGate, call: tuple[str, str, dict[str, str]], expected: tuple[str, bool]
) -> None:
    service, operation, parameters = call
    client = endpoint.client(service)
    with gate.record() as calls:
        getattr(client, operation)(**parameters)
    assert [(call.kind, call.mutating) for call in calls] == [expected]
    assert calls[0].principal == "operator"


def test_an_error_is_recorded_by_its_code(endpoint: Endpoint, gate: CallGate) -> None:
    with gate.record() as calls:
        code_of(endpoint.client("ec2"), "describe_vpcs", VpcIds=["vpc-0123456789abcdef0"])
        code_of(endpoint.client("dynamodb"), "describe_table", TableName="missing")
        code_of(endpoint.client("lambda"), "get_function", FunctionName="missing")
        code_of(endpoint.client("s3"), "head_object", Bucket="missing-bucket", Key="k")
    assert [call.error for call in calls] == [
        "InvalidVpcID.NotFound",
        "ResourceNotFoundException",
        "ResourceNotFoundException",
        "404",
    ]


def test_large_bodies_pass_untouched_both_ways(endpoint: Endpoint) -> None:
    s3 = endpoint.client("s3")
    s3.create_bucket(Bucket="large")
    content = bytes(range(256)) * 4096
    s3.put_object(Bucket="large", Key="a/b", Body=content)
    assert s3.get_object(Bucket="large", Key="a/b")["Body"].read() == content


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_are_recorded(endpoint: Endpoint, gate: CallGate, version: str) -> None:
    s3 = endpoint.client("s3", signature_version=version)
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="k", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"})
    with gate.record() as calls, urllib3.PoolManager() as http:
        assert http.request("GET", url).data == b"hello"
    assert [call.kind for call in calls] == ["s3:GetObject"]


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


def test_the_record_can_be_read_from_another_process(endpoint: Endpoint, control: ControlClient) -> None:
    sts = endpoint.client("sts")
    with control.record() as calls:
        sts.get_caller_identity()
        sts.get_caller_identity()
    assert count_by_kind(calls) == {"sts:GetCallerIdentity": 2}
    assert control.summary(calls[0].number).kinds == {"sts:GetCallerIdentity": 1}
    control.forget_calls()
    assert control.calls().calls == ()
    assert control.calls().cursor == calls[-1].number


def test_faults_can_be_set_from_another_process(endpoint: Endpoint, gate: CallGate, control: ControlClient) -> None:
    faults = Faults(latency=0.001, failures=(Failure(operation="DescribeVpcs", count=2),))
    control.set_faults(faults)
    assert gate.faults == control.faults() == faults
    code_of(endpoint.client("ec2"), "describe_vpcs")
    assert control.faults().failures == (Failure(operation="DescribeVpcs", count=1),)
    control.clear_faults()
    assert control.faults() == Faults()


def test_a_malformed_fault_is_refused(endpoint: Endpoint, control: ControlClient) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request("PUT", f"{endpoint.url}/_localcloud/faults", body=b'{"latencies": 1}')
    assert (answer.status, b"latencies" in answer.data) == (400, True)
    assert control.faults() == Faults()


def test_quotas_can_be_set_from_another_process(control: ControlClient) -> None:
    own = quotas.OwnQuota(HUB, REGION, quotas.ROUTES.code, 3)
    control.set_quotas(own)
    assert (control.quotas(), quotas.limit(HUB, REGION, quotas.ROUTES)) == ((own,), 3)
    control.clear_quotas()
    assert (control.quotas(), quotas.limit(HUB, REGION, quotas.ROUTES)) == ((), quotas.ROUTES.default)


def test_a_quota_that_there_is_not_is_refused(endpoint: Endpoint) -> None:
    body = b'[{"account_id": "123456789012", "region": "us-east-1", "code": "L-00000000", "value": 1}]'
    with urllib3.PoolManager() as http:
        answer = http.request("PUT", f"{endpoint.url}/_localcloud/quotas", body=body)
    assert (answer.status, b"L-00000000 is no quota" in answer.data) == (400, True)


def test_trusted_access_can_be_set_from_another_process(endpoint: Endpoint, control: ControlClient) -> None:
    access = insights.TrustedAccess(administrators=(HUB,))
    control.set_trusted_access(access)
    assert control.trusted_access() == insights.trusted_access() == access
    control.clear_trusted_access()
    assert control.trusted_access() == insights.TrustedAccess()
    answer = urllib3.request("PUT", f"{endpoint.url}/_localcloud/trusted-access", body=b'{"admins": []}')
    assert (answer.status, b"admins" in answer.data) == (400, True)


def test_a_service_that_acts_as_a_role_marks_its_calls(endpoint: Endpoint, gate: CallGate) -> None:
    ec2 = endpoint.client("ec2", endpoint.assume(*EXPLORER))
    ec2.meta.events.register("before-sign", lambda request, **_: request.headers.add_header(INTERNAL_HEADER, "states"))
    gate.latency = 0.3
    with gate.record() as calls:
        ec2.describe_vpcs()
    assert [(call.principal, call.internal) for call in calls] == [("explorer", True)]
    assert calls[0].duration < 0.3


def test_the_pace_is_set_and_ended_over_http(control: ControlClient) -> None:
    control.set_pace(Pace(batch_window=0.5))
    assert control.pace() == Pace(batch_window=0.5)
    control.clear_pace()
    assert control.pace() == Pace()


def test_an_unknown_pace_is_refused(endpoint: Endpoint) -> None:
    answer = urllib3.request("PUT", f"{endpoint.url}/_localcloud/pace", body=b'{"window": 1}')
    assert (answer.status, b"window" in answer.data) == (400, True)
