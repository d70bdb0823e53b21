"""Whether there is any packet of a path that arrives, and whose answer comes back.

Reachability Analyzer looks for one way that works, so a port of each range that the rules distinguish is tried. A path without
a source port is found if its answers come back to a single one.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address
from itertools import product
from typing import Any

from localcloud.ec2.reachability_analyzer.lookups import acl_of, peers_of
from localcloud.ec2.reachability_analyzer.records import ANY_PORT, Filter, Outcome, PathRequest
from localcloud.ec2.reachability_analyzer.walk import Packet, Walk

_NO_SUCH_PACKET = Outcome(explanations=[{"ExplanationCode": "NO_PATH"}])
_NO_SUCH_END = Outcome(explanations=[{"ExplanationCode": "NO_SOURCE_OR_DESTINATION"}])


def evaluate(asked: PathRequest) -> Outcome:
    """The way of the first packet that works, or what is in the way of the one that gets furthest."""
    sources = asked.source.interfaces()
    destinations = asked.destination.interfaces() if asked.destination else _having(asked.filters, sources)
    if not sources or not destinations:
        return _NO_SUCH_END
    tried = (_tried(packet, source, destination) for source, destination, packet in _packets(asked, sources, destinations))
    return _best(tried)


def _best(outcomes: Iterable[Outcome]) -> Outcome:
    best = _NO_SUCH_PACKET
    for outcome in outcomes:
        if outcome.found:
            return outcome
        if best is _NO_SUCH_PACKET or len(outcome.explanations) < len(best.explanations):
            best = outcome
    return best


def _tried(packet: Packet, source: Any, destination: Any) -> Outcome:
    there = Walk(packet, source, destination)
    if there.explanations:
        return Outcome(explanations=there.explanations)
    back = Walk(packet.answer, destination, source, asked_for=True)
    if back.explanations:
        return Outcome(explanations=back.explanations)
    return Outcome(forward=there.components, back=back.components)


def _packets(asked: PathRequest, sources: Sequence[Any], destinations: Sequence[Any]) -> Iterator[tuple[Any, Any, Packet]]:
    filters = asked.filters
    for source, destination in product(sources, destinations):
        boundaries = _boundaries(source, destination)
        from_addresses = _addresses(source, [each.source_address for each in filters])
        to_addresses = _addresses(destination, [each.destination_address for each in filters])
        to_ports = _ports([each.destination_ports for each in filters], boundaries)
        from_ports = _ports([each.source_ports for each in filters], boundaries)
        for sender, receiver, to_port, from_port in product(from_addresses, to_addresses, to_ports, from_ports):
            if source is not destination:
                yield source, destination, Packet(asked.protocol, sender, from_port, receiver, to_port)


def _having(filters: Sequence[Filter], sources: Sequence[Any]) -> list[Any]:
    """The interfaces that a path to an address can end at: of the source's VPC, and of its peers."""
    vpcs = [source.ec2_backend.get_vpc(source.subnet.vpc_id) for source in sources]
    vpcs += [peer for source in sources for peer in peers_of(source.subnet.vpc_id, source.ec2_backend)]
    enis = (eni for vpc in vpcs for eni in vpc.ec2_backend.enis.values() if eni.subnet.vpc_id == vpc.id)
    wanted = [each.destination_address for each in filters]
    return list({eni.id: eni for eni in enis if _addresses(eni, wanted)}.values())


def _addresses(eni: Any, wanted: Sequence[str | None]) -> list[IPv4Address]:
    """The interface's IPv4 addresses that every filter allows."""
    owned = [each["PrivateIpAddress"] for each in eni.private_ip_addresses]
    return [IPv4Address(address) for address in owned if all(one in {None, address} for one in wanted)]


def _ports(wanted: Sequence[tuple[int, int] | None], boundaries: Iterable[int]) -> list[int]:
    """Of the ports that every filter allows the first one, and each at which a rule's begins or is over."""
    ranges = [each or ANY_PORT for each in wanted]
    first, last = max(low for low, _ in ranges), min(high for _, high in ranges)
    return sorted({port for port in (first, *boundaries) if first <= port <= last})


def _boundaries(*enis: Any) -> set[int]:
    """Where the ports of any rule about these interfaces begin, and where they are over."""
    ranges = [
        (rule.from_port, rule.to_port)
        for eni in enis
        for group in eni.group_set
        for rule in (*group.egress_rules, *group.ingress_rules)
        if rule.from_port is not None
    ]
    for eni in enis:
        entries = (entry.port_range for entry in acl_of(eni).network_acl_entries)
        ranges += [(int(each["From"]), int(each["To"])) for each in entries if each]
    return {port for low, high in ranges for port in (low, high + 1)}
