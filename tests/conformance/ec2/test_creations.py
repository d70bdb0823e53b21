"""Creations: in a VPC that exists, with sizes, names and protocols that there are, and what comes with them."""

from collections.abc import Callable
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, ipv6_block, make_group, make_interface, make_subnet, make_vpc
from tests.conformance.expecting import eventually, refused, until

MISSING_VPC = "vpc-0123456789abcdef0"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("create_subnet", {"CidrBlock": "10.0.0.0/24"}),
        ("create_route_table", {}),
        ("create_network_acl", {}),
        ("create_security_group", {"GroupName": "app", "Description": "app"}),
    ],
)
def test_nothing_is_made_in_an_unknown_vpc(account: Account, operation: str, parameters: dict[str, str]) -> None:
    """EC2 API: errors-overview."""
    with refused("InvalidVpcID.NotFound"):
        getattr(account.ec2, operation)(VpcId=MISSING_VPC, **parameters)


@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/29"])
def test_a_vpc_has_a_size_from_16_to_28(account: Account, block: str) -> None:
    """VPC Guide: vpc-cidr-blocks; EC2 API: errors-overview."""
    with refused("InvalidVpc.Range"):
        account.ec2.create_vpc(CidrBlock=block)


@pytest.mark.parametrize("block", ["10.0.0.0/29", "10.1.0.0/24", "10.0.0.0/15"], ids=["too small", "outside", "too large"])
def test_a_subnet_is_inside_its_vpc_and_has_a_size_from_16_to_28(vpc: Vpc, block: str) -> None:
    """VPC Guide: subnet-sizing; EC2 API: errors-overview."""
    with refused("InvalidSubnet.Range"):
        make_subnet(vpc, block)


def test_subnets_do_not_overlap(vpc: Vpc) -> None:
    """VPC Guide: subnet-sizing; EC2 API: errors-overview."""
    make_subnet(vpc, "10.0.10.0/24")
    with refused("InvalidSubnet.Conflict"):
        make_subnet(vpc, "10.0.10.128/25")


@pytest.mark.parametrize("name", ["sg-app", "default"])
def test_a_groups_name_is_not_reserved(vpc: Vpc, name: str) -> None:
    """EC2 API: CreateSecurityGroup; VPC Guide: security-groups."""
    with refused("InvalidParameterValue" if name != "default" else "InvalidGroup.Duplicate"):
        make_group(vpc, name)


def test_a_groups_name_is_used_once_in_a_vpc(vpc: Vpc, unique: Callable[[], str]) -> None:
    """EC2 API: CreateSecurityGroup; EC2 API: errors-overview."""
    name = unique()
    make_group(vpc, name)
    with refused("InvalidGroup.Duplicate"):
        make_group(vpc, name)


@pytest.mark.parametrize("protocol", ["all", "esp", "256", "-2"])
def test_an_unknown_protocol_is_refused(vpc: Vpc, unique: Callable[[], str], protocol: str) -> None:
    """EC2 API: IpPermission; GitHub: hashicorp/terraform-provider-aws#1793; GitHub: hashicorp/terraform#9092."""
    permission = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    group = make_group(vpc, unique())
    with refused("InvalidParameterValue"):
        vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def test_a_new_default_group_lets_its_own_members_in(account: Account) -> None:
    """VPC Guide: default-security-group."""
    vpc = make_vpc(account, "10.0.0.0/16")
    default = vpc.only("describe_security_groups", "SecurityGroups")
    (permission,) = default["IpPermissions"]
    pairs = [{"GroupId": default["GroupId"], "UserId": account.id}]
    assert (permission["IpProtocol"], permission["UserIdGroupPairs"]) == ("-1", pairs)
    assert [each["IpRanges"] for each in default["IpPermissionsEgress"]] == [[{"CidrIp": "0.0.0.0/0"}]]


