"""Remedies: for each cause the smallest change that would let the flow through, as a value and as a sentence.

Each allows the whole flow from or to the CIDR block of the other end's VPC, or less if less is enough. All remedies of a
verdict together make its flow work, unless one of them is that nothing can be done.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import count, takewhile

from causeway.domain.model.addressing import contains
from causeway.domain.model.network import (
    FIRST_OWN_NUMBER,
    LOCAL,
    AclEntry,
    Direction,
    NetworkAcl,
    PeeringConnection,
    Permission,
    Route,
    RouteTable,
)
from causeway.domain.model.protocols import ALL_PROTOCOLS, ICMP_PROTOCOLS, PortRange, protocol_number
from causeway.domain.model.values import Value

from .matching import CODES, Traffic, packets_of
from .packet_sets import whole
from .wording import say_entries, say_rules

NEW_CONNECTION = "the new peering connection"
"""Stands for the id that AWS will give."""

STEP = 10
"""Between the numbers of network ACL entries: people number theirs in tens or hundreds, to leave room."""


class AddRule(Value, tag_field="kind", tag="add_rule"):
    """A rule for a security group."""

    security_group_id: str
    permission: Permission

    @property
    def sentence(self) -> str:
        return f"Add to {self.security_group_id} the {say_rules((self.permission,))}."


class AddEntry(Value, tag_field="kind", tag="add_entry"):
    """An entry for a network ACL.

    Attributes:
        moved: The numbers of the entries of the same direction that must become one higher first, if no number is free.
    """

    network_acl_id: str
    entry: AclEntry
    moved: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        said = say_entries((self.entry,))
        if self.moved:
            numbers = ", ".join(map(str, reversed(self.moved)))
            moved = f"the {self.entry.direction} entries {numbers} of {self.network_acl_id}"
            return f"Add 1 to the numbers of {moved}. Then add: {said}."
        return f"Add to {self.network_acl_id}: {said}."


class SetRoute(Value, tag_field="kind", tag="set_route"):
    """A route, new or with another target.

    Attributes:
        replaces: The target of the static route to the same destination; None if there is none.
    """

    route_table_id: str
    destination: str
    target: str
    replaces: str | None = None

    @property
    def sentence(self) -> str:
        if self.replaces is None:
            return f"Add to {self.route_table_id} the route {self.destination} → {self.target}."
        if self.replaces == self.target:
            return f"Leave the route {self.destination} in {self.route_table_id}: it works once {self.target} is active."
        return f"Let the route {self.destination} in {self.route_table_id} lead to {self.target} instead of {self.replaces}."


class Step(StrEnum):
    """What makes a peering connection active."""

    REQUEST = "request"
    ACCEPT = "accept"
    WAIT = "wait"


class Connect(Value, tag_field="kind", tag="connect"):
    """An active peering connection.

    Attributes:
        connection_id: The present connection; with `REQUEST`, the one that is over. None if there never was one.
    """

    step: Step
    connection_id: str | None = None

    @property
    def sentence(self) -> str:
        match self.step:
            case Step.WAIT:
                return f"Wait until {self.connection_id} is active."
            case Step.ACCEPT:
                return f"Accept {self.connection_id}."
        if self.connection_id is None:
            return "Request a peering connection of the two VPCs, and accept it."
        said = "Request a new peering connection of the two VPCs, and accept it."
        return f"{said} Let the routes to {self.connection_id} lead to it."


class Nothing(Value, tag_field="kind", tag="nothing"):
    """No change would help."""

    sentence: str


class Reveal(Value, tag_field="kind", tag="reveal"):
    """Nothing has to be changed before something is seen."""

    sentence: str


type Remedy = AddRule | AddEntry | SetRoute | Connect | Nothing | Reveal


def for_rules(group_ids: Sequence[str], direction: Direction, traffic: Traffic, block: str) -> AddRule:
    """One more rule, in the first of the interface's security groups."""
    permission = Permission(direction=direction, protocol=traffic.protocol, ports=_ports(traffic), peer=block)
    return AddRule(security_group_id=group_ids[0], permission=permission)


def for_entries(acl: NetworkAcl, direction: Direction, traffic: Traffic, block: str, denied_by: AclEntry | None) -> AddEntry:
    """An entry before the one that denies, for no more than that one's CIDR block; if none denies, an entry after all others.

    Args:
        acl: The network ACL that blocks.
        direction: Seen from the subnet.
        traffic: All of it must pass.
        block: Holds the other end.
        denied_by: None if no entry matches.
    """
    taken = {entry.number for entry in acl.entries if entry.direction is direction}
    number, moved = _number_before(denied_by.number, taken) if denied_by else (_number_after(taken), ())
    if denied_by is not None and contains(block, denied_by.cidr_block):
        block = denied_by.cidr_block
    entry = AclEntry(
        number=number,
        direction=direction,
        allow=True,
        protocol=protocol_number(traffic.protocol),
        cidr_block=block,
        ports=_ports(traffic),
    )
    return AddEntry(network_acl_id=acl.network_acl_id, entry=entry, moved=moved)


