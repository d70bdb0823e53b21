"""IpPermissions, taken apart: one rule for each block, group and prefix list, in canonical form."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from localcloud.ec2.cidr_blocks import canonical_of
from localcloud.ec2.errors import invalid_parameter
from localcloud.ec2.security_groups.rules import Rule

type Permission = dict[str, Any]
"""One IpPermission as moto takes it apart: ip_protocol, from_port, to_port, ip_ranges, source_groups, …"""

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_LAST_PROTOCOL = 255
_HIGHEST_PORT = 65535
_ANY = -1
"""Every ICMP type or code, and what is shown for the ports of a protocol that has none."""


class ParsedRule(msgspec.Struct, frozen=True):
    """A rule, its description, and the user-id-group pair that it was given as."""

    rule: Rule
    text: str | None
    pair: dict[str, Any] | None = None


def rules_in(group: Any, permissions: Iterable[Permission]) -> Iterator[ParsedRule]:
    for permission in permissions:
        protocol, from_port, to_port = _protocol_and_ports(permission)
        bare = Rule(protocol=protocol, from_port=from_port, to_port=to_port)
        for ip_range in _ranges(permission.get("ip_ranges")):
            yield ParsedRule(msgspec.structs.replace(bare, cidr=_cidr(ip_range)), ip_range.get("Description"))
        for pair in permission.get("source_groups") or []:
            group_id = pair.get("GroupId") or _id_of(group, pair.get("GroupName"))
            yield ParsedRule(msgspec.structs.replace(bare, group_id=group_id), pair.get("Description"), pair)
        for listed in permission.get("prefix_list_ids") or []:
            rule = msgspec.structs.replace(bare, prefix_list_id=listed["PrefixListId"])
            yield ParsedRule(rule, listed.get("Description"))


def _protocol_and_ports(permission: Permission) -> tuple[str, int | None, int | None]:
    """Names for numbers; ports for tcp and udp, type and code for icmp, none for any other protocol."""
    given = str(permission.get("ip_protocol") or "-1").lower()
    protocol = _PROTOCOLS.get(given, given)
    low, high = permission.get("from_port"), permission.get("to_port")
    if protocol == "-1":
        return protocol, None, None
    if protocol in {"tcp", "udp"}:
        return protocol, *_tcp_or_udp_ports(low, high)
    if protocol in {"icmp", "icmpv6"}:
        return protocol, _ANY if low is None else int(low), _ANY if high is None else int(high)
    if not (protocol.isdecimal() and int(protocol) <= _LAST_PROTOCOL):
        raise invalid_parameter(f"Invalid value '{given}' for IP protocol. Unknown protocol.")
    return protocol, _ANY, _ANY


def _tcp_or_udp_ports(low: Any, high: Any) -> tuple[int, int]:
    if low is None or high is None or not 0 <= int(low) <= int(high) <= _HIGHEST_PORT:
        raise invalid_parameter("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    return int(low), int(high)


def _ranges(given: Any) -> list[dict[str, str]]:
    """CloudFormation in moto passes a bare block, everything else a list."""
    return [{"CidrIp": given}] if isinstance(given, str) else given or []


def _cidr(ip_range: dict[str, str]) -> str:
    """Without host bits: 10.0.0.5/16 is 10.0.0.0/16. Anything but a block of its family: InvalidParameterValue."""
    text, version = (ip_range["CidrIp"], 4) if ip_range.get("CidrIp") else (ip_range.get("CidrIpv6", ""), 6)
    try:
        return canonical_of(version, text)
    except ValueError as error:
        raise invalid_parameter(f"CIDR block {text} is malformed") from error


def _id_of(group: Any, name: str | None) -> str | None:
    named = group.ec2_backend.get_security_group_from_name(name, group.vpc_id)
    return named.id if named else None
