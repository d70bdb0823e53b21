"""VPCs: their CIDR blocks, IPv6, the default network ACL, and the DNS options of their peering connections."""

from ipaddress import ip_network
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import (
    Vpc,
    block_states,
    connection,
    delete_peering,
    ipv4_blocks,
    ipv6_block,
    make_peering,
    make_vpc,
    request_peering,
)
from tests.conformance.expecting import eventually, refused

DNS_ON = {"AllowDnsResolutionFromRemoteVpc": True}


@pytest.fixture
def requester(account: Account) -> Vpc:
    return make_vpc(account, "10.0.0.0/16")


@pytest.fixture
def accepter(peer: Account) -> Vpc:
    return make_vpc(peer, "192.168.0.0/16", "10.9.0.0/16")


# CIDR blocks


@pytest.mark.parametrize("block", ["10.0.0.0/16", "10.0.128.0/20", "10.1.5.5/24"], ids=["the same", "inside", "secondary"])
def test_a_block_that_overlaps_the_vpcs_own_is_refused(account: Account, block: str) -> None:
    """VPC Guide: vpc-cidr-blocks; EC2 API: AssociateVpcCidrBlock."""
    vpc = make_vpc(account, "10.0.0.0/16", "10.1.0.0/16")
    with refused("InvalidVpc.Conflict"):
        vpc.ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock=block)


def test_a_block_that_overlaps_a_peers_is_refused_on_either_side(requester: Vpc, accepter: Vpc) -> None:
    """VPC Guide: vpc-cidr-blocks; VPC Peering Guide: vpc-peering-basics."""
    pcx = make_peering(requester, accepter)
    with refused("CidrConflict"):
        requester.ec2.associate_vpc_cidr_block(VpcId=requester.id, CidrBlock="10.9.4.0/24")
    with refused("CidrConflict"):
        accepter.ec2.associate_vpc_cidr_block(VpcId=accepter.id, CidrBlock="10.0.0.0/20")
    delete_peering(requester, pcx)
    requester.ec2.associate_vpc_cidr_block(VpcId=requester.id, CidrBlock="10.9.4.0/24")


def test_a_pending_peering_refuses_no_block(requester: Vpc, accepter: Vpc) -> None:
    """VPC Guide: vpc-cidr-blocks."""
    request_peering(requester, accepter)
    requester.ec2.associate_vpc_cidr_block(VpcId=requester.id, CidrBlock="10.9.4.0/24")


@pytest.mark.parametrize(("block", "code"), [("nowhere", "InvalidParameterValue"), ("11.0.0.0/8", "InvalidVpc.Range")])
def test_a_malformed_block_is_refused(requester: Vpc, block: str, code: str) -> None:
    """VPC Guide: vpc-cidr-blocks; EC2 API: errors-overview."""
    with refused(code):
        requester.ec2.associate_vpc_cidr_block(VpcId=requester.id, CidrBlock=block)


def test_a_vpcs_blocks_are_stored_without_host_bits(account: Account) -> None:
    """EC2 API: CreateVpc; EC2 API: AssociateVpcCidrBlock."""
    vpc = make_vpc(account, "10.0.7.7/16", "10.1.7.7/16")
    eventually(lambda: ipv4_blocks(vpc), ["10.0.0.0/16", "10.1.0.0/16"])


def test_every_block_becomes_associated(account: Account) -> None:
    """EC2 API: VpcCidrBlockAssociation; EC2 API: VpcIpv6CidrBlockAssociation."""
    vpc = make_vpc(account, "10.0.0.0/16", "10.1.0.0/16", ipv6=True)
    eventually(lambda: block_states(vpc), {"associated"})
    assert ip_network(ipv6_block(vpc)).prefixlen == 56


def test_a_disassociated_block_is_free_again(requester: Vpc) -> None:
    """EC2 API: DisassociateVpcCidrBlock; EC2 API: AssociateVpcCidrBlock."""
    ec2, added = requester.ec2, {"VpcId": requester.id, "CidrBlock": "10.1.0.0/16"}
    association = ec2.associate_vpc_cidr_block(**added)["CidrBlockAssociation"]
    eventually(lambda: block_states(requester), {"associated"})
    ec2.disassociate_vpc_cidr_block(AssociationId=association["AssociationId"])
    eventually(lambda: ipv4_blocks(requester), ["10.0.0.0/16"])
    ec2.associate_vpc_cidr_block(**added)


# IPv6


