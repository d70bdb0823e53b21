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


class PortRange(Value, order=True):
    """Ports from first to last, both included. ICMP and `all` have none."""

    first: int
    last: int

    def covers(self, other: "PortRange") -> bool:
        return self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ALL_PORTS = PortRange(first=0, last=65535)


class Protocol(StrEnum):
    """A flow's protocol. `icmp` means ICMPv6 where the addresses are IPv6; `all` is AWS's -1."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ALL = "all"

    @property
    def has_ports(self) -> bool:
        return self in {Protocol.TCP, Protocol.UDP}
