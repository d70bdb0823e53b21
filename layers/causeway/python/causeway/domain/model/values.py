"""The base of all values, and what several of them share."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class ValueMeta(msgspec.StructMeta):
    """Makes every value frozen and keyword-only, also where a subclass does not say so."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> "ValueMeta":
        options = {"omit_defaults": True, **options, "frozen": True, "kw_only": True}
        return super().__new__(cls, name, bases, namespace, **options)


class Value(msgspec.Struct, metaclass=ValueMeta):
    """A frozen value, compared by content and saved as JSON."""


class Side(StrEnum):
    """One end of a peering, in AWS's words."""

    REQUESTER = "requester"
    ACCEPTER = "accepter"

    @property
    def other(self) -> "Side":
        return Side.ACCEPTER if self is Side.REQUESTER else Side.REQUESTER


SIDES = (Side.REQUESTER, Side.ACCEPTER)


class PerSide[T](Value):
    """One thing for each side."""

    requester: T
    accepter: T

    @staticmethod
    def of[V](function: Callable[[Side], V]) -> "PerSide[V]":
        """What the function returns for each side: `PerSide.of(lambda side: snapshots[side].vpc)`."""
        return PerSide(requester=function(Side.REQUESTER), accepter=function(Side.ACCEPTER))

    def __getitem__(self, side: Side) -> T:
        return self.requester if side is Side.REQUESTER else self.accepter

    @property
    def swapped(self) -> "PerSide[T]":
        """The same, seen the other way round."""
        return PerSide(requester=self.accepter, accepter=self.requester)
