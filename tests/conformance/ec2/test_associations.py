"""Associations: of a subnet with its route table and its network ACL, of a group with further VPCs."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, make_acl, make_group, make_subnet, make_table, make_vpc
from tests.conformance.expecting import eventually, refused

UNKNOWN = "InvalidAssociationID.NotFound"


@pytest.fixture
def subnet(vpc: Vpc) -> str:
    return make_subnet(vpc, "10.0.0.0/24")


# Route tables


def associate(vpc: Vpc, table: str, subnet: str) -> str:
    association: str = vpc.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    return association


def main_table(vpc: Vpc) -> dict[str, Any]:
    """The VPC's main route table."""
    return vpc.only("describe_route_tables", "RouteTables", **{"association.main": "true"})


def main_association(vpc: Vpc) -> str:
    (found,) = (each for each in main_table(vpc)["Associations"] if each["Main"])
    association: str = found["RouteTableAssociationId"]
    return association


def test_an_association_is_described_with_its_state(vpc: Vpc, subnet: str) -> None:
    """EC2 API: RouteTableAssociation; EC2 API: RouteTable."""
    table = make_table(vpc)
    association = {
        "Main": False,
        "RouteTableAssociationId": associate(vpc, table, subnet),
        "RouteTableId": table,
        "SubnetId": subnet,
        "AssociationState": {"State": "associated"},
    }
    describe = vpc.ec2.describe_route_tables
    eventually(lambda: describe(RouteTableIds=[table])["RouteTables"][0]["Associations"], [association])


def test_a_subnet_has_one_route_table(vpc: Vpc, subnet: str) -> None:
    """EC2 API: AssociateRouteTable; GitHub: hashicorp/terraform-provider-aws#38960."""
    associate(vpc, make_table(vpc), subnet)
    with refused("Resource.AlreadyAssociated"):
        associate(vpc, make_table(vpc), subnet)


def test_a_subnet_takes_a_table_of_its_own_vpc_only(vpc: Vpc, subnet: str, account: Account) -> None:
    """EC2 API: AssociateRouteTable."""
    elsewhere = make_table(make_vpc(account, "10.1.0.0/16"))
    with refused("InvalidParameterValue"):
        associate(vpc, elsewhere, subnet)


def test_a_replaced_association_gets_a_new_id_and_the_old_one_is_void(vpc: Vpc, subnet: str) -> None:
    """EC2 API: ReplaceRouteTableAssociation."""
    first, second = make_table(vpc), make_table(vpc)
    old = associate(vpc, first, subnet)
    replaced = vpc.ec2.replace_route_table_association(AssociationId=old, RouteTableId=second)["NewAssociationId"]
    assert replaced != old
    with refused(UNKNOWN):
        vpc.ec2.replace_route_table_association(AssociationId=old, RouteTableId=first)
    with refused(UNKNOWN):
        vpc.ec2.disassociate_route_table(AssociationId=old)
    vpc.ec2.disassociate_route_table(AssociationId=replaced)


def test_the_main_association_is_not_taken_off(vpc: Vpc) -> None:
    """EC2 API: DisassociateRouteTable; GitHub: ansible/ansible#25521."""
    with refused("InvalidParameterValue"):
        vpc.ec2.disassociate_route_table(AssociationId=main_association(vpc))


def test_the_main_association_can_be_replaced(account: Account) -> None:
    """EC2 API: ReplaceRouteTableAssociation; VPC Guide: VPC_Route_Tables."""
    vpc = make_vpc(account, "10.0.0.0/16")
    first, second = main_table(vpc)["RouteTableId"], make_table(vpc)
    replace = vpc.ec2.replace_route_table_association
    replace(AssociationId=main_association(vpc), RouteTableId=second)
    eventually(lambda: main_table(vpc)["RouteTableId"], second)
    replace(AssociationId=main_association(vpc), RouteTableId=first)
    eventually(lambda: main_table(vpc)["RouteTableId"], first)


def test_an_unknown_association_is_not_found(vpc: Vpc) -> None:
    """EC2 API: DisassociateRouteTable; EC2 API: ReplaceNetworkAclAssociation; EC2 API: errors-overview."""
    with refused(UNKNOWN):
        vpc.ec2.disassociate_route_table(AssociationId="rtbassoc-0123456789abcdef0")
    with refused(UNKNOWN):
        vpc.ec2.replace_route_table_association(
            AssociationId="rtbassoc-0123456789abcdef0", RouteTableId=main_table(vpc)["RouteTableId"]
        )
    with refused(UNKNOWN):
        vpc.ec2.replace_network_acl_association(
            AssociationId="aclassoc-0123456789abcdef0", NetworkAclId=default_acl(vpc)["NetworkAclId"]
        )


# Network ACLs


def default_acl(vpc: Vpc) -> dict[str, Any]:
    return vpc.only("describe_network_acls", "NetworkAcls", default="true")


def acl_association(vpc: Vpc, subnet: str) -> dict[str, str]:
    """The association of a subnet with its ACL."""
    acl = vpc.only("describe_network_acls", "NetworkAcls", **{"association.subnet-id": subnet})
    (association,) = (each for each in acl["Associations"] if each["SubnetId"] == subnet)
    found: dict[str, str] = association
    return found


def test_a_new_subnet_is_associated_with_the_default_acl(vpc: Vpc, subnet: str) -> None:
    """VPC Guide: default-network-acl."""
    assert acl_association(vpc, subnet)["NetworkAclId"] == default_acl(vpc)["NetworkAclId"]


def test_a_replaced_acl_association_gets_a_new_id(vpc: Vpc, subnet: str) -> None:
    """EC2 API: ReplaceNetworkAclAssociation."""
    old, acl = acl_association(vpc, subnet)["NetworkAclAssociationId"], make_acl(vpc)
    replace = vpc.ec2.replace_network_acl_association
    replaced = replace(AssociationId=old, NetworkAclId=acl)["NewAssociationId"]
    assert replaced != old
    expected = {"NetworkAclAssociationId": replaced, "NetworkAclId": acl, "SubnetId": subnet}
    eventually(lambda: acl_association(vpc, subnet), expected)
    with refused(UNKNOWN):
        replace(AssociationId=old, NetworkAclId=acl)


# Security groups


def test_a_group_can_be_associated_with_another_vpc(vpc: Vpc, account: Account, unique: Callable[[], str]) -> None:
    """VPC Guide: security-group-assoc; EC2 API: DescribeSecurityGroupVpcAssociations."""
    other, group = make_vpc(account, "10.1.0.0/16"), make_group(vpc, unique())

    def states() -> list[tuple[str, str]]:
        by_group = [{"Name": "group-id", "Values": [group]}]
        found = vpc.ec2.describe_security_group_vpc_associations(Filters=by_group)["SecurityGroupVpcAssociations"]
        return [(each["VpcId"], each["State"]) for each in found]

    answer = vpc.ec2.associate_security_group_vpc(GroupId=group, VpcId=other.id)
    assert answer["State"] == "associating"
    eventually(states, [(other.id, "associated")])
    with refused("DependencyViolation"):
        vpc.ec2.delete_security_group(GroupId=group)
    vpc.ec2.disassociate_security_group_vpc(GroupId=group, VpcId=other.id)
    eventually(states, [])