def test_a_subnets_ipv6_block_is_associated(account: Account) -> None:
    """EC2 API: CreateSubnet; EC2 API: SubnetIpv6CidrBlockAssociation."""
    vpc = make_vpc(account, "10.0.0.0/16", ipv6=True)
    block = str(next(ip_network(ipv6_block(vpc)).subnets(new_prefix=64)))
    vpc.ec2.create_subnet(VpcId=vpc.id, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=block)

    def associated() -> list[tuple[str, str]]:
        subnet = vpc.only("describe_subnets", "Subnets")
        return [(each["Ipv6CidrBlock"], each["Ipv6CidrBlockState"]["State"]) for each in subnet["Ipv6CidrBlockAssociationSet"]]

    eventually(associated, [(block, "associated")])


OPEN = {(egress, *entry) for egress in (True, False) for entry in ((101, "allow", "::/0"), (32768, "deny", "::/0"))}


@pytest.mark.parametrize("later", [False, True], ids=["from the start", "associated later"])
def test_the_default_acl_lets_ipv6_through(account: Account, later: bool) -> None:
    """VPC Guide: default-network-acl."""
    vpc = make_vpc(account, "10.0.0.0/16", ipv6=not later)
    if later:
        assert _ipv6_entries(vpc) == set()
        vpc.ec2.associate_vpc_cidr_block(VpcId=vpc.id, AmazonProvidedIpv6CidrBlock=True)
    eventually(lambda: _ipv6_entries(vpc), OPEN)


def _ipv6_entries(vpc: Vpc) -> set[tuple[bool, int, str, str]]:
    """Egress, number, action and block of the default ACL's IPv6 entries."""
    acl = vpc.only("describe_network_acls", "NetworkAcls")
    return {
        (entry["Egress"], entry["RuleNumber"], entry["RuleAction"], entry["Ipv6CidrBlock"])
        for entry in acl["Entries"]
        if "Ipv6CidrBlock" in entry
    }


# DNS options of a peering connection


def _enable_dns_host_names(*vpcs: Vpc) -> None:
    for vpc in vpcs:
        vpc.ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})


def _resolving(side: Vpc, connection_id: str) -> tuple[bool, bool]:
    """Whether the requester's and the accepter's option are on, as a side sees it."""
    seen = connection(side, connection_id)
    infos = (seen["RequesterVpcInfo"], seen["AccepterVpcInfo"])
    requester, accepter = (info["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] for info in infos)
    return requester, accepter


def test_dns_options_are_set_by_each_side_for_itself(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-dns; EC2 API: ModifyVpcPeeringConnectionOptions."""
    _enable_dns_host_names(requester, accepter)
    pcx = make_peering(requester, accepter)
    with refused("OperationNotPermitted"):
        _modify(requester, pcx, AccepterPeeringConnectionOptions=DNS_ON)
    with refused("OperationNotPermitted"):
        _modify(accepter, pcx, RequesterPeeringConnectionOptions=DNS_ON)
    answer = _modify(accepter, pcx, AccepterPeeringConnectionOptions=DNS_ON)
    assert answer["AccepterPeeringConnectionOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert "RequesterPeeringConnectionOptions" not in answer
    eventually(lambda: _resolving(requester, pcx), (False, True))


def _modify(side: Vpc, connection_id: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = side.ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=connection_id, **options)
    return answer


def test_dns_options_wait_for_the_active_connection(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-dns; EC2 API: ModifyVpcPeeringConnectionOptions."""
    _enable_dns_host_names(requester, accepter)
    pcx = request_peering(requester, accepter)
    with refused("OperationNotPermitted"):
        _modify(requester, pcx, RequesterPeeringConnectionOptions=DNS_ON)


def test_dns_options_need_dns_host_names_in_both_vpcs(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-dns; EC2 API: ModifyVpcPeeringConnectionOptions."""
    _enable_dns_host_names(requester)
    pcx = make_peering(requester, accepter)
    with refused("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled"):
        _modify(requester, pcx, RequesterPeeringConnectionOptions=DNS_ON)


def test_within_one_account_and_region_one_call_sets_both_dns_options(requester: Vpc, account: Account) -> None:
    """VPC Peering Guide: vpc-peering-dns; EC2 API: ModifyVpcPeeringConnectionOptions."""
    other = make_vpc(account, "10.1.0.0/16")
    _enable_dns_host_names(requester, other)
    pcx = make_peering(requester, other)
    _modify(requester, pcx, AccepterPeeringConnectionOptions=DNS_ON, RequesterPeeringConnectionOptions=DNS_ON)
    eventually(lambda: _resolving(requester, pcx), (True, True))
