"""What is open through a peering that nobody asked for: people's own rules, which may let in more than any item's `allow`.

Each rule that lets something in is looked at for itself. So the interfaces that carry its group need not be told apart by their
rules, but only by what else packets meet on their way to them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from causeway.domain.model.addressing import Address
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, NetworkInterface, PeeringConnection, Permission, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side, Value
from causeway.domain.reachability.endpoints import (
    Candidates,
    End,
    Members,
    all_candidates,
    classes_of,
    end_of,
    equivalence_keys,
    selected_candidates,
)
from causeway.domain.reachability.hops import means
from causeway.domain.reachability.packet_sets import PacketSet, allowed_by_rules, of_family, packets_of_rule
from causeway.domain.reachability.path_packets import carried
from causeway.domain.reachability.verdicts import Endpoint
from causeway.domain.reachability.wording import say_packets, say_rules

from .claims import rules_asked_for
from .kinds.rules import RulePlace
from .ownership import Holdings

MAX_TOLD = 20
"""How many rules are told one by one."""

type Asked = Mapping[str, frozenset[Permission]]
"""The rules that the requests of the pair ask for, by security group."""


class Exposure(Value):
    """What one rule opens beyond what the requests of the pair ask for.

    Attributes:
        side: Of the security group.
        openings: What of it gets through, there and back, and is not asked for.
        source: An end on the other side that can use it.
        destination: One that this end reaches.
    """

    side: Side
    security_group_id: str
    rule: Permission
    openings: PacketSet
    source: Endpoint
    destination: Endpoint

    def __or__(self, other: "Exposure") -> "Exposure":
        """Both, with this one's example."""
        return replace(self, openings=self.openings | other.openings)


class SourceClass(Value):
    """An end that stands for a class of sources.

    Attributes:
        likeness: The same number for all that differ only in which of the other side's rules mean them.
        let_in_by: The numbers of the other side's rules that mean it.
    """

    end: End
    class_id: int
    allowed_by: frozenset[int]


def beyond_allow(
    request: Request, others: Iterable[Holdings], snapshots: PerSide[Snapshot], connection: PeeringConnection | None
) -> tuple[Finding, ...]:
    """What is open that neither the request nor another one of the pair asks for, in words.

    Args:
        request: The one.
        others: What the other requests of the pair hold, each in its own words.
        snapshots: Both sides, in the request's view.
        connection: The one that the routes must lead to; None where there is none.
    """
    asked = rules_asked_for(request, others, snapshots)
    return tuple(tell_exposures(exposures(request, asked, snapshots, connection)))


def exposures(
    request: Request,
    asked: PerSide[frozenset[RulePlace]],
    snapshots: PerSide[Snapshot],
    connection: PeeringConnection | None,
) -> tuple[Exposure, ...]:
    """What the rules on both sides open that is not asked for, in the order of side, group and rule.

    A side without any interface is judged by those that the check assumes.

    Args:
        request: Tells by its selectors what to assume.
        asked: The rules that are asked for, of all requests of the pair.
        snapshots: Both sides, as observed or as projected.
        connection: The one that the routes must lead to; None where there is none.
    """
    candidates = PerSide(requester=_candidates(request, snapshots.requester), accepter=_candidates(request, snapshots.accepter))
    found: dict[tuple[Side, str, Permission], Exposure] = {}
    for side in SIDES:
        for each in _into(side, _by_group(asked[side]), candidates, snapshots, connection):
            place = side, each.security_group_id, each.rule
            found[place] = found[place] | each if place in found else each
    return tuple(sorted(found.values(), key=_place))


