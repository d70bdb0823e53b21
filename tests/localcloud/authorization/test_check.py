"""The check: who may call, and with which words a service refuses."""

from typing import Any

import pytest

from tests.localcloud.authorization.accounts import Accounts, allow, policy, refusal
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION


def test_the_operator_may_do_everything_everywhere(aws: Accounts) -> None:
    aws.client("ec2").describe_vpcs()
    aws.client("ec2", aws.admin(MEMBER)).describe_vpcs()
    aws.client("iam", aws.admin(HUB)).list_roles()


def test_a_role_may_do_only_what_its_policies_allow(aws: Accounts) -> None:
    ec2 = aws.client("ec2", aws.acting(MEMBER, "reader", allow("ec2:Describe*")))
    ec2.describe_vpcs()
    code, message = refusal(ec2, "create_vpc", CidrBlock="10.0.0.0/16")
    assert code == "UnauthorizedOperation"
    assert message == (
        "You are not authorized to perform this operation. "
        f"User: arn:aws:sts::{MEMBER}:assumed-role/reader/test is not authorized to perform: ec2:CreateVpc "
        "because no identity-based policy allows the ec2:CreateVpc action"
    )


def test_an_explicit_deny_is_said(aws: Accounts) -> None:
    deny = {"Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    ec2 = aws.client("ec2", aws.acting(MEMBER, "denied", allow("ec2:*"), deny))
    ec2.describe_subnets()
    assert refusal(ec2, "describe_vpcs")[1].endswith("with an explicit deny in an identity-based policy")


def test_a_changed_policy_counts_at_once(aws: Accounts) -> None:
    ec2 = aws.client("ec2", aws.acting(MEMBER, "changing", allow("ec2:DescribeVpcs")))
    ec2.describe_vpcs()
    iam = aws.client("iam", aws.admin(MEMBER))
    iam.put_role_policy(RoleName="changing", PolicyName="inline", PolicyDocument=policy(allow("ec2:DescribeSubnets")))
    refusal(ec2, "describe_vpcs")
    ec2.describe_subnets()


def test_a_policy_that_cannot_be_evaluated_is_said_to_be(aws: Accounts) -> None:
    dated = allow("ec2:*", DateLessThan={"aws:CurrentTime": "2030-01-01T00:00:00Z"})
    code, message = refusal(aws.client("ec2", aws.acting(MEMBER, "dated", dated)), "describe_vpcs")
    assert (code, "DateLessThan" in message) == ("NotImplemented", True)


def test_everybody_may_ask_who_they_are(aws: Accounts) -> None:
    identity = aws.client("sts", aws.acting(MEMBER, "nobody")).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/nobody/test"


GET = {"TableName": "t", "Key": {"id": {"S": "1"}}}
SEND = {"QueueUrl": f"http://localhost/{HUB}/q", "MessageBody": "m"}
TABLE = f"arn:aws:dynamodb:{REGION}:{HUB}:table/t"
MACHINE = f"arn:aws:states:{REGION}:{HUB}:stateMachine:m"


@pytest.mark.parametrize(
    ("call", "code", "about"),
    [
        (("dynamodb", "get_item", GET), "AccessDeniedException", TABLE),
        (("dynamodb", "query", {"TableName": "t", "IndexName": "index"}), "AccessDeniedException", f"{TABLE}/index/index"),
        (("lambda", "invoke", {"FunctionName": "f"}), "AccessDeniedException", f"arn:aws:lambda:{REGION}:{HUB}:function:f"),
        (("sqs", "send_message", SEND), "AccessDenied", f"arn:aws:sqs:{REGION}:{HUB}:q"),
        (
            ("events", "put_events", {"Entries": [{"EventBusName": "bus"}]}),
            "AccessDeniedException",
            f"arn:aws:events:{REGION}:{HUB}:event-bus/bus",
        ),
        (("stepfunctions", "start_execution", {"stateMachineArn": MACHINE}), "AccessDeniedException", MACHINE),
        (("s3", "put_object", {"Bucket": "b", "Key": "k/l", "Body": b""}), "AccessDenied", "arn:aws:s3:::b/k/l"),
        (("ssm", "get_parameter", {"Name": "/a/b"}), "AccessDeniedException", f"arn:aws:ssm:{REGION}:{HUB}:parameter/a/b"),
    ],
)
def test_each_service_refuses_in_its_own_way(
    aws: Accounts, call: tuple[str, str, dict[str, Any]], code: str, about: str
) -> None:
    service, operation, parameters = call
    client = aws.client(service, aws.acting(HUB, "nobody"))
    refused_with, message = refusal(client, operation, **parameters)
    assert refused_with == code
    assert f" on resource: {about} because no identity-based policy allows" in message
