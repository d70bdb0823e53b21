"""Filters: each describe takes those that AWS documents for it, and no others."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import (
    Vpc,
    ipv6_block,
    make_acl,
    make_group,
    make_interface,
    make_subnet,
    make_table,
)
from tests.conformance.expecting import eventually, refused

TAG = {"Key": "Owner", "Value": "payments"}
KEYS = {
    "describe_vpcs": ("Vpcs", "VpcId"),
    "describe_subnets": ("Subnets", "SubnetId"),
    "describe_route_tables": ("RouteTables", "RouteTableId"),
    "describe_network_acls": ("NetworkAcls", "NetworkAclId"),
    "describe_security_groups": ("SecurityGroups", "GroupId"),
    "describe_security_group_rules": ("SecurityGroupRules", "SecurityGroupRuleId"),
    "describe_network_interfaces": ("NetworkInterfaces", "NetworkInterfaceId"),
    "describe_internet_gateways": ("InternetGateways", "InternetGatewayId"),
    "describe_managed_prefix_lists": ("PrefixLists", "PrefixListId"),
    "describe_vpc_peering_connections": ("VpcPeeringConnections", "VpcPeeringConnectionId"),
    "describe_tags": ("Tags", "ResourceId"),
}
"""Each describe: what its answer lists, and what a thing's id is called."""


@dataclass(frozen=True)
class Network:
    """One of everything, by its id, and what the filters below ask for."""

    vpc: str
    peer_vpc: str
    owner: str
    peer_owner: str
    pcx: str
    ipv6: str
    subnet: str
    subnet_ipv6: str
    subnet_arn: str
    zone: str
    table: str
    association: str
    gateway: str
    acl: str
    acl_association: str
    group: str
    group_name: str
    rule: str
    prefix_list: str
    list_name: str
    interface: str
    address: str
    mac: str

    def of(self, operation: str) -> str:
        """The id of the one thing that a describe is to find."""
        named = {
            "describe_vpcs": self.vpc,
            "describe_subnets": self.subnet,
            "describe_route_tables": self.table,
            "describe_network_acls": self.acl,
            "describe_security_groups": self.group,
            "describe_security_group_rules": self.rule,
            "describe_network_interfaces": self.interface,
            "describe_internet_gateways": self.gateway,
            "describe_managed_prefix_lists": self.prefix_list,
            "describe_vpc_peering_connections": self.pcx,
            "describe_tags": self.subnet,
        }
        return named[operation]


@pytest.fixture(scope="module")
def network(account: Account, vpc: Vpc, peer_vpc: Vpc, peering: str, unique: Callable[[], str]) -> Network:
    ec2, group_name, list_name = vpc.ec2, unique(), unique()
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
    subnet_ipv6 = str(next(ip_network(ipv6_block(vpc)).subnets(new_prefix=64)))
    subnet = make_subnet(vpc, "10.0.0.0/24", Ipv6CidrBlock=subnet_ipv6)
    (described,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    group, prefix_list = make_group(vpc, group_name), a_prefix_list(vpc, list_name)
    interface = make_interface(vpc, subnet, Groups=[group], Description="filtered")
    (shown,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    acl, table = make_acl(vpc), make_table(vpc)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="2001:db8::/56", VpcPeeringConnectionId=peering)
    ec2.create_route(RouteTableId=table, DestinationPrefixListId=prefix_list, VpcPeeringConnectionId=peering)
    made = Network(
        vpc=vpc.id,
        peer_vpc=peer_vpc.id,
        owner=account.id,
        peer_owner=peer_vpc.owner,
        pcx=peering,
        ipv6=ipv6_block(vpc),
        subnet=subnet,
        subnet_ipv6=subnet_ipv6,
        subnet_arn=described["SubnetArn"],
        zone=described["AvailabilityZone"],
        table=table,
        association=association,
        gateway=gateway,
        acl=acl,
        acl_association=fill_acl(vpc, acl, subnet),
        group=group,
        group_name=group_name,
        rule=fill_group(vpc, group, prefix_list),
        prefix_list=prefix_list,
        list_name=list_name,
        interface=interface,
        address=shown["PrivateIpAddress"],
        mac=shown["MacAddress"],
    )
    tagged = [made.of(operation) for operation in KEYS if operation != "describe_tags"]
    ec2.create_tags(Resources=tagged, Tags=[TAG])
    return made


def a_prefix_list(vpc: Vpc, name: str) -> str:
    made = vpc.ec2.create_managed_prefix_list(PrefixListName=name, MaxEntries=1, AddressFamily="IPv4")
    prefix_list: str = made["PrefixList"]["PrefixListId"]
    by_id = {"PrefixListIds": [prefix_list]}
    eventually(lambda: vpc.ec2.describe_managed_prefix_lists(**by_id)["PrefixLists"][0]["State"], "create-complete")
    return prefix_list


def fill_group(vpc: Vpc, group: str, prefix_list: str) -> str:
    """Give a group rules of every kind, in both directions; the first one's id."""
    ssh = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 23,
        "IpRanges": [{"CidrIp": "10.7.0.0/16"}],
        "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/56"}],
        "UserIdGroupPairs": [{"GroupId": group}],
        "PrefixListIds": [{"PrefixListId": prefix_list}],
    }
    made = vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    vpc.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[ssh])
    rule: str = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return rule


