"""Policy documents as values. Source: "IAM JSON policy elements" in the IAM user guide."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec


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


def parse_policy(document: Mapping[str, Any]) -> Policy:
    """Read a policy document as it is written in JSON."""
    return Policy(tuple(_parse_statement(statement) for statement in _listed(document["Statement"])))


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
