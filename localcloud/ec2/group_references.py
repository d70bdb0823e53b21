"""Security groups that refer to other groups, above all to groups of a peered VPC."""

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import GroupedSecurityRuleView
from moto.ec2.responses.security_groups import SecurityGroups

from localcloud.core.patching import replaces
from localcloud.ec2.peering import active_between, anywhere, status_of
from localcloud.ec2.selecting import paged_result

type Pair = dict[str, Any]


def resolve(backend: Any, group: Any, pair: Pair) -> Pair:
    """The user-id-group pair as EC2 stores it, with the peering connection that it relies on.

    Another account's group needs that account's id. A group of another VPC needs an active peering connection with
    that VPC, in the same region.

    Raises:
        EC2ClientError: InvalidGroup.NotFound.
    """
    owner = pair.get("UserId") or backend.account_id
    referenced = _find(owner, backend.region_name, group.vpc_id, pair)
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


def with_peering_status(pair: Pair) -> Pair:
    """The pair as a describe shows it: a reference across a peering tells the connection's status."""
    connection_id = pair.get("VpcPeeringConnectionId")
    if connection_id is None:
        return pair
    connection = anywhere(connection_id)
    return pair | {"PeeringStatus": "deleted" if connection is None else status_of(connection).code}


@replaces(GroupedSecurityRuleView, "user_id_group_pairs")
def pairs_tell_the_peering_status(_: Any, self: Any) -> list[Pair]:
    return [with_peering_status(pair) for pair in self.source_groups]


@replaces(SecurityGroups, "describe_stale_security_groups")
def describe_stale_security_groups(_: None, self: Any) -> Any:
    """DescribeStaleSecurityGroups: the VPC's rules that refer to a deleted group or rely on a deleted peering."""
    backend = self.ec2_backend
    vpc = backend.get_vpc(self._get_param("VpcId"))
    described = [_stale(backend, group) for group in backend.groups[vpc.id].values()]
    stale = [each for each in described if each["StaleIpPermissions"] or each["StaleIpPermissionsEgress"]]
    return paged_result(self, "StaleSecurityGroupSet", stale)


@replaces(SecurityGroups, "describe_security_group_references")
def describe_security_group_references(_: None, self: Any) -> Any:
    """DescribeSecurityGroupReferences: the peered VPCs whose groups refer to these. Unknown: InvalidGroup.NotFound."""
    backend = self.ec2_backend
    wanted = self._get_param("GroupId", [])
    for group_id in wanted:
        if backend.get_security_group_from_id(group_id) is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
    found = {
        (pair["GroupId"], group.vpc_id, pair["VpcPeeringConnectionId"])
        for group in _groups_of_every_account(backend.region_name)
        for pair in _pairs(group)
        if pair["GroupId"] in wanted and "VpcPeeringConnectionId" in pair
    }
    keys = ("GroupId", "ReferencingVpcId", "VpcPeeringConnectionId")
    references = [dict(zip(keys, reference, strict=True)) for reference in sorted(found)]
    return ActionResult({"SecurityGroupReferenceSet": references})


def _find(owner: str, region: str, vpc_id: str, pair: Pair) -> Any | None:
    if owner not in ec2_backends or region not in ec2_backends[owner]:
        return None
    there = ec2_backends[owner][region]
    if group_id := pair.get("GroupId"):
        return there.get_security_group_from_id(group_id)
    return there.get_security_group_from_name(pair.get("GroupName"), vpc_id)


def _stale(backend: Any, group: Any) -> dict[str, Any]:
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "StaleIpPermissions": _stale_permissions(backend, group.ingress_rules),
        "StaleIpPermissionsEgress": _stale_permissions(backend, group.egress_rules),
    }


def _stale_permissions(backend: Any, rules: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "IpProtocol": rule.ip_protocol,
            "FromPort": rule.from_port,
            "ToPort": rule.to_port,
            "UserIdGroupPairs": [with_peering_status(rule.source_group)],
        }
        for rule in rules
        if rule.source_group and _is_stale(backend, rule.source_group)
    ]


def _is_stale(backend: Any, pair: Pair) -> bool:
    if with_peering_status(pair).get("PeeringStatus", "active") != "active":
        return True
    return _find(pair["UserId"], backend.region_name, "", pair) is None


def _groups_of_every_account(region: str) -> Iterator[Any]:
    for regions in list(ec2_backends.values()):
        if region in regions.keys():  # noqa: SIM118 - `in regions` tells which regions there could be
            for groups in regions[region].groups.values():
                yield from groups.values()


def _pairs(group: Any) -> Iterator[Pair]:
    for rule in (*group.ingress_rules, *group.egress_rules):
        if rule.source_group:
            yield rule.source_group
