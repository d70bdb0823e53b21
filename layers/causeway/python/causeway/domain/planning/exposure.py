"""Exposures: what people's own rules open through a peering beyond what the items of the pair allow.

Each ingress rule is judged by itself. What it exposes is a set of packets: the union, over all pairs of a source that it means
and a destination that carries its group, of

    packets before ingress rules ∩ packets of the rule − packets asked for

where "asked for" are the packets of those rules that the items need in any group of the destination and that mean the source.

For example: an item allows tcp 22 from the requester, and somebody has given the accepter's group a rule for tcp 20-25 from
10.0.0.0/8. The rule exposes tcp 20-21 and 23-25. If the accepter's network ACL denies tcp 0-21, it exposes tcp 23-25.

Pairs are not computed one by one, but for each pair of equivalence classes. Destinations are equivalent here if the same is
asked for in their groups and packets meet the same before their ingress rules, whatever these are. Sources are equivalent if
packets meet the same, and the same rules of the other side, present or asked for, mean them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, NetworkInterface, PeeringConnection, Permission, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side, Value
from causeway.domain.reachability.endpoints import (
    Candidates,
    End,
    Member,
    Members,
    all_candidates,
    end_of,
    selected_candidates,
)
from causeway.domain.reachability.equivalence import equivalence_classes, equivalence_keys
from causeway.domain.reachability.hops import means
from causeway.domain.reachability.packet_sets import PacketSet, allowed_by_rules, of_family, packets_of_rule
from causeway.domain.reachability.path_packets import packets_before_ingress_rules
from causeway.domain.reachability.verdicts import Endpoint
from causeway.domain.reachability.wording import say_packets, say_rules

from .claims import rules_asked_for
from .kinds.rules import RulePlace
from .ownership import Holdings

MAX_REPORTED = 20
"""How many rules have a finding of their own."""

type Asked = Mapping[str, frozenset[Permission]]
"""The rules that the requests of the pair ask for, by security group."""


class Exposure(Value):
    """What one rule opens beyond what the requests of the pair ask for.

    Attributes:
        side: Of the security group.
        packets: Those that it lets through, there and back, and that are not asked for.
        source: An end on the other side that can send them.
        destination: One that they reach.
    """

    side: Side
    security_group_id: str
    rule: Permission
    packets: PacketSet
    source: Endpoint
    destination: Endpoint

    def __or__(self, other: "Exposure") -> "Exposure":
        """Both, with this one's example."""
        return replace(self, packets=self.packets | other.packets)


class SourceClass(Value):
    """An equivalence class of sources.

    Attributes:
        end: Stands for the class.
        class_id: Of the coarser class that it is a part of: of all sources whose packets meet the same before ingress rules.
        allowed_by: The numbers of the other side's ingress rules that mean it.
    """

    end: End
    class_id: int
    allowed_by: frozenset[int]


def beyond_allow(
    request: Request, others: Iterable[Holdings], snapshots: PerSide[Snapshot], connection: PeeringConnection | None
) -> tuple[Finding, ...]:
    """What is open that neither the request nor another one of the pair asks for, in words.

    Args:
        request: The request.
        others: What the other requests of the pair hold, each in its own words.
        snapshots: Both sides, in the request's view.
        connection: The one that the routes must lead to; None where there is none.
    """
    asked = rules_asked_for(request, others, snapshots)
    return tuple(exposure_findings(exposures(request, asked, snapshots, connection)))


def exposures(
    request: Request,
    asked: PerSide[frozenset[RulePlace]],
    snapshots: PerSide[Snapshot],
    connection: PeeringConnection | None,
) -> tuple[Exposure, ...]:
    """What the rules on both sides open that is not asked for, in the order of side, group and rule.

    A side without any interface is judged by those that the check assumes.

    Args:
        request: Its selectors decide which interfaces are assumed.
        asked: The rules that are asked for, of all requests of the pair.
        snapshots: Both sides, as observed or as projected.
        connection: The one that the routes must lead to; None where there is none.
    """
    candidates = PerSide.of(lambda side: _candidates(request, snapshots[side]))
    found: dict[tuple[Side, str, Permission], Exposure] = {}
    for side in SIDES:
        for each in _into(side, _by_group(asked[side]), candidates, snapshots, connection):
            place = side, each.security_group_id, each.rule
            found[place] = found[place] | each if place in found else each
    return tuple(sorted(found.values(), key=_place))


def exposure_findings(found: tuple[Exposure, ...]) -> Iterator[Finding]:
    """One finding for each rule, of the first ones; and one for all the rest."""
    for each in found[:MAX_REPORTED]:
        yield Finding(
            code=Code.OPEN_BEYOND_ALLOW,
            side=each.side,
            where=each.security_group_id,
            message=f"The {say_rules((each.rule,))} of {each.security_group_id} lets through what no item of the two VPCs asks "
            f"for: {say_packets(each.packets)} from {each.side.other} to {each.side}, for example {each.source.address} to "
            f"{each.destination.address}. Narrow the rule, or add the flow to the item.",
            blocking=False,
        )
    if len(found) > MAX_REPORTED:
        yield Finding(
            code=Code.OPEN_BEYOND_ALLOW,
            where=f"{len(found) - MAX_REPORTED} more rules",
            message=f"{len(found) - MAX_REPORTED} more rules let through what no item of the two VPCs asks for. "
            "`causeway reach` tells what can reach a security group.",
            blocking=False,
        )


