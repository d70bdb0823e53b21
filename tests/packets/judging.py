"""One flow between the interfaces of two VPCs: what the check says, and which packets would show it."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import permutations, product

from causeway.domain.model.addressing import address_of
from causeway.domain.model.network import AclEntry, NetworkInterface, PeeringConnection, Permission, Snapshot
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector
from causeway.domain.model.values import PerSide, Side, Value
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Verdict
from localcloud.packets.probes import ICMP, ICMPV6, TCP, UDP, InterfaceAddress, Probe
from tests.domain.networks import change
from tests.packets.worlds import EPHEMERAL, MESSAGES, World

EVERYTHING = Selector(every=True)
PORT_PROTOCOLS = {Protocol.TCP: (TCP,), Protocol.UDP: (UDP,), Protocol.ALL: (TCP, UDP)}
UNNAMED = 253
"""A protocol number for experiments (RFC 3692): it stands for all that have no ports."""

type Pair = tuple[InterfaceAddress, InterfaceAddress]
"""The source and the destination of a packet."""


class Case(Value):
    """One flow from a VPC to another, as the check judges it.

    Attributes:
        verdicts: Each is about two ends, and all those that they stand for.
        probes: For each pair of addresses between which the flow is asked for, packets that are all answered if it works wholly
            between them, and not all otherwise.
    """

    flow: Flow
    verdicts: tuple[Verdict, ...]
    probes: dict[Pair, tuple[Probe, ...]]

    @property
    def all_probes(self) -> set[Probe]:
        return {probe for probes in self.probes.values() for probe in probes}


def cases(world: World) -> Iterator[Case]:
    """Every flow of the world, from each VPC to each other one.

    Left out is what packets cannot show: a flow of all protocols between ACLs that tell ICMP's messages apart, and a flow of
    which a packet would pass as the answer to another one's.
    """
    sent: set[Probe] = set()
    for source, destination in permutations(world.snapshots, 2):
        for case in _cases_between(world, source, destination):
            if sent.isdisjoint(map(_reverse, case.all_probes)):
                sent |= case.all_probes
                yield case


def pair_of(verdict: Verdict) -> Pair:
    """The two ends of a verdict."""
    one, other = (
        InterfaceAddress(network_interface_id=str(end.network_interface_id), address=end.address)
        for end in (verdict.source, verdict.destination)
    )
    return one, other


def judge(
    source: Snapshot, destination: Snapshot, connection: PeeringConnection | None, flows: Iterable[Flow]
) -> tuple[Verdict, ...]:
    """The check's verdicts from the first side to the second."""
    request = Request(
        request_id="differential",
        requester=source.vpc.ref,
        accepter=destination.vpc.ref,
        flows=tuple(flows),
        route_tables=PerSide(requester=EVERYTHING, accepter=EVERYTHING),
        security_groups=PerSide(requester=EVERYTHING, accepter=EVERYTHING),
        dns_resolution=PerSide(requester=False, accepter=False),
        tags={},
    )
    return check(request, PerSide(requester=source, accepter=destination), connection)


def _cases_between(world: World, source: Snapshot, destination: Snapshot) -> Iterator[Case]:
    connection = next((each for each in world.connections if each.joins(source.vpc.ref, destination.vpc.ref)), None)
    ranges = _ranges(source, destination)
    seen = PerSide(
        requester=change(world.seen(source), side=Side.REQUESTER),
        accepter=change(world.seen(destination), side=Side.ACCEPTER),
    )
    pairs = list(_pairs(world, seen))
    for flow in world.flows:
        if flow.protocol is not Protocol.ALL or _is_first(source, destination):
            yield Case(
                flow=flow,
                verdicts=check(_request(world, seen, flow), seen, connection),
                probes={pair: tuple(_probes(flow, pair, ranges)) for pair in pairs},
            )


