"""Security-group rules: authorised and revoked as a whole batch, in canonical form, within the quota."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import Any

import msgspec
from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidGroupIdMalformedError,
    InvalidPermissionNotFoundError,
    InvalidSecurityGroupNotFoundError,
    InvalidSecurityGroupRuleIdNotFoundError,
    MissingParameter,
)
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.utils import is_valid_security_group_id

from localcloud.core.patching import replaces
from localcloud.ec2 import prefix_lists, quotas
from localcloud.ec2.group_references import resolve, with_peering_status
from localcloud.ec2.selecting import Reader, paged_result, select

type Permission = dict[str, Any]
"""One IpPermission as moto takes it apart: ip_protocol, from_port, to_port, ip_ranges, source_groups, …"""

type Description = dict[str, Any]

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_HIGHEST_PORT = 65535
_ANY = -1


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What makes two rules of one group and direction the same."""

    protocol: str
    from_port: int | None
    to_port: int | None
    cidr: str | None = None
    group_id: str | None = None
    prefix_list_id: str | None = None

    def __str__(self) -> str:
        peer = self.cidr or self.group_id or self.prefix_list_id
        return f"peer: {peer}, {self.protocol.upper()}, from port: {self.from_port}, to port: {self.to_port}, ALLOW"


# What moto's responses and its CloudFormation call


def _authorize_with(name: str, *, is_egress: bool) -> None:
    @replaces(SecurityGroups, name)
    def answer(_: Callable[..., Any], self: Any) -> Any:
        group = _group_of(self)
        tags = self._parse_tag_specification().get("security-group-rule", {})
        permissions = list(self._process_rules_from_querystring())
        rules = authorize(self.ec2_backend, group, permissions, tags, is_egress=is_egress)
        described = [describe_rule(self.ec2_backend, rule) for rule in rules]
        return ActionResult({"Return": True, "SecurityGroupRules": described})

    @replaces(SecurityGroupBackend, name)
    def one_permission(_: Callable[..., Any], self: Any, group_name_or_id: str, **permission: Any) -> Any:
        group = _group(self, group_name_or_id)
        tags = permission.get("sgrule_tags") or {}
        return authorize(self, group, [permission], tags, is_egress=is_egress), group


def _revoke_with(name: str, *, is_egress: bool) -> None:
    @replaces(SecurityGroups, name)
    def answer(_: Callable[..., Any], self: Any) -> Any:
        chosen = _chosen_rules(self, _group_of(self), self._get_param("SecurityGroupRuleIds", []), is_egress=is_egress)
        described = [describe_rule(self.ec2_backend, rule) for rule in chosen]
        revoke(self.ec2_backend, _group_of(self), chosen, is_egress=is_egress)
        return ActionResult({"Return": True, "RevokedSecurityGroupRules": described})


def _update_descriptions_with(name: str, *, is_egress: bool) -> None:
    @replaces(SecurityGroups, name)
    def answer(_: Callable[..., Any], self: Any) -> Any:
        """Answers `Return`. Unknown: InvalidPermission.NotFound or InvalidSecurityGroupRuleId.NotFound."""
        by_id = self._get_param("SecurityGroupRuleDescriptions", [])
        ids = [each["SecurityGroupRuleId"] for each in by_id]
        rules = _chosen_rules(self, _group_of(self), ids, is_egress=is_egress)
        if by_id:
            texts = [each.get("Description") for each in by_id]
        else:
            texts = [each.text for each in _parsed(_group_of(self), self._process_rules_from_querystring())]
        for rule, text in zip(rules, texts, strict=True):
            _set_description(rule, text)
        return ActionResult({"Return": True})


for _direction in ("ingress", "egress"):
    _authorize_with(f"authorize_security_group_{_direction}", is_egress=_direction == "egress")
    _revoke_with(f"revoke_security_group_{_direction}", is_egress=_direction == "egress")
    _update_descriptions_with(f"update_security_group_rule_descriptions_{_direction}", is_egress=_direction == "egress")


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
    every = {rule.id: rule for groups in backend.groups.values() for group in groups.values() for rule in _all(group)}
    wanted = self._get_param("SecurityGroupRuleIds", []) or list(every)
    described = [describe_rule(backend, _by_id(every, rule_id)) for rule_id in wanted]
    return paged_result(self, "SecurityGroupRules", select(described, filters, _READERS, _tags))


# The rules


