"""Roles: whom they trust, as which services act, and what templates make of them."""

import json
from collections.abc import Callable

import pytest

from localcloud.endpoint.callers import INTERNAL_HEADER
from localcloud.iam.principals import ORGANIZATION_ID
from localcloud.iam.role_permissions import used_permissions
from localcloud.iam.service_roles import RoleNotAssumableError, assume_role_as_service
from tests.localcloud.authorization.accounts import Accounts, allow, policy, refusal
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION

LAMBDA = "lambda.amazonaws.com"
HUB_ROOT = {"AWS": f"arn:aws:iam::{HUB}:root"}


def test_assuming_an_unknown_role_introduces_the_account_once(aws: Accounts, listeners: list[Callable[[str], None]]) -> None:
    seen: list[str] = []

    def prepare(account_id: str) -> None:
        aws.admin(account_id)  # what a listener does to deploy something there
        seen.append(account_id)

    listeners.append(prepare)
    aws.admin("333333333333")
    aws.admin("333333333333")
    listeners.remove(prepare)
    assert seen == ["333333333333"]


def test_a_role_cannot_assume_an_unknown_role(aws: Accounts) -> None:
    hub = aws.acting(HUB, "hub", allow("sts:AssumeRole"))
    target = f"arn:aws:iam::{MEMBER}:role/missing"
    code, message = refusal(aws.client("sts", hub), "assume_role", RoleArn=target, RoleSessionName="session")
    assert code == "AccessDenied"
    assert message == (
        f"User: arn:aws:sts::{HUB}:assumed-role/hub/test is not authorized to perform: sts:AssumeRole on resource: {target}"
    )


def test_a_text_that_is_no_role_is_invalid(aws: Accounts) -> None:
    sts = aws.client("sts")
    assert refusal(sts, "assume_role", RoleArn="arn:aws:iam::role/nothing", RoleSessionName="session")[0] == "ValidationError"