def _request(world: World, seen: PerSide[Snapshot], flow: Flow) -> Request:
    vpcs = PerSide.of(lambda side: seen[side].vpc.ref)
    return Request(
        request_id="differential",
        requester=vpcs.requester,
        accepter=vpcs.accepter,
        flows=(flow,),
        route_tables=PerSide.of(lambda side: world.route_tables.get(vpcs[side].vpc_id, EVERYTHING)),
        security_groups=PerSide.of(lambda side: world.security_groups.get(vpcs[side].vpc_id, EVERYTHING)),
        dns_resolution=PerSide(requester=False, accepter=False),
        tags={},
    )


def _pairs(world: World, seen: PerSide[Snapshot]) -> Iterator[Pair]:
    """Between which addresses the flow is asked for."""
    for one, other in product(*(list(_ends(world, snapshot)) for snapshot in (seen.requester, seen.accepter))):
        if _is_ipv6(one) is _is_ipv6(other):
            yield one, other


def _ends(world: World, seen: Snapshot) -> Iterator[InterfaceAddress]:
    """The first address of each family of each interface that carries a selected group, whatever its route table."""
    selector = world.security_groups.get(seen.vpc.ref.vpc_id, EVERYTHING)
    selected = {each.security_group_id for each in seen.security_groups if selector.selects(each.security_group_id, each.tags)}
    for interface in seen.network_interfaces:
        if not selected.isdisjoint(interface.security_group_ids):
            for address in _firsts(interface):
                yield InterfaceAddress(network_interface_id=interface.network_interface_id, address=address)


def _firsts(interface: NetworkInterface) -> Iterable[str]:
    return {address_of(address).version: address for address in reversed(interface.addresses)}.values()


def _is_ipv6(place: InterfaceAddress) -> bool:
    return ":" in place.address


def _is_first(source: Snapshot, destination: Snapshot) -> bool:
    """Datagrams of protocols without ports are sent in one direction only: their state would let the others pass."""
    if any(
        entry.protocol in MESSAGES and entry.ports
        for side in (source, destination)
        for acl in side.network_acls
        for entry in acl.entries
    ):
        return False
    return source.vpc.ref.vpc_id < destination.vpc.ref.vpc_id


def _probes(flow: Flow, pair: Pair, ranges: list[PortRange]) -> Iterator[Probe]:
    """Packets to each stretch of ports that no rule tells apart, and from each to which the answers go."""
    source, destination = pair
    probe = partial(Probe, source=source, destination=destination)
    if flow.protocol in {Protocol.ICMP, Protocol.ALL}:
        yield probe(protocol=ICMPV6 if _is_ipv6(source) else ICMP)
    if flow.protocol is Protocol.ALL:
        yield probe(protocol=UNNAMED)
    for protocol in PORT_PROTOCOLS.get(flow.protocol, ()):
        ports = _stretches(flow.ports or ALL_PORTS, ranges)
        source_ports = _stretches(ALL_PORTS if flow.protocol is Protocol.ALL else EPHEMERAL, ranges)
        pairs = {(port, source_ports[0]) for port in ports} | {(ports[0], source_port) for source_port in source_ports}
        for port, source_port in sorted(pairs):
            yield probe(protocol=protocol, port=port, source_port=source_port)


def _ranges(*sides: Snapshot) -> list[PortRange]:
    """All that any rule of the sides names."""
    rules: list[Permission | AclEntry] = []
    for side in sides:
        rules += (rule for group in side.security_groups for rule in group.permissions)
        rules += (entry for acl in side.network_acls for entry in acl.entries)
    return [rule.ports for rule in rules if rule.ports and rule.protocol in {"tcp", "udp"}]


def _stretches(within: PortRange, ranges: Iterable[PortRange]) -> list[int]:
    """A port of each stretch that all the ranges treat alike, and both ends; none is port 0, which no packet has."""
    edges = {within.first, within.last} | {edge for each in ranges for edge in (each.first, each.last + 1)}
    return sorted({max(edge, 1) for edge in edges if within.first <= edge <= within.last})


def _reverse(probe: Probe) -> Probe:
    return change(probe, source=probe.destination, destination=probe.source, port=probe.source_port, source_port=probe.port)
