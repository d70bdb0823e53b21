"""The ends of flows: network interfaces, each with everything around it that packets meet.

Of each side some interfaces are candidates: all of them, or those that a request selects. Where there is none yet, one is
assumed in each subnet. `equivalence` finds which candidate stands for which others.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from causeway.domain.model.addressing import FAMILIES, FIRST_USABLE, Address, address_of, block_of
from causeway.domain.model.network import (
    UNSEEN_ACL,
    NetworkAcl,
    NetworkInterface,
    RouteTable,
    SecurityGroup,
    Snapshot,
    Subnet,
    Vpc,
)
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.request import Request
from causeway.domain.model.selection import is_selected, selected_groups
from causeway.domain.model.values import Value

from .verdicts import Endpoint

type Member = tuple[Address, NetworkInterface]
"""One of an interface's addresses, and the interface."""

type Members = list[Member]
"""All members of one equivalence class."""


class Surroundings(Value):
    """What packets of a subnet's interfaces meet besides security groups."""

    network_acl: NetworkAcl
    route_table: RouteTable


class End(Value):
    """An endpoint with all that its packets meet in its VPC.

    Attributes:
        referable_as: The security groups by which the other side's rules can mean it: none if the VPCs are in two regions.
        cidr_block: The VPC's CIDR block that holds the address; None where none does.
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
    """A side's interfaces that may be the ends of a flow, with the subnets and security groups that they are in.

    Routes and rules by prefix lists are resolved: there is one for each CIDR block.

    Attributes:
        subnets: By subnet id.
        security_groups: All of the side, by their ids.
        assumed: Whether the interfaces do not exist yet.
    """

    subnets: dict[str, Surroundings]
    interfaces: tuple[NetworkInterface, ...]
    security_groups: dict[str, SecurityGroup]
    assumed: bool = False


def all_candidates(snapshot: Snapshot) -> Candidates:
    """All interfaces of a side that have security groups. The others are AWS's own devices, such as NAT gateways."""
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
    """The interfaces that the request selects: in a subnet with a selected route table, and with a selected security group.

    Where there are none yet, one with all selected groups is assumed in each such subnet.
    """
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
    """An interface that does not exist yet, at the subnet's first usable addresses."""
    return NetworkInterface(
        network_interface_id="",
        subnet_id=subnet.subnet_id,
        addresses=tuple(str(block_of(block)[FIRST_USABLE]) for block in subnet.all_cidr_blocks),
        security_group_ids=tuple(sorted(groups)),
    )


def end_of(members: Members, candidates: Candidates, here: Vpc, there: Vpc) -> End:
    """The end that stands for an equivalence class: its first member.

    Args:
        members: Of the class.
        candidates: Of the members' side.
        here: The members' VPC.
        there: The other side's.
    """
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


def addresses_of(interfaces: Iterable[NetworkInterface]) -> Iterator[Member]:
    """Each interface with the first of its addresses of each family."""
    return ((address, interface) for interface in interfaces for address in _first_of_each_family(interface))


def _first_of_each_family(interface: NetworkInterface) -> Iterator[Address]:
    addresses = [address_of(address) for address in interface.addresses]
    for version in FAMILIES:
        yield from islice((address for address in addresses if address.version == version), 1)
