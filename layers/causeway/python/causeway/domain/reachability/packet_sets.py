"""Sets of packets, with union, intersection and difference: `|`, `&` and `-`.

A packet is a protocol and a destination port, or an ICMP type and code: addresses are not part of it. For example, rules for
tcp 22 and tcp 20-21 allow the set {tcp 20-22}. Everything minus that set is tcp 1-19 and 23-65535, and all other protocols.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product

from causeway.domain.model.network import AclEntry, Permission
from causeway.domain.model.protocols import ALL_PROTOCOLS, ICMP_OF_FAMILY, PORT_PROTOCOLS, PortRange
from causeway.domain.model.values import Value

from .matching import (
    ECHO_REPLY,
    ECHO_REQUEST,
    EPHEMERAL_PORTS,
    HIGHEST_RULE_NUMBER,
    Traffic,
    message,
    packets_of,
    protocol_of,
    span_of,
    without,
)

type Spans = tuple[PortRange, ...]
"""Port ranges, or ranges of ICMP messages: disjoint, in order, with a gap between any two."""


@cache
def whole(protocol: str) -> Spans:
    """All that packets of the protocol can have."""
    return packets_of(Traffic(protocol=protocol))


class PacketSet(Value):
    """A set of packets.

    Attributes:
        spans: The ports or messages by protocol, named as `matching.protocol_of` does. A protocol of which `others` is true is
            left out: so equal sets are equal values.
        others: Whether all packets of the protocols that are not in `spans` are in the set, or none.
    """

    spans: dict[str, Spans] = {}
    others: bool = False

    def of(self, protocol: str) -> Spans:
        """Its ports or messages of one protocol."""
        return self.spans.get(protocol, whole(protocol) if self.others else ())

    def holds(self, traffic: Traffic) -> bool:
        """Whether all of the traffic is in the set."""
        if traffic.protocol == ALL_PROTOCOLS:
            return self == EVERYTHING
        allowed = self.of(traffic.protocol)
        return all(any(span.covers(each) for span in allowed) for each in packets_of(traffic))

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
    """The packets that the rule matches, whatever its peer."""
    protocol = protocol_of(rule)
    if protocol == ALL_PROTOCOLS:
        return EVERYTHING
    return _made({protocol: packets_of(Traffic(protocol=protocol, span=span_of(rule)))}, others=False)


def allowed_by_rules(permissions: Iterable[Permission]) -> PacketSet:
    """The packets that security groups allow: the union over their rules."""
    allowed = NOTHING
    for permission in permissions:
        allowed |= packets_of_rule(permission)
    return allowed


def allowed_by_entries(entries: Iterable[AclEntry]) -> PacketSet:
    """The packets that a network ACL allows: for each of them the entry with the lowest number that matches it is an allow."""
    allowed, decided = NOTHING, NOTHING
    for entry in sorted((each for each in entries if each.number <= HIGHEST_RULE_NUMBER), key=lambda each: each.number):
        matched = packets_of_rule(entry)
        if entry.allow:
            allowed |= matched - decided
        decided |= matched
    return allowed


def with_replies(there: PacketSet, back: PacketSet, family: int) -> PacketSet:
    """The packets that arrive and whose replies come back.

    TCP and UDP are replied to on any ephemeral port, an ICMP echo request by an echo reply; other ICMP messages need no reply.
    Of any other protocol all packets must be allowed back.

    Args:
        there: The packets that arrive.
        back: The packets that stateless network ACLs allow on the way back.
        family: Of the addresses.
    """
    icmp = ICMP_OF_FAMILY[family]
    spans = {name: there.of(name) if back.of(name) == whole(name) else () for name in _names(there, back)}
    for name in PORT_PROTOCOLS:
        spans[name] = there.of(name) if back.holds(Traffic(protocol=name, span=EPHEMERAL_PORTS)) else ()
    request, reply = (message(types, family) for types in (ECHO_REQUEST, ECHO_REPLY))
    spans[icmp] = there.of(icmp) if back.holds(reply) else without(there.of(icmp), request.span)
    return _made(spans, others=there.others and back.others)


def of_family(packets: PacketSet, family: int) -> PacketSet:
    """The set without the other family's ICMP: there are no such packets."""
    foreign = ICMP_OF_FAMILY[10 - family]
    return _made({name: spans for name, spans in packets.spans.items() if name != foreign}, others=packets.others)


def _made(spans: dict[str, Spans], *, others: bool) -> PacketSet:
    kept = {name: each for name, each in spans.items() if each != (whole(name) if others else ())}
    return PacketSet(spans=kept, others=others)


def _names(one: PacketSet, other: PacketSet) -> Iterator[str]:
    yield from one.spans
    yield from (name for name in other.spans if name not in one.spans)


def _joined(spans: Spans) -> Spans:
    """The union, as `Spans`."""
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
