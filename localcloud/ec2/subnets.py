"""Subnets: from /16 to /28, and deleted only where no interface is in them; then they leave their table and their ACL.

Sources: "Subnet sizing for IPv4" and "Delete a subnet" in the VPC User Guide.
"""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from moto.ec2.exceptions import InvalidSubnetRangeError
from moto.ec2.models.subnets import SubnetBackend

from localcloud.core.patching import replaces
from localcloud.ec2.errors import in_use

_LARGEST, _SMALLEST = 16, 28


@replaces(SubnetBackend, "create_subnet")
def create_subnet(original: Callable[..., Any], self: Any, vpc_id: str, cidr_block: str, *args: Any, **kwargs: Any) -> Any:
    """CreateSubnet refuses other sizes: InvalidSubnet.Range. moto itself refuses what is no block, outside, or overlaps."""
    if _size(cidr_block) not in range(_LARGEST, _SMALLEST + 1):
        raise InvalidSubnetRangeError(cidr_block)
    return original(self, vpc_id, cidr_block, *args, **kwargs)


def _size(cidr_block: str | None) -> int:
    """The length of the prefix; a subnet without an IPv4 block, or whose block is none, is moto's business."""
    try:
        return ip_network(cidr_block or "", strict=False).prefixlen
    except ValueError:
        return _SMALLEST


@replaces(SubnetBackend, "delete_subnet")
def delete_subnet(original: Callable[..., Any], self: Any, subnet_id: str) -> Any:
    """DeleteSubnet of a subnet with interfaces: DependencyViolation."""
    if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
        raise in_use("subnet", subnet_id)
    deleted = original(self, subnet_id)
    for table in self.route_tables.values():
        _forget(table._associations, lambda associated: associated == subnet_id)
    for acl in self.network_acls.values():
        _forget(acl._associations, lambda association: association.subnet_id == subnet_id)
    return deleted


def _forget(associations: dict[str, Any], is_gone: Callable[[Any], bool]) -> None:
    for association_id in [each for each, associated in associations.items() if is_gone(associated)]:
        del associations[association_id]
