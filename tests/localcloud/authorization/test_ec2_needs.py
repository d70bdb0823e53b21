"""What EC2 calls need: each resource with its own tags, and what is created with its tags."""

from typing import Any

import pytest

from localcloud import ec2 as emulated_ec2
from tests.localcloud.authorization.accounts import Accounts, allow, ec2_arn, refusal
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION


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


def test_a_prefix_list_is_read_by_whoever_may_and_awss_own_are_of_the_account_aws(aws: Accounts) -> None:
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


def test_an_attribute_of_a_vpc_is_read_with_the_permission_on_that_vpc(aws: Accounts) -> None:
    vpc_id, _ = a_route_table(aws)
    attributes = allow("ec2:DescribeVpcAttribute", ec2_arn(MEMBER, "vpc", vpc_id))
    reader = aws.client("ec2", aws.acting(MEMBER, "attributes", attributes))
    reader.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")
    other = {"VpcId": "vpc-0123456789abcdef0", "Attribute": "enableDnsSupport"}
    assert refusal(reader, "describe_vpc_attribute", **other)[0] == "UnauthorizedOperation"


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
    if tags:
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


def interfaces(aws: Accounts, account_id: str = MEMBER) -> dict[str, str]:
    """Two interfaces of one subnet, as the ends of a path."""
    ec2 = aws.client("ec2", aws.admin(account_id))
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet_id = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    made = (ec2.create_network_interface(SubnetId=subnet_id)["NetworkInterface"] for _ in range(2))
    source, destination = (each["NetworkInterfaceId"] for each in made)
    return {"Source": source, "Destination": destination, "Protocol": "tcp"}


INTERFACES = ec2_arn(MEMBER, "network-interface")
PATHS, ANALYSES = ec2_arn(MEMBER, "network-insights-path"), ec2_arn(MEMBER, "network-insights-analysis")
OURS = {"StringEquals": {"aws:RequestTag/By": "us"}}
DESCRIBES = allow(["ec2:Describe*", "ec2:Get*", "ec2:Search*", "elasticloadbalancing:Describe*", "network-firewall:*"])


def tagged(kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": f"network-insights-{kind}", "Tags": [{"Key": "By", "Value": "us"}]}]}


def test_an_insights_path_is_created_with_its_tags(aws: Accounts) -> None:
    path = interfaces(aws)
    creating = [allow("ec2:CreateNetworkInsightsPath", PATHS, **OURS), allow("ec2:CreateNetworkInsightsPath", INTERFACES)]
    tagging = allow("ec2:CreateTags", PATHS, StringEquals={"ec2:CreateAction": "CreateNetworkInsightsPath"})
    half = aws.client("ec2", aws.acting(MEMBER, "half", *creating))
    whole = aws.client("ec2", aws.acting(MEMBER, "whole", *creating, tagging))
    assert f"ec2:CreateTags on resource: {PATHS}" in refusal(half, "create_network_insights_path", **path, **tagged("path"))[1]
    assert f"on resource: {PATHS}" in refusal(whole, "create_network_insights_path", **path)[1]
    whole.create_network_insights_path(**path, **tagged("path"))


def test_an_insights_path_is_authorised_on_each_interface_that_it_names(aws: Accounts) -> None:
    """The request's tags are the path's: a condition on them holds for no interface."""
    path = interfaces(aws)
    ends = [ec2_arn(MEMBER, "network-interface", path[end]) for end in ("Source", "Destination")]
    tagging = allow("ec2:CreateTags", PATHS)
    for name, allowed, missing in (("none", PATHS, ends[0]), ("source", [PATHS, ends[0]], ends[1])):
        creating = allow("ec2:CreateNetworkInsightsPath", allowed)
        ec2 = aws.client("ec2", aws.acting(MEMBER, name, creating, tagging))
        assert f"on resource: {missing} because" in refusal(ec2, "create_network_insights_path", **path, **tagged("path"))[1]
    conditional = allow("ec2:CreateNetworkInsightsPath", [PATHS, INTERFACES], **OURS)
    ec2 = aws.client("ec2", aws.acting(MEMBER, "conditional", conditional, tagging))
    code, message = refusal(ec2, "create_network_insights_path", **path, **tagged("path"))
    assert (code, ends[0] in message) == ("UnauthorizedOperation", True)


def test_another_accounts_interface_is_authorised_by_its_own_arn(aws: Accounts) -> None:
    theirs = ec2_arn(HUB, "network-interface", "eni-0123456789abcdef0")
    path = {**interfaces(aws), "Destination": theirs}
    creating = allow("ec2:CreateNetworkInsightsPath", [PATHS, ec2_arn(MEMBER, "network-interface")])

    ec2 = aws.client("ec2", aws.acting(MEMBER, "own", creating))

    assert f"on resource: {theirs} because" in refusal(ec2, "create_network_insights_path", **path)[1]


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


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        ([DESCRIBES], ("failed", "The request failed due to insufficient permissions")),
        ([DESCRIBES, allow(["organizations:Describe*", "organizations:List*"])], ("succeeded", None)),
    ],
)
def test_an_analysis_across_accounts_looks_them_up_in_the_organization(
    aws: Accounts, statements: list[dict[str, Any]], outcome: tuple[str, str | None]
) -> None:
    theirs = ec2_arn(HUB, "network-interface", interfaces(aws, HUB)["Source"])
    admin = aws.client("ec2", aws.admin(MEMBER))
    path = admin.create_network_insights_path(**interfaces(aws) | {"Destination": theirs})["NetworkInsightsPath"]
    starting = allow(["ec2:StartNetworkInsightsAnalysis", "tiros:*"])
    ec2 = aws.client("ec2", aws.acting(MEMBER, "across", starting, *statements))
    emulated_ec2.configure(emulated_ec2.Timing(analysis=0))
    started = ec2.start_network_insights_analysis(NetworkInsightsPathId=path["NetworkInsightsPathId"])
    emulated_ec2.configure(emulated_ec2.Timing())
    analysis = started["NetworkInsightsAnalysis"]
    assert (analysis["Status"], analysis.get("StatusMessage")) == outcome


def test_what_is_not_ones_own_is_not_deleted(aws: Accounts) -> None:
    ours, theirs = an_insights_path(aws, **tagged("path")), an_insights_path(aws)
    deleting = allow("ec2:DeleteNetworkInsightsPath", PATHS, StringEquals={"ec2:ResourceTag/By": "us"})
    ec2 = aws.client("ec2", aws.acting(MEMBER, "deleting", deleting))
    ec2.delete_network_insights_path(NetworkInsightsPathId=ours)
    assert refusal(ec2, "delete_network_insights_path", NetworkInsightsPathId=theirs)[0] == "UnauthorizedOperation"


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
