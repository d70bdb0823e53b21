"""Rules as values, and as moto keeps them."""

from typing import Any

import msgspec
from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError


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


def of_direction(group: Any, *, is_egress: bool) -> list[Any]:
    rules: list[Any] = group.egress_rules if is_egress else group.ingress_rules
    return rules


def find_rule(rules: dict[str, Any], rule_id: str) -> Any:
    if rule_id not in rules:
        raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
    return rules[rule_id]


def description_holder(rule: Any) -> dict[str, str]:
    """Where moto keeps a rule's description: with the block or the group that it is for."""
    holder: dict[str, str] = rule.source_group or rule.ip_range
    return holder
