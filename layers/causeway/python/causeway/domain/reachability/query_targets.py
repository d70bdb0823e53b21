"""Query targets: the network interfaces that an id or an address means in a pair of VPCs."""

from collections.abc import Iterable

from msgspec.structs import replace

from causeway.domain.model.addressing import address_of, block_of
from causeway.domain.model.network import NetworkInterface, Snapshot, Subnet
from causeway.domain.model.request import Request
from causeway.domain.model.selection import selected_groups
from causeway.domain.model.values import SIDES, PerSide, Side, Value

from .endpoints import Candidates, all_candidates, assumed_in

DEFAULT_GROUP = "default"
"""The name of the security group that an interface gets where none is given (VPC guide, "Default security groups")."""


class UnanswerableQuery(Exception):
    """These two VPCs cannot answer the query: the message says why, in one sentence."""


class QueryTarget(Value):
    """What a query is about: one or more interfaces of a side.

    Attributes:
        name: The id or address that was asked about.
        candidates: Its interfaces; assumed if there is none yet.
    """

    name: str
    side: Side
    candidates: Candidates


def is_known_kind(name: str) -> bool:
    """Whether it is an id or an address that a query can be about."""
    return name.startswith(("eni-", "i-", "sg-", "subnet-")) or is_address(name)


def is_address(name: str) -> bool:
    """Whether it is an address of either family."""
    try:
        address_of(name)
    except ValueError:
        return False
    return True


def find_target(name: str, request: Request, snapshots: PerSide[Snapshot]) -> QueryTarget:
    """The interfaces that the id of a network interface, instance, security group or subnet means, or that have an address.

    For a group, a subnet or an address without interfaces, some are assumed: for a group with that group, else with the groups
    that the request selects, or with the VPC's default group if it selects none.

    Args:
        name: The id or the address.
        request: Selects the groups.
        snapshots: Both sides, whole.

    Raises:
        UnanswerableQuery: It is in neither VPC, or has no security group.
    """
    for side in SIDES:
        interfaces = _present(name, snapshots[side])
        if interfaces:
            return _guarded(name, snapshots[side], interfaces)
        interfaces = tuple(_assumed(name, request, snapshots[side]))
        if interfaces:
            everything = all_candidates(snapshots[side])
            return QueryTarget(name=name, side=side, candidates=replace(everything, interfaces=interfaces))
    requester, accepter = (snapshots[side].vpc.ref for side in SIDES)
    raise UnanswerableQuery(f"{name} is neither in {requester} nor in {accepter}.")


def _present(name: str, snapshot: Snapshot) -> tuple[NetworkInterface, ...]:
    if is_address(name):
        address = str(address_of(name))
        having = (each for each in snapshot.network_interfaces if address in each.addresses)
        return tuple(replace(each, addresses=(address,)) for each in having)
    return tuple(
        each
        for each in snapshot.network_interfaces
        if name in {each.network_interface_id, each.instance_id, each.subnet_id, *each.security_group_ids}
    )


def _guarded(name: str, snapshot: Snapshot, interfaces: tuple[NetworkInterface, ...]) -> QueryTarget:
    everything = all_candidates(snapshot)
    ids = {interface.network_interface_id for interface in everything.interfaces}
    guarded = tuple(interface for interface in interfaces if interface.network_interface_id in ids)
    if not guarded:
        raise UnanswerableQuery(f"{name} carries no security group: it is one of AWS's own devices, and no end of any flow.")
    return QueryTarget(name=name, side=snapshot.side, candidates=replace(everything, interfaces=guarded))


def _assumed(name: str, request: Request, snapshot: Snapshot) -> Iterable[NetworkInterface]:
    if name in {group.security_group_id for group in snapshot.security_groups}:
        return (assumed_in(subnet, (name,)) for subnet in snapshot.subnets)
    groups = [group.security_group_id for group in selected_groups(request, snapshot)]
    groups = groups or [group.security_group_id for group in snapshot.security_groups if group.name == DEFAULT_GROUP]
    if is_address(name):
        at = (assumed_in(subnet, groups) for subnet in snapshot.subnets if _holds(subnet, name))
        return (replace(each, addresses=(str(address_of(name)),)) for each in at)
    return (assumed_in(subnet, groups) for subnet in snapshot.subnets if subnet.subnet_id == name)


def _holds(subnet: Subnet, name: str) -> bool:
    return any(address_of(name) in block_of(block) for block in subnet.all_cidr_blocks)
