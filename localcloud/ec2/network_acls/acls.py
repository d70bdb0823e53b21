"""Network ACLs themselves: each ends in a deny, the default one stays, and a subnet has one.

Sources: "Default network ACL for a VPC" in the VPC User Guide; DeleteNetworkAcl and ReplaceNetworkAclAssociation in the EC2 API
Reference. Error codes are those that callers have met.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidAssociationIdError, InvalidNetworkAclIdError
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.responses.network_acls import NetworkACLs

from localcloud.core.patching import replaces
from localcloud.ec2.errors import invalid_parameter

_CLOSING_DENY = {
    "rule_number": 32767,
    "protocol": "-1",
    "rule_action": "deny",
    "cidr_block": "0.0.0.0/0",
    "icmp_code": None,
    "icmp_type": None,
    "port_range_from": None,
    "port_range_to": None,
    "ipv6_cidr_block": None,
}


@replaces(NetworkAclBackend, "create_network_acl")
def every_acl_ends_in_a_deny(original: Callable[..., Any], self: Any, vpc_id: str, *args: Any, **kwargs: Any) -> Any:
    """CreateNetworkAcl makes an ACL that denies everything, with an entry 32767 in each direction."""
    acl = original(self, vpc_id, *args, **kwargs)
    if not acl.default:
        for egress in (True, False):
            self.create_network_acl_entry(network_acl_id=acl.id, egress=egress, **_CLOSING_DENY)
    return acl


@replaces(NetworkACLs, "describe_network_acls")
def an_unknown_acl_is_not_found(original: Callable[..., Any], self: Any) -> Any:
    """DescribeNetworkAcls of an unknown id: InvalidNetworkAclID.NotFound."""
    for acl_id in self._get_param("NetworkAclIds", []):
        if acl_id not in self.ec2_backend.network_acls:
            raise InvalidNetworkAclIdError(acl_id)
    return original(self)


@replaces(NetworkACLs, "delete_network_acl")
def the_default_acl_stays(original: Callable[..., Any], self: Any) -> Any:
    """DeleteNetworkAcl of a VPC's default ACL: InvalidParameterValue. It goes with its VPC."""
    acl = self.ec2_backend.get_network_acl(self._get_param("NetworkAclId"))
    if acl.default:
        raise invalid_parameter(f"cannot delete default network ACL {acl.id}")
    return original(self)


@replaces(NetworkAclBackend, "replace_network_acl_association")
def replace_network_acl_association(original: Callable[..., Any], self: Any, association_id: str, network_acl_id: str) -> Any:
    """ReplaceNetworkAclAssociation within a VPC; an ACL of another one: InvalidParameterValue.

    Raises:
        EC2ClientError: InvalidAssociationID.NotFound, InvalidNetworkAclID.NotFound, InvalidParameterValue.
    """
    replacing = self.get_network_acl(network_acl_id)
    replaced = next((acl for acl in self.network_acls.values() if association_id in acl._associations), None)
    if replaced is None:
        raise InvalidAssociationIdError(association_id)
    if replaced.vpc_id != replacing.vpc_id:
        raise invalid_parameter(f"network ACL {network_acl_id} and association {association_id} belong to different networks")
    return original(self, association_id, network_acl_id)
