"""Network ACL entries: numbered, canonical, within the quota; every ACL ends in a deny.

The quota's default is 20 entries per direction, IPv4 and IPv6 together, and the closing deny (number 32767) counts.
Source: "Amazon VPC quotas" in the VPC User Guide.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidNetworkAclIdError, MissingParameter
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.responses.network_acls import NetworkACLs

from localcloud.strict import quotas
from localcloud.strict.cidr_blocks import network
from localcloud.strict.patching import replaces

_LAST_NUMBER = 32766
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


@replaces(NetworkAclBackend, "create_network_acl_entry")
def create_network_acl_entry(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """CreateNetworkAclEntry stores the block without host bits. A used number: NetworkAclEntryAlreadyExists."""
    entry = original(self, *args, **kwargs)
    entry.cidr_block = entry.cidr_block and str(network(entry.cidr_block))
    entry.ipv6_cidr_block = entry.ipv6_cidr_block and str(network(entry.ipv6_cidr_block))
    return entry


@replaces(NetworkAclBackend, "delete_network_acl_entry")
def delete_network_acl_entry(
    original: Callable[..., Any], self: Any, network_acl_id: str, rule_number: int, egress: Any
) -> Any:
    """DeleteNetworkAclEntry, and so ReplaceNetworkAclEntry. Missing: InvalidNetworkAclEntry.NotFound."""
    entries = self.get_network_acl(network_acl_id).network_acl_entries
    if (egress, rule_number) not in {(entry.egress, entry.rule_number) for entry in entries}:
        message = f"The network acl entry identified by {rule_number} does not exist"
        raise EC2ClientError("InvalidNetworkAclEntry.NotFound", message)
    return original(self, network_acl_id, rule_number, egress)


@replaces(NetworkACLs, "create_network_acl_entry")
def an_entry_within_the_quota(original: Callable[..., Any], self: Any) -> Any:
    """CreateNetworkAclEntry beyond the quota: NetworkAclEntryLimitExceeded."""
    _refuse_malformed_entry(self)
    acl = self.ec2_backend.get_network_acl(self._get_param("NetworkAclId"))
    egress, number = self._get_param("Egress"), self._get_param("RuleNumber")
    others = [entry for entry in acl.network_acl_entries if entry.egress == egress and entry.rule_number != number]
    quotas.enforce(quotas.ACL_RULES, self.ec2_backend, len(others) + 1, acl.id)
    return original(self)


@replaces(NetworkACLs, "replace_network_acl_entry")
def a_well_formed_replacement(original: Callable[..., Any], self: Any) -> Any:
    """ReplaceNetworkAclEntry never leaves the entry out: what is malformed is refused before."""
    _refuse_malformed_entry(self)
    return original(self)


@replaces(NetworkACLs, "delete_network_acl_entry")
def the_closing_deny_stays(original: Callable[..., Any], self: Any) -> Any:
    """DeleteNetworkAclEntry cannot delete the entry 32767: InvalidParameterValue."""
    _refuse_number_out_of_range(self._get_param("RuleNumber"))
    return original(self)


@replaces(NetworkACLs, "describe_network_acls")
def an_unknown_acl_is_not_found(original: Callable[..., Any], self: Any) -> Any:
    """DescribeNetworkAcls of an unknown id: InvalidNetworkAclID.NotFound."""
    for acl_id in self._get_param("NetworkAclIds", []):
        if acl_id not in self.ec2_backend.network_acls:
            raise InvalidNetworkAclIdError(acl_id)
    return original(self)


def _refuse_malformed_entry(response: Any) -> None:
    _refuse_number_out_of_range(response._get_param("RuleNumber"))
    blocks = [response._get_param(name) for name in ("CidrBlock", "Ipv6CidrBlock")]
    if not any(blocks):
        raise MissingParameter("The request must contain exactly one of: cidrBlock, ipv6CidrBlock")
    for block, version in zip(blocks, (4, 6), strict=True):
        if block and not _is_block(block, version):
            message = f"Value ({block}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
            raise EC2ClientError("InvalidParameterValue", message)


def _refuse_number_out_of_range(number: int) -> None:
    """Rules are numbered from 1 to 32766."""
    if not 1 <= int(number) <= _LAST_NUMBER:
        message = f"Value ({number}) for parameter ruleNumber is invalid. The specified rule number is out of range."
        raise EC2ClientError("InvalidParameterValue", message)


def _is_block(text: str, version: int) -> bool:
    try:
        return network(text).version == version
    except ValueError:
        return False
