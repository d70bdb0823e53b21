"""How AWS evaluates rules: which security-group rules, network ACL entries and routes match a flow's packets."""

from collections.abc import Iterable, Sequence

import msgspec

from causeway.domain.model.addressing import FAMILIES, Address, block_of, is_block
from causeway.domain.model.network import LOCAL, AclEntry, Permission, Route
from causeway.domain.model.protocols import (
    ALL_PORTS,
    ALL_PROTOCOLS,
    ANY_ICMP,
    FIRST_PORT,
    ICMP_OF_FAMILY,
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    PortRange,
    Protocol,
    protocol_name,
)
from causeway.domain.model.request import Flow
from causeway.domain.model.values import Value

CODES = 256
"""Of each ICMP type. A message's number is `type * CODES + code`, from 0 to 65535: so messages are spans as ports are."""

EPHEMERAL_PORTS = PortRange(first=1024, last=65535)
"""Where replies go: any port that a client may have opened the connection from (VPC guide, "Ephemeral ports")."""

ECHO_REQUEST = {"icmp": 8, "icmpv6": 128}
ECHO_REPLY = {"icmp": 0, "icmpv6": 129}

HIGHEST_RULE_NUMBER = 32766
"""The highest that can be given; AWS lists the implicit denials with the numbers above it."""


class Traffic(Value):
    """Packets of one protocol to a range of ports.

    Attributes:
        protocol: `tcp`, `udp`, `icmp`, `icmpv6`, or `-1` for all protocols.
        span: Ports as they are named, 0 too; for ICMP the messages, numbered by type and code.
    """

    protocol: str
    span: PortRange = ALL_PORTS


class Ruling[R](Value):
    """What a set of rules decides about some traffic.

    Attributes:
        allowed_by: The rules that together let all of it through, or a part if there is a refused one.
        refused: A part that they do not let through; None where all of it passes.
        denied_by: The rule that denies the refused part; None where no rule matches it.
    """

    allowed_by: tuple[R, ...]
    refused: Traffic | None = None
    denied_by: R | None = None


def requested(flow: Flow, family: int) -> Traffic:
    """What the source sends, in one family. An ICMP flow is judged by its echo request."""
    if flow.protocol is Protocol.ICMP:
        return message(ECHO_REQUEST, family)
    if flow.protocol is Protocol.ALL:
        return Traffic(protocol=ALL_PROTOCOLS)
    return Traffic(protocol=flow.protocol.value, span=flow.ports or ALL_PORTS)


def all_requested(flow: Flow) -> tuple[Traffic, ...]:
    """What the source sends, in each family."""
    return tuple(requested(flow, family) for family in FAMILIES)


def answered(flow: Flow, family: int) -> Traffic:
    """What the destination sends back, in one family."""
    if flow.protocol is Protocol.ICMP:
        return message(ECHO_REPLY, family)
    if flow.protocol is Protocol.ALL:
        return Traffic(protocol=ALL_PROTOCOLS)
    return Traffic(protocol=flow.protocol.value, span=EPHEMERAL_PORTS)


def message(types: dict[str, int], family: int) -> Traffic:
    """The ICMP message of the family's type, with code 0."""
    protocol = ICMP_OF_FAMILY[family]
    return Traffic(protocol=protocol, span=_messages(PortRange(first=types[protocol], last=0)))


def packets_of(traffic: Traffic) -> tuple[PortRange, ...]:
    """The ports or messages that packets of the traffic can have: tcp 0-22 is sent to the ports 1-22, and tcp 0 never."""
    span = traffic.span
    if traffic.protocol not in PORT_PROTOCOLS:
        return (span,)
    return without((span,), PortRange(first=0, last=FIRST_PORT - 1))


def protocol_of(rule: Permission | AclEntry) -> str:
    """The rule's protocol by its name; EC2 numbers those of network ACL entries."""
    return protocol_name(rule.protocol)


def span_of(rule: Permission | AclEntry) -> PortRange:
    """The ports that the rule matches; for ICMP the messages."""
    protocol, ports = protocol_of(rule), rule.ports
    if protocol == ALL_PROTOCOLS or ports is None:
        return ALL_PORTS
    return _messages(ports) if protocol in ICMP_PROTOCOLS else ports


def concerns(rule: Permission, traffic: Traffic) -> bool:
    """Whether a security group's rule matches any part of the traffic."""
    span = span_of(rule)
    fits = protocol_of(rule) in {ALL_PROTOCOLS, traffic.protocol}
    return fits and span.first <= traffic.span.last and traffic.span.first <= span.last


