"""Security-group rules, above all those that refer to a peered VPC."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import (
    Vpc,
    accept,
    delete_peering,
    make_peering,
    make_vpc,
    request_peering,
)
from tests.conformance.expecting import eventually, refused

RULES_PER_GROUP = "L-0EA8095F"
MISSING_GROUP = "sg-0123456789abcdef0"


def ssh(*blocks: str, **more: Any) -> dict[str, Any]:
    ranges = {"IpRanges": [{"CidrIp": block} for block in blocks]} if blocks else {}
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **ranges, **more}


def from_group(group: str, owner: str | None = None) -> dict[str, Any]:
    return ssh(UserIdGroupPairs=[{"GroupId": group} | ({"UserId": owner} if owner else {})])


class Group:
    """A security group and its ingress rules."""

    def __init__(self, vpc: Vpc, name: str) -> None:
        self.ec2 = vpc.ec2
        made = self.ec2.create_security_group(GroupName=name, Description="the application", VpcId=vpc.id)
        self.id: str = made["GroupId"]

    def authorize(self, *permissions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        answer = self.ec2.authorize_security_group_ingress(GroupId=self.id, IpPermissions=list(permissions), **more)
        rules: list[dict[str, Any]] = answer["SecurityGroupRules"]
        return rules

    def revoke(self, **what: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ec2.revoke_security_group_ingress(GroupId=self.id, **what)
        return answer

    def ingress(self) -> list[dict[str, Any]]:
        (group,) = self.ec2.describe_security_groups(GroupIds=[self.id])["SecurityGroups"]
        permissions: list[dict[str, Any]] = group["IpPermissions"]
        return permissions

    def blocks(self) -> list[str]:
        """The IPv4 blocks of all ingress rules."""
        return [each["CidrIp"] for permission in self.ingress() for each in permission["IpRanges"]]

    def rules(self) -> list[dict[str, Any]]:
        of_the_group = [{"Name": "group-id", "Values": [self.id]}]
        found: list[dict[str, Any]] = self.ec2.describe_security_group_rules(Filters=of_the_group)["SecurityGroupRules"]
        return found

    def stale(self, vpc: Vpc) -> list[dict[str, Any]]:
        """What is stale of this group."""
        found = self.ec2.describe_stale_security_groups(VpcId=vpc.id)["StaleSecurityGroupSet"]
        return [each for each in found if each["GroupId"] == self.id]


@pytest.fixture
def group(vpc: Vpc, unique: Callable[[], str]) -> Group:
    return Group(vpc, unique())


@pytest.fixture
def peer_group(peer_vpc: Vpc, unique: Callable[[], str]) -> Group:
    return Group(peer_vpc, unique())


@pytest.fixture
def quota(account: Account) -> int:
    """How many rules a group may have for each direction and family."""
    quotas = account.client("service-quotas")
    return int(quotas.get_service_quota(ServiceCode="vpc", QuotaCode=RULES_PER_GROUP)["Quota"]["Value"])


def test_an_authorization_answers_the_rules_it_made(group: Group, account: Account) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress."""
    given = [ssh("10.1.0.0/16", "10.2.0.0/16")]
    answer = group.ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=given)
    assert answer["Return"] is True
    first, second = answer["SecurityGroupRules"]
    assert (first["CidrIpv4"], second["CidrIpv4"]) == ("10.1.0.0/16", "10.2.0.0/16")
    assert (first["GroupId"], first["GroupOwnerId"], first["IsEgress"]) == (group.id, account.id, False)


def test_a_batch_with_a_duplicate_applies_nothing(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    group.authorize(ssh("10.0.0.0/16"))
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh("10.1.0.0/16"), ssh("10.2.0.0/16", "10.0.0.0/16"))
    assert group.blocks() == ["10.0.0.0/16"]


def test_a_duplicate_within_the_batch_applies_nothing(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh("10.1.0.0/16"), ssh("10.1.9.9/16"))
    assert group.blocks() == []