def _place(exposure: Exposure) -> tuple[int, str, str]:
    return SIDES.index(exposure.side), exposure.security_group_id, say_rules((exposure.rule,))


def _candidates(request: Request, snapshot: Snapshot) -> Candidates:
    present = all_candidates(snapshot)
    return present if present.interfaces else selected_candidates(request, snapshot)


def _by_group(asked: Iterable[RulePlace]) -> Asked:
    rules: defaultdict[str, set[Permission]] = defaultdict(set)
    for group_id, rule in asked:
        if rule.direction is Direction.INGRESS:
            rules[group_id].add(rule)
    return {group_id: frozenset(each) for group_id, each in rules.items()}


def _into(
    side: Side,
    asked: Asked,
    candidates: PerSide[Candidates],
    snapshots: PerSide[Snapshot],
    connection: PeeringConnection | None,
) -> Iterator[Exposure]:
    """What each ingress rule of a side exposes to the other side, for each pair of classes."""
    rules = tuple(_ingress_rules(candidates[side]))
    sources = _source_classes(side, asked, candidates, snapshots, rules)
    whatever_the_rules = equivalence_keys(candidates, snapshots, side.other)[side]._replace(traffic=())
    here, there = snapshots[side].vpc, snapshots[side.other].vpc
    for wanted, destinations in _by_what_is_asked(asked, candidates[side]):
        asked_for = [allowed_by_rules(rule for rule in wanted if means(rule, source.end)) for source in sources]
        for members in equivalence_classes(destinations, whatever_the_rules):
            destination, carriers = end_of(members, destinations, here, there), _carriers(members)
            for beyond, senders in _by_what_is_beyond(sources, asked_for, destination, connection):
                for number in frozenset[int]().union(*(sender.allowed_by for sender in senders)):
                    group_id, rule = rules[number]
                    packets = of_family(packets_of_rule(rule), destination.address.version) & beyond
                    if packets and group_id in carriers:
                        yield Exposure(
                            side=side,
                            security_group_id=group_id,
                            rule=rule,
                            packets=packets,
                            source=next(sender for sender in senders if number in sender.allowed_by).end.endpoint,
                            destination=end_of([carriers[group_id]], destinations, here, there).endpoint,
                        )


def _ingress_rules(candidates: Candidates) -> Iterator[RulePlace]:
    for group_id, group in candidates.security_groups.items():
        yield from ((group_id, rule) for rule in group.permissions if rule.direction is Direction.INGRESS)


def _source_classes(
    side: Side, asked: Asked, candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], rules: Sequence[RulePlace]
) -> list[SourceClass]:
    """The sources of what comes to a side, by which of its rules, present or asked for, mean them; the lowest address first."""
    sources, here, there = candidates[side.other], snapshots[side.other].vpc, snapshots[side].vpc
    key = equivalence_keys(candidates, snapshots, side.other)[side.other]
    named = key.named_by_peer | {rule.peer for asked_for in asked.values() for rule in asked_for}
    coarser = equivalence_keys(candidates, snapshots, side.other, ())[side.other]._replace(
        traffic=None, peer_names=key.peer_names
    )
    class_id = {
        (str(address), interface.security_group_ids): number
        for number, members in enumerate(equivalence_classes(sources, coarser))
        for address, interface in members
    }
    by_peer: defaultdict[str, set[int]] = defaultdict(set)
    for number, (_, rule) in enumerate(rules):
        by_peer[rule.peer].add(number)
    classes = equivalence_classes(sources, key._replace(named_by_peer=named))
    ends = (end_of(members, sources, here, there) for members in classes)
    return [
        SourceClass(
            end=end,
            class_id=class_id[end.endpoint.address, end.endpoint.security_group_ids],
            allowed_by=frozenset().union(
                *(by_peer.get(name, ()) for name in (*key.partition.part_of(end.address), *end.referable_as))
            ),
        )
        for end in ends
    ]


def _by_what_is_beyond(
    sources: Iterable[SourceClass], asked_for: Iterable[PacketSet], destination: End, connection: PeeringConnection | None
) -> list[tuple[PacketSet, list[SourceClass]]]:
    """The packets before a destination's ingress rules that are not asked for, with the sources that can send them."""
    before: dict[int, PacketSet] = {}
    found: defaultdict[PacketSet, list[SourceClass]] = defaultdict(list)
    for source, asked in zip(sources, asked_for, strict=True):
        if source.end.address.version != destination.address.version:
            continue
        if source.class_id not in before:
            before[source.class_id] = packets_before_ingress_rules(source.end, destination, connection)
        found[before[source.class_id] - asked].append(source)
    return [(beyond, senders) for beyond, senders in found.items() if beyond]


def _by_what_is_asked(asked: Asked, candidates: Candidates) -> Iterator[tuple[frozenset[Permission], Candidates]]:
    """The candidates by the union of what is asked for in their groups."""
    nothing: frozenset[Permission] = frozenset()
    found: defaultdict[frozenset[Permission], list[NetworkInterface]] = defaultdict(list)
    for interface in candidates.interfaces:
        wanted = nothing.union(*(asked.get(group_id, nothing) for group_id in interface.security_group_ids))
        found[wanted].append(interface)
    for wanted, interfaces in found.items():
        yield wanted, replace(candidates, interfaces=tuple(interfaces))


def _carriers(members: Members) -> dict[str, Member]:
    """Of each security group the first member that carries it."""
    return {group_id: member for member in reversed(members) for group_id in member[1].security_group_ids}
