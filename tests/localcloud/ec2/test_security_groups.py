"""Security-group rules, above all those that refer to a peered VPC."""

from typing import Any

import pytest

from localcloud.servicequotas import vpc_quotas

TEST, PRODUCTION = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"


def ssh(*blocks: str, **more: Any) -> dict[str, Any]:
    ranges = {"IpRanges": [{"CidrIp": block} for block in blocks]} if blocks else {}
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **ranges, **more}


def from_group(group: str, owner: str | None = None) -> dict[str, Any]:
    return ssh(UserIdGroupPairs=[{"GroupId": group} | ({"UserId": owner} if owner else {})])


class Group:
    """A security group and its ingress rules."""

    def __init__(self, world: Any, vpc: str, account: str = TEST, region: str = EAST) -> None:
        self.ec2 = world.ec2(account, region)
        made = self.ec2.create_security_group(GroupName="app", Description="the application", VpcId=vpc)
        self.id: str = made["GroupId"]

    def authorize(self, *permissions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        answer = self.ec2.authorize_security_group_ingress(GroupId=self.id, IpPermissions=list(permissions), **more)
        assert answer["Return"] is True
        rules: list[dict[str, Any]] = answer["SecurityGroupRules"]
        return rules

    def revoke(self, **what: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ec2.revoke_security_group_ingress(GroupId=self.id, **what)
        return answer

    def ingress(self) -> list[dict[str, Any]]:
        (group,) = self.ec2.describe_security_groups(GroupIds=[self.id])["SecurityGroups"]
        permissions: list[dict[str, Any]] = group["IpPermissions"]
        return permissions


@pytest.fixture
def group(world: Any) -> Group:
    return Group(world, world.vpc("10.0.0.0/16"))


def test_a_batch_with_a_duplicate_applies_nothing(group: Group, refused: Any) -> None:
    group.authorize(ssh("10.0.0.0/16"))
    with refused("InvalidPermission.Duplicate", "10.0.0.0/16, TCP, from port: 22"):
        group.authorize(ssh("10.1.0.0/16"), ssh("10.2.0.0/16", "10.0.0.0/16"))
    assert [each["IpRanges"] for each in group.ingress()] == [[{"CidrIp": "10.0.0.0/16"}]]


def test_a_duplicate_within_the_batch_applies_nothing(group: Group, refused: Any) -> None:
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh("10.1.0.0/16"), ssh("10.1.9.9/16"))
    assert group.ingress() == []


def test_a_batch_with_an_unknown_group_applies_nothing(group: Group, refused: Any) -> None:
    with refused("InvalidGroup.NotFound"):
        group.authorize(ssh("10.1.0.0/16"), from_group("sg-0123456789abcdef0"))
    assert group.ingress() == []


def test_blocks_are_stored_without_host_bits(group: Group, refused: Any) -> None:
    (rule,) = group.authorize(ssh("10.0.0.5/16"))
    assert rule["CidrIpv4"] == "10.0.0.0/16"
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh("10.0.0.0/16"))
    group.revoke(IpPermissions=[ssh("10.0.7.7/16")])
    assert group.ingress() == []


def test_ipv6_ranges_work(group: Group, refused: Any) -> None:
    (rule,) = group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8:0:0::1/56", "Description": "peer"}]))
    assert rule["CidrIpv6"] == "2001:db8::/56"
    assert group.ingress()[0]["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::/56", "Description": "peer"}]
    with refused("InvalidPermission.Duplicate"):
        group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    group.revoke(IpPermissions=[ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}])])
    assert group.ingress() == []