def test_a_batch_with_an_unknown_group_applies_nothing(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("InvalidGroup.NotFound"):
        group.authorize(ssh("10.1.0.0/16"), from_group(MISSING_GROUP))
    assert group.blocks() == []


def test_a_rules_block_is_stored_without_host_bits(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; VPC Guide: security-group-rules."""
    (rule,) = group.authorize(ssh("10.0.0.5/16"))
    assert rule["CidrIpv4"] == "10.0.0.0/16"
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh("10.0.0.0/16"))
    group.revoke(IpPermissions=[ssh("10.0.7.7/16")])
    eventually(group.blocks, [])


def test_an_ipv6_range_is_a_source(group: Group) -> None:
    """EC2 API: Ipv6Range; VPC Guide: security-group-rules."""
    (rule,) = group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8:0:0::1/56", "Description": "peer"}]))
    assert rule["CidrIpv6"] == "2001:db8::/56"
    eventually(lambda: group.ingress()[0]["Ipv6Ranges"], [{"CidrIpv6": "2001:db8::/56", "Description": "peer"}])
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    group.revoke(IpPermissions=[ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}])])
    eventually(group.ingress, [])


@pytest.mark.parametrize(
    "permission",
    [
        ssh("10.0.0.0/33"),
        ssh("2001:db8::/56"),
        ssh(Ipv6Ranges=[{"CidrIpv6": "10.0.0.0/16"}]),
        {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        {"IpProtocol": "udp", "FromPort": 9, "ToPort": 8, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
    ],
    ids=["prefix length", "family", "family of IPv6", "no ports", "ports reversed"],
)
def test_a_malformed_permission_is_refused(group: Group, permission: dict[str, Any]) -> None:
    """EC2 API: IpPermission; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        group.authorize(permission)


def test_a_permission_without_a_source_is_refused(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("MissingParameter"):
        group.authorize(ssh())


@pytest.mark.parametrize(
    ("given", "shown"), [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6"), ("TCP", "tcp"), ("50", "50")]
)
def test_a_protocols_number_is_shown_as_its_name(group: Group, given: str, shown: str) -> None:
    """EC2 API: IpPermission; EC2 API: SecurityGroupRule."""
    (rule,) = group.authorize({"IpProtocol": given, "FromPort": 8, "ToPort": 8, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]})
    assert rule["IpProtocol"] == shown


def test_the_peers_group_needs_an_active_peering(account: Account, peer_vpc: Vpc, peer_group: Group, unique: Any) -> None:
    """VPC Peering Guide: vpc-peering-security-groups; EC2 API: errors-overview."""
    vpc = make_vpc(account, "10.0.0.0/16")
    ours, pcx = Group(vpc, unique()), request_peering(vpc, peer_vpc)
    named = from_group(peer_group.id, peer_vpc.owner)
    with refused("InvalidGroup.NotFound"):
        ours.authorize(named)
    accept(vpc, peer_vpc, pcx)
    (rule,) = ours.authorize(named)
    reference = {
        "GroupId": peer_group.id,
        "UserId": peer_vpc.owner,
        "VpcId": peer_vpc.id,
        "VpcPeeringConnectionId": pcx,
        "PeeringStatus": "active",
    }
    assert rule["ReferencedGroupInfo"] == reference
    eventually(lambda: ours.ingress()[0]["UserIdGroupPairs"], [reference])


def test_the_peers_group_is_named_with_its_account(peering: str, group: Group, peer_group: Group, peer: Account) -> None:
    """VPC Peering Guide: vpc-peering-security-groups."""
    with refused("InvalidGroup.NotFound"):
        group.authorize(from_group(peer_group.id))
    group.authorize(from_group(peer_group.id, peer.id))


def test_each_side_names_the_others_group(
    peering: str, group: Group, peer_group: Group, account: Account, peer: Account
) -> None:
    """VPC Peering Guide: vpc-peering-security-groups."""
    group.authorize(from_group(peer_group.id, peer.id))
    peer_group.authorize(from_group(group.id, account.id))
    eventually(lambda: peer_group.ingress()[0]["UserIdGroupPairs"][0]["GroupId"], group.id)


def test_a_group_of_another_vpc_of_the_account_needs_a_peering_too(
    vpc: Vpc, group: Group, account: Account, unique: Any
) -> None:
    """VPC Peering Guide: vpc-peering-security-groups."""
    other = make_vpc(account, "10.1.0.0/16")
    theirs = Group(other, unique())
    with refused("InvalidGroup.NotFound"):
        group.authorize(from_group(theirs.id))
    make_peering(vpc, other)
    group.authorize(from_group(theirs.id))


def test_a_group_of_another_region_is_never_found(
    vpc: Vpc, group: Group, peer: Account, other_region: str, unique: Any
) -> None:
    """VPC Peering Guide: vpc-peering-security-groups; VPC Peering Guide: vpc-peering-basics."""
    away = make_vpc(peer, "10.1.0.0/16", region=other_region)
    theirs = Group(away, unique())
    make_peering(vpc, away)
    with refused("InvalidGroup.NotFound"):
        group.authorize(from_group(theirs.id, peer.id))


def test_a_group_of_the_same_vpc_needs_no_peering(group: Group, account: Account) -> None:
    """VPC Guide: security-group-rules."""
    group.authorize(from_group(group.id))
    eventually(lambda: group.ingress()[0]["UserIdGroupPairs"], [{"GroupId": group.id, "UserId": account.id}])


def test_references_go_stale_with_the_peering_and_can_still_be_revoked(
    account: Account, peer_vpc: Vpc, peer_group: Group, unique: Any
) -> None:
    """VPC Peering Guide: vpc-peering-security-groups; EC2 API: DescribeStaleSecurityGroups."""
    vpc = make_vpc(account, "10.0.0.0/16")
    ours, pcx = Group(vpc, unique()), make_peering(vpc, peer_vpc)
    named = from_group(peer_group.id, peer_vpc.owner)
    ours.authorize(named, ssh("192.168.0.0/16"))
    assert ours.stale(vpc) == []
    delete_peering(vpc, pcx)
    eventually(lambda: len(ours.stale(vpc)), 1)
    (permission,) = ours.stale(vpc)[0]["StaleIpPermissions"]
    assert permission["FromPort"] == 22
    assert permission["UserIdGroupPairs"][0]["PeeringStatus"] == "deleted"
    ours.revoke(IpPermissions=[named])
    eventually(lambda: ours.stale(vpc), [])


def test_a_reference_to_a_deleted_group_is_stale(vpc: Vpc, peering: str, group: Group, peer_vpc: Vpc, unique: Any) -> None:
    """VPC Peering Guide: vpc-peering-security-groups; EC2 API: DescribeStaleSecurityGroups."""
    theirs = Group(peer_vpc, unique())
    group.authorize(from_group(theirs.id, peer_vpc.owner))
    theirs.ec2.delete_security_group(GroupId=theirs.id)
    eventually(lambda: [each["GroupId"] for each in group.stale(vpc)], [group.id])


def test_the_quota_of_rules_is_per_direction_and_family(group: Group, quota: int) -> None:
    """VPC Guide: amazon-vpc-limits; EC2 API: errors-overview."""
    group.authorize(ssh(*(f"10.1.{number}.0/24" for number in range(quota))))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh("10.2.0.0/24"))
    group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    group.ec2.authorize_security_group_egress(GroupId=group.id, IpPermissions=[ssh("10.2.0.0/24")])


def test_a_reference_counts_towards_the_quota_of_both_families(group: Group, quota: int) -> None:
    """VPC Guide: amazon-vpc-limits; EC2 API: errors-overview."""
    group.authorize(from_group(group.id))
    group.authorize(ssh(*(f"10.1.{number}.0/24" for number in range(quota - 1))))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh("10.2.0.0/24"))
    group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": f"2001:db8:{number}::/56"} for number in range(quota - 1)]))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8:ffff::/56"}]))


