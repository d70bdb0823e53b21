"""Network ACL entries: numbered, canonical, within the quota.

The quota's default is 20 entries per direction, IPv4 and IPv6 together, and the closing deny (number 32767) counts.
Sources: "Amazon VPC quotas" in the VPC User Guide; CreateNetworkAclEntry in the EC2 API Reference.
"""

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import EC2ClientError, MissingParameter
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.responses.network_acls import NetworkACLs

from localcloud.core.patching import replaces
from localcloud.ec2 import quotas
from localcloud.ec2.cidr_blocks import canonical, canonical_of
from localcloud.ec2.errors import invalid_combination, invalid_parameter
from localcloud.servicequotas.vpc_quotas import ACL_RULES

_LAST_NUMBER = 32766
_LAST_PROTOCOL, _LAST_PORT, _LAST_ICMP = 255, 65535, 255
_ICMP, _ICMPV6 = "1", "58"
_WITH_PORTS = frozenset({"6", "17"})


@replaces(NetworkAclBackend, "create_network_acl_entry")
def create_network_acl_entry(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """CreateNetworkAclEntry stores the block without host bits. A used number: NetworkAclEntryAlreadyExists."""
    entry = original(self, *args, **kwargs)
    entry.cidr_block = entry.cidr_block and canonical(entry.cidr_block)
    entry.ipv6_cidr_block = entry.ipv6_cidr_block and canonical(entry.ipv6_cidr_block)
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
def an_entry_within_the_quota(_: Callable[..., Any], self: Any) -> Any:
    """CreateNetworkAclEntry, whole or not at all. Beyond the quota: NetworkAclEntryLimitExceeded."""
    entry = _entry_of(self)
    acl = self.ec2_backend.get_network_acl(entry["network_acl_id"])
    egress, number = entry["egress"], entry["rule_number"]
    others = [each for each in acl.network_acl_entries if each.egress == egress and each.rule_number != number]
    quotas.enforce(ACL_RULES, self.ec2_backend, len(others) + 1, acl.id)
    self.ec2_backend.create_network_acl_entry(**entry)
    return EmptyResult()


@replaces(NetworkACLs, "replace_network_acl_entry")
def a_well_formed_replacement(_: Callable[..., Any], self: Any) -> Any:
    """ReplaceNetworkAclEntry never leaves the entry out: what is malformed is refused before."""
    self.ec2_backend.replace_network_acl_entry(**_entry_of(self))
    return EmptyResult()


@replaces(NetworkACLs, "delete_network_acl_entry")
def the_closing_deny_stays(original: Callable[..., Any], self: Any) -> Any:
    """DeleteNetworkAclEntry cannot delete the entry 32767: InvalidParameterValue."""
    _refuse_number_out_of_range(self._get_param("RuleNumber"))
    return original(self)


def _entry_of(response: Any) -> dict[str, Any]:
    """The entry that a request describes, in moto's words. What AWS ignores of it for its protocol is left out."""
    number, protocol = response._get_param("RuleNumber"), response._get_param("Protocol")
    _refuse_number_out_of_range(number)
    blocks = _blocks(response)
    if not re.fullmatch(r"-1|\d{1,3}", protocol) or int(protocol) > _LAST_PROTOCOL:
        raise _invalid(protocol, "protocol", "It has to be a protocol number, or -1.")
    return {
        "network_acl_id": response._get_param("NetworkAclId"),
        "rule_number": number,
        "protocol": protocol,
        "rule_action": response._get_param("RuleAction"),
        "egress": response._get_param("Egress"),
        **blocks,
        **_ports(response, protocol),
        **_icmp(response, protocol, ipv6=blocks["ipv6_cidr_block"] is not None),
    }


def _blocks(response: Any) -> dict[str, str | None]:
    """Exactly one of the two: MissingParameter, InvalidParameterCombination."""
    ipv4, ipv6 = (response._get_param(name) for name in ("CidrBlock", "Ipv6CidrBlock"))
    exactly_one = "The request must contain exactly one of: cidrBlock, ipv6CidrBlock"
    if not ipv4 and not ipv6:
        raise MissingParameter(exactly_one)
    if ipv4 and ipv6:
        raise invalid_combination(exactly_one)
    try:
        canonical_of(4 if ipv4 else 6, ipv4 or ipv6)
    except ValueError as error:
        name = "cidrBlock" if ipv4 else "ipv6CidrBlock"
        raise _invalid(ipv4 or ipv6, name, "This is not a valid CIDR block.") from error
    return {"cidr_block": ipv4, "ipv6_cidr_block": ipv6}


def _ports(response: Any, protocol: str) -> dict[str, int | None]:
    """TCP and UDP need a port range; with any other protocol it is ignored."""
    if protocol not in _WITH_PORTS:
        return {"port_range_from": None, "port_range_to": None}
    first, last = (_required(response, name) for name in ("PortRange.From", "PortRange.To"))
    if not 0 <= first <= last <= _LAST_PORT:
        raise _invalid(f"{first}-{last}", "portRange", "This is not a range of ports.")
    return {"port_range_from": first, "port_range_to": last}


def _icmp(response: Any, protocol: str, *, ipv6: bool) -> dict[str, int | None]:
    """ICMP, and ICMPv6 with an IPv6 block, need type and code, of which -1 means all; otherwise they are ignored."""
    if protocol != _ICMP and not (protocol == _ICMPV6 and ipv6):
        return {"icmp_type": None, "icmp_code": None}
    kind, code = (_required(response, name) for name in ("IcmpTypeCode.Type", "IcmpTypeCode.Code"))
    if not (-1 <= kind <= _LAST_ICMP and -1 <= code <= _LAST_ICMP):
        raise _invalid(f"{kind}/{code}", "icmpTypeCode", "Type and code are numbers from -1 to 255.")
    return {"icmp_type": kind, "icmp_code": code}


def _required(response: Any, name: str) -> int:
    value = response._get_param(name)
    if value is None:
        raise MissingParameter(f"The request must contain the parameter {name[0].lower()}{name[1:]}")
    return int(value)


def _invalid(value: object, parameter: str, why: str) -> Exception:
    return invalid_parameter(f"Value ({value}) for parameter {parameter} is invalid. {why}")


def _refuse_number_out_of_range(number: int) -> None:
    """Rules are numbered from 1 to 32766."""
    if not 1 <= int(number) <= _LAST_NUMBER:
        raise _invalid(number, "ruleNumber", "The specified rule number is out of range.")
