"""A plan is a value: what will be done, in order, each change with its inverse and a sentence.

The plan is saved before the first write, so it is the write-ahead log too: what it names is ours, whether or not the run
that did it lived to say so.
"""

import hashlib

import msgspec

from causeway.domain.model.findings import Finding
from causeway.domain.model.network import AclEntry, Direction, Permission, Vpc
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import PerSide, Side, Value

from .grants import Grant

type Tag = tuple[str, str]
"""A key and its value."""

OWN_PREFIX = "causeway:"
"""Of the tags that are Causeway's own."""


class TagEdit(Value):
    """Tags before and after, of the keys that change, and always of the one that tells whose the resource is.

    Sorted pairs of key and value, so that the same edit is the same value. Only what Causeway itself set before is taken away.

    Attributes:
        before: The former tags. A key that was not there is left out.
        after: The tags that are set. A key that goes is left out.
    """

    before: tuple[Tag, ...] = ()
    after: tuple[Tag, ...] = ()

    @property
    def removed(self) -> tuple[Tag, ...]:
        """What is taken away: of the keys that are not set anew, but never Causeway's own, which tell whose it is."""
        kept = {key for key, _ in self.after}
        return tuple((key, value) for key, value in self.before if key not in kept and not key.startswith(OWN_PREFIX))

    @property
    def inverse(self) -> "TagEdit":
        """The edit that takes this one back."""
        return TagEdit(before=self.after, after=self.before)

    def applied_to(self, tags: dict[str, str]) -> dict[str, str]:
        """All tags of a resource once this is done to it."""
        gone = dict(self.removed)
        return {key: value for key, value in tags.items() if key not in gone} | dict(self.after)

    def __str__(self) -> str:
        gone = (f"no {key}" for key, _ in self.removed)
        return ", ".join((*(f"{key}={value}" for key, value in self.after if (key, value) not in self.before), *gone))


class CreatePeering(Value, tag_field="kind", tag="create_peering"):
    """Request the connection, in the requester's account and region, and tag it there."""

    vpc: VpcRef
    peer: VpcRef
    tags: dict[str, str]
    side: Side = Side.REQUESTER

    @property
    def sentence(self) -> str:
        return f"Request a peering from {self.vpc} to {self.peer}"


class AcceptPeering(Value, tag_field="kind", tag="accept_peering"):
    """Accept the connection, in the accepter's account and region, and tag it there."""

    vpc: VpcRef
    peer: VpcRef
    tags: dict[str, str]
    side: Side = Side.ACCEPTER

    @property
    def sentence(self) -> str:
        return f"Accept the peering of {self.vpc} with {self.peer}"


class RouteChange(Value):
    """What the changes of a route have in common: its place."""

    side: Side
    route_table_id: str
    destination: str


class RuleChange(Value):
    """What the changes of a security-group rule have in common: its group and content."""

    side: Side
    security_group_id: str
    permission: Permission

    @property
    def rule(self) -> str:
        """The rule in words: `tcp/22 from 10.0.0.0/16 in sg-0a1b`."""
        word = "from" if self.permission.direction is Direction.INGRESS else "to"
        return f"{self.permission.what} {word} {self.permission.peer} in {self.security_group_id}"


class AclEntryChange(Value):
    """What the changes of a network ACL's entry have in common: the ACL, and the entry with its number."""

    side: Side
    network_acl_id: str
    entry: AclEntry

    @property
    def passage(self) -> str:
        """The entry in words: `tcp/22 from 10.0.0.0/16 through acl-0a1b, entry 20000`."""
        word = "from" if self.entry.direction is Direction.INGRESS else "to"
        what = self.entry.permission.what
        return f"{what} {word} {self.entry.cidr_block} through {self.network_acl_id}, entry {self.entry.number}"


class CreateRoute(RouteChange, tag_field="kind", tag="create_route"):
    """Route a CIDR block of the peer to the plan's connection.

    Attributes:
        replaces: The connection of ours that is gone and left a black hole in the route's place; None where there is no route.
    """

    replaces: str | None = None

    @property
    def sentence(self) -> str:
        instead = f", instead of to {self.replaces}, which is gone" if self.replaces else ""
        return f"Route {self.destination} to the peering in {self.route_table_id}{instead}"


class AuthorizeRule(RuleChange, tag_field="kind", tag="authorize_rule"):
    """Add one rule to a security group."""

    @property
    def sentence(self) -> str:
        return f"Allow {self.rule}"


class CreateAclEntry(AclEntryChange, tag_field="kind", tag="create_acl_entry"):
    """Add an entry to a network ACL."""

    @property
    def sentence(self) -> str:
        return f"Let {self.passage}"


