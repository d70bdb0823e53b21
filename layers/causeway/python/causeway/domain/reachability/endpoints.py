"""The ends of a request's flows on each side: which interfaces can tell whether the flows work."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from causeway.domain.model.addressing import (
    FAMILIES,
    FIRST_USABLE,
    Address,
    Partition,
    address_of,
    block_of,
    is_block,
    is_prefix_list,
)
from causeway.domain.model.network import (
    UNSEEN_ACL,
    Direction,
    NetworkAcl,
    NetworkInterface,
    Permission,
    RouteTable,
    SecurityGroup,
    Snapshot,
    Subnet,
    Vpc,
)
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.request import Flow, Request
from causeway.domain.model.selection import is_selected, selected_groups
from causeway.domain.model.values import PerSide, Side, Value

from .matching import Traffic, all_requested, concerns
from .verdicts import Endpoint

type Members = list[tuple[Address, NetworkInterface]]
"""Interfaces, each with the address that is looked at."""


class Surroundings(Value):
    """What a subnet puts around its interfaces."""

    network_acl: NetworkAcl
    route_table: RouteTable


class End(Value):
    """An endpoint, with everything that guards it and shows it the way.

    Attributes:
        referable_as: The security groups by which the other side's rules can mean it: none in another region.
        cidr_block: The one of its VPC that holds the address; None where none does.
    """

    endpoint: Endpoint
    address: Address
    surroundings: Surroundings
    security_groups: tuple[SecurityGroup, ...]
    referable_as: frozenset[str]
    cidr_block: str | None

    @property
    def reached_as(self) -> str:
        """The CIDR block that a rule or a route for it names: its VPC's, else the address alone."""
        return self.cidr_block or f"{self.address}/{self.address.max_prefixlen}"


class EquivalenceKey(NamedTuple):
    """What tells the interfaces of a side apart: all else is the same to packets between the sides.

    Attributes:
        partition: Of the side's addresses, by the rules and routes of the other side.
        seen: CIDR blocks and security groups that mean an interface of the other side.
        named: What the other side's rules that are asked about name.
        direction: Of the flow, seen from the side: its groups are asked only about what opens a connection.
        requested: What the flow sends, in each family; None where every rule counts.
    """

    partition: Partition
    seen: frozenset[str]
    named: frozenset[str]
    direction: Direction
    requested: tuple[Traffic, ...] | None

    def of_surroundings(self, surroundings: Surroundings) -> object:
        routes = frozenset(route for route in surroundings.route_table.routes if self._sees(route.destination))
        return surroundings.network_acl.network_acl_id, routes

    def of_group(self, group: SecurityGroup) -> tuple[frozenset[Permission], frozenset[str]]:
        """Its rules, and its id where rules there name it: what tells the groups of an interface apart is in either of any."""
        rules = frozenset(
            rule
            for rule in group.permissions
            if rule.direction is self.direction and self._sees(rule.peer) and _is_about(rule, self.requested)
        )
        return rules, self.named & {group.security_group_id}

    def _sees(self, name: str) -> bool:
        """A prefix list that may not be read may mean anybody, and is told of."""
        return name in self.seen or is_prefix_list(name)


class Candidates(Value):
    """What a side has to offer: subnets that use a selected route table, and interfaces in them with a selected group.

    Routes and rules by prefix lists are resolved: there is one for each CIDR block.

    Attributes:
        subnets: By subnet id.
        security_groups: All of the side, by their ids.
        assumed: Whether the interfaces are not there yet: then each subnet gets one at its first usable address.
    """

    subnets: dict[str, Surroundings]
    interfaces: tuple[NetworkInterface, ...]
    security_groups: dict[str, SecurityGroup]
    assumed: bool = False


def ends_of(flow: Flow, request: Request, snapshots: PerSide[Snapshot]) -> PerSide[tuple[End, ...]]:
    """The ends of a flow on each side, one for each family and class of interfaces that no rule can tell apart.

    Two interfaces are of one class if their subnets have the same network ACL and the same routes to the other side, their
    security groups together have the same rules for this flow, the rules there mean them by the same groups, and their
    addresses are in the same CIDR blocks of all rules and routes there. The one with the lowest address stands for them all.
    Of an interface's addresses the first of each family counts.
    """
    candidates = PerSide.of(lambda side: selected_candidates(request, snapshots[side]))
    traffic = all_requested(flow)
    return equivalence_classes(candidates, snapshots, flow.source, traffic)


