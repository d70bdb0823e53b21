"""Rules that refer to other groups, above all to groups of a peered VPC."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import GroupedSecurityRuleView

from localcloud.core.patching import replaces
from localcloud.ec2.peering.connections import active_between, anywhere, status_of

type UserIdGroupPair = dict[str, Any]


def resolve(backend: Any, group: Any, pair: UserIdGroupPair) -> UserIdGroupPair:
    """The user-id-group pair as EC2 stores it, with the peering connection that it relies on.

    Another account's group needs that account's id. A group of another VPC needs an active peering connection with
    that VPC, in the same region.

    Raises:
        EC2ClientError: InvalidGroup.NotFound.
    """
    owner = pair.get("UserId") or backend.account_id
    referenced = find_group(owner, backend.region_name, group.vpc_id, pair)
    if referenced is None:
        raise InvalidSecurityGroupNotFoundError(pair.get("GroupId") or pair.get("GroupName"))
    resolved = {"GroupId": referenced.id, "UserId": owner}
    if description := pair.get("Description"):
        resolved["Description"] = description
    if referenced.vpc_id == group.vpc_id:
        return resolved
    connection = active_between(group.vpc_id, referenced.vpc_id, backend)
    if connection is None:
        message = "You have specified two resources that belong to different networks."
        raise EC2ClientError("InvalidGroup.NotFound", message)
    return resolved | {"VpcId": referenced.vpc_id, "VpcPeeringConnectionId": connection.id}


def with_peering_status(pair: UserIdGroupPair) -> UserIdGroupPair:
    """The pair as a describe shows it: a reference across a peering has the connection's status."""
    connection_id = pair.get("VpcPeeringConnectionId")
    if connection_id is None:
        return pair
    connection = anywhere(connection_id)
    return pair | {"PeeringStatus": "deleted" if connection is None else status_of(connection).code}


@replaces(GroupedSecurityRuleView, "user_id_group_pairs")
def pairs_have_the_peering_status(_: Any, self: Any) -> list[UserIdGroupPair]:
    return [with_peering_status(pair) for pair in self.source_groups]


def find_group(owner: str, region: str, vpc_id: str, pair: UserIdGroupPair) -> Any | None:
    if owner not in ec2_backends or region not in ec2_backends[owner]:
        return None
    there = ec2_backends[owner][region]
    if group_id := pair.get("GroupId"):
        return there.get_security_group_from_id(group_id)
    return there.get_security_group_from_name(pair.get("GroupName"), vpc_id)
