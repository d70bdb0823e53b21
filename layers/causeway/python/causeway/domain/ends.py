"""The ends of a request's flows on each side: which interfaces can tell whether the flows work."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from .addressing import FIRST_USABLE, Address, Partition, address_of, block_of, is_block
from .network import UNSEEN_ACL, NetworkAcl, NetworkInterface, Route, RouteTable, SecurityGroup, Snapshot, Subnet
from .request import Request
from .selection import is_selected, selected_groups
from .values import SIDES, Both, Side, Value
from .verdicts import Endpoint

FAMILIES = (4, 6)


class Surroundings(Value):
    """What a subnet puts around its interfaces."""

    network_acl: NetworkAcl
    route_table: RouteTable

    @property
    def effect(self) -> tuple[str, frozenset[Route]]:
        """The same for subnets that treat all packets alike, be it by two route tables with the same routes."""
        return self.network_acl.network_acl_id, frozenset(self.route_table.routes)


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


class Candidates(Value):
    """What a side has to offer: subnets that use a selected route table, and interfaces in them with a selected group.

    Attributes:
        subnets: By subnet id.
        assumed: Whether the interfaces are not there yet: then each subnet gets one at its first usable address.
    """

    subnets: dict[str, Surroundings]
    interfaces: tuple[NetworkInterface, ...]
    assumed: bool = False


def ends_of(request: Request, snapshots: Both[Snapshot]) -> Both[tuple[End, ...]]:
    """The ends of each side, one for each family and class of interfaces that no rule can tell apart.

    Two interfaces are of one class if their subnets have the same network ACL and the same routes, they carry the same security
    groups, and their addresses are in the same CIDR blocks of all rules and routes that will look at them. The one with the
    lowest address stands for them all. Of an interface's addresses the first of each family counts.
    """
    candidates = {side: _candidates(request, snapshots[side]) for side in SIDES}
    requester, accepter = (
        tuple(_ends(request, snapshots[side], candidates[side], _partition(snapshots, side, candidates[side.other])))
        for side in SIDES
    )
    return Both(requester=requester, accepter=accepter)


def _candidates(request: Request, snapshot: Snapshot) -> Candidates:
    subnets = dict(_selected_subnets(request, snapshot))
    groups = {group.security_group_id for group in selected_groups(request, snapshot)}
    interfaces = tuple(
        interface
        for interface in snapshot.network_interfaces
        if interface.subnet_id in subnets and not groups.isdisjoint(interface.security_group_ids)
    )
    if interfaces or not groups:
        return Candidates(subnets=subnets, interfaces=interfaces)
    assumed = tuple(_assumed(subnet, groups) for subnet in snapshot.subnets if subnet.subnet_id in subnets)
    return Candidates(subnets=subnets, interfaces=assumed, assumed=True)


def _selected_subnets(request: Request, snapshot: Snapshot) -> Iterator[tuple[str, Surroundings]]:
    for subnet in snapshot.subnets:
        table = snapshot.route_table_of(subnet.subnet_id)
        if table and is_selected(request, snapshot, table):
            acl = snapshot.network_acl_of(subnet.subnet_id) or UNSEEN_ACL
            yield subnet.subnet_id, Surroundings(network_acl=acl, route_table=table)


def _assumed(subnet: Subnet, groups: Iterable[str]) -> NetworkInterface:
    return NetworkInterface(
        network_interface_id="",
        subnet_id=subnet.subnet_id,
        addresses=tuple(str(block_of(block)[FIRST_USABLE]) for block in subnet.all_cidr_blocks),
        security_group_ids=tuple(sorted(groups)),
    )


def _partition(snapshots: Both[Snapshot], side: Side, opposite: Candidates) -> Partition:
    """Tells apart the addresses of a side as far as anything looks at them: rules and routes look at the other end's."""
    there = snapshots[side.other]
    groups = {group_id for interface in opposite.interfaces for group_id in interface.security_group_ids}
    named = chain(
        (rule.peer for group in there.security_groups if group.security_group_id in groups for rule in group.permissions),
        (entry.cidr_block for subnet in opposite.subnets.values() for entry in subnet.network_acl.entries),
        (route.destination for subnet in opposite.subnets.values() for route in subnet.route_table.routes),
        snapshots[side].vpc.all_cidr_blocks,
    )
    return Partition(name for name in named if is_block(name))


def _ends(request: Request, snapshot: Snapshot, candidates: Candidates, partition: Partition) -> Iterator[End]:
    groups = {group.security_group_id: group for group in snapshot.security_groups}
    for address, interface, members in _classes(candidates, partition):
        yield End(
            endpoint=Endpoint(
                address=str(address),
                subnet_id=interface.subnet_id,
                network_interface_id=None if candidates.assumed else interface.network_interface_id,
                instance_id=interface.instance_id,
                security_group_ids=interface.security_group_ids,
                stands_for=0 if candidates.assumed else members,
            ),
            address=address,
            surroundings=candidates.subnets[interface.subnet_id],
            security_groups=tuple(groups[each] for each in interface.security_group_ids if each in groups),
            referable_as=frozenset(interface.security_group_ids if request.same_region else ()),
            cidr_block=next((block for block in snapshot.vpc.all_cidr_blocks if address in block_of(block)), None),
        )


def _classes(candidates: Candidates, partition: Partition) -> Iterator[tuple[Address, NetworkInterface, int]]:
    """Of each class the lowest address, its interface, and how many members there are; in the order of the addresses."""
    effects = {subnet_id: surroundings.effect for subnet_id, surroundings in candidates.subnets.items()}
    classes: defaultdict[object, list[tuple[Address, NetworkInterface]]] = defaultdict(list)
    for interface in candidates.interfaces:
        groups = frozenset(interface.security_group_ids)
        for address in _first_of_each_family(interface):
            key = (address.version, effects[interface.subnet_id], groups, partition.part_of(address))
            classes[key].append((address, interface))
    lowest = [(*min(members, key=_by_address), len(members)) for members in classes.values()]
    yield from sorted(lowest, key=_by_address)


def _by_address(member: tuple[Address, *tuple[object, ...]]) -> tuple[int, int]:
    return member[0].version, int(member[0])


def _first_of_each_family(interface: NetworkInterface) -> Iterator[Address]:
    addresses = [address_of(address) for address in interface.addresses]
    for version in FAMILIES:
        yield from islice((address for address in addresses if address.version == version), 1)
