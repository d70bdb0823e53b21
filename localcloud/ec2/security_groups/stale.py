"""DescribeStaleSecurityGroups: rules that refer to what is gone."""

from typing import Any

from moto.ec2.responses.security_groups import SecurityGroups

from localcloud.core.patching import replaces
from localcloud.ec2.pages import paged_result
from localcloud.ec2.security_groups.references import UserIdGroupPair, find_group, with_peering_status


@replaces(SecurityGroups, "describe_stale_security_groups")
def describe_stale_security_groups(_: None, self: Any) -> Any:
    """DescribeStaleSecurityGroups: the VPC's rules that refer to a deleted group or rely on a deleted peering."""
    backend = self.ec2_backend
    vpc = backend.get_vpc(self._get_param("VpcId"))
    described = [_stale(backend, group) for group in backend.groups[vpc.id].values()]
    stale = [each for each in described if each["StaleIpPermissions"] or each["StaleIpPermissionsEgress"]]
    return paged_result(self, "StaleSecurityGroupSet", stale)


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


def _is_stale(backend: Any, pair: UserIdGroupPair) -> bool:
    if with_peering_status(pair).get("PeeringStatus", "active") != "active":
        return True
    return find_group(pair["UserId"], backend.region_name, "", pair) is None
