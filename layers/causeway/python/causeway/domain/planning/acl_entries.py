"""Which entries the flows need in network ACLs: `network_acls: manage`.

A network ACL is stateless: it needs an entry for what a flow sends and one for what comes back. They are numbered from 20000
on, as a rule behind the entries of people: an earlier deny of theirs still decides, and the check tells that it stops the flow.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import count

from msgspec.structs import replace

from causeway.domain.model.addressing import Address, block_of, is_within
from causeway.domain.model.network import AclEntry, Direction, NetworkAcl, Snapshot
from causeway.domain.model.request import AclMode, Flow, Request
from causeway.domain.model.selection import is_selected
from causeway.domain.model.values import PerSide, Side, Value
from causeway.domain.reachability.matching import ANY, ICMP_PROTOCOLS, Traffic, answered, judge_entries, requested

FIRST_NUMBER = 20000

type EntryPlace = tuple[str, AclEntry]
"""A network ACL's id and an entry, its number and content."""


class Passage(Value):
    """What has to get through an ACL in one direction: some traffic, to or from one CIDR block of the peer."""

    direction: Direction
    cidr_block: str
    traffic: Traffic

    @property
    def breadth(self) -> int:
        """How much of its block's traffic it is: all protocols are more than any one."""
        every_protocol = 1 << 32
        return every_protocol if self.traffic.protocol == ANY else self.traffic.span.last - self.traffic.span.first

    def numbered(self, number: int) -> AclEntry:
        """The entry that lets it through.

        The check asks for an echo and its reply; the entry allows every ICMP type, as the flow's security-group rules do:
        without "fragmentation needed" a path that answers a ping still loses packets. And it is one entry where pings go both
        ways, in an ACL that has room for 20.
        """
        whole = self.traffic.protocol == ANY or self.traffic.protocol in ICMP_PROTOCOLS
        return AclEntry(
            number=number,
            direction=self.direction,
            allow=True,
            protocol=self.traffic.protocol,
            cidr_block=self.cidr_block,
            ports=None if whole else self.traffic.span,
        )


def wanted_entries(
    request: Request, side: Side, snapshots: PerSide[Snapshot], ours: Collection[EntryPlace]
) -> tuple[EntryPlace, ...]:
    """The entries that a side's ACLs should have of ours: what its flows need and nobody else's entries let through.

    Only ACLs of subnets that use a selected route table, and only for the address families of those subnets. An entry that is
    there already keeps its number; a new one gets the lowest that is free.

    Args:
        request: Names the flows; unless it says `manage`, nothing is wanted.
        side: Whose ACLs.
        snapshots: Both sides.
        ours: The entries that are Causeway's as far as they are there, whichever request put them: they can be wanted, and
            they do not make another one needless.
    """
    if request.network_acls is not AclMode.MANAGE:
        return ()
    here, peer = snapshots[side], snapshots[side.other]
    families = _guarded_families(request, here)
    return tuple(
        (acl.network_acl_id, entry)
        for acl in here.network_acls
        for entry in _wanted_of(
            acl,
            _passages(request, side, peer, families[acl.network_acl_id]),
            {entry for acl_id, entry in ours if acl_id == acl.network_acl_id},
        )
    )


def _guarded_families(request: Request, here: Snapshot) -> defaultdict[str, set[int]]:
    """By ACL, the address families of the subnets that it guards and that use a selected route table."""
    families: defaultdict[str, set[int]] = defaultdict(set)
    for subnet in here.subnets:
        table, acl = here.route_table_of(subnet.subnet_id), here.network_acl_of(subnet.subnet_id)
        if acl and table and is_selected(request, here, table):
            families[acl.network_acl_id] |= {block_of(block).version for block in subnet.all_cidr_blocks}
    return families


def _passages(request: Request, side: Side, peer: Snapshot, families: set[int]) -> list[Passage]:
    """The broadest first: what it lets through needs no entry of its own."""
    passages = (
        passage
        for flow in request.flows
        for block in peer.vpc.all_cidr_blocks
        if block_of(block).version in families
        for passage in _both_ways(flow, side, block)
    )
    return sorted(passages, key=lambda passage: passage.breadth, reverse=True)


def _both_ways(flow: Flow, side: Side, block: str) -> Iterator[Passage]:
    version = block_of(block).version
    there, back = requested(flow, version), answered(flow, version)
    starts = flow.source is side
    yield Passage(direction=Direction.EGRESS, cidr_block=block, traffic=there if starts else back)
    yield Passage(direction=Direction.INGRESS, cidr_block=block, traffic=back if starts else there)


def _wanted_of(acl: NetworkAcl, passages: Iterable[Passage], ours: Collection[AclEntry]) -> Iterator[AclEntry]:
    """Entries for the passages, in rounds: one that a deny makes useless can be of use once a narrower one stands before it."""
    standing = [entry for entry in acl.entries if entry not in ours]
    taken = {(entry.direction, entry.number) for entry in acl.entries}
    present = sorted((entry for entry in acl.entries if entry in ours), key=lambda entry: entry.number, reverse=True)
    numbers = {replace(entry, number=0): entry.number for entry in present}
    useless, waiting = list(passages), list[Passage]()
    while len(useless) != len(waiting):
        useless, waiting = [], useless
        for passage in waiting:
            number = numbers.get(passage.numbered(0)) or _lowest_free(taken, passage.direction)
            entry = passage.numbered(number)
            if _is_needed(entry, passage.traffic, standing):
                standing.append(entry)
                taken.add((entry.direction, entry.number))
                yield entry
            else:
                useless.append(passage)


def _lowest_free(taken: Collection[tuple[Direction, int]], direction: Direction) -> int:
    return next(number for number in count(FIRST_NUMBER) if (direction, number) not in taken)


def _is_needed(entry: AclEntry, traffic: Traffic, standing: Iterable[AclEntry]) -> bool:
    """Whether the entry would let something through that is stopped without it, somewhere in its CIDR block."""
    same_way = [each for each in standing if each.direction is entry.direction]
    for address in _one_of_each_part(entry, same_way):
        ruling = judge_entries((each for each in same_way if address in block_of(each.cidr_block)), traffic)
        denial = ruling.denied_by
        if ruling.refused and (denial is None or denial.number > entry.number):
            return True
    return False


def _one_of_each_part(entry: AclEntry, others: Iterable[AclEntry]) -> Iterator[Address]:
    """An address of each part of the entry's CIDR block that the others' blocks tell apart."""
    block = block_of(entry.cidr_block)
    yield block.network_address
    for other in map(block_of, {each.cidr_block for each in others}):
        if is_within(other, block):
            yield other.network_address
            if int(other.broadcast_address) < int(block.broadcast_address):
                yield other.broadcast_address + 1