class SetDnsResolution(Value, tag_field="kind", tag="set_dns_resolution"):
    """Let the other side resolve this side's names, or stop letting it.

    Attributes:
        turned: Whether the connection is the other way round than the request: AWS names the options after the connection's
            requester and accepter.
    """

    side: Side
    allow: bool
    swapped: bool = msgspec.field(default=False, name="turned")

    @property
    def role(self) -> Side:
        """What the side's VPC is in the connection."""
        return self.side.other if self.swapped else self.side

    @property
    def sentence(self) -> str:
        return f"{'Let' if self.allow else 'Stop letting'} the {self.side.other} resolve the {self.side}'s private DNS names"


class TagPeering(Value, tag_field="kind", tag="tag_peering"):
    """Give one side of the connection other tags: as the item says by now, or those of the request that takes it over."""

    side: Side
    tags: TagEdit

    @property
    def sentence(self) -> str:
        return f"Tag the {self.side}'s side of the peering: {self.tags}"


class TagRule(RuleChange, tag_field="kind", tag="tag_rule"):
    """Give a rule of ours other tags, or hand it over to another request that wants it too."""

    rule_id: str
    tags: TagEdit

    @property
    def sentence(self) -> str:
        return f"Tag {self.rule}: {self.tags}"


class RevokeRule(RuleChange, tag_field="kind", tag="revoke_rule"):
    """Take a rule of ours out of a security group."""

    rule_id: str

    @property
    def sentence(self) -> str:
        return f"No longer allow {self.rule}"


class DeleteAclEntry(AclEntryChange, tag_field="kind", tag="delete_acl_entry"):
    """Delete an entry of ours, while its number and content are what they were seen to be."""

    @property
    def sentence(self) -> str:
        return f"No longer let {self.passage}"


class DeleteRoute(RouteChange, tag_field="kind", tag="delete_route"):
    """Delete a route of ours, while it still leads where it was seen to lead."""

    target: str

    @property
    def sentence(self) -> str:
        return f"No longer route {self.destination} to the peering in {self.route_table_id}"


class DeletePeering(Value, tag_field="kind", tag="delete_peering"):
    """Delete the connection, by the requester: only the requester can while it is pending."""

    vpc: VpcRef
    peer: VpcRef
    side: Side = Side.REQUESTER

    @property
    def sentence(self) -> str:
        return f"Delete the peering of {self.vpc} with {self.peer}"


type Addition = (
    CreatePeering | AcceptPeering | CreateRoute | AuthorizeRule | CreateAclEntry | SetDnsResolution | TagPeering | TagRule
)
type Removal = RevokeRule | DeleteAclEntry | DeleteRoute | DeletePeering
type Change = Addition | Removal


class Plan(Value):
    """What one generation of a request will do.

    Attributes:
        connection_id: The connection that is already there; None where the plan makes it.
        changes: In order: the connection, then each side's routes, rules, network ACL entries, DNS options and tags; then what
            is no longer wanted: each side's rules, entries and routes, and last the connection. Traffic that stays allowed is
            never interrupted.
        findings: Everything preflight found; a blocking one means that nothing is done.
        scope: What the desired state lets through once the plan is done, and not only by the plan's own changes.
        approval_reasons: Why a person has to agree before anything is done; empty where nobody has to.
        vpcs: Both VPCs as they were seen, for people; None where one could not be.
    """

    request_id: str
    generation: int
    connection_id: str | None = None
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    scope: tuple[Grant, ...] = ()
    approval_reasons: tuple[str, ...] = ()
    vpcs: PerSide[Vpc] | None = None

    @property
    def is_blocked(self) -> bool:
        return any(finding.blocking for finding in self.findings)

    @property
    def checksum(self) -> str:
        """What an approval binds to: the same changes give the same text, whoever planned them and when."""
        return hashlib.sha256(msgspec.json.encode((self.connection_id, self.changes))).hexdigest()[:16]

    def with_findings(self, findings: tuple[Finding, ...]) -> "Plan":
        return msgspec.structs.replace(self, findings=findings)

    def with_approval_reasons(self, reasons: tuple[str, ...]) -> "Plan":
        return msgspec.structs.replace(self, approval_reasons=reasons)

    def with_vpcs(self, vpcs: PerSide[Vpc]) -> "Plan":
        return msgspec.structs.replace(self, vpcs=vpcs)

    def of[C: Value](self, kind: type[C], side: Side | None = None) -> tuple[C, ...]:
        """The changes of one kind, on one side or on both, in order."""
        return tuple(change for change in self.changes if isinstance(change, kind) and side in {None, change.side})
