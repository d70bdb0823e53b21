"""CIDR blocks of VPCs, and what overlapping means."""

from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.ec2.cidr_blocks import overlapping

TEST, PRODUCTION = "111111111111", "222222222222"

# Blocks of at most 256 addresses out of few, so that they meet often and their addresses can be listed.
SMALL_IPV4 = st.builds("10.0.{}.{}/{}".format, st.integers(0, 3), st.integers(0, 255), st.integers(24, 32))
SMALL_IPV6 = st.builds("2001:db8::{:x}/{}".format, st.integers(0, 1023), st.integers(120, 128))
SOME_BLOCKS = st.lists(SMALL_IPV4 | SMALL_IPV6, max_size=4)


def addresses(blocks: list[str]) -> set[Any]:
    return {address for block in blocks for address in ip_network(block, strict=False)}


@given(SOME_BLOCKS, SOME_BLOCKS)
def test_overlapping_means_having_an_address_in_common(ours: list[str], theirs: list[str]) -> None:
    shared = addresses(ours) & addresses(theirs)
    pair = overlapping(ours, theirs)
    assert (pair is not None) == bool(shared)
    if pair:
        assert addresses([pair[0]]) & addresses([pair[1]]) <= shared


@pytest.mark.parametrize("block", ["10.0.0.0/16", "10.0.128.0/20", "10.1.5.5/24"])
def test_a_block_that_overlaps_the_vpcs_own_is_refused(world: Any, refused: Any, block: str) -> None:
    vpc = world.vpc("10.0.0.0/16", "10.1.0.0/16")
    with refused("InvalidVpc.Conflict"):
        world.ec2().associate_vpc_cidr_block(VpcId=vpc, CidrBlock=block)


def test_a_block_that_overlaps_a_peers_is_refused_on_either_side(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("192.168.0.0/16", "10.9.0.0/16", account=PRODUCTION)
    pcx = world.peer(vpc, peer)
    with refused("CidrConflict"):
        world.ec2().associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.9.4.0/24")
    with refused("CidrConflict"):
        world.ec2(PRODUCTION).associate_vpc_cidr_block(VpcId=peer, CidrBlock="10.0.0.0/20")
    world.ec2().delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.ec2().associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.9.4.0/24")


def test_a_pending_peering_refuses_no_block(world: Any) -> None:
    vpc = world.vpc("10.0.0.0/16")
    world.request(vpc, world.vpc("192.168.0.0/16", account=PRODUCTION))
    world.ec2().associate_vpc_cidr_block(VpcId=vpc, CidrBlock="192.168.0.0/20")


@pytest.mark.parametrize(("block", "code"), [("nowhere", "InvalidParameterValue"), ("11.0.0.0/8", "InvalidVpc.Range")])
def test_a_malformed_block_is_refused(world: Any, refused: Any, block: str, code: str) -> None:
    with refused(code):
        world.ec2().associate_vpc_cidr_block(VpcId=world.vpc("10.0.0.0/16"), CidrBlock=block)


def test_blocks_are_stored_without_host_bits(world: Any) -> None:
    vpc = world.vpc("10.0.7.7/16", "10.1.7.7/16")
    (described,) = world.ec2().describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert described["CidrBlock"] == "10.0.0.0/16"
    assert [block["CidrBlock"] for block in described["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]


def test_describe_lists_every_associated_block(world: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16", "10.1.0.0/16", ipv6=True), world.ec2()
    (described,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert {block["CidrBlockState"]["State"] for block in described["CidrBlockAssociationSet"]} == {"associated"}
    (ipv6,) = described["Ipv6CidrBlockAssociationSet"]
    assert ipv6["Ipv6CidrBlockState"]["State"] == "associated"
    assert ip_network(ipv6["Ipv6CidrBlock"]).prefixlen == 56


def test_a_disassociated_block_is_free_again(world: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    (described,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert [IPv4Network(block["CidrBlock"]) for block in described["CidrBlockAssociationSet"]] == [IPv4Network("10.0.0.0/16")]
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")
