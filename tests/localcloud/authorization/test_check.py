import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud import ec2 as emulated_ec2
from localcloud.authorization.check import AuthorizationCheck
from localcloud.endpoint.api_request import INTERNAL_HEADER
from localcloud.iam import managed_policies
from localcloud.iam.principals import ORGANIZATION_ID
from localcloud.iam.service_roles import RoleNotAssumableError, assume_role_as_service
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION, Endpoint, refused, serving

LAMBDA = "lambda.amazonaws.com"
HUB_ROOT = {"AWS": f"arn:aws:iam::{HUB}:root"}


class Accounts:
    """The accounts behind an endpoint, and roles in them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.client, self.assume = endpoint.client, endpoint.assume

    def admin(self, account_id: str) -> dict[str, str]:
        return self.assume(account_id, "Administrator")

    def role(self, account_id: str, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> None:
        """Make a role, maybe under a path; without a `trust` statement it trusts its own account."""
        iam = self.client("iam", self.admin(account_id))
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account_id}, **(trust or {})}
        path, _, role_name = f"/{name}".rpartition("/")
        iam.create_role(RoleName=role_name, Path=f"{path}/", AssumeRolePolicyDocument=policy(trusted))
        if statements:
            iam.put_role_policy(RoleName=role_name, PolicyName="inline", PolicyDocument=policy(*statements))

    def acting(self, account_id: str, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """Credentials of a new role with these permissions."""
        self.role(account_id, name, *statements)
        return self.assume(account_id, name, by=self.admin(account_id))


@pytest.fixture(scope="module")
def listeners() -> list[Callable[[str], None]]:
    return []


@pytest.fixture(scope="module")
def aws(listeners: list[Callable[[str], None]]) -> Iterator[Accounts]:
    managed_policies.install()
    emulated_ec2.install()
    with serving(AuthorizationCheck(DomainDispatcherApplication(create_backend_app), listeners)) as endpoint:
        yield Accounts(endpoint)


@pytest.fixture(autouse=True)
def no_roles_are_left(aws: Accounts) -> Iterator[None]:
    yield
    for account_id in (HUB, MEMBER):
        iam_backends[account_id]["aws"].roles.clear()


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def ec2_arn(account_id: str, kind: str, name: str = "*") -> str:
    return f"arn:aws:ec2:{REGION}:{account_id}:{kind}/{name}"


def refusal(client: BaseClient, operation: str, **parameters: Any) -> tuple[str, str]:
    """The code and the message with which the call is refused."""
    error = refused(client, operation, **parameters)["Error"]
    return error["Code"], error["Message"]


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


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (("lambda", "list_functions", {}), "lambda:ListFunctions"),
        (("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}), "cloudwatch:PutMetricData"),
        (("s3", "list_buckets", {}), "s3:ListAllMyBuckets"),
        (("ssm", "list_command_invocations", {}), "ssm:ListCommandInvocations"),
    ],
)
def test_the_action_is_named_as_iam_names_it(aws: Accounts, call: tuple[str, str, dict[str, Any]], action: str) -> None:
    service, operation, parameters = call
    nobody = aws.client(service, aws.acting(HUB, "nobody"))
    assert f"is not authorized to perform: {action} because" in refusal(nobody, operation, **parameters)[1]
    getattr(aws.client(service, aws.acting(HUB, "somebody", allow(action))), operation)(**parameters)


def test_a_permission_is_for_its_resource(aws: Accounts) -> None:
    queues = [aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("mine", "theirs")]
    sender = aws.acting(HUB, "sender", allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{HUB}:mine"))
    sqs = aws.client("sqs", sender)
    sqs.send_message(QueueUrl=queues[0], MessageBody="m")
    assert refusal(sqs, "send_message", QueueUrl=queues[1], MessageBody="m")[0] == "AccessDenied"


def test_a_batch_of_messages_needs_the_permission_for_one(aws: Accounts) -> None:
    url = aws.client("sqs").create_queue(QueueName="batches")["QueueUrl"]
    sqs = aws.client("sqs", aws.acting(HUB, "batcher", allow("sqs:SendMessage")))
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    entries = [{"Id": "1", "ReceiptHandle": "handle"}]
    assert "perform: sqs:DeleteMessage on" in refusal(sqs, "delete_message_batch", QueueUrl=url, Entries=entries)[1]


def test_a_transaction_is_authorised_by_its_members(aws: Accounts) -> None:
    aws.client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb = aws.client("dynamodb", aws.acting(HUB, "writer", allow("dynamodb:PutItem", TABLE)))
    put = {"Put": {"TableName": "t", "Item": {"id": {"S": "1"}}}}
    delete = {"Delete": {"TableName": "t", "Key": {"id": {"S": "2"}}}}
    dynamodb.transact_write_items(TransactItems=[put])
    code, message = refusal(dynamodb, "transact_write_items", TransactItems=[put, delete])
    assert (code, "dynamodb:DeleteItem" in message) == ("AccessDeniedException", True)


def a_route_table(aws: Accounts, **tags: str) -> tuple[str, str]:
    """A VPC and a tagged route table in it."""
    ec2 = aws.client("ec2", aws.admin(MEMBER))
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table_id = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    if tags:
        ec2.create_tags(Resources=[table_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return vpc_id, table_id


def route(table_id: str) -> dict[str, str]:
    return {"RouteTableId": table_id, "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "igw-0123456789abcdef0"}


def test_a_route_needs_the_permission_on_its_table_only(aws: Accounts) -> None:
    _, table_id = a_route_table(aws)
    tables = allow("ec2:DeleteRoute", ec2_arn(MEMBER, "route-table"))
    ec2 = aws.client("ec2", aws.acting(MEMBER, "router", tables))
    target = {"RouteTableId": table_id, "DestinationCidrBlock": "10.9.0.0/16"}
    assert refusal(ec2, "delete_route", **target)[0] == "InvalidRoute.NotFound"
    code, message = refusal(ec2, "create_route", **route(table_id))
    assert code == "UnauthorizedOperation"
    assert f"ec2:CreateRoute on resource: {ec2_arn(MEMBER, 'route-table', table_id)} because" in message


def test_a_prefix_list_is_read_by_whom_may_read_it_and_aws_own_are_of_the_account_aws(aws: Accounts) -> None:
    admin = aws.client("ec2", aws.admin(MEMBER))
    own = admin.create_managed_prefix_list(PrefixListName="offices", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]
    of_aws = admin.describe_managed_prefix_lists(Filters=[{"Name": "owner-id", "Values": ["AWS"]}])["PrefixLists"][0]
    ids = {"own": own["PrefixListId"], "aws": of_aws["PrefixListId"]}
    entries = allow("ec2:GetManagedPrefixListEntries", ec2_arn(MEMBER, "prefix-list"))
    reader = aws.client("ec2", aws.acting(MEMBER, "reader", entries))

    reader.get_managed_prefix_list_entries(PrefixListId=ids["own"])
    code, message = refusal(reader, "get_managed_prefix_list_entries", PrefixListId=ids["aws"])

    assert code == "UnauthorizedOperation"
    assert f"on resource: arn:aws:ec2:us-east-1:aws:prefix-list/{ids['aws']} because" in message


def test_a_tag_that_reads_like_an_id_is_no_resource(aws: Accounts) -> None:
    vpc_id, table_id = a_route_table(aws)
    tables = allow("ec2:CreateTags", ec2_arn(MEMBER, "route-table"))
    ec2 = aws.client("ec2", aws.acting(MEMBER, "tagging", tables))
    ec2.create_tags(Resources=[table_id], Tags=[{"Key": "Peer", "Value": vpc_id}])
    assert refusal(ec2, "create_tags", Resources=[vpc_id], Tags=[])[0] == "UnauthorizedOperation"


def test_a_permission_can_ask_for_the_resources_tag(aws: Accounts) -> None:
    managed, other = a_route_table(aws, Managed="yes")[1], a_route_table(aws)[1]
    tagged = allow("ec2:DeleteRoute", StringEquals={"ec2:ResourceTag/Managed": "yes"})
    ec2 = aws.client("ec2", aws.acting(MEMBER, "tagged", tagged))
    assert refusal(ec2, "delete_route", RouteTableId=managed, DestinationCidrBlock="10.9.0.0/16")[0] != (
        "UnauthorizedOperation"
    )
    assert refusal(ec2, "delete_route", RouteTableId=other, DestinationCidrBlock="10.9.0.0/16")[0] == ("UnauthorizedOperation")


def a_tagged_rule(aws: Accounts, **tags: str) -> str:
    """A security-group rule with these tags."""
    ec2 = aws.client("ec2", aws.admin(MEMBER))
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group_id = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc_id)["GroupId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[ssh])
    rule_id: str = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    ec2.create_tags(Resources=[rule_id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return rule_id


def test_a_permission_can_ask_which_tags_are_set_and_on_what(aws: Accounts) -> None:
    ours, theirs = a_tagged_rule(aws, Request="r1"), a_tagged_rule(aws)
    handing_over = allow(
        "ec2:CreateTags",
        ec2_arn(MEMBER, "security-group-rule"),
        Null={"ec2:ResourceTag/Request": "false"},
        StringLike={"aws:RequestTag/Request": "r*"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["Request", "Owner"]}},
    )
    ec2 = aws.client("ec2", aws.acting(MEMBER, "handing-over", handing_over))
    request, owner, other = ({"Key": key, "Value": "r2"} for key in ("Request", "Owner", "Other"))
    ec2.create_tags(Resources=[ours], Tags=[request, owner])
    for resource, tags in ((theirs, [request]), (ours, [owner]), (ours, [request, other])):
        assert refusal(ec2, "create_tags", Resources=[resource], Tags=tags)[0] == "UnauthorizedOperation"


def test_a_permission_can_ask_which_tags_are_taken_off(aws: Accounts) -> None:
    rule_id = a_tagged_rule(aws, Request="r1", Owner="a", Tier="b")
    rules = ec2_arn(MEMBER, "security-group-rule")
    kept = {"ForAllValues:StringNotLike": {"aws:TagKeys": ["Req*"]}}
    careful = allow("ec2:DeleteTags", rules, **kept, Null={"aws:TagKeys": "false"})
    careless = allow("ec2:DeleteTags", rules, **kept)
    one_of = allow("ec2:DeleteTags", rules, **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["Tier"]}})
    ec2 = aws.client("ec2", aws.acting(MEMBER, "careful", careful))
    ec2.delete_tags(Resources=[rule_id], Tags=[{"Key": "Owner"}])
    assert refusal(ec2, "delete_tags", Resources=[rule_id], Tags=[{"Key": "Request"}])[0] == "UnauthorizedOperation"
    assert refusal(ec2, "delete_tags", Resources=[rule_id])[0] == "UnauthorizedOperation"
    narrow = aws.client("ec2", aws.acting(MEMBER, "narrow", one_of))
    assert refusal(narrow, "delete_tags", Resources=[rule_id], Tags=[{"Key": "Owner"}])[0] == "UnauthorizedOperation"
    narrow.delete_tags(Resources=[rule_id], Tags=[{"Key": "Tier"}])
    # Without tags there are no tag keys, of which all fit.
    aws.client("ec2", aws.acting(MEMBER, "careless", careless)).delete_tags(Resources=[rule_id])


def test_a_permission_can_ask_for_the_vpc_and_the_region(aws: Accounts) -> None:
    vpc_id, table_id = a_route_table(aws)
    _, elsewhere = a_route_table(aws)
    inside = allow(
        "ec2:DeleteRoute",
        ArnEquals={"ec2:Vpc": ec2_arn(MEMBER, "vpc", vpc_id)},
        StringEquals={"aws:RequestedRegion": REGION, "ec2:Region": REGION},
    )
    ec2 = aws.client("ec2", aws.acting(MEMBER, "inside", inside))
    codes = [
        refusal(ec2, "delete_route", RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")[0]
        for table in (table_id, elsewhere)
    ]
    assert codes == ["InvalidRoute.NotFound", "UnauthorizedOperation"]


def test_creating_a_peering_needs_its_vpc_and_its_tags(aws: Accounts) -> None:
    vpc_id, peer_id = a_route_table(aws)[0], a_route_table(aws)[0]
    peering = {"VpcId": vpc_id, "PeerVpcId": peer_id, "PeerOwnerId": MEMBER}
    tags = {"TagSpecifications": [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "By", "Value": "us"}]}]}
    both = [ec2_arn(MEMBER, "vpc"), ec2_arn(MEMBER, "vpc-peering-connection")]
    half = aws.client("ec2", aws.acting(MEMBER, "half", allow("ec2:CreateVpcPeeringConnection", both[:1])))
    whole = aws.client("ec2", aws.acting(MEMBER, "whole", allow("ec2:CreateVpcPeeringConnection", both)))
    tagging = allow(
        "ec2:CreateTags",
        both[1],
        StringEquals={"ec2:CreateAction": "CreateVpcPeeringConnection"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["By"]}},
    )
    tagger = aws.client("ec2", aws.acting(MEMBER, "tagger", allow("ec2:CreateVpcPeeringConnection", both), tagging))
    assert "vpc-peering-connection/* because" in refusal(half, "create_vpc_peering_connection", **peering)[1]
    whole.create_vpc_peering_connection(**peering)
    assert "ec2:CreateTags" in refusal(whole, "create_vpc_peering_connection", **peering, **tags)[1]
    tagger.create_vpc_peering_connection(**peering, **tags)


def interfaces(aws: Accounts) -> dict[str, str]:
    """Two interfaces of one subnet, as the ends of a path."""
    ec2 = aws.client("ec2", aws.admin(MEMBER))
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet_id = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    made = (ec2.create_network_interface(SubnetId=subnet_id)["NetworkInterface"] for _ in range(2))
    source, destination = (each["NetworkInterfaceId"] for each in made)
    return {"Source": source, "Destination": destination, "Protocol": "tcp"}


PATHS, ANALYSES = ec2_arn(MEMBER, "network-insights-path"), ec2_arn(MEMBER, "network-insights-analysis")
OURS = {"StringEquals": {"aws:RequestTag/By": "us"}}
DESCRIBES = allow(["ec2:Describe*", "ec2:Get*", "ec2:Search*", "elasticloadbalancing:Describe*", "network-firewall:*"])


def tagged(kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": f"network-insights-{kind}", "Tags": [{"Key": "By", "Value": "us"}]}]}


def test_an_insights_path_is_created_with_its_tags(aws: Accounts) -> None:
    path = interfaces(aws)
    creating = allow("ec2:CreateNetworkInsightsPath", PATHS, **OURS)
    tagging = allow("ec2:CreateTags", PATHS, StringEquals={"ec2:CreateAction": "CreateNetworkInsightsPath"})
    half = aws.client("ec2", aws.acting(MEMBER, "half", creating))
    whole = aws.client("ec2", aws.acting(MEMBER, "whole", creating, tagging))
    assert f"ec2:CreateTags on resource: {PATHS}" in refusal(half, "create_network_insights_path", **path, **tagged("path"))[1]
    assert f"on resource: {PATHS}" in refusal(whole, "create_network_insights_path", **path)[1]
    whole.create_network_insights_path(**path, **tagged("path"))


def an_insights_path(aws: Accounts, **tags: Any) -> str:
    made = aws.client("ec2", aws.admin(MEMBER)).create_network_insights_path(**interfaces(aws), **tags)
    path_id: str = made["NetworkInsightsPath"]["NetworkInsightsPathId"]
    return path_id


def test_an_analysis_needs_its_path_its_tags_and_tiros(aws: Accounts) -> None:
    ours, theirs = an_insights_path(aws, **tagged("path")), an_insights_path(aws)
    starting = [
        allow("ec2:StartNetworkInsightsAnalysis", PATHS, StringEquals={"ec2:ResourceTag/By": "us"}),
        allow("ec2:StartNetworkInsightsAnalysis", ANALYSES, **OURS),
        allow("ec2:CreateTags", ANALYSES, StringEquals={"ec2:CreateAction": "StartNetworkInsightsAnalysis"}),
    ]
    without = aws.client("ec2", aws.acting(MEMBER, "without", *starting))
    ec2 = aws.client("ec2", aws.acting(MEMBER, "starting", *starting, allow("tiros:*")))
    call, tags = "start_network_insights_analysis", tagged("analysis")
    assert "perform: tiros:CreateQuery because" in refusal(without, call, NetworkInsightsPathId=ours, **tags)[1]
    assert f"on resource: {PATHS[:-1]}{theirs}" in refusal(ec2, call, NetworkInsightsPathId=theirs, **tags)[1]
    assert f"on resource: {ANALYSES}" in refusal(ec2, call, NetworkInsightsPathId=ours)[1]
    ec2.start_network_insights_analysis(NetworkInsightsPathId=ours, **tags)


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        ([DESCRIBES], ("succeeded", None)),
        ([allow("ec2:Describe*")], ("failed", "The request failed due to insufficient permissions")),
    ],
)
def test_an_analysis_sees_what_its_caller_may_see(
    aws: Accounts, statements: list[dict[str, Any]], outcome: tuple[str, str | None]
) -> None:
    path_id = an_insights_path(aws)
    starting = allow(["ec2:StartNetworkInsightsAnalysis", "tiros:*"])
    ec2 = aws.client("ec2", aws.acting(MEMBER, "looking", starting, *statements))
    emulated_ec2.configure(emulated_ec2.Timing(analysis=0))
    started = ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)["NetworkInsightsAnalysis"]
    emulated_ec2.configure(emulated_ec2.Timing())
    assert (started["Status"], started.get("StatusMessage")) == outcome


def test_what_is_not_ones_own_is_not_deleted(aws: Accounts) -> None:
    ours, theirs = an_insights_path(aws, **tagged("path")), an_insights_path(aws)
    deleting = allow("ec2:DeleteNetworkInsightsPath", PATHS, StringEquals={"ec2:ResourceTag/By": "us"})
    ec2 = aws.client("ec2", aws.acting(MEMBER, "deleting", deleting))
    ec2.delete_network_insights_path(NetworkInsightsPathId=ours)
    assert refusal(ec2, "delete_network_insights_path", NetworkInsightsPathId=theirs)[0] == "UnauthorizedOperation"


def test_a_command_needs_its_document_and_its_instances(aws: Accounts) -> None:
    (image, *_) = aws.client("ec2").describe_images(Owners=["amazon"])["Images"]
    launched = aws.client("ec2", aws.admin(MEMBER)).run_instances(ImageId=image["ImageId"], MinCount=2, MaxCount=2)
    ours, theirs = (each["InstanceId"] for each in launched["Instances"])
    own_tags = {"Resources": [ours], "Tags": [{"Key": "Probed", "Value": "yes"}]}
    aws.client("ec2", aws.admin(MEMBER)).create_tags(**own_tags)
    document = f"arn:aws:ssm:{REGION}:{MEMBER}:document/probe"
    on_instances = allow("ssm:SendCommand", ec2_arn(MEMBER, "instance"), StringEquals={"ssm:ResourceTag/Probed": "yes"})
    ssm = aws.client("ssm", aws.acting(MEMBER, "probing", allow("ssm:SendCommand", document), on_instances))

    def about(document_name: str, *instance_ids: str) -> tuple[str, str]:
        return refusal(ssm, "send_command", DocumentName=document_name, InstanceIds=list(instance_ids))

    assert f"on resource: {ec2_arn(MEMBER, 'instance', theirs)} because" in about("probe", ours, theirs)[1]
    public = f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript"
    assert f"on resource: {public} because" in about("AWS-RunShellScript", ours)[1]
    assert about("probe", ours)[0] == "InvalidDocument", "it may, but there is no such document"


def test_a_peering_can_be_limited_to_an_accepter(aws: Accounts) -> None:
    vpc_id, peer_id, other_id = (a_route_table(aws)[0] for _ in range(3))
    limited = allow(
        "ec2:CreateVpcPeeringConnection",
        ec2_arn(MEMBER, "vpc-peering-connection"),
        ArnEquals={"ec2:AccepterVpc": ec2_arn(MEMBER, "vpc", peer_id)},
    )
    vpcs = allow("ec2:CreateVpcPeeringConnection", ec2_arn(MEMBER, "vpc"))
    ec2 = aws.client("ec2", aws.acting(MEMBER, "limited", limited, vpcs))
    ec2.create_vpc_peering_connection(VpcId=vpc_id, PeerVpcId=peer_id)
    assert refusal(ec2, "create_vpc_peering_connection", VpcId=vpc_id, PeerVpcId=other_id)[0] == "UnauthorizedOperation"


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
