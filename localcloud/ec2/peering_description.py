"""How EC2 describes a VPC peering connection to one of its two sides."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from localcloud.ec2.cidr_blocks import ipv4_blocks, ipv6_blocks
from localcloud.ec2.lifecycle import PENDING, Role, Status
from localcloud.ec2.selecting import Reader, select

type Description = dict[str, Any]


def describe(connection: Any, status: Status, *, own_side: Role, tags: Mapping[str, str]) -> Description:
    """The connection as that side sees it: its own tags, and the other VPC's CIDR blocks and options once active."""

    def side(role: Role, vpc: Any, options: dict[str, bool]) -> Description:
        identity = {"OwnerId": vpc.owner_id, "VpcId": vpc.id, "Region": vpc.region}
        if role == own_side or status.code == "active":
            return identity | _details(vpc, options)
        return identity

    return {
        "VpcPeeringConnectionId": connection.id,
        "Status": {"Code": status.code, "Message": status.message},
        "RequesterVpcInfo": side("requester", connection.vpc, connection.requester_options),
        "AccepterVpcInfo": side("accepter", connection.peer_vpc, connection.accepter_options),
        "ExpirationTime": connection.lifecycle.expires_at if status.code in PENDING else None,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _details(vpc: Any, options: dict[str, bool]) -> Description:
    return {
        "CidrBlock": vpc.cidr_block,
        "CidrBlockSet": [{"CidrBlock": cidr} for cidr in ipv4_blocks(vpc)],
        "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": cidr} for cidr in ipv6_blocks(vpc)],
        "PeeringOptions": options,
    }


def _vpc_readers(prefix: str, key: str) -> dict[str, Reader[Description]]:
    return {
        f"{prefix}.owner-id": lambda each: [each[key]["OwnerId"]],
        f"{prefix}.vpc-id": lambda each: [each[key]["VpcId"]],
        f"{prefix}.cidr-block": lambda each: [block["CidrBlock"] for block in each[key].get("CidrBlockSet", [])],
    }


_READERS: dict[str, Reader[Description]] = {
    "vpc-peering-connection-id": lambda each: [each["VpcPeeringConnectionId"]],
    "status-code": lambda each: [each["Status"]["Code"]],
    "status-message": lambda each: [each["Status"]["Message"]],
    **_vpc_readers("requester-vpc-info", "RequesterVpcInfo"),
    **_vpc_readers("accepter-vpc-info", "AccepterVpcInfo"),
}


def select_connections(descriptions: Iterable[Description], filters: Mapping[str, Sequence[str]]) -> list[Description]:
    """Those that match the filters of DescribeVpcPeeringConnections; InvalidParameterValue for an unknown filter."""
    return select(descriptions, filters, _READERS, _tags)


def _tags(description: Description) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in description["Tags"]}
