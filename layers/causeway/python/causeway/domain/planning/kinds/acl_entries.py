"""Network ACL entries for the flows, under `network_acls: manage`. They carry no tags: the ledger says which are ours.

A network ACL is stateless: it needs an entry for what a flow sends and one for what comes back. They are numbered from 20000
on, behind the entries of people: an earlier deny of theirs still decides, and the check says that it stops the flow.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import count

from msgspec.structs import replace

from causeway.domain.model.addressing import Address, block_of, is_within
from causeway.domain.model.network import (
    FIRST_OWN_NUMBER,
    AclEntry,
    Direction,
    NetworkAcl,
    PeeringConnection,
    Permission,
    Snapshot,
)
from causeway.domain.model.protocols import ALL_PROTOCOLS, ICMP_PROTOCOLS
from causeway.domain.model.request import AclMode, Flow, Request
from causeway.domain.model.selection import is_selected
from causeway.domain.model.values import PerSide, Side, Value
from causeway.domain.reachability.matching import Traffic, answered, judge_entries, requested
from causeway.domain.reachability.rule_coverage import covers

from .base import BaseChange, BaseGrant, Kind, Phase, Undoing, of_type
from .context import OwnedThing, PlanContext, UndoContext
from .quota import Demand, Quota

QUOTA = Quota(code="L-2AEEBF1A", default=20, counts="entries")

type EntryPlace = tuple[str, AclEntry]
"""A network ACL's id and an entry, its number and content."""


class AclGrant(BaseGrant, tag_field="kind", tag="acl"):
    """A side's network ACLs let this through: what a rule of a security group would say."""

    side: Side
    permission: Permission

    def covers(self, needed: BaseGrant) -> bool:
        """Fewer ports or a part of a block is no more."""
        return isinstance(needed, AclGrant) and self.side is needed.side and covers(self.permission, needed.permission)


class OwnedAclEntry(OwnedThing):
    """An entry that a plan of the request named. It is ours while its number and content are as planned."""

    network_acl_id: str
    entry: AclEntry

    @property
    def swapped(self) -> "OwnedAclEntry":
        return replace(self, side=self.side.other)


class AclEntryChange(BaseChange):
    """What the changes of a network ACL's entry have in common: the ACL, and the entry with its number."""

    side: Side
    network_acl_id: str
    entry: AclEntry

    @property
    def resource_id(self) -> str:
        return self.network_acl_id

    @property
    def phrase(self) -> str:
        """The entry in words: `tcp/22 from 10.0.0.0/16 through acl-0a1b, entry 20000`."""
        word = "from" if self.entry.direction is Direction.INGRESS else "to"
        what = self.entry.permission.what
        return f"{what} {word} {self.entry.cidr_block} through {self.network_acl_id}, entry {self.entry.number}"


class CreateAclEntry(AclEntryChange, tag_field="kind", tag="create_acl_entry"):
    """Add an entry to a network ACL."""

    @property
    def sentence(self) -> str:
        return f"Let {self.phrase}"

    @property
    def grant(self) -> AclGrant:
        return AclGrant(side=self.side, permission=self.entry.permission)

    @property
    def owned(self) -> OwnedAclEntry:
        return OwnedAclEntry(side=self.side, network_acl_id=self.network_acl_id, entry=self.entry)

    def undoing(self, context: UndoContext) -> "Undoing[DeleteAclEntry] | None":
        if self.entry not in (context.entries(self.side, self.network_acl_id) or ()):
            return None
        return Undoing(DeleteAclEntry(side=self.side, network_acl_id=self.network_acl_id, entry=self.entry))


