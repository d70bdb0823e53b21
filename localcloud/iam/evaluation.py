"""Policy evaluation: policies and the facts of a request in, a decision out. Nothing here reads AWS or a clock.

An explicit deny wins, otherwise an allow, otherwise the answer is no. Source: "Policy evaluation logic" in the IAM user guide.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from localcloud.iam.policies import Condition, Policy, Statement, UnsupportedPolicyError

type Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values. A key that the request does not have is absent."""

_ARN_SEPARATORS = 5


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
