import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from localcloud import managed_policies
from localcloud.authorization import ORGANIZATION_ID
from localcloud.identity import IdentityCheck, RoleNotAssumableError, assume_role_as_service

HUB = "123456789012"
MEMBER = "111111111111"
REGION = "us-east-1"
LAMBDA = "lambda.amazonaws.com"
HUB_ROOT = {"AWS": f"arn:aws:iam::{HUB}:root"}


class Endpoint:
    def __init__(self, check: IdentityCheck, url: str) -> None:
        self.check, self.url = check, url

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}),
        )

    def assume(self, account_id: str, role: str, by: dict[str, str] | None = None, **conditions: str) -> dict[str, str]:
        answer = self.client("sts", by).assume_role(
            RoleArn=f"arn:aws:iam::{account_id}:role/{role}", RoleSessionName="test", **conditions
        )
        credentials: dict[str, str] = answer["Credentials"]
        return credentials

    def admin(self, account_id: str) -> dict[str, str]:
        return self.assume(account_id, "Administrator")

    def role(self, account_id: str, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> None:
        """Make a role with these permissions; without a trust statement, its own account's root is trusted."""
        iam = self.client("iam", self.admin(account_id))
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account_id}, **(trust or {})}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trusted))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*statements))

    def acting(self, account_id: str, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """Credentials of a new role with these permissions."""
        self.role(account_id, name, *statements)
        return self.assume(account_id, name, by=self.admin(account_id))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    managed_policies.install()
    check = IdentityCheck(DomainDispatcherApplication(create_backend_app))
    http = make_server("127.0.0.1", 0, check, threaded=True)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield Endpoint(check, f"http://localhost:{http.server_port}")
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def no_roles_are_left(endpoint: Endpoint) -> Iterator[None]:
    yield
    for account_id in (HUB, MEMBER):
        iam_backends[account_id]["aws"].roles.clear()


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def ec2_arn(account_id: str, kind: str, name: str = "*") -> str:
    return f"arn:aws:ec2:{REGION}:{account_id}:{kind}/{name}"


def refused(client: BaseClient, operation: str, **parameters: Any) -> tuple[str, str]:
    """The code and the message with which the call is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_operator_may_do_everything_everywhere(endpoint: Endpoint) -> None:
    endpoint.client("ec2").describe_vpcs()
    endpoint.client("ec2", endpoint.admin(MEMBER)).describe_vpcs()
    endpoint.client("iam", endpoint.admin(HUB)).list_roles()


def test_a_role_may_do_only_what_its_policies_allow(endpoint: Endpoint) -> None:
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "reader", allow("ec2:Describe*")))
    ec2.describe_vpcs()
    code, message = refused(ec2, "create_vpc", CidrBlock="10.0.0.0/16")
    assert code == "UnauthorizedOperation"
    assert message == (
        "You are not authorized to perform this operation. "
        f"User: arn:aws:sts::{MEMBER}:assumed-role/reader/test is not authorized to perform: ec2:CreateVpc "
        "because no identity-based policy allows the ec2:CreateVpc action"
    )


def test_an_explicit_deny_is_said(endpoint: Endpoint) -> None:
    deny = {"Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "denied", allow("ec2:*"), deny))
    ec2.describe_subnets()
    assert refused(ec2, "describe_vpcs")[1].endswith("with an explicit deny in an identity-based policy")


def test_a_changed_policy_counts_at_once(endpoint: Endpoint) -> None:
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "changing", allow("ec2:DescribeVpcs")))
    ec2.describe_vpcs()
    iam = endpoint.client("iam", endpoint.admin(MEMBER))
    iam.put_role_policy(RoleName="changing", PolicyName="inline", PolicyDocument=policy(allow("ec2:DescribeSubnets")))
    refused(ec2, "describe_vpcs")
    ec2.describe_subnets()


def test_everybody_may_ask_who_they_are(endpoint: Endpoint) -> None:
    identity = endpoint.client("sts", endpoint.acting(MEMBER, "nobody")).get_caller_identity()
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
    endpoint: Endpoint, call: tuple[str, str, dict[str, Any]], code: str, about: str
) -> None:
    service, operation, parameters = call
    client = endpoint.client(service, endpoint.acting(HUB, "nobody"))
    refusal = refused(client, operation, **parameters)
    assert refusal[0] == code
    assert f" on resource: {about} because no identity-based policy allows" in refusal[1]


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (("lambda", "list_functions", {}), "lambda:ListFunctions"),
        (("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}), "cloudwatch:PutMetricData"),
        (("s3", "list_buckets", {}), "s3:ListAllMyBuckets"),
    ],
)
def test_the_action_is_named_as_iam_names_it(endpoint: Endpoint, call: tuple[str, str, dict[str, Any]], action: str) -> None:
    service, operation, parameters = call
    nobody = endpoint.client(service, endpoint.acting(HUB, "nobody"))
    assert f"is not authorized to perform: {action} because" in refused(nobody, operation, **parameters)[1]
    getattr(endpoint.client(service, endpoint.acting(HUB, "somebody", allow(action))), operation)(**parameters)


def test_a_permission_is_for_its_resource(endpoint: Endpoint) -> None:
    queues = [endpoint.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("mine", "theirs")]
    sender = endpoint.acting(HUB, "sender", allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{HUB}:mine"))
    sqs = endpoint.client("sqs", sender)
    sqs.send_message(QueueUrl=queues[0], MessageBody="m")
    assert refused(sqs, "send_message", QueueUrl=queues[1], MessageBody="m")[0] == "AccessDenied"


def test_a_transaction_is_authorised_by_its_members(endpoint: Endpoint) -> None:
    endpoint.client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb = endpoint.client("dynamodb", endpoint.acting(HUB, "writer", allow("dynamodb:PutItem", TABLE)))
    put = {"Put": {"TableName": "t", "Item": {"id": {"S": "1"}}}}
    delete = {"Delete": {"TableName": "t", "Key": {"id": {"S": "2"}}}}
    dynamodb.transact_write_items(TransactItems=[put])
    code, message = refused(dynamodb, "transact_write_items", TransactItems=[put, delete])
    assert (code, "dynamodb:DeleteItem" in message) == ("AccessDeniedException", True)


def a_route_table(endpoint: Endpoint, **tags: str) -> tuple[str, str]:
    """A VPC and a tagged route table in it."""
    ec2 = endpoint.client("ec2", endpoint.admin(MEMBER))
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    if tags:
        ec2.create_tags(Resources=[table_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return vpc_id, table_id


def route(table_id: str) -> dict[str, str]:
    return {"RouteTableId": table_id, "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "igw-0123456789abcdef0"}


def test_a_route_needs_the_permission_on_its_table_only(endpoint: Endpoint) -> None:
    _, table_id = a_route_table(endpoint)
    tables = allow("ec2:DeleteRoute", ec2_arn(MEMBER, "route-table"))
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "router", tables))
    target = {"RouteTableId": table_id, "DestinationCidrBlock": "10.9.0.0/16"}
    assert refused(ec2, "delete_route", **target)[0] == "InvalidRoute.NotFound"
    code, message = refused(ec2, "create_route", **route(table_id))
    assert code == "UnauthorizedOperation"
    assert f"ec2:CreateRoute on resource: {ec2_arn(MEMBER, 'route-table', table_id)} because" in message


def test_a_permission_can_ask_for_the_resources_tag(endpoint: Endpoint) -> None:
    managed, other = a_route_table(endpoint, Managed="yes")[1], a_route_table(endpoint)[1]
    tagged = allow("ec2:DeleteRoute", StringEquals={"ec2:ResourceTag/Managed": "yes"})
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "tagged", tagged))
    assert refused(ec2, "delete_route", RouteTableId=managed, DestinationCidrBlock="10.9.0.0/16")[0] != (
        "UnauthorizedOperation"
    )
    assert refused(ec2, "delete_route", RouteTableId=other, DestinationCidrBlock="10.9.0.0/16")[0] == ("UnauthorizedOperation")


def test_a_permission_can_ask_for_the_vpc_and_the_region(endpoint: Endpoint) -> None:
    vpc_id, table_id = a_route_table(endpoint)
    _, elsewhere = a_route_table(endpoint)
    inside = allow(
        "ec2:DeleteRoute",
        ArnEquals={"ec2:Vpc": ec2_arn(MEMBER, "vpc", vpc_id)},
        StringEquals={"aws:RequestedRegion": REGION, "ec2:Region": REGION},
    )
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "inside", inside))
    codes = [
        refused(ec2, "delete_route", RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")[0]
        for table in (table_id, elsewhere)
    ]
    assert codes == ["InvalidRoute.NotFound", "UnauthorizedOperation"]


def test_creating_a_peering_needs_its_vpc_and_its_tags(endpoint: Endpoint) -> None:
    vpc_id, peer_id = a_route_table(endpoint)[0], a_route_table(endpoint)[0]
    peering = {"VpcId": vpc_id, "PeerVpcId": peer_id, "PeerOwnerId": MEMBER}
    tags = {"TagSpecifications": [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "By", "Value": "us"}]}]}
    both = [ec2_arn(MEMBER, "vpc"), ec2_arn(MEMBER, "vpc-peering-connection")]
    half = endpoint.client("ec2", endpoint.acting(MEMBER, "half", allow("ec2:CreateVpcPeeringConnection", both[:1])))
    whole = endpoint.client("ec2", endpoint.acting(MEMBER, "whole", allow("ec2:CreateVpcPeeringConnection", both)))
    tagging = allow(
        "ec2:CreateTags",
        both[1],
        StringEquals={"ec2:CreateAction": "CreateVpcPeeringConnection"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["By"]}},
    )
    tagger = endpoint.client("ec2", endpoint.acting(MEMBER, "tagger", allow("ec2:CreateVpcPeeringConnection", both), tagging))
    assert "vpc-peering-connection/* because" in refused(half, "create_vpc_peering_connection", **peering)[1]
    whole.create_vpc_peering_connection(**peering)
    assert "ec2:CreateTags" in refused(whole, "create_vpc_peering_connection", **peering, **tags)[1]
    tagger.create_vpc_peering_connection(**peering, **tags)


def test_a_peering_can_be_limited_to_an_accepter(endpoint: Endpoint) -> None:
    vpc_id, peer_id, other_id = (a_route_table(endpoint)[0] for _ in range(3))
    limited = allow(
        "ec2:CreateVpcPeeringConnection",
        ec2_arn(MEMBER, "vpc-peering-connection"),
        ArnEquals={"ec2:AccepterVpc": ec2_arn(MEMBER, "vpc", peer_id)},
    )
    vpcs = allow("ec2:CreateVpcPeeringConnection", ec2_arn(MEMBER, "vpc"))
    ec2 = endpoint.client("ec2", endpoint.acting(MEMBER, "limited", limited, vpcs))
    ec2.create_vpc_peering_connection(VpcId=vpc_id, PeerVpcId=peer_id)
    assert refused(ec2, "create_vpc_peering_connection", VpcId=vpc_id, PeerVpcId=other_id)[0] == "UnauthorizedOperation"


def test_assuming_an_unknown_role_introduces_the_account_once(endpoint: Endpoint) -> None:
    seen: list[str] = []

    def prepare(account_id: str) -> None:
        endpoint.admin(account_id)  # what a listener does to deploy something there
        seen.append(account_id)

    endpoint.check.listeners.append(prepare)
    endpoint.admin("333333333333")
    endpoint.admin("333333333333")
    endpoint.check.listeners.remove(prepare)
    assert seen == ["333333333333"]


def test_a_role_cannot_assume_an_unknown_role(endpoint: Endpoint) -> None:
    hub = endpoint.acting(HUB, "hub", allow("sts:AssumeRole"))
    target = f"arn:aws:iam::{MEMBER}:role/missing"
    code, message = refused(endpoint.client("sts", hub), "assume_role", RoleArn=target, RoleSessionName="session")
    assert code == "AccessDenied"
    assert message == (
        f"User: arn:aws:sts::{HUB}:assumed-role/hub/test is not authorized to perform: sts:AssumeRole on resource: {target}"
    )


def test_a_text_that_is_no_role_is_invalid(endpoint: Endpoint) -> None:
    sts = endpoint.client("sts")
    assert refused(sts, "assume_role", RoleArn="arn:aws:iam::role/nothing", RoleSessionName="session")[0] == "ValidationError"


MEMBER_TRUST = {
    "Principal": HUB_ROOT,
    "Condition": {
        "StringEquals": {"sts:ExternalId": "causeway", "aws:PrincipalOrgID": ORGANIZATION_ID},
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/hub-*"},
    },
}


def test_a_member_role_is_assumed_by_whom_it_trusts_with_the_external_id(endpoint: Endpoint) -> None:
    endpoint.role(MEMBER, "causeway-read", allow("ec2:DescribeVpcs"), trust=MEMBER_TRUST)
    trusted = endpoint.acting(HUB, "hub-plan", allow("sts:AssumeRole", f"arn:aws:iam::{MEMBER}:role/causeway-*"))
    member = endpoint.assume(MEMBER, "causeway-read", by=trusted, ExternalId="causeway")
    endpoint.client("ec2", member).describe_vpcs()
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session"}
    sts = endpoint.client("sts", trusted)
    assert refused(sts, "assume_role", **read)[0] == "AccessDenied"
    assert refused(sts, "assume_role", **read, ExternalId="wrong")[0] == "AccessDenied"


def test_the_other_role_of_the_trusted_account_is_not_trusted(endpoint: Endpoint) -> None:
    endpoint.role(MEMBER, "causeway-read", trust=MEMBER_TRUST)
    other = endpoint.client("sts", endpoint.acting(HUB, "other", allow("sts:AssumeRole")))
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session", "ExternalId": "causeway"}
    assert refused(other, "assume_role", **read)[0] == "AccessDenied"


def test_the_callers_own_policy_must_allow_it_too(endpoint: Endpoint) -> None:
    endpoint.role(MEMBER, "causeway-read", trust=MEMBER_TRUST)
    powerless = endpoint.client("sts", endpoint.acting(HUB, "hub-powerless"))
    read = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/causeway-read", "RoleSessionName": "session", "ExternalId": "causeway"}
    assert "no identity-based policy allows the sts:AssumeRole action" in refused(powerless, "assume_role", **read)[1]


def test_an_existing_role_does_not_trust_every_operator(endpoint: Endpoint) -> None:
    endpoint.role(HUB, "function", trust={"Principal": {"Service": LAMBDA}})
    function = {"RoleArn": f"arn:aws:iam::{HUB}:role/function", "RoleSessionName": "session"}
    assert refused(endpoint.client("sts"), "assume_role", **function)[0] == "AccessDenied"


def test_a_service_acts_as_the_roles_that_trust_it(endpoint: Endpoint) -> None:
    endpoint.role(HUB, "function", allow("ec2:DescribeVpcs"), trust={"Principal": {"Service": LAMBDA}})
    arn = f"arn:aws:iam::{HUB}:role/function"
    session = assume_role_as_service(arn, LAMBDA, "f", REGION)
    credentials = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
    }
    ec2 = endpoint.client("ec2", credentials)
    ec2.describe_vpcs()
    assert refused(ec2, "describe_subnets")[0] == "UnauthorizedOperation"
    with pytest.raises(RoleNotAssumableError, match="trust policy"):
        assume_role_as_service(arn, "states.amazonaws.com", "m", REGION)
    with pytest.raises(RoleNotAssumableError, match="no such role"):
        assume_role_as_service(f"{arn}-missing", LAMBDA, "f", REGION)


BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_managed_policies_count(endpoint: Endpoint) -> None:
    acting = endpoint.acting(HUB, "logger")
    endpoint.client("iam").attach_role_policy(RoleName="logger", PolicyArn=BASIC_EXECUTION)
    endpoint.client("logs", acting).create_log_group(logGroupName="/aws/lambda/f")
    assert refused(endpoint.client("logs", acting), "describe_log_groups")[0] == "AccessDeniedException"
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert refused(endpoint.client("iam"), "attach_role_policy", RoleName="logger", PolicyArn=missing)[0] == "NoSuchEntity"


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


def test_a_role_in_a_template_is_what_the_template_says(endpoint: Endpoint) -> None:
    cloudformation = endpoint.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=stack_template("ec2:DescribeVpcs", [BASIC_EXECUTION]))
    acting = endpoint.assume(HUB, "from-template")
    ec2, logs = endpoint.client("ec2", acting), endpoint.client("logs", acting)
    ec2.describe_vpcs()
    logs.create_log_group(logGroupName="/aws/lambda/g")
    cloudformation.update_stack(StackName="s", TemplateBody=stack_template("ec2:DescribeSubnets", []))
    ec2.describe_subnets()
    assert refused(ec2, "describe_vpcs")[0] == "UnauthorizedOperation"
    assert refused(logs, "create_log_group", logGroupName="/aws/lambda/h")[0] == "AccessDeniedException"
    cloudformation.delete_stack(StackName="s")
    assert endpoint.client("iam").list_roles()["Roles"] == []
