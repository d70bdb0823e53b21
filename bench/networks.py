"""Pairs of VPCs that wait to be peered, made anew for each measurement."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from bench.cloud import MEMBERS, REGION, Cloud, operator_role

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REQUESTER_BLOCK, ACCEPTER_BLOCK = "10.0.0.0/16", "192.168.0.0/16"
_EVERYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
_numbers = count(1)


class Vpc(msgspec.Struct, frozen=True):
    """One side: a VPC with a subnet, and in it a network interface with the security group, which allows nothing yet."""

    account_id: str
    role_arn: str
    vpc_id: str
    cidr_block: str
    route_table_ids: tuple[str, ...]
    security_group_id: str
    network_interface_id: str


class Pair(msgspec.Struct, frozen=True):
    """Two VPCs in two accounts. ``name`` serves as the request's id."""

    name: str
    region: str
    requester: Vpc
    accepter: Vpc

    @property
    def sides(self) -> tuple[Vpc, Vpc]:
        return self.requester, self.accepter

    @property
    def request_item(self) -> dict[str, object]:
        """What Causeway is asked: SSH and ICMP both ways, on all route tables."""
        requester, accepter = (
            {"account_id": vpc.account_id, "region": self.region, "vpc_id": vpc.vpc_id} for vpc in self.sides
        )
        return {
            "request_id": self.name,
            "requester": requester,
            "accepter": accepter,
            "allow": [{"from": "both", "protocol": "tcp", "ports": "22"}, {"from": "both", "protocol": "icmp"}],
            "security_groups": {
                "requester": [self.requester.security_group_id],
                "accepter": [self.accepter.security_group_id],
            },
        }


def build_pair(cloud: Cloud, route_tables: int) -> Pair:
    """Two VPCs with that many route tables each, the main one among them."""
    requester, accepter = (
        build_vpc(cloud.member_ec2(account_id), account_id, block, route_tables)
        for account_id, block in zip(MEMBERS, (REQUESTER_BLOCK, ACCEPTER_BLOCK), strict=True)
    )
    return Pair(name=f"bench-{next(_numbers)}", region=REGION, requester=requester, accepter=accepter)


def occupy_last_route_table(cloud: Cloud, pair: Pair) -> None:
    """Point a route to the peer's block elsewhere, where every way comes last: on the accepter's last route table."""
    cloud.member_ec2(pair.accepter.account_id).create_route(
        RouteTableId=pair.accepter.route_table_ids[-1],
        DestinationCidrBlock=pair.requester.cidr_block,
        NetworkInterfaceId=pair.accepter.network_interface_id,
    )


def build_vpc(ec2: "EC2Client", account_id: str, block: str, route_tables: int) -> Vpc:
    """A VPC with that many route tables, the main one among them."""
    vpc_id = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
    subnet_id = ec2.create_subnet(VpcId=vpc_id, CidrBlock=block.replace("/16", "/24"))["Subnet"]["SubnetId"]
    group_id = ec2.create_security_group(GroupName="app", Description="Allows nothing yet", VpcId=vpc_id)["GroupId"]
    ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=_EVERYTHING)  # type: ignore[arg-type]
    interface = ec2.create_network_interface(SubnetId=subnet_id, Groups=[group_id])["NetworkInterface"]
    return Vpc(
        account_id=account_id,
        role_arn=operator_role(account_id),
        vpc_id=vpc_id,
        cidr_block=block,
        route_table_ids=tuple(_route_tables(ec2, vpc_id, route_tables)),
        security_group_id=group_id,
        network_interface_id=interface["NetworkInterfaceId"],
    )


def _route_tables(ec2: "EC2Client", vpc_id: str, wanted: int) -> Iterator[str]:
    main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["RouteTables"]
    yield from (table["RouteTableId"] for table in main)
    for _ in range(wanted - len(main)):
        yield ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
