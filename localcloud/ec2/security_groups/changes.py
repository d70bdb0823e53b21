"""AuthorizeSecurityGroup… and RevokeSecurityGroup…: every rule of a batch, or none."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidPermissionNotFoundError,
    InvalidSecurityGroupNotFoundError,
    MissingParameter,
)
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups

from localcloud.core.patching import replaces
from localcloud.ec2 import quotas
from localcloud.ec2.prefix_lists import lists
from localcloud.ec2.security_groups.describing import describe_rule
from localcloud.ec2.security_groups.permissions import ParsedRule, Permission, rules_in
from localcloud.ec2.security_groups.references import resolve
from localcloud.ec2.security_groups.rules import Rule, description_holder, find_rule, of_direction, rule_of
from localcloud.servicequotas.vpc_quotas import GROUP_RULES


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


for _direction in ("ingress", "egress"):
    _authorize_with(f"authorize_security_group_{_direction}", is_egress=_direction == "egress")
    _revoke_with(f"revoke_security_group_{_direction}", is_egress=_direction == "egress")


def authorize(
    backend: Any, group: Any, permissions: Sequence[Permission], tags: dict[str, str], *, is_egress: bool
) -> list[Any]:
    """Add every rule of the permissions to the group, or, when one of them is refused, none.

    Raises:
        EC2ClientError: InvalidPermission.Duplicate, InvalidGroup.NotFound, InvalidParameterValue, MissingParameter,
            RulesPerSecurityGroupLimitExceeded.
    """
    rules = [_made(backend, group, each, is_egress=is_egress) for each in rules_in(group, permissions)]
    if not rules:
        raise MissingParameter("The request must contain a source or a destination for each permission")
    existing = of_direction(group, is_egress=is_egress)
    _refuse_duplicates(map(rule_of, existing), map(rule_of, rules))
    _refuse_over_the_quota(backend, group, [rule_of(rule) for rule in (*existing, *rules)])
    existing.extend(rules)
    for rule in rules:
        rule.add_tags(tags)
    return rules


def revoke(backend: Any, group: Any, rules: Sequence[Any], *, is_egress: bool) -> None:
    """Remove these rules of the group, and their tags with them."""
    removed = {rule.id for rule in rules}
    kept = [rule for rule in of_direction(group, is_egress=is_egress) if rule.id not in removed]
    of_direction(group, is_egress=is_egress)[:] = kept
    for rule_id in removed:
        backend.tags.pop(rule_id, None)


def _refuse_duplicates(existing: Iterable[Rule], asked: Iterable[Rule]) -> None:
    seen = set(existing)
    for rule in asked:
        if rule in seen:
            raise EC2ClientError("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')
        seen.add(rule)


def _refuse_over_the_quota(backend: Any, group: Any, rules: Sequence[Rule]) -> None:
    """RulesPerSecurityGroupLimitExceeded, per direction, IPv4 and IPv6 apart."""
    for family in (4, 6):
        count = sum(lists.weight(backend, rule.prefix_list_id) for rule in rules if family in _families(backend, rule))
        quotas.enforce(GROUP_RULES, backend, count, group.id)


def _families(backend: Any, rule: Rule) -> set[int]:
    """The IP versions whose quota the rule uses; a reference to a group uses both."""
    if rule.prefix_list_id:
        return {lists.family(backend, rule.prefix_list_id)}
    return {ip_network(rule.cidr).version} if rule.cidr else {4, 6}


def _made(backend: Any, group: Any, parsed: ParsedRule, *, is_egress: bool) -> Any:
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
    if parsed.text:
        description_holder(made)["Description"] = parsed.text
    return made


def _cidr_key(cidr: str) -> str:
    return "CidrIpv6" if ":" in cidr else "CidrIp"


def _group_of(response: Any) -> Any:
    return _group(response.ec2_backend, response._get_param("GroupId") or response._get_param("GroupName"))


def _group(backend: Any, name_or_id: str) -> Any:
    group = backend.get_security_group_by_name_or_id(name_or_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(name_or_id)
    return group


def _chosen_rules(response: Any, group: Any, ids: Sequence[str], *, is_egress: bool) -> list[Any]:
    """The rules that a request names by id, or else by permission; all of them must exist."""
    existing = of_direction(group, is_egress=is_egress)
    if ids:
        by_id = {rule.id: rule for rule in existing}
        return [find_rule(by_id, rule_id) for rule_id in ids]
    by_value = {rule_of(rule): rule for rule in existing}
    asked = [parsed.rule for parsed in rules_in(group, response._process_rules_from_querystring())]
    if not asked:
        raise MissingParameter("The request must contain the rules, by id or by permission")
    if not by_value.keys() >= set(asked):
        raise InvalidPermissionNotFoundError
    return [by_value[rule] for rule in asked]