def fill_acl(vpc: Vpc, acl: str, subnet: str) -> str:
    """Give an ACL entries of every kind, and the subnet; the association's id."""
    entry = {"NetworkAclId": acl, "RuleAction": "allow", "Egress": False}
    put = vpc.ec2.create_network_acl_entry
    put(**entry, RuleNumber=77, Protocol="6", CidrBlock="10.7.0.0/16", PortRange={"From": 22, "To": 23})
    put(**entry, RuleNumber=78, Protocol="6", Ipv6CidrBlock="2001:db8::/56", PortRange={"From": 22, "To": 23})
    put(**entry, RuleNumber=79, Protocol="1", CidrBlock="10.7.0.0/16", IcmpTypeCode={"Type": 8, "Code": 3})
    default = vpc.only("describe_network_acls", "NetworkAcls", **{"association.subnet-id": subnet})
    (old,) = (each["NetworkAclAssociationId"] for each in default["Associations"] if each["SubnetId"] == subnet)
    association: str = vpc.ec2.replace_network_acl_association(AssociationId=old, NetworkAclId=acl)["NewAssociationId"]
    return association


PERMISSION = {
    "cidr": "10.7.*",
    "from-port": "22",
    "group-id": "{it.group}",
    "ipv6-cidr": "2001:db8::/56",
    "prefix-list-id": "{it.prefix_list}",
    "protocol": "tcp",
    "to-port": "23",
    "user-id": "{it.owner}",
}
TAGGED = {"tag:Owner": "pay*", "tag-key": "Owner"}
FILTERS: dict[str, dict[str, str]] = {
    "describe_vpcs": {
        "cidr": "10.0.0.0/16",
        "cidr-block-association.cidr-block": "10.0.0.0/16",
        "cidr-block-association.state": "associated",
        "ipv6-cidr-block-association.ipv6-cidr-block": "{it.ipv6}",
        "ipv6-cidr-block-association.state": "associated",
        "is-default": "false",
        "owner-id": "{it.owner}",
        "state": "available",
        "vpc-id": "{it.vpc}",
        **TAGGED,
    },
    "describe_subnets": {
        "availability-zone": "{it.zone}",
        "cidr-block": "10.0.0.0/24",
        "default-for-az": "false",
        "ipv6-cidr-block-association.ipv6-cidr-block": "{it.subnet_ipv6}",
        "ipv6-cidr-block-association.state": "associated",
        "map-public-ip-on-launch": "false",
        "owner-id": "{it.owner}",
        "state": "available",
        "subnet-arn": "{it.subnet_arn}",
        "subnet-id": "{it.subnet}",
        "vpc-id": "{it.vpc}",
        **TAGGED,
    },
    "describe_route_tables": {
        "association.main": "false",
        "association.route-table-association-id": "{it.association}",
        "association.route-table-id": "{it.table}",
        "association.subnet-id": "{it.subnet}",
        "owner-id": "{it.owner}",
        "route-table-id": "{it.table}",
        "route.destination-cidr-block": "0.0.0.0/0",
        "route.destination-ipv6-cidr-block": "2001:db8::/56",
        "route.destination-prefix-list-id": "{it.prefix_list}",
        "route.gateway-id": "{it.gateway}",
        "route.origin": "CreateRoute",
        "route.state": "active",
        "route.vpc-peering-connection-id": "{it.pcx}",
        "vpc-id": "{it.vpc}",
        **TAGGED,
    },
    "describe_network_acls": {
        "association.association-id": "{it.acl_association}",
        "association.network-acl-id": "{it.acl}",
        "association.subnet-id": "{it.subnet}",
        "default": "false",
        "entry.cidr": "10.7.0.0/16",
        "entry.egress": "true",
        "entry.icmp.code": "3",
        "entry.icmp.type": "8",
        "entry.ipv6-cidr": "2001:db8::/56",
        "entry.port-range.from": "22",
        "entry.port-range.to": "23",
        "entry.protocol": "6",
        "entry.rule-action": "allow",
        "entry.rule-number": "77",
        "network-acl-id": "{it.acl}",
        "owner-id": "{it.owner}",
        "vpc-id": "{it.vpc}",
        **TAGGED,
    },
    "describe_security_groups": {
        "description": "app",
        "group-id": "{it.group}",
        "group-name": "{it.group_name}",
        "owner-id": "{it.owner}",
        "vpc-id": "{it.vpc}",
        **{f"ip-permission.{name}": value for name, value in PERMISSION.items()},
        **{f"egress.ip-permission.{name}": value for name, value in PERMISSION.items()},
        **TAGGED,
    },
    "describe_security_group_rules": {
        "group-id": "{it.group}",
        "security-group-rule-id": "{it.rule}",
        "tag:Owner": "payments",
    },
    "describe_network_interfaces": {
        "addresses.primary": "true",
        "addresses.private-ip-address": "{it.address}",
        "availability-zone": "{it.zone}",
        "description": "filter*",
        "group-id": "{it.group}",
        "interface-type": "interface",
        "mac-address": "{it.mac}",
        "network-interface-id": "{it.interface}",
        "owner-id": "{it.owner}",
        "private-ip-address": "{it.address}",
        "requester-managed": "false",
        "source-dest-check": "true",
        "status": "available",
        "subnet-id": "{it.subnet}",
        "vpc-id": "{it.vpc}",
        **TAGGED,
    },
    "describe_internet_gateways": {
        "attachment.state": "available",
        "attachment.vpc-id": "{it.vpc}",
        "internet-gateway-id": "{it.gateway}",
        "owner-id": "{it.owner}",
        **TAGGED,
    },
    "describe_managed_prefix_lists": {
        "owner-id": "{it.owner}",
        "prefix-list-id": "{it.prefix_list}",
        "prefix-list-name": "{it.list_name}",
    },
    "describe_vpc_peering_connections": {
        "accepter-vpc-info.cidr-block": "192.168.*",
        "accepter-vpc-info.owner-id": "{it.peer_owner}",
        "accepter-vpc-info.vpc-id": "{it.peer_vpc}",
        "requester-vpc-info.cidr-block": "10.0.0.0/16",
        "requester-vpc-info.owner-id": "{it.owner}",
        "requester-vpc-info.vpc-id": "{it.vpc}",
        "status-code": "active",
        "status-message": "Act?ve",
        "vpc-peering-connection-id": "{it.pcx}",
        **TAGGED,
    },
    "describe_tags": {
        "key": "Own*",
        "resource-id": "{it.subnet}",
        "resource-type": "subnet",
        "tag:Owner": "payments",
        "value": "payments",
    },
}