def equivalence_classes(
    candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], source: Side, traffic: tuple[Traffic, ...] | None = None
) -> PerSide[tuple[End, ...]]:
    """The candidates' ends on each side, one for each family and class, in the order of their addresses.

    Args:
        candidates: Of each side.
        snapshots: Both sides.
        source: The side that starts connections.
        traffic: What it starts; None where that is to be found out, so that no rule is left out.
    """
    tellings = equivalence_keys(candidates, snapshots, source, traffic)
    return PerSide.of(
        lambda side: tuple(
            end_of(members, candidates[side], snapshots[side].vpc, snapshots[side.other].vpc)
            for members in classes_of(candidates[side], tellings[side])
        )
    )


def equivalence_keys(
    candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], source: Side, traffic: tuple[Traffic, ...] | None = None
) -> PerSide[EquivalenceKey]:
    """What tells each side's candidates apart; the arguments as for `equivalence_classes`."""
    directions = {source: Direction.EGRESS, source.other: Direction.INGRESS}
    peers = PerSide.of(lambda side: frozenset(_peers(candidates[side], directions[side], traffic)))
    partitions = PerSide.of(lambda side: _partition(snapshots[side].vpc, candidates[side.other], peers[side.other]))
    return PerSide.of(
        lambda side: EquivalenceKey(
            partition=partitions[side],
            seen=_seen(candidates[side.other], partitions[side.other]),
            named=peers[side.other],
            direction=directions[side],
            requested=traffic,
        )
    )


def all_candidates(snapshot: Snapshot) -> Candidates:
    """All interfaces of a side that security groups guard; the others are AWS's own devices, as NAT gateways are."""
    snapshot = resolved(snapshot)
    subnets = dict(_subnets(snapshot))
    groups = {group.security_group_id: group for group in snapshot.security_groups}
    interfaces = tuple(
        interface
        for interface in snapshot.network_interfaces
        if interface.subnet_id in subnets and not groups.keys().isdisjoint(interface.security_group_ids)
    )
    return Candidates(subnets=subnets, interfaces=interfaces, security_groups=groups)


def selected_candidates(request: Request, snapshot: Snapshot) -> Candidates:
    """The interfaces that the request's flows are judged by."""
    snapshot = resolved(snapshot)
    subnets = dict(_selected_subnets(request, snapshot))
    present = {group.security_group_id: group for group in snapshot.security_groups}
    groups = {group.security_group_id for group in selected_groups(request, snapshot)}
    interfaces = tuple(
        interface
        for interface in snapshot.network_interfaces
        if interface.subnet_id in subnets and not groups.isdisjoint(interface.security_group_ids)
    )
    if interfaces or not groups:
        return Candidates(subnets=subnets, interfaces=interfaces, security_groups=present)
    assumed = tuple(assumed_in(subnet, groups) for subnet in snapshot.subnets if subnet.subnet_id in subnets)
    return Candidates(subnets=subnets, interfaces=assumed, security_groups=present, assumed=True)


def _selected_subnets(request: Request, snapshot: Snapshot) -> Iterator[tuple[str, Surroundings]]:
    return ((each, around) for each, around in _subnets(snapshot) if is_selected(request, snapshot, around.route_table))


def _subnets(snapshot: Snapshot) -> Iterator[tuple[str, Surroundings]]:
    for subnet in snapshot.subnets:
        table = snapshot.route_table_of(subnet.subnet_id)
        if table:
            acl = snapshot.network_acl_of(subnet.subnet_id) or UNSEEN_ACL
            yield subnet.subnet_id, Surroundings(network_acl=acl, route_table=table)


def assumed_in(subnet: Subnet, groups: Iterable[str]) -> NetworkInterface:
    """An interface that is not there yet, at the subnet's first usable addresses."""
    return NetworkInterface(
        network_interface_id="",
        subnet_id=subnet.subnet_id,
        addresses=tuple(str(block_of(block)[FIRST_USABLE]) for block in subnet.all_cidr_blocks),
        security_group_ids=tuple(sorted(groups)),
    )