MEMBER_TRUST = {
    "Principal": HUB_ROOT,
    "Condition": {
        "StringEquals": {"sts:ExternalId": "causeway", "aws:PrincipalOrgID": ORGANIZATION_ID},
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/hub/*"},
    },
}


def test_a_member_role_is_assumed_by_whom_it_trusts_with_the_external_id(aws: Accounts) -> None:
    aws.role(MEMBER, "causeway-read", allow("ec2:DescribeVpcs"), trust=MEMBER_TRUST)
    trusted = aws.acting(HUB, "hub/plan", allow("sts:AssumeRole", f"arn:aws:iam::{MEMBER}:role/causeway-*"))
    member = aws.assume(MEMBER, "causeway-read", by=trusted, ExternalId="causeway")
    aws.client("ec2", member).describe_vpcs()
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session"}
    sts = aws.client("sts", trusted)
    assert refusal(sts, "assume_role", **read)[0] == "AccessDenied"
    assert refusal(sts, "assume_role", **read, ExternalId="wrong")[0] == "AccessDenied"


def test_the_other_role_of_the_trusted_account_is_not_trusted(aws: Accounts) -> None:
    aws.role(MEMBER, "causeway-read", trust=MEMBER_TRUST)
    other = aws.client("sts", aws.acting(HUB, "other", allow("sts:AssumeRole")))
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session", "ExternalId": "causeway"}
    assert refusal(other, "assume_role", **read)[0] == "AccessDenied"


def test_the_callers_own_policy_must_allow_it_too(aws: Accounts) -> None:
    aws.role(MEMBER, "causeway-read", trust=MEMBER_TRUST)
    powerless = aws.client("sts", aws.acting(HUB, "hub/powerless"))
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session", "ExternalId": "causeway"}
    assert "no identity-based policy allows the sts:AssumeRole action" in refusal(powerless, "assume_role", **read)[1]


def test_an_existing_role_does_not_trust_every_operator(aws: Accounts) -> None:
    aws.role(HUB, "function", trust={"Principal": {"Service": LAMBDA}})
    function = {"RoleArn": f"arn:aws:iam::{HUB}:role/function", "RoleSessionName": "session"}
    assert refusal(aws.client("sts"), "assume_role", **function)[0] == "AccessDenied"


def test_a_service_acts_as_the_roles_that_trust_it(aws: Accounts) -> None:
    aws.role(HUB, "function", allow("ec2:DescribeVpcs"), trust={"Principal": {"Service": LAMBDA}})
    arn = f"arn:aws:iam::{HUB}:role/function"
    session = assume_role_as_service(arn, LAMBDA, "f", REGION)
    credentials = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
    }
    ec2 = aws.client("ec2", credentials)
    ec2.describe_vpcs()
    assert refusal(ec2, "describe_subnets")[0] == "UnauthorizedOperation"
    with pytest.raises(RoleNotAssumableError, match="trust policy"):
        assume_role_as_service(arn, "states.amazonaws.com", "m", REGION)
    with pytest.raises(RoleNotAssumableError, match="no such role"):
        assume_role_as_service(f"{arn}-missing", LAMBDA, "f", REGION)


def test_a_service_is_judged_where_it_acts_as_a_role(aws: Accounts) -> None:
    ec2 = aws.client("ec2", aws.acting(HUB, "machine"))
    ec2.meta.events.register("before-sign", lambda request, **_: request.headers.add_header(INTERNAL_HEADER, "states"))
    assert refusal(ec2, "describe_vpcs")[0] == "UnauthorizedOperation"
    aws.client("ec2", {"AccessKeyId": "ak", "SecretAccessKey": "sk"}).describe_vpcs()


def test_what_a_role_was_used_for_is_remembered(aws: Accounts) -> None:
    sqs = aws.client("sqs", aws.acting(HUB, "remembered", allow(["sqs:ListQueues", "sqs:SendMessage"])))
    sqs.list_queues()
    refusal(sqs, "create_queue", QueueName="refused")
    assert {action for role, action in used_permissions() if role == "remembered"} == {"sqs:ListQueues"}


BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_managed_policies_count(aws: Accounts) -> None:
    acting = aws.acting(HUB, "logger")
    aws.client("iam").attach_role_policy(RoleName="logger", PolicyArn=BASIC_EXECUTION)
    aws.client("logs", acting).create_log_group(logGroupName="/aws/lambda/f")
    assert refusal(aws.client("logs", acting), "describe_log_groups")[0] == "AccessDeniedException"
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert refusal(aws.client("iam"), "attach_role_policy", RoleName="logger", PolicyArn=missing)[0] == "NoSuchEntity"


def stack_template(inline: str, managed: list[str]) -> str:
    role = {
        "RoleName": "from-template",
        "AssumeRolePolicyDocument": json.loads(
            policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": HUB}})
        ),
        "Policies": [{"PolicyName": inline, "PolicyDocument": json.loads(policy(allow(inline)))}],
        "ManagedPolicyArns": managed,
    }
    return json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}})


def test_a_role_in_a_template_is_what_the_template_says(aws: Accounts) -> None:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=stack_template("ec2:DescribeVpcs", [BASIC_EXECUTION]))
    acting = aws.assume(HUB, "from-template")
    ec2, logs = aws.client("ec2", acting), aws.client("logs", acting)
    ec2.describe_vpcs()
    logs.create_log_group(logGroupName="/aws/lambda/g")
    cloudformation.update_stack(StackName="s", TemplateBody=stack_template("ec2:DescribeSubnets", []))
    ec2.describe_subnets()
    assert refusal(ec2, "describe_vpcs")[0] == "UnauthorizedOperation"
    assert refusal(logs, "create_log_group", logGroupName="/aws/lambda/h")[0] == "AccessDeniedException"
    cloudformation.delete_stack(StackName="s")
    assert aws.client("iam").list_roles()["Roles"] == []
