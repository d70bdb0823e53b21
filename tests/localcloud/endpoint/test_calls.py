"""Calls are recorded, whatever their protocol."""

import time

import pytest
import urllib3

from localcloud.endpoint.callers import INTERNAL_HEADER
from localcloud.endpoint.calls import CallGate
from tests.localcloud.http_endpoint import MEMBER, Endpoint, code_of

EXPLORER = (MEMBER, "explorer")


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


def test_a_service_that_acts_as_a_role_marks_its_calls(endpoint: Endpoint, gate: CallGate) -> None:
    ec2 = endpoint.client("ec2", endpoint.assume(*EXPLORER))
    ec2.meta.events.register("before-sign", lambda request, **_: request.headers.add_header(INTERNAL_HEADER, "states"))
    gate.latency = 0.3
    with gate.record() as calls:
        ec2.describe_vpcs()
    assert [(call.principal, call.internal) for call in calls] == [("explorer", True)]
    assert calls[0].duration < 0.3
