"""The ends of flows: network interfaces, each with everything around it that packets meet.

Of each side some interfaces are candidates: all of them, or those that carry a group which a request selects. For a selected
group that no interface carries yet, one is assumed in each subnet. `equivalence` finds which candidate stands for which others.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from msgspec.structs import replace

from causeway.domain.model.addressing import FAMILIES, FIRST_USABLE, Address, address_of, block_of
from causeway.domain.model.network import (
    ASSUMED,
    UNSEEN_ACL,
    UNSEEN_TABLE,
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
        security_groups: Those that it carries and that were read.
        unread_groups: The ids of the others: what they let through is unknown.
        referable_as: The security groups by which the other side's rules can mean it: none if the VPCs are in two regions.
        cidr_block: The VPC's CIDR block that holds the address; None where none does.
    """

    endpoint: Endpoint
    address: Address
    surroundings: Surroundings
    security_groups: tuple[SecurityGroup, ...]
    unread_groups: tuple[str, ...]
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
        interfaces: Those that are there, and assumed ones.
        security_groups: All of the side, by their ids.
    """

    subnets: dict[str, Surroundings]
    interfaces: tuple[NetworkInterface, ...]
    security_groups: dict[str, SecurityGroup]


def all_candidates(snapshot: Snapshot) -> Candidates:
    """All interfaces of a side that carry a security group, one that was read or not.

    The others are AWS's own devices, such as NAT gateways.
    """
    snapshot = resolved(snapshot)
    subnets = dict(_subnets(snapshot))
    groups = {group.security_group_id: group for group in snapshot.security_groups}
    interfaces = tuple(interface for interface in snapshot.network_interfaces if interface.security_group_ids)
    return Candidates(subnets=subnets, interfaces=interfaces, security_groups=groups)


def selected_candidates(request: Request, snapshot: Snapshot) -> Candidates:
    """All interfaces that carry a selected security group, whatever route table their subnets use.

    For each selected group that no interface carries yet, one with that group is assumed in each subnet that uses a selected
    route table.
    """
    everything = all_candidates(snapshot)
    selected = [group.security_group_id for group in selected_groups(request, snapshot)]
    present = tuple(each for each in everything.interfaces if not set(selected).isdisjoint(each.security_group_ids))
    carried = {group_id for interface in snapshot.network_interfaces for group_id in interface.security_group_ids}
    subnets = [each for each in snapshot.subnets if _uses_selected_table(request, snapshot, each, everything.subnets)]
    assumed = (assumed_in(subnet, (group,)) for group in selected if group not in carried for subnet in subnets)
    return replace(everything, interfaces=(*present, *assumed))


def _uses_selected_table(
    request: Request, snapshot: Snapshot, subnet: Subnet, surroundings: Mapping[str, Surroundings]
) -> bool:
    table = surroundings[subnet.subnet_id].route_table
    return table != UNSEEN_TABLE and is_selected(request, snapshot, table)


def _subnets(snapshot: Snapshot) -> Iterator[tuple[str, Surroundings]]:
    """All subnets, and those of interfaces that were seen without their subnet."""
    seen = (subnet.subnet_id for subnet in snapshot.subnets)
    for subnet_id in dict.fromkeys(chain(seen, (each.subnet_id for each in snapshot.network_interfaces))):
        acl = snapshot.network_acl_of(subnet_id) or UNSEEN_ACL
        table = snapshot.route_table_of(subnet_id) or UNSEEN_TABLE
        yield subnet_id, Surroundings(network_acl=acl, route_table=table)


def assumed_in(subnet: Subnet, groups: Iterable[str]) -> NetworkInterface:
    """An interface that does not exist yet, at the subnet's first usable addresses."""
    return NetworkInterface(
        network_interface_id=ASSUMED,
        subnet_id=subnet.subnet_id,
        addresses=tuple(str(block_of(block)[FIRST_USABLE]) for block in subnet.all_cidr_blocks),
        security_group_ids=tuple(sorted(groups)),
    )


def end_of(members: Members, candidates: Candidates, here: Vpc, there: Vpc) -> End:
    """The end that stands for an equivalence class: its first member. An assumed one stands for no other.

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
            network_interface_id=None if interface.is_assumed else interface.network_interface_id,
            instance_id=interface.instance_id,
            security_group_ids=interface.security_group_ids,
            stands_for=sum(not member.is_assumed for _, member in members),
        ),
        address=address,
        surroundings=candidates.subnets[interface.subnet_id],
        security_groups=tuple(groups[each] for each in interface.security_group_ids if each in groups),
        unread_groups=tuple(each for each in interface.security_group_ids if each not in groups),
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
