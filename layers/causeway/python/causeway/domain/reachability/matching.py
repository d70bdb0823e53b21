"""Which rules let a flow's packets through: security groups, network ACLs and route tables, as AWS evaluates them."""

from collections.abc import Iterable, Sequence

import msgspec

from causeway.domain.model.addressing import FAMILIES, Address, block_of, is_block
from causeway.domain.model.network import LOCAL, AclEntry, Permission, Route
from causeway.domain.model.protocols import (
    ALL_PORTS,
    ALL_PROTOCOLS,
    ICMP_OF_FAMILY,
    ICMP_PROTOCOLS,
    PortRange,
    Protocol,
    protocol_name,
)
from causeway.domain.model.request import Flow
from causeway.domain.model.values import Value

CODES = 256
"""How many codes an ICMP type has: type and code together number the messages from 0 to 65535, as ports do."""

EPHEMERAL_PORTS = PortRange(first=1024, last=65535)
"""Where answers go: any port that a client may have opened the connection from (VPC guide, "Ephemeral ports")."""

ECHO_REQUEST = {"icmp": 8, "icmpv6": 128}
ECHO_REPLY = {"icmp": 0, "icmpv6": 129}

HIGHEST_RULE_NUMBER = 32766
"""The highest that a person can give; AWS lists the implicit denials with the numbers above it."""


class Traffic(Value):
    """Packets of one protocol to a range of ports.

    Attributes:
        protocol: `tcp`, `udp`, `icmp`, `icmpv6`, or `-1` for all protocols.
        span: Ports; for ICMP the messages, numbered by type and code.
    """

    protocol: str
    span: PortRange = ALL_PORTS


class Ruling[R](Value):
    """What a set of rules says about some traffic.

    Attributes:
        allowed_by: The rules that let it through together, or let through what they can.
        refused: A part that they do not let through; None where everything passes.
        denied_by: The rule that denies that part; None where no rule matches it.
    """

    allowed_by: tuple[R, ...]
    refused: Traffic | None = None
    denied_by: R | None = None


def requested(flow: Flow, version: int) -> Traffic:
    """What the source sends. An ICMP flow is judged by its echo."""
    if flow.protocol is Protocol.ICMP:
        return message(ECHO_REQUEST, version)
    if flow.protocol is Protocol.ALL:
        return Traffic(protocol=ALL_PROTOCOLS)
    return Traffic(protocol=flow.protocol.value, span=flow.ports or ALL_PORTS)


def all_requested(flow: Flow) -> tuple[Traffic, ...]:
    """The same, in each family."""
    return tuple(requested(flow, version) for version in FAMILIES)


def answered(flow: Flow, version: int) -> Traffic:
    """What the destination sends back."""
    if flow.protocol is Protocol.ICMP:
        return message(ECHO_REPLY, version)
    if flow.protocol is Protocol.ALL:
        return Traffic(protocol=ALL_PROTOCOLS)
    return Traffic(protocol=flow.protocol.value, span=EPHEMERAL_PORTS)


def message(types: dict[str, int], version: int) -> Traffic:
    """The ICMP message with code 0 of the family's type."""
    protocol = ICMP_OF_FAMILY[version]
    return Traffic(protocol=protocol, span=_messages(PortRange(first=types[protocol], last=0)))


def protocol_of(rule: Permission | AclEntry) -> str:
    """The rule's protocol by its name; EC2 gives those of network ACLs as numbers."""
    return protocol_name(rule.protocol)


def span_of(rule: Permission | AclEntry) -> PortRange:
    protocol, ports = protocol_of(rule), rule.ports
    if protocol == ALL_PROTOCOLS or ports is None:
        return ALL_PORTS
    return _messages(ports) if protocol in ICMP_PROTOCOLS else ports


def concerns(rule: Permission, traffic: Traffic) -> bool:
    """Whether a security group's rule lets any part of the traffic through."""
    span = span_of(rule)
    fits = protocol_of(rule) in {ALL_PROTOCOLS, traffic.protocol}
    return fits and span.first <= traffic.span.last and traffic.span.first <= span.last


