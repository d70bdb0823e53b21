"""What EC2's calls are authorised on: their resources, the tags that these have or get, their VPC and region."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, make_vpc
from tests.conformance.policies import Roles, allow, outcome, permitted

UNAUTHORIZED = "UnauthorizedOperation"


@pytest.fixture(scope="module")
def vpc(account: Account) -> Vpc:
    return make_vpc(account, "10.0.0.0/16")


@pytest.fixture
def arn(account: Account) -> Callable[..., str]:
    """The ARN of an EC2 resource, or of all of a kind."""
    return lambda kind, name="*": f"arn:aws:ec2:{account.region}:{account.id}:{kind}/{name}"


def a_table(vpc: Vpc, **tags: str) -> str:
    """A new route table with these tags."""
    table: str = vpc.ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"]
    tag(vpc, table, **tags)
    return table


def tag(vpc: Vpc, resource: str, **tags: str) -> None:
    if tags:
        vpc.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def delete_route(caller: Account, table: str) -> Callable[[], Any]:
    """A call that whoever may make it is answered `InvalidRoute.NotFound`."""
    return lambda: caller.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")


MAY = "InvalidRoute.NotFound"


def test_a_route_needs_the_permission_on_its_table_only(vpc: Vpc, roles: Roles, arn: Callable[..., str]) -> None:
    """Service Authorization Reference: list_amazonec2."""
    table = a_table(vpc)
    role = roles.acting(allow("ec2:DeleteRoute", arn("route-table", table)))
    assert permitted(delete_route(role, table)) == MAY
    assert outcome(delete_route(role, a_table(vpc))) == UNAUTHORIZED
    route = {"RouteTableId": table, "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "igw-0123456789abcdef0"}
    assert outcome(lambda: role.ec2.create_route(**route)) == UNAUTHORIZED


def test_aws_own_prefix_lists_belong_to_the_account_aws(account: Account, roles: Roles, arn: Any, unique: Any) -> None:
    """Service Authorization Reference: list_amazonec2; VPC Guide: working-with-aws-managed-prefix-lists."""
    made = account.ec2.create_managed_prefix_list(PrefixListName=unique(), MaxEntries=1, AddressFamily="IPv4")
    by_owner = [{"Name": "owner-id", "Values": ["AWS"]}]
    of_aws = account.ec2.describe_managed_prefix_lists(Filters=by_owner)["PrefixLists"][0]["PrefixListId"]
    own = made["PrefixList"]["PrefixListId"]
    reader = roles.acting(allow("ec2:GetManagedPrefixListEntries", arn("prefix-list")))
    assert permitted(lambda: reader.ec2.get_managed_prefix_list_entries(PrefixListId=own)) == "ok"
    assert outcome(lambda: reader.ec2.get_managed_prefix_list_entries(PrefixListId=of_aws)) == UNAUTHORIZED


def test_a_tags_value_is_no_resource_of_the_call(vpc: Vpc, roles: Roles, arn: Callable[..., str]) -> None:
    """Service Authorization Reference: list_amazonec2."""
    table = a_table(vpc)
    role = roles.acting(allow("ec2:CreateTags", arn("route-table")))
    named = [{"Key": "Peer", "Value": vpc.id}]
    assert permitted(lambda: role.ec2.create_tags(Resources=[table], Tags=named)) == "ok"
    assert outcome(lambda: role.ec2.create_tags(Resources=[vpc.id], Tags=named)) == UNAUTHORIZED


def test_a_permission_can_ask_for_the_resources_tag(vpc: Vpc, roles: Roles) -> None:
    """EC2 Guide: supported-iam-actions-tagging; Service Authorization Reference: list_amazonec2."""
    tagged, other = a_table(vpc, Managed="yes"), a_table(vpc)
    role = roles.acting(allow("ec2:DeleteRoute", StringEquals={"ec2:ResourceTag/Managed": "yes"}))
    assert permitted(delete_route(role, tagged)) == MAY
    assert outcome(delete_route(role, other)) == UNAUTHORIZED


@pytest.fixture
def a_rule(vpc: Vpc, unique: Callable[[], str]) -> Callable[..., str]:
    """Make a security-group rule with tags."""

    def make(**tags: str) -> str:
        group = vpc.ec2.create_security_group(GroupName=unique(), Description="app", VpcId=vpc.id)["GroupId"]
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
        made = vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
        rule: str = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        tag(vpc, rule, **tags)
        return rule

    return make


def test_a_permission_can_ask_which_tags_are_set_and_on_what(roles: Roles, arn: Any, a_rule: Callable[..., str]) -> None:
    """IAM Guide: access_tags; IAM Guide: reference_policies_condition-single-vs-multi-valued-context-keys."""
    ours, theirs = a_rule(Request="r1"), a_rule()
    handing_over = allow(
        "ec2:CreateTags",
        arn("security-group-rule"),
        Null={"ec2:ResourceTag/Request": "false"},
        StringLike={"aws:RequestTag/Request": "r*"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["Request", "Owner"]}},
    )
    role = roles.acting(handing_over)
    request, owner, other = ({"Key": key, "Value": "r2"} for key in ("Request", "Owner", "Other"))

    def setting(resource: str, *tags: dict[str, str]) -> Callable[[], Any]:
        return lambda: role.ec2.create_tags(Resources=[resource], Tags=list(tags))

    assert permitted(setting(ours, request, owner)) == "ok"
    assert outcome(setting(theirs, request)) == UNAUTHORIZED
    assert outcome(setting(ours, owner)) == UNAUTHORIZED
    assert outcome(setting(ours, request, other)) == UNAUTHORIZED


def test_a_permission_can_ask_which_tags_are_taken_off(roles: Roles, arn: Any, a_rule: Callable[..., str]) -> None:
    """IAM Guide: access_tags; IAM Guide: reference_policies_condition-single-vs-multi-valued-context-keys."""
    rule, rules = a_rule(Request="r1", Owner="a", Tier="b"), arn("security-group-rule")
    kept = {"ForAllValues:StringNotLike": {"aws:TagKeys": ["Req*"]}}
    careful = roles.acting(allow("ec2:DeleteTags", rules, **kept, Null={"aws:TagKeys": "false"}))
    one_of = roles.acting(allow("ec2:DeleteTags", rules, **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["Tier"]}}))

    def taking_off(role: Account, *keys: str) -> Callable[[], Any]:
        return lambda: role.ec2.delete_tags(Resources=[rule], Tags=[{"Key": key} for key in keys])

    assert permitted(taking_off(careful, "Owner")) == "ok"
    assert outcome(taking_off(careful, "Request")) == UNAUTHORIZED
    assert outcome(lambda: careful.ec2.delete_tags(Resources=[rule])) == UNAUTHORIZED
    assert permitted(taking_off(one_of, "Tier")) == "ok"
    assert outcome(taking_off(one_of, "Owner")) == UNAUTHORIZED


def test_a_call_without_tag_keys_fits_every_set_of_them(roles: Roles, arn: Any, a_rule: Callable[..., str]) -> None:
    """IAM Guide: reference_policies_condition-single-vs-multi-valued-context-keys."""
    rule = a_rule(Request="r1")
    kept = {"ForAllValues:StringNotLike": {"aws:TagKeys": ["Req*"]}}
    careless = roles.acting(allow("ec2:DeleteTags", arn("security-group-rule"), **kept))
    assert permitted(lambda: careless.ec2.delete_tags(Resources=[rule])) == "ok"


def test_a_permission_can_ask_for_the_vpc_and_the_region(account: Account, vpc: Vpc, roles: Roles, arn: Any) -> None:
    """Service Authorization Reference: list_amazonec2; IAM Guide: reference_policies_condition-keys."""
    elsewhere = make_vpc(account, "10.1.0.0/16")
    inside = allow(
        "ec2:DeleteRoute",
        ArnEquals={"ec2:Vpc": arn("vpc", vpc.id)},
        StringEquals={"aws:RequestedRegion": account.region, "ec2:Region": account.region},
    )
    role = roles.acting(inside)
    assert permitted(delete_route(role, a_table(vpc))) == MAY
    assert outcome(delete_route(role, a_table(elsewhere))) == UNAUTHORIZED


def test_creating_a_peering_needs_its_vpc_the_connection_and_its_tags(
    account: Account, vpc: Vpc, roles: Roles, arn: Callable[..., str]
) -> None:
    """VPC Peering Guide: security-iam; Service Authorization Reference: list_amazonec2."""
    peering = {"VpcId": vpc.id, "PeerVpcId": make_vpc(account, "10.1.0.0/16").id}
    tags = {"TagSpecifications": [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "By", "Value": "us"}]}]}
    both = [arn("vpc"), arn("vpc-peering-connection")]
    creating = "ec2:CreateVpcPeeringConnection"
    tagging = allow(
        "ec2:CreateTags",
        both[1],
        StringEquals={"ec2:CreateAction": "CreateVpcPeeringConnection"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["By"]}},
    )
    half, whole = roles.acting(allow(creating, both[0])), roles.acting(allow(creating, both))
    tagger = roles.acting(allow(creating, both), tagging)

    def asking(role: Account, **more: Any) -> Callable[[], Any]:
        return lambda: role.ec2.create_vpc_peering_connection(**peering, **more)

    assert permitted(asking(tagger, **tags)) == "ok"
    assert permitted(asking(whole)) == "ok"
    assert outcome(asking(whole, **tags)) == UNAUTHORIZED
    assert outcome(asking(half)) == UNAUTHORIZED


def test_a_peering_can_be_limited_to_an_accepter(account: Account, vpc: Vpc, roles: Roles, arn: Callable[..., str]) -> None:
    """VPC Peering Guide: security-iam; Service Authorization Reference: list_amazonec2."""
    wanted, other = make_vpc(account, "10.1.0.0/16"), make_vpc(account, "10.2.0.0/16")
    creating = "ec2:CreateVpcPeeringConnection"
    limited = allow(creating, arn("vpc-peering-connection"), ArnEquals={"ec2:AccepterVpc": arn("vpc", wanted.id)})
    role = roles.acting(limited, allow(creating, arn("vpc")))

    def asking(peer: Vpc) -> Callable[[], Any]:
        return lambda: role.ec2.create_vpc_peering_connection(VpcId=vpc.id, PeerVpcId=peer.id)

    assert permitted(asking(wanted)) == "ok"
    assert outcome(asking(other)) == UNAUTHORIZED
