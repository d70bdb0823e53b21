"""Deletions: what is in use, or belongs to its VPC, stays."""

from collections.abc import Callable

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import (
    Vpc,
    await_status,
    make_acl,
    make_group,
    make_interface,
    make_peering,
    make_subnet,
    make_table,
    make_vpc,
    request_peering,
)
from tests.conformance.expecting import eventually, refused

IN_USE = "DependencyViolation"


@pytest.fixture
def own(account: Account) -> Vpc:
    """A VPC for one test."""
    return make_vpc(account, "10.0.0.0/16")


# VPCs


@pytest.mark.parametrize("kind", ["subnet", "group", "table", "acl", "gateway"])
def test_what_is_in_a_vpc_keeps_it(own: Vpc, unique: Callable[[], str], kind: str) -> None:
    """EC2 API: DeleteVpc; VPC Guide: delete-vpc."""
    if kind == "gateway":
        gateway = own.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        own.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=own.id)
    else:
        make = {
            "subnet": lambda: make_subnet(own, "10.0.0.0/24"),
            "group": lambda: make_group(own, unique()),
            "table": lambda: make_table(own),
            "acl": lambda: make_acl(own),
        }
        make[kind]()
    with refused(IN_USE):
        own.ec2.delete_vpc(VpcId=own.id)


def test_what_belongs_to_a_vpc_goes_with_it(own: Vpc) -> None:
    """EC2 API: DeleteVpc; VPC Guide: delete-vpc."""
    group = own.only("describe_security_groups", "SecurityGroups")["GroupId"]
    table = own.only("describe_route_tables", "RouteTables")["RouteTableId"]
    acl = own.only("describe_network_acls", "NetworkAcls")["NetworkAclId"]
    own.ec2.delete_vpc(VpcId=own.id)
    with refused("InvalidGroup.NotFound"):
        own.ec2.describe_security_groups(GroupIds=[group])
    with refused("InvalidRouteTableID.NotFound"):
        own.ec2.describe_route_tables(RouteTableIds=[table])
    with refused("InvalidNetworkAclID.NotFound"):
        own.ec2.describe_network_acls(NetworkAclIds=[acl])


@pytest.mark.parametrize("side", ["requester", "accepter"])
def test_a_deleted_vpc_ends_its_active_peering(account: Account, peer: Account, side: str) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection."""
    requester, accepter = make_vpc(account, "10.0.0.0/16"), make_vpc(peer, "10.1.0.0/16")
    pcx = make_peering(requester, accepter)
    deleted, other = (requester, accepter) if side == "requester" else (accepter, requester)
    deleted.ec2.delete_vpc(VpcId=deleted.id)
    await_status(other, pcx, "deleted")


def test_a_requester_that_is_deleted_ends_its_pending_request(account: Account, peer_vpc: Vpc) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection."""
    requester = make_vpc(account, "10.1.0.0/16")
    pcx = request_peering(requester, peer_vpc)
    requester.ec2.delete_vpc(VpcId=requester.id)
    await_status(peer_vpc, pcx, "deleted")