def judge_permissions(permissions: Iterable[Permission], traffic: Traffic) -> Ruling[Permission]:
    """What an interface's security groups decide: the union of all their rules is allowed.

    Where one rule allows all of the traffic, only that one is named.

    Args:
        permissions: The rules of one direction that match the other end.
        traffic: All of it must pass.
    """
    fitting = [permission for permission in permissions if protocol_of(permission) in {ALL_PROTOCOLS, traffic.protocol}]
    packets = packets_of(traffic)
    fitting.sort(key=lambda permission: not all(map(span_of(permission).covers, packets)))
    return _take(fitting, traffic)


def judge_entries(entries: Iterable[AclEntry], traffic: Traffic) -> Ruling[AclEntry]:
    """What a network ACL decides: of the entries that match a packet the lowest number counts; what none matches is denied.

    Args:
        entries: Those of one direction that match the other end's address, in any order.
        traffic: All of it must pass. The first entry that denies a part of it which no earlier one allows is `denied_by`.
    """
    ordered = sorted((entry for entry in entries if entry.number <= HIGHEST_RULE_NUMBER), key=lambda entry: entry.number)
    for place, entry in enumerate(ordered):
        if entry.allow:
            continue
        matched = _common(entry, traffic)
        before = _take(_allowing(ordered[:place], matched), matched) if matched else None
        if before and before.refused:
            return msgspec.structs.replace(before, denied_by=entry)
    return _take(_allowing(ordered, traffic), traffic)


def best_routes(routes: Iterable[Route], address: Address) -> tuple[Route, ...]:
    """The routes that a packet to the address can take: none, one, or several if AWS does not say which one it takes.

    A local route comes first, then the longest prefix. Of equal length, a static route comes before one by a prefix list, and
    that before a propagated one. Of several by prefix lists AWS takes any (VPC guide, "Route priority"). Routes to the same
    target count as one.

    Args:
        routes: With prefix lists resolved.
        address: Where the packet goes.
    """
    fitting = [route for route in routes if is_block(route.destination) and address in block_of(route.destination)]
    best = max(map(_priority, fitting), default=None)
    return tuple({route.target: route for route in fitting if _priority(route) == best}.values())


def without(spans: Iterable[PortRange], taken: PortRange) -> tuple[PortRange, ...]:
    """The spans minus another one, in order."""
    return tuple(
        rest
        for span in spans
        for rest in (
            PortRange(first=span.first, last=min(span.last, taken.first - 1)),
            PortRange(first=max(span.first, taken.last + 1), last=span.last),
        )
        if rest.first <= rest.last
    )


def _take[R: (Permission, AclEntry)](rules: Iterable[R], traffic: Traffic) -> Ruling[R]:
    """Takes from the traffic what each rule matches, one after the other. What is left is refused."""
    used: list[R] = []
    left = packets_of(traffic)
    for rule in rules:
        rest = without(left, span_of(rule))
        if rest != left:
            used.append(rule)
            left = rest
    return Ruling(allowed_by=tuple(used), refused=Traffic(protocol=traffic.protocol, span=left[0]) if left else None)


def _allowing(entries: Sequence[AclEntry], traffic: Traffic) -> list[AclEntry]:
    return [entry for entry in entries if entry.allow and protocol_of(entry) in {ALL_PROTOCOLS, traffic.protocol}]


def _common(entry: AclEntry, traffic: Traffic) -> Traffic | None:
    """The intersection of the traffic and of what the entry matches; None where it is empty."""
    protocol, span = protocol_of(entry), span_of(entry)
    if traffic.protocol == ALL_PROTOCOLS:
        return None if _is_of_other_family(entry) else Traffic(protocol=protocol, span=span)
    first, last = max(span.first, traffic.span.first), min(span.last, traffic.span.last)
    if protocol not in {ALL_PROTOCOLS, traffic.protocol} or first > last:
        return None
    return Traffic(protocol=traffic.protocol, span=PortRange(first=first, last=last))


def _is_of_other_family(entry: AclEntry) -> bool:
    """Whether it is about ICMP in IPv6, or about ICMPv6 in IPv4: there are no such packets."""
    protocol = protocol_of(entry)
    return protocol in ICMP_PROTOCOLS and protocol != ICMP_OF_FAMILY[block_of(entry.cidr_block).version]


def _priority(route: Route) -> tuple[bool, int, bool, bool]:
    of_list = route.prefix_list is not None
    return route.target == LOCAL, block_of(route.destination).prefixlen, not (of_list or route.propagated), of_list


def _messages(ports: PortRange) -> PortRange:
    """The message numbers of an ICMP rule, whose `ports` are a type and a code; -1 means any."""
    kind, code = ports.first, ports.last
    if kind == ANY_ICMP:
        return ALL_PORTS
    first = kind * CODES
    if code == ANY_ICMP:
        return PortRange(first=first, last=first + CODES - 1)
    return PortRange(first=first + code, last=first + code)