def authorize(
    backend: Any, group: Any, permissions: Sequence[Permission], tags: dict[str, str], *, is_egress: bool
) -> list[Any]:
    """Add every rule of the permissions to the group, or, when one of them is refused, none.

    Raises:
        EC2ClientError: InvalidPermission.Duplicate, InvalidGroup.NotFound, InvalidParameterValue, MissingParameter,
            RulesPerSecurityGroupLimitExceeded.
    """
    rules = [_made(backend, group, each, is_egress=is_egress) for each in _parsed(group, permissions)]
    if not rules:
        raise MissingParameter("The request must contain a source or a destination for each permission")
    existing = _of_direction(group, is_egress=is_egress)
    _refuse_duplicates(map(rule_of, existing), map(rule_of, rules))
    _refuse_over_the_quota(backend, group, [rule_of(rule) for rule in (*existing, *rules)])
    existing.extend(rules)
    for rule in rules:
        rule.add_tags(tags)
    return rules


def revoke(backend: Any, group: Any, rules: Sequence[Any], *, is_egress: bool) -> None:
    """Remove these rules of the group, and their tags with them."""
    removed = {rule.id for rule in rules}
    kept = [rule for rule in _of_direction(group, is_egress=is_egress) if rule.id not in removed]
    _of_direction(group, is_egress=is_egress)[:] = kept
    for rule_id in removed:
        backend.tags.pop(rule_id, None)


def rule_of(rule: Any) -> Rule:
    """What moto's rule is, as a value."""
    return Rule(
        protocol=rule.ip_protocol,
        from_port=rule.from_port,
        to_port=rule.to_port,
        cidr=rule.cidr_ipv4 or rule.cidr_ipv6,
        group_id=rule.source_group.get("GroupId"),
        prefix_list_id=rule.prefix_list_id,
    )


