"""Equivalence classes of network interfaces: one interface of a class stands for all of it.

Two interfaces of a side are equivalent for a flow if its packets meet the same rules and routes at both. It is enough that they
agree in:

1. the family of their addresses;
2. the network ACL of their subnets;
3. the set of their subnets' routes to the other side;
4. the set of the rules of all their security groups that are about the flow and mean somebody on the other side;
5. the set of their security groups that such rules of the other side name;
6. the set of the CIDR blocks that hold their addresses: of those that the other side's rules, routes and network ACL entries
   name, and of their own VPC's.

For example: the requester may open tcp 22, and its interfaces 10.0.0.10, 10.0.0.11 and 10.0.1.10 differ in their addresses
only. A rule of the accepter allows tcp 22 from 10.0.0.0/24, another one tcp 443 from 10.0.0.10/32, which is not about the flow.
So the CIDR blocks that count are 10.0.0.0/24 and the VPC's 10.0.0.0/16: both hold the first two addresses, only the VPC's holds
the third. The classes are {10.0.0.10, 10.0.0.11} and {10.0.1.10}.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from causeway.domain.model.addressing import Partition, is_block, is_prefix_list
from causeway.domain.model.network import Direction, Permission, SecurityGroup, Snapshot, Vpc
from causeway.domain.model.request import Flow, Request
from causeway.domain.model.values import PerSide, Side

from .endpoints import Candidates, End, Member, Members, Surroundings, addresses_of, end_of, selected_candidates
from .matching import Traffic, all_requested, concerns


class EquivalenceKey(NamedTuple):
    """The key of a side's equivalence relation, as functions of a subnet, a security group and an address.

    Attributes:
        partition: Of the side's addresses, by the CIDR blocks that count.
        peer_names: The CIDR blocks and security groups by which a rule or a route means somebody on the other side.
        named_by_peer: The peers of the other side's rules that are about the flow.
        direction: Of the flow, seen from the side. Security groups are stateful: only rules of this direction count.
        traffic: What the flow sends, in each family; None where rules count whatever they are about.
    """

    partition: Partition
    peer_names: frozenset[str]
    named_by_peer: frozenset[str]
    direction: Direction
    traffic: tuple[Traffic, ...] | None

    def of_surroundings(self, surroundings: Surroundings) -> object:
        """The network ACL, and the routes to the other side."""
        routes = frozenset(route for route in surroundings.route_table.routes if self._means_peer(route.destination))
        return surroundings.network_acl.network_acl_id, routes

    def of_group(self, group_id: str, group: SecurityGroup | None) -> tuple[frozenset[Permission | str], frozenset[str]]:
        """The rules that count, and the group's id if the other side names it. An interface has the unions over its groups.

        A group that was not read is None: its id stands for its rules.
        """
        named = self.named_by_peer & {group_id}
        if group is None:
            return frozenset({group_id}), named
        rules = frozenset[Permission | str](
            rule
            for rule in group.permissions
            if rule.direction is self.direction and self._means_peer(rule.peer) and _is_about(rule, self.traffic)
        )
        return rules, named

    def _means_peer(self, name: str) -> bool:
        """Whether the name means somebody on the other side, or may: what an unread prefix list holds is unknown."""
        return name in self.peer_names or is_prefix_list(name)


def ends_of(flow: Flow, request: Request, snapshots: PerSide[Snapshot]) -> PerSide[tuple[End, ...]]:
    """The ends of a flow on each side: of each equivalence class of the candidates the first one.

    Of an interface's addresses the first of each family counts.
    """
    candidates = PerSide.of(lambda side: selected_candidates(request, snapshots[side]))
    return representatives(candidates, snapshots, flow.source, all_requested(flow))


def representatives(
    candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], source: Side, traffic: tuple[Traffic, ...] | None = None
) -> PerSide[tuple[End, ...]]:
    """Of each side's equivalence classes the end that stands for it: of its interfaces that are there the lowest address.

    Args:
        candidates: Of each side.
        snapshots: Both sides.
        source: The side that starts connections.
        traffic: What it sends; None where that is the question, so that all rules count.
    """
    keys = equivalence_keys(candidates, snapshots, source, traffic)
    return PerSide.of(
        lambda side: tuple(
            end_of(members, candidates[side], snapshots[side].vpc, snapshots[side.other].vpc)
            for members in equivalence_classes(candidates[side], keys[side])
        )
    )


def equivalence_keys(
    candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], source: Side, traffic: tuple[Traffic, ...] | None = None
) -> PerSide[EquivalenceKey]:
    """The key of each side's equivalence relation; the arguments as for `representatives`."""
    directions = {source: Direction.EGRESS, source.other: Direction.INGRESS}
    peers = PerSide.of(lambda side: frozenset(_peers(candidates[side], directions[side], traffic)))
    partitions = PerSide.of(lambda side: _partition(snapshots[side].vpc, candidates[side.other], peers[side.other]))
    return PerSide.of(
        lambda side: EquivalenceKey(
            partition=partitions[side],
            peer_names=_names(candidates[side.other], partitions[side.other]),
            named_by_peer=peers[side.other],
            direction=directions[side],
            traffic=traffic,
        )
    )