def test_a_pending_request_of_another_account_keeps_a_vpc(vpc: Vpc, peer: Account) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection."""
    accepter = make_vpc(peer, "10.1.0.0/16")
    pcx = request_peering(vpc, accepter)
    with refused(IN_USE):
        accepter.ec2.delete_vpc(VpcId=accepter.id)
    accepter.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    accepter.ec2.delete_vpc(VpcId=accepter.id)


# Subnets


def test_an_interface_keeps_its_subnet(vpc: Vpc) -> None:
    """EC2 API: DeleteSubnet; VPC Guide: subnet-deleting."""
    subnet = make_subnet(vpc, "10.0.1.0/24")
    interface = make_interface(vpc, subnet)
    with refused(IN_USE):
        vpc.ec2.delete_subnet(SubnetId=subnet)
    vpc.ec2.delete_network_interface(NetworkInterfaceId=interface)
    vpc.ec2.delete_subnet(SubnetId=subnet)


def test_a_deleted_subnet_leaves_its_table_and_its_acl(vpc: Vpc) -> None:
    """EC2 API: DeleteSubnet; EC2 API: DeleteRouteTable; EC2 API: DeleteNetworkAcl."""
    subnet, table, acl = make_subnet(vpc, "10.0.2.0/24"), make_table(vpc), make_acl(vpc)
    vpc.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    associate_acl(vpc, subnet, acl)
    vpc.ec2.delete_subnet(SubnetId=subnet)
    describe_tables, describe_acls = vpc.ec2.describe_route_tables, vpc.ec2.describe_network_acls
    eventually(lambda: describe_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"], [])
    eventually(lambda: describe_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Associations"], [])
    vpc.ec2.delete_route_table(RouteTableId=table)
    vpc.ec2.delete_network_acl(NetworkAclId=acl)


def associate_acl(vpc: Vpc, subnet: str, acl: str) -> None:
    """Associate a new subnet with an ACL."""
    default = vpc.only("describe_network_acls", "NetworkAcls", **{"association.subnet-id": subnet})
    (association,) = (each for each in default["Associations"] if each["SubnetId"] == subnet)
    vpc.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)


# Security groups


def test_an_interface_keeps_its_groups(vpc: Vpc, unique: Callable[[], str]) -> None:
    """EC2 API: DeleteSecurityGroup; VPC Guide: deleting-security-groups."""
    group = make_group(vpc, unique())
    interface = make_interface(vpc, make_subnet(vpc, "10.0.3.0/24"), Groups=[group])
    with refused(IN_USE):
        vpc.ec2.delete_security_group(GroupId=group)
    vpc.ec2.delete_network_interface(NetworkInterfaceId=interface)
    vpc.ec2.delete_security_group(GroupId=group)


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_group_that_another_one_of_its_vpc_names_stays(vpc: Vpc, unique: Callable[[], str], direction: str) -> None:
    """EC2 API: DeleteSecurityGroup; VPC Guide: deleting-security-groups."""
    named, naming = make_group(vpc, unique()), make_group(vpc, unique())
    everything = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": named}]}
    getattr(vpc.ec2, f"authorize_security_group_{direction}")(GroupId=naming, IpPermissions=[everything])
    with refused(IN_USE):
        vpc.ec2.delete_security_group(GroupId=named)
    vpc.ec2.delete_security_group(GroupId=naming)
    vpc.ec2.delete_security_group(GroupId=named)


def test_a_group_that_names_only_itself_is_deleted(vpc: Vpc, unique: Callable[[], str]) -> None:
    """EC2 API: DeleteSecurityGroup."""
    group = make_group(vpc, unique())
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
    vpc.ec2.delete_security_group(GroupId=group)


def test_the_default_group_is_not_deleted(vpc: Vpc) -> None:
    """VPC Guide: default-security-group; EC2 API: errors-overview."""
    default = vpc.only("describe_security_groups", "SecurityGroups", **{"group-name": "default"})
    with refused("CannotDelete"):
        vpc.ec2.delete_security_group(GroupId=default["GroupId"])


# Route tables and network ACLs


def test_the_main_route_table_is_not_deleted(vpc: Vpc) -> None:
    """EC2 API: DeleteRouteTable; GitHub: aws/aws-cli#1549."""
    main = vpc.only("describe_route_tables", "RouteTables", **{"association.main": "true"})
    with refused(IN_USE):
        vpc.ec2.delete_route_table(RouteTableId=main["RouteTableId"])


def test_a_subnet_keeps_its_route_table(vpc: Vpc) -> None:
    """EC2 API: DeleteRouteTable; GitHub: hashicorp/terraform-provider-aws#73."""
    table = make_table(vpc)
    association = vpc.ec2.associate_route_table(RouteTableId=table, SubnetId=make_subnet(vpc, "10.0.4.0/24"))
    with refused(IN_USE):
        vpc.ec2.delete_route_table(RouteTableId=table)
    vpc.ec2.disassociate_route_table(AssociationId=association["AssociationId"])
    vpc.ec2.delete_route_table(RouteTableId=table)


def test_the_default_acl_is_not_deleted(vpc: Vpc) -> None:
    """EC2 API: DeleteNetworkAcl."""
    default = vpc.only("describe_network_acls", "NetworkAcls", default="true")
    with refused("InvalidParameterValue"):
        vpc.ec2.delete_network_acl(NetworkAclId=default["NetworkAclId"])


def test_a_subnet_keeps_its_acl(vpc: Vpc) -> None:
    """EC2 API: DeleteNetworkAcl."""
    subnet, acl = make_subnet(vpc, "10.0.5.0/24"), make_acl(vpc)
    associate_acl(vpc, subnet, acl)
    with refused(IN_USE):
        vpc.ec2.delete_network_acl(NetworkAclId=acl)


# Gateways and prefix lists


def test_an_attached_gateway_is_not_deleted(own: Vpc) -> None:
    """EC2 API: DeleteInternetGateway."""
    gateway = own.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    own.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=own.id)
    with refused(IN_USE):
        own.ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_the_deletion_of_a_prefix_list_that_a_rule_names_fails_later(vpc: Vpc, unique: Callable[[], str]) -> None:
    """VPC Guide: working-with-managed-prefix-lists; GitHub: hashicorp/terraform-provider-aws#20991."""
    made = vpc.ec2.create_managed_prefix_list(PrefixListName=unique(), MaxEntries=1, AddressFamily="IPv4")
    prefix_list = made["PrefixList"]["PrefixListId"]

    def state() -> str:
        (found,) = vpc.ec2.describe_managed_prefix_lists(PrefixListIds=[prefix_list])["PrefixLists"]
        return str(found["State"])

    eventually(state, "create-complete")
    group, listed = make_group(vpc, unique()), {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": prefix_list}]}
    vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[listed])
    answer = vpc.ec2.delete_managed_prefix_list(PrefixListId=prefix_list)["PrefixList"]
    assert answer["State"] == "delete-in-progress"
    eventually(state, "delete-failed")
    vpc.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[listed])
    vpc.ec2.delete_managed_prefix_list(PrefixListId=prefix_list)
    by_id = [{"Name": "prefix-list-id", "Values": [prefix_list]}]
    eventually(lambda: vpc.ec2.describe_managed_prefix_lists(Filters=by_id)["PrefixLists"], [])
