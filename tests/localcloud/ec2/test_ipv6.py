"""IPv6 where moto stops half way: a subnet's block, and the default network ACL."""

from ipaddress import ip_network

import pytest

from .conftest import World


def acl_entries(world: World, vpc: str) -> set[tuple[bool, int, str, str]]:
    """Egress, number, action and block of the default ACL's IPv6 entries."""
    (acl,) = world.ec2().describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    return {
        (entry["Egress"], entry["RuleNumber"], entry["RuleAction"], entry["Ipv6CidrBlock"])
        for entry in acl["Entries"]
        if "Ipv6CidrBlock" in entry
    }


OPEN = {(egress, *entry) for egress in (True, False) for entry in ((101, "allow", "::/0"), (32768, "deny", "::/0"))}


def test_a_subnets_block_is_associated(world: World) -> None:
    vpc = world.vpc("10.0.0.0/16", ipv6=True)
    (described,) = world.ec2().describe_vpcs(VpcIds=[vpc])["Vpcs"]
    block = str(next(ip_network(described["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]).subnets(new_prefix=64)))

    world.ec2().create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=block)

    (subnet,) = world.ec2().describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    (association,) = subnet["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlock"] == block
    assert association["Ipv6CidrBlockState"]["State"] == "associated"


@pytest.mark.parametrize("later", [False, True], ids=["from the start", "associated later"])
def test_the_default_acl_lets_ipv6_through(world: World, later: bool) -> None:
    vpc = world.vpc("10.0.0.0/16", ipv6=not later)
    if later:
        assert acl_entries(world, vpc) == set()
        world.ec2().associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)

    assert acl_entries(world, vpc) == OPEN
