"""Creating: what a new connection's two VPCs have to be, and which request is the existing one again."""

from collections.abc import Callable
from typing import Any

import msgspec
from moto.ec2.models import ec2_backends
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections
from moto.ec2.utils import random_vpc_peering_connection_id

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2 import quotas
from localcloud.ec2.cidr_blocks import all_blocks, overlapping
from localcloud.ec2.errors import invalid_parameter
from localcloud.ec2.peering import lifecycle
from localcloud.ec2.peering.connections import mark_accepted, refuse_another_active, sides_of, status_of
from localcloud.ec2.peering.describing import answer
from localcloud.ec2.peering.lifecycle import LIVE, PENDING, Ending, Lifecycle
from localcloud.servicequotas.vpc_quotas import OUTSTANDING_PEERINGS


class AbsentVpc(msgspec.Struct, frozen=True):
    """The peer VPC that a request names and that does not exist there."""

    owner_id: str
    region: str
    id: str


@replaces(VPCPeeringConnections, "create_vpc_peering_connection")
def create(_: Callable[..., Any], self: Any) -> Any:
    """CreateVpcPeeringConnection answers `initiating-request`, or the live connection of the same direction."""
    backend = self.ec2_backend
    vpc = backend.get_vpc(self._get_param("VpcId"))
    peer_vpc = _peer_vpc(
        backend,
        self._get_param("PeerOwnerId") or backend.account_id,
        self._get_param("PeerRegion") or backend.region_name,
        self._get_param("PeerVpcId"),
    )
    if existing := _same_direction(backend, vpc, peer_vpc):
        return answer(backend, existing, status_of(existing))
    tags = self._parse_tag_specification().get("vpc-peering-connection", {})
    connection = backend.create_vpc_peering_connection(vpc, peer_vpc, tags)
    return answer(backend, connection, lifecycle.initiating(connection.lifecycle))


@replaces(VPCPeeringConnectionBackend, "create_vpc_peering_connection")
def create_within_the_quotas(
    _: Callable[..., Any], self: Any, vpc: Any, peer_vpc: Any, tags: dict[str, str] | None = None
) -> Any:
    """Overlapping blocks, one VPC with itself or a missing peer VPC end in `failed`, not in an API error.

    Raises:
        EC2ClientError: VpcPeeringConnectionsPerVpcLimitExceeded, OutstandingVpcPeeringConnectionLimitExceeded.
    """
    refuse_another_active(vpc)
    _refuse_another_outstanding(self)
    connection = VPCPeeringConnection(self, random_vpc_peering_connection_id(), vpc, peer_vpc, tags)
    now = timing.now()
    ending = None if _can_be_peered(vpc, peer_vpc) else Ending("failed", now, "requester", self.account_id)
    connection.lifecycle = Lifecycle(accepter_account=peer_vpc.owner_id, created_at=now, ending=ending)
    self.vpc_pcxs[connection.id] = connection
    if not isinstance(peer_vpc, AbsentVpc):
        peer_vpc.ec2_backend.vpc_pcxs[connection.id] = connection
    return connection


@replaces(VPCPeeringConnection, "create_from_cloudformation_json")
def cloudformation_accepts_for_its_own_account(
    _: Callable[..., Any],
    resource_name: str,  # noqa: ARG001 - moto's signature
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **__: Any,
) -> Any:
    """AWS::EC2::VPCPeeringConnection accepts in its own account, and in another one where PeerRoleArn says how."""
    properties = cloudformation_json["Properties"]
    backend = ec2_backends[account_id][region_name]
    owner = properties.get("PeerOwnerId") or account_id
    peer_vpc = _peer_vpc(backend, owner, properties.get("PeerRegion") or region_name, properties["PeerVpcId"])
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    connection = backend.create_vpc_peering_connection(backend.get_vpc(properties["VpcId"]), peer_vpc, tags)
    can_accept = owner == account_id or "PeerRoleArn" in properties
    if can_accept and connection.lifecycle.ending is None:
        mark_accepted(connection)
    return connection


def _peer_vpc(backend: Any, owner_id: str, region: str, vpc_id: str) -> Any:
    """A missing VPC of one's own account and region is refused: InvalidVpcID.NotFound. Of others it ends in `failed`."""
    if (owner_id, region) == (backend.account_id, backend.region_name):
        return backend.get_vpc(vpc_id)
    if region not in ec2_backends[owner_id]:
        raise invalid_parameter(f"Value ({region}) for parameter peerRegion is invalid.")
    return ec2_backends[owner_id][region].vpcs.get(vpc_id) or AbsentVpc(owner_id, region, vpc_id)


def _can_be_peered(vpc: Any, peer_vpc: Any) -> bool:
    if isinstance(peer_vpc, AbsentVpc) or vpc is peer_vpc:
        return False
    return overlapping(all_blocks(vpc), all_blocks(peer_vpc)) is None


def _same_direction(backend: Any, vpc: Any, peer_vpc: Any) -> Any | None:
    for connection in backend.vpc_pcxs.values():
        same = (connection.vpc.id, connection.peer_vpc.id) == (vpc.id, peer_vpc.id)
        if same and status_of(connection).code in LIVE:
            return connection
    return None


def _refuse_another_outstanding(backend: Any) -> None:
    sent = [each for each in backend.vpc_pcxs.values() if "requester" in sides_of(each, backend)]
    count = sum(status_of(each).code in PENDING for each in sent)
    quotas.enforce(OUTSTANDING_PEERINGS, backend, count + 1, f"account {backend.account_id}")
