"""The security groups that interfaces of a VPC can carry: those made there, those associated with it, and those they carry."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from causeway.domain.model.errors import AccessDenied

from .pages import MOST_FILTER_VALUES, describe_all

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2 import type_defs as ec2

    from causeway.domain.model.request import VpcRef

ASSOCIATED = "associated"


def associated_groups(client: EC2Client, vpc: VpcRef) -> frozenset[str]:
    """The ids of the groups of other VPCs that are associated with this one.

    Where they may not be listed, they are still known as far as interfaces carry them.
    """
    filters: list[ec2.FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc.vpc_id]}]
    try:
        found = describe_all(client, vpc, "describe_security_group_vpc_associations", "SecurityGroupVpcAssociations", filters)
    except AccessDenied:
        return frozenset()
    return frozenset(each["GroupId"] for each in found if each["State"] == ASSOCIATED)


def groups_by_id(client: EC2Client, vpc: VpcRef, ids: Collection[str]) -> list[ec2.SecurityGroupTypeDef]:
    """Those of the groups that may be read. They are asked for by a filter, so that one that is not visible is no error.

    Without ids there is no call.
    """
    batches = batched(sorted(ids), MOST_FILTER_VALUES, strict=False)
    filters: list[list[ec2.FilterTypeDef]] = [[{"Name": "group-id", "Values": list(some)}] for some in batches]
    return [raw for each in filters for raw in describe_all(client, vpc, "describe_security_groups", "SecurityGroups", each)]