@pytest.mark.parametrize(
    "permission",
    [
        ssh("10.0.0.0/33"),
        ssh("2001:db8::/56"),
        ssh(Ipv6Ranges=[{"CidrIpv6": "10.0.0.0/16"}]),
        {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        {"IpProtocol": "udp", "FromPort": 9, "ToPort": 8, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
    ],
)
def test_a_malformed_permission_is_refused(group: Group, refused: Any, permission: Any) -> None:
    with refused("InvalidParameterValue"):
        group.authorize(permission)


def test_a_permission_without_a_source_is_refused(group: Group, refused: Any) -> None:
    with refused("MissingParameter"):
        group.authorize(ssh())


@pytest.mark.parametrize(
    ("given", "stored"), [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6"), ("TCP", "tcp"), ("50", "50")]
)
def test_protocol_numbers_get_their_names(group: Group, given: str, stored: str) -> None:
    (rule,) = group.authorize({"IpProtocol": given, "FromPort": 8, "ToPort": 8, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]})
    assert rule["IpProtocol"] == stored


def test_the_peers_group_needs_an_active_peering_and_its_account(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("192.168.0.0/16", account=PRODUCTION)
    ours, theirs = Group(world, vpc), Group(world, peer, PRODUCTION)
    pcx = world.request(vpc, peer)
    with refused("InvalidGroup.NotFound", "different networks"):
        ours.authorize(from_group(theirs.id, PRODUCTION))
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("InvalidGroup.NotFound"):
        ours.authorize(from_group(theirs.id, PRODUCTION))
    world.settle()
    with refused("InvalidGroup.NotFound"):
        ours.authorize(from_group(theirs.id))
    (rule,) = ours.authorize(from_group(theirs.id, PRODUCTION))
    reference = {
        "GroupId": theirs.id,
        "UserId": PRODUCTION,
        "VpcId": peer,
        "VpcPeeringConnectionId": pcx,
        "PeeringStatus": "active",
    }
    assert rule["ReferencedGroupInfo"] == reference
    assert ours.ingress()[0]["UserIdGroupPairs"] == [reference]
    theirs.authorize(from_group(ours.id, TEST))


def test_a_group_of_another_vpc_of_the_account_needs_a_peering_too(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16")
    ours, theirs = Group(world, vpc), Group(world, peer)
    with refused("InvalidGroup.NotFound", "different networks"):
        ours.authorize(from_group(theirs.id))
    world.peer(vpc, peer, owner=TEST)
    ours.authorize(from_group(theirs.id))


def test_a_group_of_another_region_is_never_found(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION, region=WEST)
    ours, theirs = Group(world, vpc), Group(world, peer, PRODUCTION, WEST)
    world.peer(vpc, peer, region=WEST)
    with refused("InvalidGroup.NotFound"):
        ours.authorize(from_group(theirs.id, PRODUCTION))


def test_a_group_of_the_same_vpc_needs_no_peering(group: Group) -> None:
    group.authorize(from_group(group.id))
    assert group.ingress()[0]["UserIdGroupPairs"] == [{"GroupId": group.id, "UserId": TEST}]


def test_references_go_stale_with_the_peering_and_can_still_be_revoked(world: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("192.168.0.0/16", account=PRODUCTION)
    ours, theirs = Group(world, vpc), Group(world, peer, PRODUCTION)
    pcx = world.peer(vpc, peer)
    ours.authorize(from_group(theirs.id, PRODUCTION), ssh("192.168.0.0/16"))

    def stale() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ours.ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
        return found

    assert stale() == []
    ours.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.settle()
    (found,) = stale()
    (permission,) = found["StaleIpPermissions"]
    assert found["GroupId"] == ours.id
    assert permission["FromPort"] == 22
    assert permission["UserIdGroupPairs"][0]["PeeringStatus"] == "deleted"
    ours.revoke(IpPermissions=[from_group(theirs.id, PRODUCTION)])
    assert stale() == []


def test_a_reference_to_a_deleted_group_is_stale(world: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("192.168.0.0/16", account=PRODUCTION)
    ours, theirs = Group(world, vpc), Group(world, peer, PRODUCTION)
    world.peer(vpc, peer)
    ours.authorize(from_group(theirs.id, PRODUCTION))
    theirs.ec2.delete_security_group(GroupId=theirs.id)
    (found,) = ours.ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
    assert found["GroupId"] == ours.id


def test_the_quota_is_per_direction_and_family_and_a_reference_counts_in_both(world: Any, group: Group, refused: Any) -> None:
    world.quota(vpc_quotas.GROUP_RULES.code, 2)
    group.authorize(ssh("10.1.0.0/16"), from_group(group.id))
    group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh("10.2.0.0/16"))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8:1::/56"}]))
    group.ec2.authorize_security_group_egress(GroupId=group.id, IpPermissions=[ssh("10.2.0.0/16")])


def test_a_prefix_list_counts_as_its_size_and_must_exist(world: Any, group: Group, refused: Any) -> None:
    made = group.ec2.create_managed_prefix_list(PrefixListName="peers", MaxEntries=3, AddressFamily="IPv4")
    listed = ssh(PrefixListIds=[{"PrefixListId": made["PrefixList"]["PrefixListId"], "Description": "peers"}])
    world.quota(vpc_quotas.GROUP_RULES.code, 3)
    (rule,) = group.authorize(listed)
    assert (rule["PrefixListId"], rule["Description"]) == (made["PrefixList"]["PrefixListId"], "peers")
    group.authorize(ssh(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/56"}]))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        group.authorize(ssh("10.1.0.0/16"))
    with refused("InvalidPrefixListID.NotFound"):
        group.authorize(ssh(PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]))


def test_rules_carry_tags_of_their_own(group: Group) -> None:
    tags = [{"Key": "causeway:request", "Value": "test-to-production"}]
    rules = group.authorize(
        ssh("10.1.0.0/16"),
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]},
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}],
    )
    assert [rule["Tags"] for rule in rules] == [tags, tags]
    group.authorize(ssh("10.2.0.0/16"))
    found = group.ec2.describe_security_group_rules(
        Filters=[{"Name": "tag:causeway:request", "Values": ["test-*"]}, {"Name": "group-id", "Values": [group.id]}]
    )["SecurityGroupRules"]
    assert [rule["SecurityGroupRuleId"] for rule in found] == [rule["SecurityGroupRuleId"] for rule in rules]


def test_a_rule_can_be_tagged_later_and_loses_its_tags_when_revoked(group: Group) -> None:
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    rule_id = rule["SecurityGroupRuleId"]
    group.ec2.create_tags(Resources=[rule_id], Tags=[{"Key": "Owner", "Value": "payments"}])
    (found,) = group.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
    assert found["Tags"] == [{"Key": "Owner", "Value": "payments"}]
    group.ec2.delete_tags(Resources=[rule_id], Tags=[{"Key": "Owner"}])
    (found,) = group.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
    assert found["Tags"] == []
    group.ec2.create_tags(Resources=[rule_id], Tags=[{"Key": "Owner", "Value": "orders"}])
    group.revoke(SecurityGroupRuleIds=[rule_id])
    assert group.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [rule_id]}])["Tags"] == []


