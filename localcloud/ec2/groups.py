"""Security groups and their rules, as moto keeps them."""

from collections.abc import Iterator
from typing import Any


def groups_of(backend: Any) -> Iterator[Any]:
    """The groups of all VPCs of an account in a region."""
    for groups in list(backend.groups.values()):
        yield from list(groups.values())


def rules_of(group: Any) -> list[Any]:
    """A group's rules of both directions."""
    return [*group.egress_rules, *group.ingress_rules]
