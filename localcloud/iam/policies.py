"""IAM policy evaluation: policies and the facts of a request in, a decision out. Nothing here reads AWS or a clock.

The rules are those of the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements": an explicit deny
wins, otherwise an allow, otherwise the answer is no.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

type Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values. A key that the request does not have is absent."""

_ARN_SEPARATORS = 5


class UnsupportedPolicyError(Exception):
    """A policy uses an element that is not evaluated here, so no decision can be trusted."""


class Condition(msgspec.Struct, frozen=True):
    """One operator applied to one key; it holds when any of ``values`` fits, a negated one when none does."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True):
    """One statement. Of each pair such as ``actions`` and ``not_actions``, None means that the element is not there."""

    effect: Literal["Allow", "Deny"]
    sid: str | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: tuple[tuple[str, str], ...] | None = None
    conditions: tuple[Condition, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    """A policy document: an identity policy, or a role's trust policy."""

    statements: tuple[Statement, ...]


class Principal(msgspec.Struct, frozen=True):
    """Who asks, as a trust policy names it: all the identifiers that stand for the caller, by type.

    For a session of a role the ``AWS`` names are its account's id and root ARN, the role's ARN and the session's ARN.
    """

    kind: Literal["AWS", "Service"]
    names: frozenset[str]


class Decision(msgspec.Struct, frozen=True):
    """The outcome, and the statement that decided it; an implicit deny has none."""

    outcome: Literal["allow", "explicit deny", "implicit deny"]
    statement: Statement | None = None

    @property
    def allowed(self) -> bool:
        return self.outcome == "allow"


def parse_policy(document: Mapping[str, Any]) -> Policy:
    """Read a policy document as it is written in JSON."""
    return Policy(tuple(_parse_statement(statement) for statement in _listed(document["Statement"])))


def evaluate(
    policies: Iterable[Policy],
    action: str,
    resource: str | None,
    context: Context,
    principal: Principal | None = None,
) -> Decision:
    """Decide whether ``policies`` together allow ``action`` on ``resource``.

    Args:
        policies: Every identity policy of the caller, or one trust policy.
        action: For example ``ec2:CreateRoute``.
        resource: An ARN, ``*`` for an action that AWS does not limit to resources, or None where the resource is not
            known: then any Resource element fits.
        context: The request's condition keys.
        principal: Who asks. Needed for trust policies; identity policies name no principal.

    Raises:
        UnsupportedPolicyError: A statement about this action and resource has a condition operator that is unknown here.
    """
    allowing: Statement | None = None
    for policy in policies:
        for statement in policy.statements:
            if not _applies(statement, action, resource, context, principal):
                continue
            if statement.effect == "Deny":
                return Decision("explicit deny", statement)
            allowing = allowing or statement
    return Decision("allow", allowing) if allowing else Decision("implicit deny")


def wildcard_match(pattern: str, text: str) -> bool:
    """Whether ``text`` fits ``pattern``, where ``*`` stands for any text, also none, and ``?`` for one character."""
    return _compile(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def _applies(statement: Statement, action: str, resource: str | None, context: Context, principal: Principal | None) -> bool:
    return (
        _covers_action(statement, action.lower())
        and _covers_resource(statement, resource)
        and _covers_principal(statement, principal)
        and all(_holds(condition, context) for condition in statement.conditions)
    )


def _covers_action(statement: Statement, action: str) -> bool:
    if statement.not_actions is not None:
        return not any(wildcard_match(pattern.lower(), action) for pattern in statement.not_actions)
    return any(wildcard_match(pattern.lower(), action) for pattern in statement.actions or ())


def _covers_resource(statement: Statement, resource: str | None) -> bool:
    if resource is None:
        return True
    if statement.not_resources is not None:
        return not any(wildcard_match(pattern, resource) for pattern in statement.not_resources)
    # A trust policy has no Resource: the role that it belongs to is meant.
    return statement.resources is None or any(wildcard_match(pattern, resource) for pattern in statement.resources)


def _covers_principal(statement: Statement, principal: Principal | None) -> bool:
    if statement.principals is None:
        return principal is None
    if principal is None:
        return False
    return any(
        kind in {"*", principal.kind} and (name == "*" or name in principal.names) for kind, name in statement.principals
    )


def _holds(condition: Condition, context: Context) -> bool:
    quantifier, _, operator = condition.operator.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    values = context.get(condition.key.lower())
    if operator == "Null":
        return (values is None) == (condition.values[0].lower() == "true")
    negated = operator in _NEGATED
    compare = _OPERATORS.get(_NEGATED.get(operator, operator))
    if compare is None or quantifier not in _QUANTIFIERS:
        raise UnsupportedPolicyError(
            f"The condition operator {condition.operator} is not evaluated by the embedded AWS; it knows "
            f"{', '.join([*_OPERATORS, *_NEGATED, 'Null'])}, with IfExists, ForAllValues: and ForAnyValue:."
        )
    if values is None:
        return if_exists or quantifier == "ForAllValues" or (negated and not quantifier)
    fits = (any(compare(pattern, value) for pattern in condition.values) != negated for value in values)
    return all(fits) if negated and not quantifier else _QUANTIFIERS[quantifier](fits)


def _arn_match(pattern: str, arn: str) -> bool:
    """Compare field by field, so that a wildcard does not reach over a colon of the ARN's first five fields."""
    patterns, fields = pattern.split(":", _ARN_SEPARATORS), arn.split(":", _ARN_SEPARATORS)
    return len(patterns) == len(fields) and all(map(wildcard_match, patterns, fields))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": wildcard_match,
    "ArnEquals": _arn_match,
    "ArnLike": _arn_match,
    "Bool": lambda pattern, value: pattern.lower() == value.lower(),
}
_NEGATED: Mapping[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
"""Operators that hold where their counterpart does not: also where the request does not have the key."""
_QUANTIFIERS: Mapping[str, Callable[[Iterable[bool]], bool]] = {"": any, "ForAnyValue": any, "ForAllValues": all}


def _parse_statement(statement: Mapping[str, Any]) -> Statement:
    if "NotPrincipal" in statement:
        raise UnsupportedPolicyError("The element NotPrincipal is not evaluated by the embedded AWS.")
    return Statement(
        effect=statement["Effect"],
        sid=statement.get("Sid"),
        actions=_strings(statement, "Action"),
        not_actions=_strings(statement, "NotAction"),
        resources=_strings(statement, "Resource"),
        not_resources=_strings(statement, "NotResource"),
        principals=_parse_principals(statement["Principal"]) if "Principal" in statement else None,
        conditions=tuple(
            Condition(operator, key, tuple(_text(value) for value in _listed(values)))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _parse_principals(principal: str | Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if isinstance(principal, str):
        return ((principal, principal),)
    return tuple((kind, name) for kind, names in principal.items() for name in _listed(names))


def _strings(statement: Mapping[str, Any], element: str) -> tuple[str, ...] | None:
    return tuple(_listed(statement[element])) if element in statement else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    """A condition's value as text; CloudFormation and JSON allow ``true`` for ``"true"``."""
    return str(value).lower() if isinstance(value, bool) else str(value)
