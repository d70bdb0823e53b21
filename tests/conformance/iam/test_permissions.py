"""What a role may do: what its policies allow, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.policies import Roles, allow, forbidden, outcome, permitted, policy

MISSING_TABLE = "conformance-missing"


def test_a_role_may_do_what_its_policies_allow_and_nothing_else(roles: Roles) -> None:
    """IAM Guide: reference_policies_evaluation-logic."""
    reader = roles.acting(allow("ec2:Describe*"))
    assert permitted(reader.ec2.describe_vpcs) == "ok"
    assert outcome(lambda: reader.ec2.create_vpc(CidrBlock="10.0.0.0/16")) == "UnauthorizedOperation"


def test_an_explicit_deny_wins(roles: Roles) -> None:
    """IAM Guide: reference_policies_evaluation-logic."""
    deny = {"Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    role = roles.acting(allow("ec2:*"), deny)
    assert permitted(role.ec2.describe_subnets) == "ok"
    assert outcome(role.ec2.describe_vpcs) == "UnauthorizedOperation"


def test_a_changed_policy_counts_for_sessions_that_there_are(roles: Roles) -> None:
    """IAM Guide: id_roles_use_revoke-sessions; IAM Guide: reference_policies_evaluation-logic."""
    arn = roles.make(allow("ec2:DescribeVpcs"))
    role = roles.assume(arn)
    assert permitted(role.ec2.describe_vpcs) == "ok"
    subnets = policy(allow("ec2:DescribeSubnets"))
    name = arn.rsplit("/", 1)[1]
    roles.account.client("iam").put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=subnets)
    assert forbidden(role.ec2.describe_vpcs) == "UnauthorizedOperation"
    assert permitted(role.ec2.describe_subnets) == "ok"


def test_everybody_may_ask_who_they_are(roles: Roles) -> None:
    """STS API: GetCallerIdentity."""
    arn = roles.make()
    identity = roles.assume(arn).client("sts").get_caller_identity()
    assumed = arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    assert (identity["Account"], identity["Arn"]) == (roles.account.id, f"{assumed}/session")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("dynamodb", "get_item", {"TableName": MISSING_TABLE, "Key": {"id": {"S": "1"}}}, "AccessDeniedException"),
        ("lambda", "invoke", {"FunctionName": "conformance-missing"}, "AccessDeniedException"),
        ("events", "put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}, "AccessDeniedException"),
        ("stepfunctions", "list_state_machines", {}, "AccessDeniedException"),
        ("ssm", "get_parameter", {"Name": "/a/b"}, "AccessDeniedException"),
        ("sqs", "list_queues", {}, "AccessDenied"),
        ("s3", "list_buckets", {}, "AccessDenied"),
        ("iam", "list_roles", {}, "AccessDenied"),
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation"),
        ("sns", "list_topics", {}, "AuthorizationError"),
    ],
)
def test_each_service_denies_with_its_own_code(
    nobody: Account, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    """IAM Guide: troubleshoot_access-denied."""
    assert outcome(lambda: getattr(nobody.client(service), operation)(**parameters)) == code


@pytest.fixture(scope="module")
def nobody(account: Account, unique: Callable[[], str]) -> Account:
    """The account as a role without any permission sees it."""
    return Roles(account, unique).acting()


METRIC = {"Namespace": "conformance", "MetricData": [{"MetricName": "m", "Value": 1}]}


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("lambda:ListFunctions", lambda role: role.client("lambda").list_functions()),
        ("cloudwatch:PutMetricData", lambda role: role.client("cloudwatch").put_metric_data(**METRIC)),
        ("s3:ListAllMyBuckets", lambda role: role.client("s3").list_buckets()),
        ("ssm:ListCommandInvocations", lambda role: role.client("ssm").list_command_invocations()),
    ],
)
def test_an_action_is_named_as_iam_names_it(
    roles: Roles, nobody: Account, action: str, call: Callable[[Account], object]
) -> None:
    """Service Authorization Reference: reference_policies_actions-resources-contextkeys."""
    somebody = roles.acting(allow(action))
    assert outcome(lambda: call(nobody)) in {"AccessDenied", "AccessDeniedException"}
    assert permitted(lambda: call(somebody)) == "ok"


@pytest.fixture
def queues(account: Account, unique: Callable[[], str]) -> list[dict[str, str]]:
    """The URL, ARN of each of two queues."""
    sqs = account.client("sqs")
    urls = [sqs.create_queue(QueueName=unique())["QueueUrl"] for _ in range(2)]
    arns = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"] for url in urls]
    return [{"url": url, "arn": arn} for url, arn in zip(urls, arns, strict=True)]


def test_a_permission_is_for_its_resource(roles: Roles, queues: list[dict[str, str]]) -> None:
    """IAM Guide: reference_policies_elements_resource."""
    own, other = queues
    sqs = roles.acting(allow("sqs:SendMessage", own["arn"])).client("sqs")
    assert permitted(lambda: sqs.send_message(QueueUrl=own["url"], MessageBody="m")) == "ok"
    assert outcome(lambda: sqs.send_message(QueueUrl=other["url"], MessageBody="m")) == "AccessDenied"


def test_a_batch_of_messages_needs_the_permission_for_one(roles: Roles, queues: list[dict[str, str]]) -> None:
    """SQS Guide: sqs-api-permissions-reference."""
    url = queues[0]["url"]
    sqs = roles.acting(allow("sqs:SendMessage")).client("sqs")
    one = [{"Id": "1", "MessageBody": "m"}]
    assert permitted(lambda: sqs.send_message_batch(QueueUrl=url, Entries=one)) == "ok"
    received = [{"Id": "1", "ReceiptHandle": "handle"}]
    assert outcome(lambda: sqs.delete_message_batch(QueueUrl=url, Entries=received)) == "AccessDenied"


def test_a_transaction_is_authorised_by_its_members(roles: Roles, account: Account, unique: Callable[[], str]) -> None:
    """DynamoDB Guide: transaction-apis-iam."""
    name = unique()
    admin = account.client("dynamodb")
    admin.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    admin.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    dynamodb = roles.acting(allow("dynamodb:PutItem", f"arn:*:dynamodb:*:*:table/{name}")).client("dynamodb")
    put = {"Put": {"TableName": name, "Item": {"id": {"S": "1"}}}}
    delete = {"Delete": {"TableName": name, "Key": {"id": {"S": "2"}}}}
    assert permitted(lambda: dynamodb.transact_write_items(TransactItems=[put])) == "ok"
    assert outcome(lambda: dynamodb.transact_write_items(TransactItems=[put, delete])) == "AccessDeniedException"


def test_a_managed_policy_counts(roles: Roles) -> None:
    """IAM Guide: access_policies_managed-vs-inline; IAM API: AttachRolePolicy."""
    arn, iam = roles.make(), roles.account.client("iam")
    name, group = arn.rsplit("/", 1)[1], f"/conformance/{arn.rsplit('/', 1)[1]}"
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=name, PolicyArn=basic)
    logs = roles.assume(arn).client("logs")
    assert permitted(lambda: logs.create_log_group(logGroupName=group)) in {"ok", "ResourceAlreadyExistsException"}
    assert outcome(logs.describe_log_groups) == "AccessDeniedException"


def test_a_managed_policy_that_does_not_exist_is_not_attached(roles: Roles) -> None:
    """IAM API: AttachRolePolicy."""
    name, missing = roles.make().rsplit("/", 1)[1], "arn:aws:iam::aws:policy/NoSuchPolicy"
    iam = roles.account.client("iam")
    assert outcome(lambda: iam.attach_role_policy(RoleName=name, PolicyArn=missing)) == "NoSuchEntity"


def test_a_role_of_a_template_may_do_what_the_template_says(account: Account, roles: Roles, unique: Callable[[], str]) -> None:
    """CloudFormation Reference: aws-resource-iam-role."""
    cloudformation, stack, name = account.client("cloudformation"), unique(), unique()
    template = """
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties:
          RoleName: %s
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "%s"}}]
          Policies:
            - PolicyName: one
              PolicyDocument:
                Version: "2012-10-17"
                Statement: [{Effect: Allow, Action: "%s", Resource: "*"}]
    """
    named = {"StackName": stack, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    cloudformation.create_stack(**named, TemplateBody=template % (name, account.id, "ec2:DescribeVpcs"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    role = roles.assume(f"arn:aws:iam::{account.id}:role/{name}")
    assert permitted(role.ec2.describe_vpcs) == "ok"
    cloudformation.update_stack(**named, TemplateBody=template % (name, account.id, "ec2:DescribeSubnets"))
    assert permitted(role.ec2.describe_subnets) == "ok"
    assert forbidden(role.ec2.describe_vpcs) == "UnauthorizedOperation"