def found(ec2: Any, operation: str, name: str, value: str) -> set[str]:
    """The ids that a describe with one filter lists, on all its pages."""
    listed, identity = KEYS[operation]
    pages = ec2.get_paginator(operation).paginate(Filters=[{"Name": name, "Values": [value]}])
    return {each[identity] for page in pages for each in page[listed]}


@pytest.mark.parametrize(("operation", "name"), [(operation, name) for operation in FILTERS for name in FILTERS[operation]])
def test_every_documented_filter_finds_what_has_its_value(vpc: Vpc, network: Network, operation: str, name: str) -> None:
    """EC2 API: DescribeNetworkAcls; EC2 API: DescribeRouteTables; EC2 API: DescribeSecurityGroups; EC2 API: Filter."""
    value = FILTERS[operation][name].format(it=network)
    eventually(lambda: network.of(operation) in found(vpc.ec2, operation, name, value), expected=True)
    other = "sg-0123456789abcdef0" if name == "group-id" else "nothing-has-this"
    assert network.of(operation) not in found(vpc.ec2, operation, name, other)


def test_the_time_of_expiry_is_a_filter_too(account: Account) -> None:
    """EC2 API: DescribeVpcPeeringConnections."""
    assert found(account.ec2, "describe_vpc_peering_connections", "expiration-time", "2001-01-01T00:00:00.000Z") == set()


@pytest.mark.parametrize("operation", KEYS)
def test_what_is_no_filter_of_a_describe_is_refused(account: Account, operation: str) -> None:
    """EC2 API: Filter; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        found(account.ec2, operation, "colour", "red")


@pytest.mark.parametrize("operation", ["describe_security_group_rules", "describe_managed_prefix_lists"])
def test_where_tag_keys_are_not_documented_they_are_no_filter(account: Account, operation: str) -> None:
    """EC2 API: DescribeSecurityGroupRules; EC2 API: DescribeManagedPrefixLists."""
    with refused("InvalidParameterValue"):
        found(account.ec2, operation, "tag-key", "Owner")


@pytest.mark.parametrize("operation", ["describe_subnets", "describe_security_groups", "describe_network_interfaces"])
def test_a_describe_answers_in_pages_where_it_is_asked_to(vpc: Vpc, unique: Callable[[], str], operation: str) -> None:
    """EC2 API: Query-Requests."""
    for number in range(6):
        subnet = make_subnet(vpc, f"10.0.{100 + number}.0/24")
        make_interface(vpc, subnet, Groups=[make_group(vpc, unique())])
    of_the_vpc = {"Filters": [{"Name": "vpc-id", "Values": [vpc.id]}], "PaginationConfig": {"PageSize": 5}}
    pages = [page[KEYS[operation][0]] for page in vpc.ec2.get_paginator(operation).paginate(**of_the_vpc)]
    assert len(pages[0]) == 5
    assert len({each[KEYS[operation][1]] for page in pages for each in page}) >= 6
