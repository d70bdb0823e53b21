"""Security groups themselves: in a VPC that exists, with a name of their own, and deleted only where nothing uses them.

Sources: "Default security groups for your VPCs" and "Delete security groups" in the VPC User Guide; CreateSecurityGroup and
DeleteSecurityGroup in the EC2 API Reference.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups

from localcloud.core.patching import replaces
from localcloud.ec2.errors import invalid_parameter
from localcloud.ec2.groups import groups_of, rules_of

_RESERVED = "sg-"


@replaces(SecurityGroupBackend, "create_security_group")
def create_security_group(
    original: Callable[..., Any], self: Any, name: str, description: str, vpc_id: str | None = None, **kwargs: Any
) -> Any:
    """CreateSecurityGroup; a VPC's default group lets its own members in.

    Raises:
        EC2ClientError: InvalidVpcID.NotFound, InvalidParameterValue for a name like an id; from moto InvalidGroup.Duplicate.
    """
    if vpc_id:
        self.get_vpc(vpc_id)
    if name.startswith(_RESERVED):
        message = f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        raise invalid_parameter(message)
    group = original(self, name, description, vpc_id, **kwargs)
    if group.is_default:
        itself = {"GroupId": group.id, "UserId": self.account_id}
        rule = SecurityGroupRule(self, "-1", group.id, None, None, None, source_group=itself, is_egress=False)
        group.ingress_rules.append(rule)
    return group


@replaces(SecurityGroup, "__init__")
def a_group_is_in_its_own_vpc_only(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    """Further VPCs come with AssociateSecurityGroupVpc."""
    self.associated_vpcs = dict[str, str]()
    original(self, *args, **kwargs)


@replaces(SecurityGroups, "delete_security_group")
def the_default_group_stays(original: Callable[..., Any], self: Any) -> Any:
    """DeleteSecurityGroup of a VPC's default group: CannotDelete. It goes with its VPC."""
    group = self.ec2_backend.get_security_group_from_id(self._get_param("GroupId"))
    if group is not None and group.name == "default":
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise EC2ClientError("CannotDelete", message)
    return original(self)


@replaces(SecurityGroupBackend, "_delete_security_group")
def delete_security_group(original: Callable[..., Any], self: Any, vpc_id: str | None, group_id: str) -> None:
    """DeleteSecurityGroup while an interface, another group of the VPC or a further VPC uses it: DependencyViolation."""
    group = self.get_security_group_from_id(group_id)
    used = any(group in interface.group_set for interface in self.enis.values())
    if used or group.associated_vpcs or any(_names(other, group) for other in groups_of(self)):
        raise EC2ClientError("DependencyViolation", f"resource {group_id} has a dependent object")
    original(self, vpc_id, group_id)


def _names(other: Any, group: Any) -> bool:
    """Whether another group of the VPC has a rule that refers to the group."""
    if other is group or other.vpc_id != group.vpc_id:
        return False
    return any(rule.source_group.get("GroupId") == group.id for rule in rules_of(other))