def _partition(here: Vpc, opposite: Candidates, peers: Iterable[str]) -> Partition:
    """Tells apart the addresses of a side as far as anything looks at them: rules and routes look at the other end's."""
    named = chain(
        peers,
        (entry.cidr_block for subnet in opposite.subnets.values() for entry in subnet.network_acl.entries),
        (route.destination for subnet in opposite.subnets.values() for route in subnet.route_table.routes),
        here.all_cidr_blocks,
    )
    return Partition(name for name in named if is_block(name))


def _peers(candidates: Candidates, direction: Direction, traffic: tuple[Traffic, ...] | None) -> Iterator[str]:
    """Whom the rules name that are asked about: those of all groups that a candidate carries."""
    carried = {group_id for interface in candidates.interfaces for group_id in interface.security_group_ids}
    for group_id in carried & candidates.security_groups.keys():
        for rule in candidates.security_groups[group_id].permissions:
            if rule.direction is direction and _is_about(rule, traffic):
                yield rule.peer


def _is_about(rule: Permission, traffic: tuple[Traffic, ...] | None) -> bool:
    """Whether it has to do with any of the traffic; None is all there can be."""
    return traffic is None or any(concerns(rule, each) for each in traffic)


def _seen(candidates: Candidates, partition: Partition) -> frozenset[str]:
    """All that can mean one of these candidates in a rule or a route: CIDR blocks and security groups."""
    addresses = (address for address, _ in _addresses(candidates.interfaces))
    blocks = (block for part in {partition.part_of(address) for address in addresses} for block in part)
    groups = (group_id for interface in candidates.interfaces for group_id in interface.security_group_ids)
    return frozenset(chain(blocks, groups))


def end_of(members: Members, candidates: Candidates, here: Vpc, there: Vpc) -> End:
    """The end that stands for interfaces that nothing tells apart."""
    address, interface = members[0]
    groups = candidates.security_groups
    return End(
        endpoint=Endpoint(
            address=str(address),
            subnet_id=interface.subnet_id,
            network_interface_id=None if candidates.assumed else interface.network_interface_id,
            instance_id=interface.instance_id,
            security_group_ids=interface.security_group_ids,
            stands_for=0 if candidates.assumed else len(members),
        ),
        address=address,
        surroundings=candidates.subnets[interface.subnet_id],
        security_groups=tuple(groups[each] for each in interface.security_group_ids if each in groups),
        referable_as=frozenset(interface.security_group_ids if here.ref.region == there.ref.region else ()),
        cidr_block=next((block for block in here.all_cidr_blocks if address in block_of(block)), None),
    )


def classes_of(candidates: Candidates, telling: EquivalenceKey) -> list[Members]:
    """A side's candidates by what tells them apart, in the order of the addresses, as are those of each class."""
    groups = candidates.security_groups
    around = {subnet_id: telling.of_surroundings(each) for subnet_id, each in candidates.subnets.items()}
    carried = {interface.security_group_ids for interface in candidates.interfaces}
    told = {each: telling.of_group(groups[each]) for each in groups.keys() & {each for ids in carried for each in ids}}
    guarded = {ids: _together(told[each] for each in ids if each in told) for ids in carried}
    classes: defaultdict[object, Members] = defaultdict(list)
    for address, interface in sorted(_addresses(candidates.interfaces), key=_by_address):
        effect = around[interface.subnet_id], guarded[interface.security_group_ids]
        classes[address.version, effect, telling.partition.part_of(address)].append((address, interface))
    return list(classes.values())


def _together(told: Iterable[tuple[frozenset[Permission], frozenset[str]]]) -> object:
    rules, names = frozenset[Permission](), frozenset[str]()
    for more_rules, more_names in told:
        rules |= more_rules
        names |= more_names
    return rules, names


def _by_address(member: tuple[Address, NetworkInterface]) -> tuple[int, int]:
    return member[0].version, int(member[0])


def _addresses(interfaces: Iterable[NetworkInterface]) -> Iterator[tuple[Address, NetworkInterface]]:
    return ((address, interface) for interface in interfaces for address in _first_of_each_family(interface))


def _first_of_each_family(interface: NetworkInterface) -> Iterator[Address]:
    addresses = [address_of(address) for address in interface.addresses]
    for version in FAMILIES:
        yield from islice((address for address in addresses if address.version == version), 1)
