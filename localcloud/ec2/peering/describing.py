"""How EC2 describes a VPC peering connection to one of its two sides."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections

from localcloud.core.patching import replaces
from localcloud.ec2.cidr_blocks import ipv4_blocks, ipv6_blocks
from localcloud.ec2.documented_filters import select
from localcloud.ec2.pages import paged_result
from localcloud.ec2.peering.connections import not_found, sides_of, status_of, visible_connections
from localcloud.ec2.peering.lifecycle import PENDING, Side, Status
from localcloud.ec2.tags import described_tags

type Description = dict[str, Any]


@replaces(VPCPeeringConnections, "describe_vpc_peering_connections")
def describe_as_seen_from_here(_: Callable[..., Any], self: Any) -> Any:
    """DescribeVpcPeeringConnections with filters and pages. An unknown id: InvalidVpcPeeringConnectionID.NotFound."""
    backend = self.ec2_backend
    visible = {connection.id: connection for connection in visible_connections(backend)}
    wanted = self._get_param("VpcPeeringConnectionIds", []) or list(visible)
    for connection_id in wanted:
        if connection_id not in visible:
            not_found(connection_id)
    described = [_describe(backend, visible[each], status_of(visible[each])) for each in wanted]
    found = select("DescribeVpcPeeringConnections", described, self._filters_from_querystring())
    return paged_result(self, "VpcPeeringConnections", found)


def answer(backend: Any, connection: Any, status: Status) -> Any:
    """The answer of a call that changed the connection, as the caller's side sees it."""
    return ActionResult({"VpcPeeringConnection": _describe(backend, connection, status)})


def _describe(backend: Any, connection: Any, status: Status) -> Description:
    """The connection as one side sees it: its own tags, its CIDR blocks until it is deleted, the other VPC's while active."""
    own_side = sides_of(connection, backend)[0]

    def described(side: Side, vpc: Any, options: dict[str, bool]) -> Description:
        identity = {"OwnerId": vpc.owner_id, "VpcId": vpc.id, "Region": vpc.region}
        if (side == own_side and status.code != "deleted") or status.code == "active":
            return identity | _details(vpc, options)
        return identity

    return {
        "VpcPeeringConnectionId": connection.id,
        "Status": {"Code": status.code, "Message": status.message},
        "RequesterVpcInfo": described("requester", connection.vpc, connection.requester_options),
        "AccepterVpcInfo": described("accepter", connection.peer_vpc, connection.accepter_options),
        "ExpirationTime": connection.lifecycle.expires_at if status.code in PENDING else None,
        "Tags": described_tags(backend, connection.id),
    }


def _details(vpc: Any, options: dict[str, bool]) -> Description:
    return {
        "CidrBlock": vpc.cidr_block,
        "CidrBlockSet": [{"CidrBlock": cidr} for cidr in ipv4_blocks(vpc)],
        "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": cidr} for cidr in ipv6_blocks(vpc)],
        "PeeringOptions": options,
    }
