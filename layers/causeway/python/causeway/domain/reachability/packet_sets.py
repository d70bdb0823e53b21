"""Sets of packets: what rules, a path, or a request let through at all.

Of two packets of one protocol only the destination's port tells which is in the set; of ICMP the type and code.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from causeway.domain.model.network import AclEntry, Permission
from causeway.domain.model.protocols import ALL_PORTS, ALL_PROTOCOLS, ICMP_OF_FAMILY, PORT_PROTOCOLS, PortRange
from causeway.domain.model.values import Value

from .matching import (
    ECHO_REPLY,
    ECHO_REQUEST,
    EPHEMERAL_PORTS,
    HIGHEST_RULE_NUMBER,
    Traffic,
    message,
    protocol_of,
    span_of,
    without,
)

type Spans = tuple[PortRange, ...]
"""Disjoint and in order, none next to another."""

WHOLE: Spans = (ALL_PORTS,)


class PacketSet(Value):
    """A set of packets.

    Attributes:
        spans: By protocol, named as `matching.protocol_of` does, the ports or messages; none that is as `others` says.
        others: Whether all packets of the protocols that are not in `spans` belong to it, or none.
    """

    spans: dict[str, Spans] = {}
    others: bool = False

    def of(self, protocol: str) -> Spans:
        """The ports, or messages, of one protocol."""
        return self.spans.get(protocol, WHOLE if self.others else ())

    def holds(self, traffic: Traffic) -> bool:
        """Whether all of the traffic is in the set."""
        if traffic.protocol == ALL_PROTOCOLS:
            return self == EVERYTHING
        return any(span.covers(traffic.span) for span in self.of(traffic.protocol))

    def __hash__(self) -> int:
        return hash((frozenset(self.spans.items()), self.others))

    def __bool__(self) -> bool:
        return self != NOTHING

    def __or__(self, other: "PacketSet") -> "PacketSet":
        spans = {name: _joined((*self.of(name), *other.of(name))) for name in _names(self, other)}
        return _made(spans, others=self.others or other.others)

    def __and__(self, other: "PacketSet") -> "PacketSet":
        spans = {name: _common(self.of(name), other.of(name)) for name in _names(self, other)}
        return _made(spans, others=self.others and other.others)

    def __sub__(self, other: "PacketSet") -> "PacketSet":
        spans = {name: _minus(self.of(name), other.of(name)) for name in _names(self, other)}
        return _made(spans, others=self.others and not other.others)


NOTHING = PacketSet()
EVERYTHING = PacketSet(others=True)


def packets_of_rule(rule: Permission | AclEntry) -> PacketSet:
    """All that the rule is about, whoever it is for."""
    protocol = protocol_of(rule)
    return EVERYTHING if protocol == ALL_PROTOCOLS else _made({protocol: (span_of(rule),)}, others=False)


def allowed_by_rules(permissions: Iterable[Permission]) -> PacketSet:
    """What security groups' rules let through together."""
    result = NOTHING
    for permission in permissions:
        result |= packets_of_rule(permission)
    return result


def allowed_by_entries(entries: Iterable[AclEntry]) -> PacketSet:
    """What a network ACL's entries let through: each packet is decided by the first that matches it, the last denying all."""
    result, decided = NOTHING, NOTHING
    for entry in sorted((each for each in entries if each.number <= HIGHEST_RULE_NUMBER), key=lambda each: each.number):
        matched = packets_of_rule(entry)
        if entry.allow:
            result |= matched - decided
        decided |= matched
    return result


def with_replies(there: PacketSet, back: PacketSet, version: int) -> PacketSet:
    """What of the packets there get their answers, where only those of `back` come back.

    TCP and UDP are answered to any ephemeral port, an echo request by an echo reply; other ICMP messages ask for no answer.
    Protocols without ports need all of theirs.

    Args:
        there: What arrives.
        back: What the stateless network ACLs let through on the way back.
        version: Of the addresses: 4 or 6.
    """
    icmp = ICMP_OF_FAMILY[version]
    spans = {name: there.of(name) if back.of(name) == WHOLE else () for name in _names(there, back)}
    for name in PORT_PROTOCOLS:
        spans[name] = there.of(name) if back.holds(Traffic(protocol=name, span=EPHEMERAL_PORTS)) else ()
    request, reply = (message(types, version) for types in (ECHO_REQUEST, ECHO_REPLY))
    spans[icmp] = there.of(icmp) if back.holds(reply) else without(there.of(icmp), request.span)
    return _made(spans, others=there.others and back.others)


def of_family(openings: PacketSet, version: int) -> PacketSet:
    """Without the other family's ICMP: there are no such packets."""
    foreign = ICMP_OF_FAMILY[10 - version]
    return _made({name: spans for name, spans in openings.spans.items() if name != foreign}, others=openings.others)


def _made(spans: dict[str, Spans], *, others: bool) -> PacketSet:
    usual = WHOLE if others else ()
    return PacketSet(spans={name: each for name, each in spans.items() if each != usual}, others=others)


def _names(one: PacketSet, other: PacketSet) -> Iterator[str]:
    yield from one.spans
    yield from (name for name in other.spans if name not in one.spans)


def _joined(spans: Spans) -> Spans:
    """What is in any of them."""
    result: list[PortRange] = []
    for span in sorted(spans):
        if result and span.first <= result[-1].last + 1:
            result[-1] = PortRange(first=result[-1].first, last=max(result[-1].last, span.last))
        else:
            result.append(span)
    return tuple(result)


def _common(one: Spans, other: Spans) -> Spans:
    both = (PortRange(first=max(a.first, b.first), last=min(a.last, b.last)) for a, b in product(one, other))
    return tuple(sorted(span for span in both if span.first <= span.last))


def _minus(spans: Spans, taken: Spans) -> Spans:
    for each in taken:
        spans = without(spans, each)
    return spans
