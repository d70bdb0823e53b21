"""Deleting a VPC: only where nothing is in it. What belongs to it goes with it, and its peering connections end.

Sources: "Delete your VPC" in the VPC User Guide, "Delete a VPC peering connection" in the VPC Peering Guide.
"""

from collections.abc import Callable, Iterator
from typing import Any

from moto.ec2.models.vpcs import VPCBackend

from localcloud.core.patching import replaces
from localcloud.ec2.errors import in_use
from localcloud.ec2.groups import groups_of
from localcloud.ec2.peering.connections import sides_of, status_of
from localcloud.ec2.peering.deletion import end_by
from localcloud.ec2.peering.lifecycle import LIVE, PENDING


@replaces(VPCBackend, "delete_vpc")
def delete_vpc(original: Callable[..., Any], self: Any, vpc_id: str) -> Any:
    """DeleteVpc ends the VPC's peering connections and its own requests for one.

    Raises:
        EC2ClientError: InvalidVpcID.NotFound; DependencyViolation while something is in the VPC or associated with it, or while
            another account's request for a peering is pending.
    """
    vpc = self.get_vpc(vpc_id)
    live = [each for each in self.vpc_pcxs.values() if vpc in (each.vpc, each.peer_vpc) and status_of(each).code in LIVE]
    if any(_contents(self, vpc_id)) or any(_asked_by_another(each, vpc) for each in live):
        raise in_use("vpc", vpc_id)
    for connection in live:
        end_by(connection, self, sides_of(connection, self)[0])
    answer = original(self, vpc_id)
    for acl in [each for each in self.network_acls.values() if each.vpc_id == vpc_id]:
        self.network_acls.pop(acl.id)
    return answer


def _contents(backend: Any, vpc_id: str) -> Iterator[Any]:
    """What keeps a VPC; moto knows of subnets, further route tables and VPN gateways."""
    yield from (each for each in backend.internet_gateways.values() if each.vpc and each.vpc.id == vpc_id)
    yield from (each for each in backend.network_acls.values() if each.vpc_id == vpc_id and not each.default)
    yield from (each for each in backend.vpc_end_points.values() if each.vpc_id == vpc_id and each.state != "deleted")
    for group in groups_of(backend):
        if (group.vpc_id == vpc_id and group.name != "default") or vpc_id in group.associated_vpcs:
            yield group


def _asked_by_another(connection: Any, vpc: Any) -> bool:
    asked = connection.peer_vpc is vpc and status_of(connection).code in PENDING
    return asked and connection.vpc.owner_id != vpc.owner_id
