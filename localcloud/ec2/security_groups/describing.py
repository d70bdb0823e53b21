"""DescribeSecurityGroupRules, and a rule as the API describes it."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidGroupIdMalformedError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.utils import is_valid_security_group_id

from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.groups import groups_of, rules_of
from localcloud.ec2.pages import paged_result
from localcloud.ec2.security_groups.references import with_peering_status
from localcloud.ec2.security_groups.rules import description_holder, find_rule
from localcloud.ec2.tags import described_tags

type Description = dict[str, Any]

_NO_PORT = -1


@replaces(SecurityGroups, "describe_security_group_rules")
def describe_security_group_rules(_: Callable[..., Any], self: Any) -> Any:
    """DescribeSecurityGroupRules with filters and pages.

    Raises:
        EC2ClientError: InvalidSecurityGroupRuleId.NotFound, InvalidGroupId.Malformed, InvalidParameterValue for an
            unknown filter.
    """
    backend, filters = self.ec2_backend, self._filters_from_querystring()
    for group_id in filters.get("group-id", []):
        if not is_valid_security_group_id(group_id):
            raise InvalidGroupIdMalformedError(group_id)
    every = {rule.id: rule for group in groups_of(backend) for rule in rules_of(group)}
    wanted = self._get_param("SecurityGroupRuleIds", []) or list(every)
    described = [describe_rule(backend, find_rule(every, rule_id)) for rule_id in wanted]
    return paged_result(self, "SecurityGroupRules", select("DescribeSecurityGroupRules", described, filters))


@replaces(EC2Backend, "do_resources_exist")
def a_rule_must_exist_to_be_tagged(original: Callable[..., bool], self: Any, resource_ids: list[str]) -> bool:
    """CreateTags on an unknown security-group rule: InvalidSecurityGroupRuleId.NotFound."""
    known = {rule.id for group in groups_of(self) for rule in rules_of(group)}
    for resource_id in resource_ids:
        if resource_id.startswith("sgr-") and resource_id not in known:
            raise InvalidSecurityGroupRuleIdNotFoundError(resource_id)
    return original(self, resource_ids)


def describe_rule(backend: Any, rule: Any) -> Description:
    """The rule as SecurityGroupRule of the API: no ports are -1."""
    arn = f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:security-group-rule/{rule.id}"
    return {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": arn,
        "GroupId": rule.group_id,
        "GroupOwnerId": backend.account_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.ip_protocol,
        "FromPort": _NO_PORT if rule.from_port is None else rule.from_port,
        "ToPort": _NO_PORT if rule.to_port is None else rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "ReferencedGroupId": rule.source_group.get("GroupId"),
        "ReferencedGroupInfo": with_peering_status(rule.source_group) or None,
        "Description": description_holder(rule).get("Description"),
        "Tags": described_tags(backend, rule.id),
    }