def describe_rule(backend: Any, rule: Any) -> Description:
    """The rule as SecurityGroupRule of the API: no ports are -1."""
    arn = f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:security-group-rule/{rule.id}"
    tags = backend.tags.get(rule.id, {})
    return {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": arn,
        "GroupId": rule.group_id,
        "GroupOwnerId": backend.account_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.ip_protocol,
        "FromPort": _ANY if rule.from_port is None else rule.from_port,
        "ToPort": _ANY if rule.to_port is None else rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "ReferencedGroupId": rule.source_group.get("GroupId"),
        "ReferencedGroupInfo": with_peering_status(rule.source_group) or None,
        "Description": _described(rule).get("Description"),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _refuse_duplicates(existing: Iterable[Rule], asked: Iterable[Rule]) -> None:
    seen = set(existing)
    for rule in asked:
        if rule in seen:
            raise EC2ClientError("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')
        seen.add(rule)


def _refuse_over_the_quota(backend: Any, group: Any, rules: Sequence[Rule]) -> None:
    """RulesPerSecurityGroupLimitExceeded, per direction, IPv4 and IPv6 apart."""
    for family in (4, 6):
        count = sum(_weight(backend, rule) for rule in rules if family in _families(backend, rule))
        quotas.enforce(quotas.GROUP_RULES, backend, count, group.id)


def _families(backend: Any, rule: Rule) -> set[int]:
    """The IP versions whose quota the rule uses; a reference to a group uses both."""
    if rule.prefix_list_id:
        return {prefix_lists.family(backend, rule.prefix_list_id)}
    return {ip_network(rule.cidr).version} if rule.cidr else {4, 6}


def _weight(backend: Any, rule: Rule) -> int:
    return prefix_lists.size(backend, rule.prefix_list_id) if rule.prefix_list_id else 1


# Taking a request apart


class _Parsed(msgspec.Struct, frozen=True):
    rule: Rule
    text: str | None
    pair: dict[str, Any] | None = None


def _parsed(group: Any, permissions: Iterable[Permission]) -> Iterator[_Parsed]:
    for permission in permissions:
        protocol, from_port, to_port = _protocol_and_ports(permission)
        bare = Rule(protocol=protocol, from_port=from_port, to_port=to_port)
        for ip_range in _ranges(permission.get("ip_ranges")):
            yield _Parsed(msgspec.structs.replace(bare, cidr=_cidr(ip_range)), ip_range.get("Description"))
        for pair in permission.get("source_groups") or []:
            group_id = pair.get("GroupId") or _id_of(group, pair.get("GroupName"))
            yield _Parsed(msgspec.structs.replace(bare, group_id=group_id), pair.get("Description"), pair)
        for listed in permission.get("prefix_list_ids") or []:
            rule = msgspec.structs.replace(bare, prefix_list_id=listed["PrefixListId"])
            yield _Parsed(rule, listed.get("Description"))


def _protocol_and_ports(permission: Permission) -> tuple[str, int | None, int | None]:
    """Names for numbers; ports for tcp and udp, type and code for icmp, none for all protocols."""
    given = str(permission.get("ip_protocol") or "-1").lower()
    protocol = _PROTOCOLS.get(given, given)
    low, high = permission.get("from_port"), permission.get("to_port")
    if protocol == "-1":
        return protocol, None, None
    if protocol in {"tcp", "udp"}:
        return protocol, *_tcp_or_udp_ports(low, high)
    return protocol, _ANY if low is None else int(low), _ANY if high is None else int(high)


def _tcp_or_udp_ports(low: Any, high: Any) -> tuple[int, int]:
    if low is None or high is None or not 0 <= int(low) <= int(high) <= _HIGHEST_PORT:
        message = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
        raise EC2ClientError("InvalidParameterValue", message)
    return int(low), int(high)


def _ranges(given: Any) -> list[dict[str, str]]:
    """CloudFormation in moto passes a bare block, everything else a list."""
    return [{"CidrIp": given}] if isinstance(given, str) else given or []


def _cidr(ip_range: dict[str, str]) -> str:
    """Without host bits: 10.0.0.5/16 is 10.0.0.0/16. Anything but a block of its family: InvalidParameterValue."""
    text, version = (ip_range["CidrIp"], 4) if ip_range.get("CidrIp") else (ip_range.get("CidrIpv6", ""), 6)
    message = f"CIDR block {text} is malformed"
    try:
        block = ip_network(text, strict=False)
    except ValueError as error:
        raise EC2ClientError("InvalidParameterValue", message) from error
    if block.version != version:
        raise EC2ClientError("InvalidParameterValue", message)
    return str(block)


def _id_of(group: Any, name: str | None) -> str | None:
    named = group.ec2_backend.get_security_group_from_name(name, group.vpc_id)
    return named.id if named else None


def _made(backend: Any, group: Any, parsed: _Parsed, *, is_egress: bool) -> Any:
    rule = parsed.rule
    made = SecurityGroupRule(
        backend,
        rule.protocol,
        group.id,
        rule.from_port,
        rule.to_port,
        ip_range={_cidr_key(rule.cidr): rule.cidr} if rule.cidr else None,
        source_group=resolve(backend, group, parsed.pair) if parsed.pair is not None else None,
        prefix_list_id={"PrefixListId": rule.prefix_list_id} if rule.prefix_list_id else None,
        is_egress=is_egress,
    )
    _set_description(made, parsed.text)
    return made


def _cidr_key(cidr: str) -> str:
    return "CidrIpv6" if ":" in cidr else "CidrIp"


# Finding


def _group_of(response: Any) -> Any:
    return _group(response.ec2_backend, response._get_param("GroupId") or response._get_param("GroupName"))


def _group(backend: Any, name_or_id: str) -> Any:
    group = backend.get_security_group_by_name_or_id(name_or_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(name_or_id)
    return group


def _chosen_rules(response: Any, group: Any, ids: Sequence[str], *, is_egress: bool) -> list[Any]:
    """The rules that a request names by id, or else by permission; all of them must exist."""
    existing = _of_direction(group, is_egress=is_egress)
    if ids:
        by_id = {rule.id: rule for rule in existing}
        return [_by_id(by_id, rule_id) for rule_id in ids]
    by_value = {rule_of(rule): rule for rule in existing}
    asked = [parsed.rule for parsed in _parsed(group, response._process_rules_from_querystring())]
    if not asked:
        raise MissingParameter("The request must contain the rules, by id or by permission")
    if not by_value.keys() >= set(asked):
        raise InvalidPermissionNotFoundError
    return [by_value[rule] for rule in asked]


def _by_id(rules: dict[str, Any], rule_id: str) -> Any:
    if rule_id not in rules:
        raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
    return rules[rule_id]


def _of_direction(group: Any, *, is_egress: bool) -> list[Any]:
    rules: list[Any] = group.egress_rules if is_egress else group.ingress_rules
    return rules


def _all(group: Any) -> Iterator[Any]:
    yield from group.egress_rules
    yield from group.ingress_rules


def _described(rule: Any) -> dict[str, str]:
    """Where moto keeps a rule's description: with the block or the group that it is for."""
    holder: dict[str, str] = rule.source_group or rule.ip_range
    return holder


def _set_description(rule: Any, text: str | None) -> None:
    if text:
        _described(rule)["Description"] = text
    else:
        _described(rule).pop("Description", None)


_READERS: dict[str, Reader[Description]] = {
    "group-id": lambda each: [each["GroupId"]],
    "security-group-rule-id": lambda each: [each["SecurityGroupRuleId"]],
}


def _tags(described: Description) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described["Tags"]}