def test_a_prefix_list_counts_as_its_size_towards_the_rules_of_a_group(group: Group, quota: int, unique: Any) -> None:
    """VPC Guide: managed-prefix-lists; VPC Guide: amazon-vpc-limits; EC2 API: errors-overview."""
    made = group.ec2.create_managed_prefix_list(PrefixListName=unique(), MaxEntries=quota, AddressFamily="IPv4")
    prefix_list_id = made["PrefixList"]["PrefixListId"]
    by_id = {"PrefixListIds": [prefix_list_id]}
    eventually(lambda: group.ec2.describe_managed_prefix_lists(**by_id)["PrefixLists"][0]["State"], "create-complete")
    (rule,) = group.authorize(ssh(PrefixListIds=[{"PrefixListId": prefix_list_id, "Description": "peers"}]))
    assert (rule["PrefixListId"], rule["Description"]) == (prefix_list_id, "peers")
    group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh("10.1.0.0/16"))


def test_an_unknown_prefix_list_is_no_source(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("InvalidPrefixListID.NotFound"):
        group.authorize(ssh(PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]))


def test_rules_are_made_with_tags_of_their_own(group: Group) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: DescribeSecurityGroupRules."""
    tags = [{"Key": "Owner", "Value": "payments"}]
    pings = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    specification = [{"ResourceType": "security-group-rule", "Tags": tags}]
    rules = group.authorize(ssh("10.1.0.0/16"), pings, TagSpecifications=specification)
    assert [rule["Tags"] for rule in rules] == [tags, tags]
    group.authorize(ssh("10.2.0.0/16"))
    tagged = [{"Name": "tag:Owner", "Values": ["pay*"]}, {"Name": "group-id", "Values": [group.id]}]

    def found() -> set[str]:
        answer = group.ec2.describe_security_group_rules(Filters=tagged)["SecurityGroupRules"]
        return {rule["SecurityGroupRuleId"] for rule in answer}

    eventually(found, {rule["SecurityGroupRuleId"] for rule in rules})


def test_a_rule_can_be_tagged_later_and_loses_its_tags_when_revoked(group: Group) -> None:
    """EC2 API: CreateTags; EC2 API: DescribeSecurityGroupRules."""
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    rule_id = rule["SecurityGroupRuleId"]

    def tags() -> list[dict[str, str]]:
        (found,) = group.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
        return list(found["Tags"])

    group.ec2.create_tags(Resources=[rule_id], Tags=[{"Key": "Owner", "Value": "payments"}])
    eventually(tags, [{"Key": "Owner", "Value": "payments"}])
    group.ec2.delete_tags(Resources=[rule_id], Tags=[{"Key": "Owner"}])
    eventually(tags, [])
    group.ec2.create_tags(Resources=[rule_id], Tags=[{"Key": "Owner", "Value": "orders"}])
    group.revoke(SecurityGroupRuleIds=[rule_id])
    of_the_rule = [{"Name": "resource-id", "Values": [rule_id]}]
    eventually(lambda: group.ec2.describe_tags(Filters=of_the_rule)["Tags"], [])


def test_rules_come_in_pages(group: Group) -> None:
    """EC2 API: DescribeSecurityGroupRules; EC2 API: Query-Requests."""
    group.authorize(*(ssh(f"10.{number}.0.0/16") for number in range(6)))
    paginator = group.ec2.get_paginator("describe_security_group_rules")
    wanted = {"Filters": [{"Name": "group-id", "Values": [group.id]}], "PaginationConfig": {"PageSize": 5}}
    eventually(lambda: [len(page["SecurityGroupRules"]) for page in paginator.paginate(**wanted)], [5, 3])


EVERYTHING = {
    "IpProtocol": "-1",
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
}


def test_a_new_group_lets_everything_out(group: Group, account: Account) -> None:
    """VPC Guide: security-group-rules; EC2 API: SecurityGroupRule."""
    rules = group.rules()
    assert {rule.get("CidrIpv4") or rule["CidrIpv6"] for rule in rules} == {"0.0.0.0/0", "::/0"}
    for rule in rules:
        assert (rule["IsEgress"], rule["IpProtocol"], rule["GroupOwnerId"]) == (True, "-1", account.id)
        assert (rule["FromPort"], rule["ToPort"]) == (-1, -1)


def test_the_rules_that_let_everything_out_can_be_revoked(group: Group) -> None:
    """VPC Guide: security-group-rules; EC2 API: RevokeSecurityGroupEgress."""
    group.ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=[EVERYTHING])
    eventually(group.rules, [])


def test_an_unknown_rule_is_not_found(group: Group) -> None:
    """EC2 API: DescribeSecurityGroupRules; EC2 API: errors-overview."""
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        group.ec2.describe_security_group_rules(SecurityGroupRuleIds=["sgr-0123456789abcdef0"])


def test_an_unknown_filter_of_rules_is_refused(group: Group) -> None:
    """EC2 API: DescribeSecurityGroupRules; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        group.ec2.describe_security_group_rules(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_revoking_something_unknown_revokes_nothing(group: Group) -> None:
    """EC2 API: RevokeSecurityGroupIngress; EC2 API: errors-overview."""
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    with refused("InvalidPermission.NotFound"):
        group.revoke(IpPermissions=[ssh("10.1.0.0/16"), ssh("10.2.0.0/16")])
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        group.revoke(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"], "sgr-0123456789abcdef0"])
    assert group.blocks() == ["10.1.0.0/16"]


def test_revoking_nothing_is_refused(group: Group) -> None:
    """EC2 API: RevokeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("MissingParameter"):
        group.revoke()


def test_a_revocation_answers_what_it_revoked(group: Group) -> None:
    """EC2 API: RevokeSecurityGroupIngress."""
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    answer = group.revoke(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert answer["Return"] is True
    assert answer["RevokedSecurityGroupRules"][0]["SecurityGroupRuleId"] == rule["SecurityGroupRuleId"]
    eventually(group.ingress, [])


def test_an_unknown_group_is_not_found(account: Account) -> None:
    """EC2 API: AuthorizeSecurityGroupIngress; EC2 API: errors-overview."""
    with refused("InvalidGroup.NotFound"):
        account.ec2.authorize_security_group_ingress(GroupId=MISSING_GROUP, IpPermissions=[ssh("10.1.0.0/16")])


def test_a_rule_of_a_template_obeys_too(group: Group, account: Account, unique: Any) -> None:
    """CloudFormation Reference: aws-resource-ec2-securitygroupingress."""
    template = """
    Resources:
      Ssh:
        Type: AWS::EC2::SecurityGroupIngress
        Properties: {GroupId: %s, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.5/16}
    """
    account.client("cloudformation").create_stack(StackName=unique(), TemplateBody=template % group.id)
    eventually(group.blocks, ["10.0.0.0/16"])