def test_a_rule_without_ports_shows_none(vpc: Vpc, unique: Callable[[], str]) -> None:
    """EC2 API: IpPermission; EC2 API: SecurityGroupRule."""
    group = make_group(vpc, unique())
    everything = {"IpProtocol": "50", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    made = vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everything])
    (rule,) = made["SecurityGroupRules"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("50", -1, -1)


def test_an_interface_without_groups_gets_the_default_one(vpc: Vpc) -> None:
    """EC2 API: CreateNetworkInterface; VPC Guide: default-security-group."""
    default = vpc.only("describe_security_groups", "SecurityGroups", **{"group-name": "default"})
    interface = make_interface(vpc, make_subnet(vpc, "10.0.11.0/24"))
    (found,) = vpc.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert [each["GroupId"] for each in found["Groups"]] == [default["GroupId"]]


@pytest.mark.parametrize("version", [4, 6])
def test_an_interface_shows_its_delegated_prefixes(vpc: Vpc, version: int) -> None:
    """EC2 Guide: ec2-prefix-eni; EC2 API: NetworkInterface."""
    block = str(list(ip_network(ipv6_block(vpc)).subnets(new_prefix=64))[1])
    subnet = make_subnet(vpc, "10.0.12.0/24", Ipv6CidrBlock=block)
    prefix = "10.0.12.16/28" if version == 4 else str(list(ip_network(block).subnets(new_prefix=80))[1])
    key = f"Ipv{version}Prefix"
    interface = make_interface(vpc, subnet, **{f"{key}es": [{key: prefix}]})
    (found,) = vpc.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert [each[key] for each in found[f"{key}es"]] == [prefix]


def test_a_route_table_shows_its_propagating_gateways(vpc: Vpc) -> None:
    """EC2 API: RouteTable."""
    assert vpc.only("describe_route_tables", "RouteTables", **{"association.main": "true"})["PropagatingVgws"] == []


def test_a_disassociated_ipv6_block_stays_listed_as_such(account: Account) -> None:
    """EC2 API: DisassociateVpcCidrBlock; EC2 API: VpcCidrBlockState."""
    vpc = make_vpc(account, "10.0.0.0/16", ipv6=True)

    def associations() -> list[dict[str, Any]]:
        (found,) = vpc.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
        return list(found["Ipv6CidrBlockAssociationSet"])

    (association,) = associations()
    vpc.ec2.disassociate_vpc_cidr_block(AssociationId=association["AssociationId"])
    eventually(lambda: [each["Ipv6CidrBlockState"]["State"] for each in associations()], ["disassociated"])


@pytest.mark.costs
def test_an_endpoints_interface_has_the_endpoints_groups(vpc: Vpc, unique: Callable[[], str]) -> None:
    """EC2 API: CreateVpcEndpoint; EC2 API: VpcEndpoint."""
    group, subnet = make_group(vpc, unique()), make_subnet(vpc, "10.0.13.0/24")
    made = vpc.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc.id,
        ServiceName=f"com.amazonaws.{vpc.region}.sts",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]
    (interface,) = until(lambda: _interfaces(vpc, subnet))
    assert interface["NetworkInterfaceId"] in made["NetworkInterfaceIds"]
    assert [each["GroupId"] for each in interface["Groups"]] == [group]
    assert (interface["InterfaceType"], interface["RequesterManaged"]) == ("vpc_endpoint", True)


@pytest.mark.costs
def test_a_load_balancer_has_an_interface_in_each_subnet(account: Account, vpc: Vpc, unique: Callable[[], str]) -> None:
    """Elastic Load Balancing Guide: load-balancer-subnets."""
    zones = account.ec2.describe_availability_zones()["AvailabilityZones"][:2]
    subnets = [
        make_subnet(vpc, f"10.0.{14 + number}.0/24", AvailabilityZone=zone["ZoneName"]) for number, zone in enumerate(zones)
    ]
    group = make_group(vpc, unique())
    account.client("elbv2").create_load_balancer(
        Name=unique()[-30:].strip("-"), Subnets=subnets, SecurityGroups=[group], Scheme="internal", Type="application"
    )
    interfaces = [until(partial(_interfaces, vpc, subnet)) for subnet in subnets]
    assert [[group_of["GroupId"] for each in found for group_of in each["Groups"]] for found in interfaces] == [[group]] * 2
    assert all(each["RequesterManaged"] for found in interfaces for each in found)


def _interfaces(vpc: Vpc, subnet: str) -> list[dict[str, Any]]:
    in_subnet = [{"Name": "subnet-id", "Values": [subnet]}]
    found: list[dict[str, Any]] = vpc.ec2.describe_network_interfaces(Filters=in_subnet)["NetworkInterfaces"]
    return found
