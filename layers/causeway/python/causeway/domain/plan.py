"""A plan is a value: what will be done, in order, each change with its inverse and a sentence.

The plan is saved before the first write, so it is the write-ahead log too: what it names is ours, whether or not the run
that did it lived to say so.
"""

import hashlib

import msgspec

from .findings import Finding
from .network import Direction, Permission
from .request import VpcRef
from .values import Side, Value


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


class CreateRoute(Value, tag_field="kind", tag="create_route"):
    """Route a CIDR block of the peer to the plan's connection."""

    side: Side
    route_table_id: str
    destination: str

    @property
    def sentence(self) -> str:
        return f"Route {self.destination} to the peering in {self.route_table_id}"


class AuthorizeRule(Value, tag_field="kind", tag="authorize_rule"):
    """Add one rule to a security group."""

    side: Side
    security_group_id: str
    permission: Permission

    @property
    def sentence(self) -> str:
        word = "from" if self.permission.direction is Direction.INGRESS else "to"
        return f"Allow {self.permission.what} {word} {self.permission.peer} in {self.security_group_id}"


class SetDnsResolution(Value, tag_field="kind", tag="set_dns_resolution"):
    """Let the other side resolve this side's names, or stop letting it."""

    side: Side
    allow: bool

    @property
    def sentence(self) -> str:
        return f"{'Let' if self.allow else 'Stop letting'} the {self.side.other} resolve the {self.side}'s private DNS names"


class RevokeRule(Value, tag_field="kind", tag="revoke_rule"):
    """Take a rule of ours out of a security group."""

    side: Side
    security_group_id: str
    rule_id: str
    permission: Permission

    @property
    def sentence(self) -> str:
        word = "from" if self.permission.direction is Direction.INGRESS else "to"
        return f"No longer allow {self.permission.what} {word} {self.permission.peer} in {self.security_group_id}"


class DeleteRoute(Value, tag_field="kind", tag="delete_route"):
    """Delete a route of ours, while it still leads where it was seen to lead."""

    side: Side
    route_table_id: str
    destination: str
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


type Addition = CreatePeering | AcceptPeering | CreateRoute | AuthorizeRule | SetDnsResolution
type Removal = RevokeRule | DeleteRoute | DeletePeering
type Change = Addition | Removal


class Plan(Value):
    """What one generation of a request will do.

    Attributes:
        connection_id: The connection that is already there; None where the plan makes it.
        changes: In order: the connection, then each side's routes, rules and DNS options; then what is no longer wanted: each
            side's rules and routes, and last the connection. Traffic that stays allowed is never interrupted.
        findings: Everything preflight found; a blocking one means that nothing is done.
    """

    request_id: str
    generation: int
    connection_id: str | None = None
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_blocked(self) -> bool:
        return any(finding.blocking for finding in self.findings)

    @property
    def checksum(self) -> str:
        """What an approval binds to: the same changes give the same text, whoever planned them and when."""
        return hashlib.sha256(msgspec.json.encode((self.connection_id, self.changes))).hexdigest()[:16]

    def with_findings(self, findings: tuple[Finding, ...]) -> "Plan":
        return msgspec.structs.replace(self, findings=findings)

    def of[C: Change](self, kind: type[C], side: Side) -> tuple[C, ...]:
        """The changes of one kind on one side, in order."""
        return tuple(change for change in self.changes if isinstance(change, kind) and change.side is side)