def judge_permissions(permissions: Iterable[Permission], traffic: Traffic) -> Ruling[Permission]:
    """What the rules of all of an interface's security groups allow together.

    A rule that allows everything alone is named alone.

    Args:
        permissions: Those of one direction that match the other end.
        traffic: What must pass, wholly.
    """
    fitting = [permission for permission in permissions if protocol_of(permission) in {ALL_PROTOCOLS, traffic.protocol}]
    fitting.sort(key=lambda permission: not span_of(permission).covers(traffic.span))
    return _take(fitting, traffic)


def judge_entries(entries: Iterable[AclEntry], traffic: Traffic) -> Ruling[AclEntry]:
    """What a network ACL decides: each packet by the first entry that matches it, the last, implicit one denying all.

    Args:
        entries: Those of one direction that match the other end's address, in any order.
        traffic: What must pass, wholly: the first entry that denies a part which no earlier one allows decides.
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
    """The routes that a packet to the address can take: none, one, or more where AWS does not tell which.

    Local routes win; then the longest prefix; then a static route over one by a prefix list, and that over a propagated one. Of
    several by prefix lists AWS takes any, and then always the same (VPC guide, "Route priority"); those to one target are one.

    Args:
        routes: Resolved: what a prefix list holds is looked for in the routes, not in the list.
        address: Where the packet goes.
    """
    fitting = [route for route in routes if is_block(route.destination) and address in block_of(route.destination)]
    best = max(map(_priority, fitting), default=None)
    return tuple({route.target: route for route in fitting if _priority(route) == best}.values())


def without(spans: Iterable[PortRange], taken: PortRange) -> tuple[PortRange, ...]:
    """What is left of the spans, in order."""
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
    """Lets each rule take from the traffic what it matches, until nothing is left."""
    used: list[R] = []
    left: tuple[PortRange, ...] = (traffic.span,)
    for rule in rules:
        rest = without(left, span_of(rule))
        if rest != left:
            used.append(rule)
            left = rest
    return Ruling(allowed_by=tuple(used), refused=Traffic(protocol=traffic.protocol, span=left[0]) if left else None)


def _allowing(entries: Sequence[AclEntry], traffic: Traffic) -> list[AclEntry]:
    return [entry for entry in entries if entry.allow and protocol_of(entry) in {ALL_PROTOCOLS, traffic.protocol}]


def _common(entry: AclEntry, traffic: Traffic) -> Traffic | None:
    """The part of the traffic that the entry matches."""
    protocol, span = protocol_of(entry), span_of(entry)
    if traffic.protocol == ALL_PROTOCOLS:
        return None if _is_of_other_family(entry) else Traffic(protocol=protocol, span=span)
    first, last = max(span.first, traffic.span.first), min(span.last, traffic.span.last)
    if protocol not in {ALL_PROTOCOLS, traffic.protocol} or first > last:
        return None
    return Traffic(protocol=traffic.protocol, span=PortRange(first=first, last=last))


def _is_of_other_family(entry: AclEntry) -> bool:
    """Whether it is about ICMP where there is only ICMPv6, or the reverse: there is no such packet."""
    protocol = protocol_of(entry)
    return protocol in ICMP_PROTOCOLS and protocol != ICMP_OF_FAMILY[block_of(entry.cidr_block).version]


def _priority(route: Route) -> tuple[bool, int, bool, bool]:
    of_list = route.prefix_list is not None
    return route.target == LOCAL, block_of(route.destination).prefixlen, not (of_list or route.propagated), of_list


def _messages(ports: PortRange) -> PortRange:
    """The messages of an ICMP rule, whose `ports` are a type and a code; -1 means any."""
    kind, code = ports.first, ports.last
    if kind < 0:
        return ALL_PORTS
    first = kind * CODES
    return PortRange(first=first, last=first + CODES - 1) if code < 0 else PortRange(first=first + code, last=first + code)
