"""Rules, routes and traffic as a person would say them."""

from collections.abc import Iterable

from causeway.domain.model.network import AclEntry, Direction, Permission, Route
from causeway.domain.model.protocols import ALL_PROTOCOLS, ANY_ICMP, ICMP_PROTOCOLS, PortRange

from .matching import CODES, ECHO_REPLY, ECHO_REQUEST, Traffic, packets_of, protocol_of
from .packet_sets import EVERYTHING, PacketSet, Spans, whole

PREPOSITIONS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


def say_rules(permissions: Iterable[Permission]) -> str:
    """`egress rule tcp 22 to 10.0.0.0/16`, or `… to pl-0123 (offices) holding 10.0.0.0/16`."""
    return " and ".join(
        f"{rule.direction} rule {_what(protocol_of(rule), rule.ports)} {PREPOSITIONS[rule.direction]} "
        f"{_held(rule.peer, rule.prefix_list)}"
        for rule in permissions
    )


def say_entries(entries: Iterable[AclEntry]) -> str:
    """`entry 100 allows all from 0.0.0.0/0`."""
    return " and ".join(
        f"entry {entry.number} {'allows' if entry.allow else 'denies'} {_what(protocol_of(entry), entry.ports)} "
        f"{PREPOSITIONS[entry.direction]} {entry.cidr_block}"
        for entry in entries
    )


def say_no_rule(direction: Direction, traffic: Traffic, peer: str) -> str:
    """`no egress rule allows tcp 22 to 192.0.0.206`."""
    return f"no {direction} rule allows {_traffic(traffic)} {PREPOSITIONS[direction]} {peer}"


def say_implicit_denial(direction: Direction, traffic: Traffic, peer: str) -> str:
    """`entry * denies tcp 22 from 10.0.0.183`: the last entry of every network ACL."""
    return f"entry * denies {_traffic(traffic)} {PREPOSITIONS[direction]} {peer}"


def say_routes(routes: Iterable[Route]) -> str:
    """`route 192.0.0.0/16 → pcx-0123`, or `route pl-0123 (offices) holding 192.0.0.0/16 → pcx-0123`."""
    return " or ".join(f"route {_held(route.destination, route.prefix_list)} → {route.target}" for route in routes)


def say_unread(prefix_lists: Iterable[str]) -> str:
    """`; what pl-0123 holds is unknown`: follows what was said without it."""
    ids = " and ".join(sorted(set(prefix_lists)))
    return f"; what {ids} holds is unknown" if ids else ""


def _held(block: str, prefix_list: str | None) -> str:
    return block if prefix_list is None else f"{prefix_list} holding {block}"


def say_packets(packets: PacketSet) -> str:
    """`tcp 22 and 80-443, icmp echo request, all of protocol 50`; `everything but tcp 22`; `nothing`."""
    if not packets.others:
        return ", ".join(_spans(name, packets.of(name)) for name in sorted(packets.spans)) or "nothing"
    missing = EVERYTHING - packets
    return f"everything but {say_packets(missing)}" if missing else "everything"


def _spans(protocol: str, spans: Spans) -> str:
    if spans == whole(protocol):
        return f"all of protocol {protocol}" if protocol.isdigit() else f"all {protocol}"
    if protocol not in ICMP_PROTOCOLS:
        return f"{protocol} {_listed(map(str, spans))}"
    return f"{protocol} {_listed(_messages(protocol, span) for span in spans)}"


def _messages(protocol: str, span: PortRange) -> str:
    (first, first_code), (last, last_code) = divmod(span.first, CODES), divmod(span.last, CODES)
    if span.first == span.last:
        return _message(protocol, PortRange(first=first, last=first_code))
    if (first, first_code, last_code) == (last, 0, CODES - 1):
        return _message(protocol, PortRange(first=first, last=ANY_ICMP))
    if (first_code, last_code) == (0, CODES - 1):
        return f"types {first}-{last}"
    return f"type {first} code {first_code} to type {last} code {last_code}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _traffic(traffic: Traffic) -> str:
    if traffic.protocol in ICMP_PROTOCOLS:
        kind, code = divmod(traffic.span.first, CODES)
        return _what(traffic.protocol, PortRange(first=kind, last=code))
    return _what(traffic.protocol, None if packets_of(traffic) == whole(traffic.protocol) else traffic.span)


def _what(protocol: str, ports: PortRange | None) -> str:
    name = "all" if protocol == ALL_PROTOCOLS else protocol
    if ports is None or protocol == ALL_PROTOCOLS:
        return name
    return f"{name} {_message(protocol, ports) if protocol in ICMP_PROTOCOLS else ports}"


def _message(protocol: str, ports: PortRange) -> str:
    kind, code = ports.first, ports.last
    if kind == ECHO_REQUEST[protocol]:
        return "echo request"
    if kind == ECHO_REPLY[protocol]:
        return "echo reply"
    return f"type {kind}" if code == ANY_ICMP else f"type {kind} code {code}"