def for_routes(
    table: RouteTable, taken: Sequence[Route], block: str, connection: PeeringConnection | None
) -> SetRoute | Nothing:
    """A route to the other end's CIDR block, or to the part of it that is routed elsewhere now.

    Args:
        table: The route table.
        taken: The route that is taken now; several to one block if AWS takes any of them.
        block: Holds the other end.
        connection: Where the route must lead; if it is over, to a new one.
    """
    target = connection.connection_id if connection and connection.status.is_live else NEW_CONNECTION
    route = taken[0] if taken else None
    if route is None or (contains(route.destination, block) and route.destination != block and route.target != LOCAL):
        return SetRoute(route_table_id=table.route_table_id, destination=block, target=target)
    if route.target == LOCAL:
        return Nothing(
            sentence=f"Nothing can be done: {route.destination} is local in {table.route_table_id}, and VPCs with overlapping "
            "CIDR blocks cannot be peered."
        )
    by_list = route.prefix_list is not None
    outranked = route.propagated or (by_list and (len(taken) > 1 or not route.leads_to(target)))
    return SetRoute(
        route_table_id=table.route_table_id,
        destination=route.destination,
        target=target,
        replaces=None if outranked else route.target,
    )


def for_connection(connection: PeeringConnection | None) -> Connect:
    """The next step to an active connection."""
    if connection is None or not connection.status.is_live:
        return Connect(step=Step.REQUEST, connection_id=connection.connection_id if connection else None)
    step = Step.WAIT if connection.status.is_accepted else Step.ACCEPT
    return Connect(step=step, connection_id=connection.connection_id)


def for_strays(addresses: Iterable[str]) -> Nothing:
    """Addresses that are in none of their VPC's CIDR blocks."""
    return Nothing(
        sentence="Nothing can be done: a peering carries only what the CIDR blocks of its VPCs hold, and they do not hold "
        f"{' and '.join(addresses)}."
    )


def for_unread_groups(group_ids: Iterable[str]) -> Reveal:
    """Security groups whose rules were not read."""
    return Reveal(
        sentence=f"Let Causeway's read role describe {' and '.join(group_ids)}, or ask the owner what it lets through."
    )


def for_unread_lists(prefix_lists: Iterable[str]) -> Reveal:
    """Prefix lists that may not be read."""
    names = " and ".join(sorted(set(prefix_lists)))
    return Reveal(sentence=f"Let Causeway's read role read {names}: its owner can share it with the account of the VPC.")


def for_appliances(targets: Iterable[str]) -> Reveal:
    """What stands in the path and may pass packets on, or not."""
    return Reveal(
        sentence=f"Look at {' and '.join(targets)}: whether it passes these packets on cannot be seen from outside. "
        "A probe can tell."
    )


def for_unseen(what: str) -> Reveal:
    """A thing that every subnet has and that was not observed."""
    return Reveal(sentence=f"Look again: no {what} was observed, and every subnet has one.")


def _ports(traffic: Traffic) -> PortRange | None:
    """As rules have them: None for all; for ICMP a type and a code."""
    if traffic.protocol == ALL_PROTOCOLS or packets_of(traffic) == whole(traffic.protocol):
        return None
    if traffic.protocol in ICMP_PROTOCOLS:
        kind, code = divmod(traffic.span.first, CODES)
        return PortRange(first=kind, last=code)
    return traffic.span


def _number_after(taken: set[int]) -> int:
    """A round number after all that people gave; if there is none left, the highest that is free."""
    highest = FIRST_OWN_NUMBER - 1
    after = (max((number for number in taken if number <= highest), default=0) // STEP + 1) * STEP
    return after if after <= highest else next(number for number in range(highest, 0, -1) if number not in taken)


def _number_before(number: int, taken: set[int]) -> tuple[int, tuple[int, ...]]:
    """The nearest free number before; if there is none, the number itself and those that must make room for it."""
    free = next((each for each in range(min(number, FIRST_OWN_NUMBER) - 1, 0, -1) if each not in taken), None)
    return (number, tuple(takewhile(taken.__contains__, count(number)))) if free is None else (free, ())