def tell_exposures(found: tuple[Exposure, ...]) -> Iterator[Finding]:
    """One finding for each rule, of the first ones; and one for all the rest."""
    for each in found[:MAX_TOLD]:
        yield Finding(
            code=Code.OPEN_BEYOND_ALLOW,
            side=each.side,
            where=each.security_group_id,
            message=f"The {say_rules((each.rule,))} of {each.security_group_id} lets through what no item of the two VPCs asks "
            f"for: {say_packets(each.openings)} from {each.side.other} to {each.side}, for example {each.source.address} to "
            f"{each.destination.address}. Narrow the rule, or add the flow to the item.",
            blocking=False,
        )
    if len(found) > MAX_TOLD:
        yield Finding(
            code=Code.OPEN_BEYOND_ALLOW,
            where=f"{len(found) - MAX_TOLD} more rules",
            message=f"{len(found) - MAX_TOLD} more rules let through what no item of the two VPCs asks for. `causeway reach` "
            "tells what can reach a security group.",
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
    """What each rule of a side opens to the other side, for each class of destinations."""
    rules = tuple(_ingress_rules(candidates[side]))
    comers = _comers(side, asked, candidates, snapshots, rules)
    regardless = equivalence_keys(candidates, snapshots, side.other)[side]._replace(requested=())
    here, there = snapshots[side].vpc, snapshots[side.other].vpc
    for wanted, alike in _by_what_is_asked(asked, candidates[side]):
        asked_for = [allowed_by_rules(rule for rule in wanted if means(rule, comer.end)) for comer in comers]
        for members in classes_of(alike, regardless):
            destination, carriers = end_of(members, alike, here, there), _carriers(members)
            for beyond, those in _by_what_is_beyond(comers, asked_for, destination, connection):
                for number in frozenset[int]().union(*(comer.allowed_by for comer in those)):
                    group_id, rule = rules[number]
                    openings = of_family(packets_of_rule(rule), destination.address.version) & beyond
                    if openings and group_id in carriers:
                        yield Exposure(
                            side=side,
                            security_group_id=group_id,
                            rule=rule,
                            openings=openings,
                            source=next(comer for comer in those if number in comer.allowed_by).end.endpoint,
                            destination=end_of([carriers[group_id]], alike, here, there).endpoint,
                        )


def _ingress_rules(candidates: Candidates) -> Iterator[RulePlace]:
    for group_id, group in candidates.security_groups.items():
        yield from ((group_id, rule) for rule in group.permissions if rule.direction is Direction.INGRESS)


def _comers(
    side: Side, asked: Asked, candidates: PerSide[Candidates], snapshots: PerSide[Snapshot], rules: Sequence[RulePlace]
) -> list[SourceClass]:
    """The classes of sources, which what is asked for tells apart too, the lowest address first."""
    those, here, there = candidates[side.other], snapshots[side.other].vpc, snapshots[side].vpc
    telling = equivalence_keys(candidates, snapshots, side.other)[side.other]
    named = telling.named | {rule.peer for asked_for in asked.values() for rule in asked_for}
    unnamed = equivalence_keys(candidates, snapshots, side.other, ())[side.other]._replace(requested=None, seen=telling.seen)
    class_id = {member: number for number, members in enumerate(classes_of(those, unnamed)) for member, _ in members}
    by_peer: defaultdict[str, set[int]] = defaultdict(set)
    for number, (_, rule) in enumerate(rules):
        by_peer[rule.peer].add(number)
    ends = (end_of(members, those, here, there) for members in classes_of(those, telling._replace(named=named)))
    return [
        SourceClass(
            end=end,
            class_id=class_id[end.address],
            allowed_by=frozenset().union(
                *(by_peer.get(name, ()) for name in (*telling.partition.part_of(end.address), *end.referable_as))
            ),
        )
        for end in ends
    ]


def _by_what_is_beyond(
    comers: Iterable[SourceClass], asked_for: Iterable[PacketSet], destination: End, connection: PeeringConnection | None
) -> list[tuple[PacketSet, list[SourceClass]]]:
    """What gets to a class of destinations beyond what is asked for, as far as their own rules let it in, and from whom."""
    through: dict[int, PacketSet] = {}
    found: defaultdict[PacketSet, list[SourceClass]] = defaultdict(list)
    for comer, asked in zip(comers, asked_for, strict=True):
        if comer.end.address.version != destination.address.version:
            continue
        if comer.class_id not in through:
            through[comer.class_id] = carried(comer.end, destination, connection)
        found[through[comer.class_id] - asked].append(comer)
    return [(beyond, those) for beyond, those in found.items() if beyond]


def _by_what_is_asked(asked: Asked, candidates: Candidates) -> Iterator[tuple[frozenset[Permission], Candidates]]:
    """The interfaces that have the same asked for by all their groups together."""
    nothing: frozenset[Permission] = frozenset()
    alike: defaultdict[frozenset[Permission], list[NetworkInterface]] = defaultdict(list)
    for interface in candidates.interfaces:
        wanted = nothing.union(*(asked.get(group_id, nothing) for group_id in interface.security_group_ids))
        alike[wanted].append(interface)
    for wanted, interfaces in alike.items():
        yield wanted, replace(candidates, interfaces=tuple(interfaces))


def _carriers(members: Members) -> dict[str, tuple[Address, NetworkInterface]]:
    """Of each security group the first one that carries it."""
    return {group_id: member for member in reversed(members) for group_id in member[1].security_group_ids}
