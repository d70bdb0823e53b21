"""One flow between two interfaces: what the check says, and which packets would show it."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import permutations, product

from causeway.domain.model.network import AclEntry, PeeringConnection, Permission, Snapshot
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector
from causeway.domain.model.values import PerSide, Side, Value
from causeway.domain.reachability.check import check
from causeway.domain.reachability.matching import EPHEMERAL_PORTS
from causeway.domain.reachability.verdicts import Endpoint, Result, Verdict
from localcloud.packets.probes import ICMP, ICMPV6, TCP, UDP, InterfaceAddress, Probe
from tests.domain.networks import change
from tests.packets.worlds import MESSAGES, World

EVERYTHING = Selector(every=True)
PORT_PROTOCOLS = {Protocol.TCP: (TCP,), Protocol.UDP: (UDP,), Protocol.ALL: (TCP, UDP)}
UNNAMED = 253
"""A protocol number for experiments (RFC 3692): it stands for all that have no ports."""


class Case(Value):
    """A flow from one address to another, as the check judges it.

    Attributes:
        probes: Packets that are all answered if the flow works wholly, and not all otherwise.
    """

    verdict: Verdict
    probes: tuple[Probe, ...]

    @property
    def is_known(self) -> bool:
        """Whether the check says what packets can show: AWS takes no route of several as it likes, and all lists are read."""
        return self.verdict.result is not Result.UNKNOWN

    def __str__(self) -> str:
        verdict = self.verdict
        said = "\n".join(
            f"    {'x' if hop.cause else ' '} {hop.component} {hop.resource_id}: {hop.decided_by}" for hop in verdict.hops
        )
        return f"{verdict.flow.what} from {verdict.source.address} to {verdict.destination.address}\n{said}"


def cases(world: World) -> Iterator[Case]:
    """Every flow of the world, from every address to every one of the same family in another VPC.

    Left out is what packets cannot show: a flow of all protocols between ACLs that tell ICMP's messages apart, a flow with a
    probe that would pass as the answer to another one's, and one of which the check says that it is unknown.
    """
    sent: set[Probe] = set()
    for source, destination in permutations(world.snapshots, 2):
        for one, other in product(_ends(source, Side.REQUESTER), _ends(destination, Side.ACCEPTER)):
            for case in _cases_between(world, one, other):
                if case.is_known and sent.isdisjoint(map(_reverse, case.probes)):
                    sent.update(case.probes)
                    yield case


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


def _ends(snapshot: Snapshot, side: Side) -> Iterator[Snapshot]:
    """The side as if it had only one interface with one address, and its groups only, for each that it has."""
    for interface in snapshot.network_interfaces:
        carried = tuple(each for each in snapshot.security_groups if each.security_group_id in interface.security_group_ids)
        for address in interface.addresses:
            alone = (change(interface, addresses=(address,)),)
            yield change(snapshot, side=side, network_interfaces=alone, security_groups=carried)


def _cases_between(world: World, source: Snapshot, destination: Snapshot) -> Iterator[Case]:
    connection = next((each for each in world.connections if each.joins(source.vpc.ref, destination.vpc.ref)), None)
    flows = [flow for flow in world.flows if flow.protocol is not Protocol.ALL or _is_first(source, destination)]
    for verdict in judge(source, destination, connection, flows):
        yield Case(verdict=verdict, probes=tuple(_probes(verdict, _ranges(source, destination))))


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


def _probes(verdict: Verdict, ranges: list[PortRange]) -> Iterator[Probe]:
    """Packets to each stretch of ports that no rule tells apart, and from each to which the answers go."""
    probe = partial(Probe, source=_address_of(verdict.source), destination=_address_of(verdict.destination))
    flow, is_ipv6 = verdict.flow, ":" in verdict.source.address
    if flow.protocol in {Protocol.ICMP, Protocol.ALL}:
        yield probe(protocol=ICMPV6 if is_ipv6 else ICMP)
    if flow.protocol is Protocol.ALL:
        yield probe(protocol=UNNAMED)
    for protocol in PORT_PROTOCOLS.get(flow.protocol, ()):
        ports = _stretches(flow.ports or ALL_PORTS, ranges)
        source_ports = _stretches(ALL_PORTS if flow.protocol is Protocol.ALL else EPHEMERAL_PORTS, ranges)
        pairs = {(port, source_ports[0]) for port in ports} | {(ports[0], source_port) for source_port in source_ports}
        for port, source_port in sorted(pairs):
            yield probe(protocol=protocol, port=port, source_port=source_port)


def _address_of(endpoint: Endpoint) -> InterfaceAddress:
    return InterfaceAddress(network_interface_id=str(endpoint.network_interface_id), address=endpoint.address)


def _ranges(*sides: Snapshot) -> list[PortRange]:
    """All that any rule of the sides names."""
    rules: list[Permission | AclEntry] = []
    for side in sides:
        rules += (rule for group in side.security_groups for rule in group.permissions)
        rules += (entry for acl in side.network_acls for entry in acl.entries)
    return [rule.ports for rule in rules if rule.ports and rule.protocol in {"tcp", "udp"}]


def _stretches(within: PortRange, ranges: Iterable[PortRange]) -> list[int]:
    """A port of each stretch that all the ranges treat alike, and both ends; none is port 0, which no packet can have."""
    edges = {within.first, within.last} | {edge for each in ranges for edge in (each.first, each.last + 1)}
    return sorted({max(edge, 1) for edge in edges if within.first <= edge <= within.last})


def _reverse(probe: Probe) -> Probe:
    return change(probe, source=probe.destination, destination=probe.source, port=probe.source_port, source_port=probe.port)