def equivalence_classes(candidates: Candidates, key: EquivalenceKey) -> list[Members]:
    """A side's classes, and the members of each, in the order of the addresses: those that are there before assumed ones.

    The key's parts are computed once for each subnet, group and combination of groups, not for each interface.
    """
    groups = candidates.security_groups
    around = {subnet_id: key.of_surroundings(each) for subnet_id, each in candidates.subnets.items()}
    combinations = {interface.security_group_ids for interface in candidates.interfaces}
    used = {group_id for group_ids in combinations for group_id in group_ids}
    of_group = {group_id: key.of_group(group_id, groups.get(group_id)) for group_id in used}
    guarded = {group_ids: _union(of_group[each] for each in group_ids) for group_ids in combinations}
    classes: defaultdict[object, Members] = defaultdict(list)
    for address, interface in sorted(addresses_of(candidates.interfaces), key=_by_address):
        effect = around[interface.subnet_id], guarded[interface.security_group_ids]
        classes[address.version, effect, key.partition.part_of(address)].append((address, interface))
    return list(classes.values())


def _by_address(member: Member) -> tuple[bool, int, int]:
    address, interface = member
    return interface.is_assumed, address.version, int(address)


def _union(keys: Iterable[tuple[frozenset[Permission | str], frozenset[str]]]) -> object:
    rules, names = frozenset[Permission | str](), frozenset[str]()
    for more_rules, more_names in keys:
        rules |= more_rules
        names |= more_names
    return rules, names


def _partition(here: Vpc, peer: Candidates, named_by_peer: Iterable[str]) -> Partition:
    """A side's addresses by the CIDR blocks that count: those that the other side names, and the VPC's own."""
    named = chain(
        named_by_peer,
        (entry.cidr_block for subnet in peer.subnets.values() for entry in subnet.network_acl.entries),
        (route.destination for subnet in peer.subnets.values() for route in subnet.route_table.routes),
        here.all_cidr_blocks,
    )
    return Partition(name for name in named if is_block(name))


def _peers(candidates: Candidates, direction: Direction, traffic: tuple[Traffic, ...] | None) -> Iterator[str]:
    """The peers of the rules that are about the traffic, in any group that a candidate carries."""
    used = {group_id for interface in candidates.interfaces for group_id in interface.security_group_ids}
    for group_id in used & candidates.security_groups.keys():
        for rule in candidates.security_groups[group_id].permissions:
            if rule.direction is direction and _is_about(rule, traffic):
                yield rule.peer


def _is_about(rule: Permission, traffic: tuple[Traffic, ...] | None) -> bool:
    """Whether it lets through any part of the traffic; every rule does where the traffic is None."""
    return traffic is None or any(concerns(rule, each) for each in traffic)


def _names(candidates: Candidates, partition: Partition) -> frozenset[str]:
    """The CIDR blocks and security groups by which a rule or a route can mean any of the candidates."""
    parts = {partition.part_of(address) for address, _ in addresses_of(candidates.interfaces)}
    groups = (group_id for interface in candidates.interfaces for group_id in interface.security_group_ids)
    return frozenset(chain(chain.from_iterable(parts), groups))
