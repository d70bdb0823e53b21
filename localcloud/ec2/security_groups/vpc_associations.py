"""Security groups that are associated with further VPCs of their account and region.

Source: "Associate security groups with multiple VPCs" in the VPC User Guide.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.responses.security_groups import SecurityGroups

from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.groups import groups_of
from localcloud.ec2.pages import paged_result


@replaces(SecurityGroups, "associate_security_group_vpc")
def associate_security_group_vpc(_: None, self: Any) -> Any:
    """AssociateSecurityGroupVpc of a default group, or with the group's own VPC: InvalidParameterValue."""
    group, vpc = _group_and_vpc(self)
    if group.vpc_id == vpc.id or group.is_default:
        message = f"The security group {group.id} cannot be associated with {vpc.id}."
        raise EC2ClientError("InvalidParameterValue", message)
    group.associated_vpcs[vpc.id] = "associated"
    return ActionResult({"State": "associating"})


@replaces(SecurityGroups, "disassociate_security_group_vpc")
def disassociate_security_group_vpc(_: None, self: Any) -> Any:
    """DisassociateSecurityGroupVpc of an association that there is not: InvalidSecurityGroupVpcAssociation.NotFound.

    While an interface in that VPC uses the group: DependencyViolation.
    """
    group, vpc = _group_and_vpc(self)
    if vpc.id not in group.associated_vpcs:
        message = f"The security group {group.id} is not associated with {vpc.id}."
        raise EC2ClientError("InvalidSecurityGroupVpcAssociation.NotFound", message)
    if any(group in each.group_set and each.vpc_id == vpc.id for each in self.ec2_backend.enis.values()):
        raise EC2ClientError("DependencyViolation", f"resource {group.id} has a dependent object in {vpc.id}")
    del group.associated_vpcs[vpc.id]
    return ActionResult({"State": "disassociating"})


@replaces(SecurityGroups, "describe_security_group_vpc_associations")
def describe_security_group_vpc_associations(_: None, self: Any) -> Any:
    """DescribeSecurityGroupVpcAssociations with filters and pages."""
    account_id = self.ec2_backend.account_id
    described = [
        {"GroupId": group.id, "VpcId": vpc_id, "VpcOwnerId": account_id, "GroupOwnerId": account_id, "State": state}
        for group in groups_of(self.ec2_backend)
        for vpc_id, state in group.associated_vpcs.items()
    ]
    found = select("DescribeSecurityGroupVpcAssociations", described, self._filters_from_querystring())
    return paged_result(self, "SecurityGroupVpcAssociations", found)


def _group_and_vpc(response: Any) -> tuple[Any, Any]:
    group_id = response._get_param("GroupId")
    group = response.ec2_backend.get_security_group_from_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    return group, response.ec2_backend.get_vpc(response._get_param("VpcId"))