class DeleteAclEntry(AclEntryChange, tag_field="kind", tag="delete_acl_entry"):
    """Delete an entry of ours, while its number and content are what they were seen to be."""

    phase = Phase.REMOVE

    @property
    def sentence(self) -> str:
        return f"No longer let {self.phrase}"

    def undoing(self, context: UndoContext) -> Undoing[CreateAclEntry] | None:
        """It can be put back while its number is free."""
        entries = context.entries(self.side, self.network_acl_id)
        if entries is None or self.entry in entries:
            return None
        is_taken = any((each.direction, each.number) == (self.entry.direction, self.entry.number) for each in entries)
        again = CreateAclEntry(side=self.side, network_acl_id=self.network_acl_id, entry=self.entry)
        return Undoing(None if context.has_ended or is_taken else again)


class AclEntries(Kind[EntryPlace, CreateAclEntry, DeleteAclEntry, AclGrant]):
    """What the flows need beyond other people's entries, in the ACLs of subnets that use a selected route table."""

    name = "acl_entries"
    step = "UpdateNetworkAcls"
    additions = (CreateAclEntry,)
    removals = (DeleteAclEntry,)

    def wanted(
        self, request: Request, side: Side, snapshots: PerSide[Snapshot], owned: Collection[OwnedThing]
    ) -> tuple[EntryPlace, ...]:
        ours = {(each.network_acl_id, each.entry) for each in owned if isinstance(each, OwnedAclEntry) and each.side is side}
        return wanted_entries(request, side, snapshots, ours)

    def grants(self, side: Side, context: PlanContext) -> Iterator[AclGrant]:
        wanted = context.claim.of(self, side) if context.claim else ()
        for permission in dict.fromkeys(entry.permission for _, entry in wanted):
            yield AclGrant(side=side, permission=permission)

    def missing(self, side: Side, context: PlanContext) -> Iterator[CreateAclEntry]:
        there = {(acl.network_acl_id, entry) for acl in context.snapshots[side].network_acls for entry in acl.entries}
        for acl_id, entry in context.claim.of(self, side) if context.claim else ():
            if (acl_id, entry) not in there:
                yield CreateAclEntry(side=side, network_acl_id=acl_id, entry=entry)

    def surplus(self, side: Side, context: PlanContext) -> Iterator[DeleteAclEntry]:
        """Our entries that no request wants and that are there unchanged."""
        wanted = context.wanted_by_any(self, side)
        for acl in context.snapshots[side].network_acls:
            for entry in acl.entries:
                owned = OwnedAclEntry(side=side, network_acl_id=acl.network_acl_id, entry=entry)
                if owned in context.owned and (acl.network_acl_id, entry) not in wanted:
                    yield DeleteAclEntry(side=side, network_acl_id=acl.network_acl_id, entry=entry)

    def projected(self, here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
        del connection
        created, deleted = of_type(changes, CreateAclEntry, here.side), of_type(changes, DeleteAclEntry, here.side)

        def with_entries(acl: NetworkAcl) -> NetworkAcl:
            new = (change.entry for change in created if change.network_acl_id == acl.network_acl_id)
            gone = {change.entry for change in deleted if change.network_acl_id == acl.network_acl_id}
            return replace(acl, entries=(*(entry for entry in acl.entries if entry not in gone), *new))

        return replace(here, network_acls=tuple(map(with_entries, here.network_acls)))

    def demands(self, here: Snapshot, changes: Iterable[BaseChange]) -> Iterator[Demand]:
        """Per network ACL and direction, both families and the closing denials counted too."""
        created = of_type(changes, CreateAclEntry, here.side)
        needed = Counter((change.network_acl_id, change.entry.direction) for change in created)
        for acl in here.network_acls:
            for direction in Direction:
                yield Demand(
                    quota=QUOTA,
                    where=acl.network_acl_id,
                    used=sum(entry.direction is direction for entry in acl.entries),
                    needed=needed[acl.network_acl_id, direction],
                    part=direction,
                )


ACL_ENTRIES = AclEntries()


class AclRequirement(Value):
    """What has to get through an ACL in one direction: some traffic, to or from one CIDR block of the peer."""

    direction: Direction
    cidr_block: str
    traffic: Traffic

    @property
    def breadth(self) -> int:
        """How much of its block's traffic it is: all protocols are more than any one."""
        every_protocol = 1 << 32
        return every_protocol if self.traffic.protocol == ALL_PROTOCOLS else self.traffic.span.last - self.traffic.span.first

    def numbered(self, number: int) -> AclEntry:
        """The entry that lets it through.

        The check asks for an echo and its reply; the entry allows every ICMP type, as the flow's security-group rules do:
        without "fragmentation needed" a path that answers a ping still loses packets. And it is one entry where pings go both
        ways, in an ACL that has room for 20.
        """
        whole = self.traffic.protocol == ALL_PROTOCOLS or self.traffic.protocol in ICMP_PROTOCOLS
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
    """The entries of ours that a side's ACLs should have: what its flows need and other people's entries do not let through.

    Only ACLs of subnets that use a selected route table, and only for the address families of those subnets. An entry that is
    there already keeps its number; a new one gets the lowest that is free.

    Args:
        request: Names the flows; unless it says `manage`, nothing is wanted.
        side: Whose ACLs.
        snapshots: Both sides.
        ours: Causeway's own entries, of any request of the pair. Where they are there, they can be wanted, and they do not make
            another one needless.
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
            _requirements(request, side, peer, families[acl.network_acl_id]),
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


def _requirements(request: Request, side: Side, peer: Snapshot, families: set[int]) -> list[AclRequirement]:
    """The broadest first: what it lets through needs no entry of its own."""
    requirements = (
        requirement
        for flow in request.flows
        for block in peer.vpc.all_cidr_blocks
        if block_of(block).version in families
        for requirement in _both_ways(flow, side, block)
    )
    return sorted(requirements, key=lambda requirement: requirement.breadth, reverse=True)


def _both_ways(flow: Flow, side: Side, block: str) -> Iterator[AclRequirement]:
    version = block_of(block).version
    there, back = requested(flow, version), answered(flow, version)
    starts = flow.source is side
    yield AclRequirement(direction=Direction.EGRESS, cidr_block=block, traffic=there if starts else back)
    yield AclRequirement(direction=Direction.INGRESS, cidr_block=block, traffic=back if starts else there)


def _wanted_of(acl: NetworkAcl, requirements: Iterable[AclRequirement], ours: Collection[AclEntry]) -> Iterator[AclEntry]:
    """Entries for the requirements, in rounds: one that a deny makes useless can help once a narrower one stands before it."""
    standing = [entry for entry in acl.entries if entry not in ours]
    taken = {(entry.direction, entry.number) for entry in acl.entries}
    present = sorted((entry for entry in acl.entries if entry in ours), key=lambda entry: entry.number, reverse=True)
    numbers = {replace(entry, number=0): entry.number for entry in present}
    useless, waiting = list(requirements), list[AclRequirement]()
    while len(useless) != len(waiting):
        useless, waiting = [], useless
        for requirement in waiting:
            number = numbers.get(requirement.numbered(0)) or _lowest_free(taken, requirement.direction)
            entry = requirement.numbered(number)
            if _is_needed(entry, requirement.traffic, standing):
                standing.append(entry)
                taken.add((entry.direction, entry.number))
                yield entry
            else:
                useless.append(requirement)


def _lowest_free(taken: Collection[tuple[Direction, int]], direction: Direction) -> int:
    return next(number for number in count(FIRST_OWN_NUMBER) if (direction, number) not in taken)


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
    """An address of each part of the entry's CIDR block, as the others' blocks divide it."""
    block = block_of(entry.cidr_block)
    yield block.network_address
    for other in map(block_of, {each.cidr_block for each in others}):
        if is_within(other, block):
            yield other.network_address
            if int(other.broadcast_address) < int(block.broadcast_address):
                yield other.broadcast_address + 1
