"""Protocols and ports: as an item names them, as EC2 spells them, and by their numbers."""

from enum import StrEnum

from .values import Value

ALL_PROTOCOLS = "-1"
"""EC2's wildcard: a rule for it is about every protocol."""

PROTOCOL_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""By number. Security groups name these protocols, network ACLs number them; all others have only a number."""

PROTOCOL_NUMBERS = {name: number for number, name in PROTOCOL_NAMES.items()}

ICMP_OF_FAMILY = {4: "icmp", 6: "icmpv6"}
ICMP_PROTOCOLS = frozenset(ICMP_OF_FAMILY.values())
"""The protocols whose `ports` are a message type and a code."""

ANY_ICMP = -1
"""Any type, or any code."""

PORT_PROTOCOLS = ("tcp", "udp")


class PortRange(Value, order=True):
    """Ports from first to last, both included. ICMP and `all` have none."""

    first: int
    last: int

    def covers(self, other: "PortRange") -> bool:
        return self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ALL_PORTS = PortRange(first=0, last=65535)
"""As items and EC2's rules spell it."""

FIRST_PORT = 1
"""The first of TCP and UDP that a packet can be sent to. Port 0 is reserved and no socket can have it (RFC 6335), so nobody can
open a connection to it: a rule or a flow for 0-22 means the same packets as one for 1-22."""


class Protocol(StrEnum):
    """A flow's protocol. `icmp` means ICMPv6 where the addresses are IPv6; `all` is EC2's `-1`."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ALL = "all"

    @property
    def has_ports(self) -> bool:
        return self.value in PORT_PROTOCOLS


def ec2_protocol(protocol: Protocol, *, ipv6: bool) -> str:
    """A flow's protocol as EC2 spells it: `all` is `-1`, and ICMP has another name in IPv6."""
    if protocol is Protocol.ALL:
        return ALL_PROTOCOLS
    return ICMP_OF_FAMILY[6] if protocol is Protocol.ICMP and ipv6 else protocol.value


def protocol_name(ec2: str) -> str:
    """The protocol by its name, where it has one: `tcp` for `6` and for `tcp`, `50` for `50`."""
    return PROTOCOL_NAMES.get(ec2, ec2)


def protocol_number(ec2: str) -> str:
    """The protocol by its number, as EC2 wants it in the entries of network ACLs: `6` for `tcp` and for `6`."""
    return PROTOCOL_NUMBERS.get(ec2, ec2)