def test_describe_rules_shows_the_whole_rule_and_pages(group: Group) -> None:
    group.authorize(*(ssh(f"10.{number}.0.0/16") for number in range(6)))
    paginator = group.ec2.get_paginator("describe_security_group_rules")
    of_the_group = [{"Name": "group-id", "Values": [group.id]}]
    pages = list(paginator.paginate(Filters=of_the_group, PaginationConfig={"PageSize": 5}))
    assert [len(page["SecurityGroupRules"]) for page in pages] == [5, 2]
    everything, first = pages[0]["SecurityGroupRules"][:2]
    assert (everything["IsEgress"], everything["FromPort"], everything["IpProtocol"]) == (True, -1, "-1")
    assert (first["IsEgress"], first["FromPort"], first["GroupOwnerId"]) == (False, 22, TEST)


def test_describe_rules_refuses_what_it_does_not_know(group: Group, refused: Any) -> None:
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        group.ec2.describe_security_group_rules(SecurityGroupRuleIds=["sgr-0123456789abcdef0"])
    with refused("InvalidParameterValue"):
        group.ec2.describe_security_group_rules(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_revoking_something_unknown_revokes_nothing(group: Group, refused: Any) -> None:
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    with refused("InvalidPermission.NotFound"):
        group.revoke(IpPermissions=[ssh("10.1.0.0/16"), ssh("10.2.0.0/16")])
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        group.revoke(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"], "sgr-0123456789abcdef0"])
    assert len(group.ingress()) == 1


def test_revoking_nothing_is_refused(group: Group, refused: Any) -> None:
    with refused("MissingParameter"):
        group.revoke()


def test_revoke_answers_what_it_revoked(group: Group) -> None:
    (rule,) = group.authorize(ssh("10.1.0.0/16"))
    answer = group.revoke(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert answer["Return"] is True
    assert answer["RevokedSecurityGroupRules"][0]["SecurityGroupRuleId"] == rule["SecurityGroupRuleId"]
    assert group.ingress() == []


def test_the_default_egress_rule_can_be_revoked(group: Group) -> None:
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    group.ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=[everything])
    rules = group.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group.id]}])
    assert rules["SecurityGroupRules"] == []


def test_an_unknown_group_is_not_found(group: Group, refused: Any) -> None:
    with refused("InvalidGroup.NotFound"):
        group.ec2.authorize_security_group_ingress(GroupId="sg-0123456789abcdef0", IpPermissions=[ssh("10.1.0.0/16")])


def test_cloudformation_ingress_obeys_too(world: Any, group: Group) -> None:
    template = """
    Resources:
      Ssh:
        Type: AWS::EC2::SecurityGroupIngress
        Properties: {GroupId: %s, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.5/16}
    """
    world.client("cloudformation", TEST, EAST).create_stack(StackName="ssh", TemplateBody=template % group.id)
    assert group.ingress()[0]["IpRanges"] == [{"CidrIp": "10.0.0.0/16"}]
