"""IPv6 where moto stops half way: the state of a subnet's block, and the default network ACL, which lets IPv6 through.

Source: "Default network ACL" in the VPC User Guide.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCBackend

from localcloud.core.patching import replaces
from localcloud.ec2.cidr_blocks import ipv6_blocks

_DEFAULT_ENTRIES = {101: "allow", 32768: "deny"}


@replaces(Subnet, "ipv6_cidr_block_association_set")
def a_subnets_block_is_associated(original: Callable[..., Any], self: Any) -> list[dict[str, Any]]:
    """The state is a word. moto shows it wrapped twice."""
    return [{**each, "ipv6CidrBlockState": each["ipv6CidrBlockState"]["state"]} for each in original(self)]


@replaces(NetworkAclBackend, "add_default_entries")
def the_default_acl_lets_ipv6_through(original: Callable[..., Any], self: Any, network_acl_id: str) -> None:
    """The default ACL of a VPC that is created with an IPv6 block has the entries for it."""
    original(self, network_acl_id)
    acl = self.get_network_acl(network_acl_id)
    if ipv6_blocks(self.get_vpc(acl.vpc_id)):
        _add_entries(self, acl)


@replaces(VPCBackend, "associate_vpc_cidr_block")
def a_later_block_adds_the_entries(original: Callable[..., Any], self: Any, vpc_id: str, *args: Any, **kwargs: Any) -> Any:
    """An IPv6 block that a VPC gets later lets IPv6 through its default ACL too."""
    association = original(self, vpc_id, *args, **kwargs)
    if ipv6_blocks(self.get_vpc(vpc_id)):
        for acl in self.network_acls.values():
            if acl.default and acl.vpc_id == vpc_id:
                _add_entries(self, acl)
    return association


def _add_entries(backend: Any, acl: Any) -> None:
    present = {(entry.egress, entry.rule_number) for entry in acl.network_acl_entries}
    for egress in (True, False):
        for number, action in _DEFAULT_ENTRIES.items():
            if (egress, number) not in present:
                backend.create_network_acl_entry(
                    network_acl_id=acl.id,
                    rule_number=number,
                    protocol="-1",
                    rule_action=action,
                    egress=egress,
                    cidr_block=None,
                    icmp_code=None,
                    icmp_type=None,
                    port_range_from=None,
                    port_range_to=None,
                    ipv6_cidr_block="::/0",
                )
