"""The request as every step sees it: validated, with its defaults filled in.

`causeway.boundary` makes one from an item; nothing else does.
"""

from enum import StrEnum

from msgspec.structs import replace

from .protocols import PortRange, Protocol
from .values import PerSide, Side, Value


class VpcRef(Value):
    """A VPC and where it is."""

    account_id: str
    region: str
    vpc_id: str

    def __str__(self) -> str:
        return f"{self.vpc_id} ({self.account_id}, {self.region})"


class Selector(Value):
    """Which resources of a side: all of its VPC's, the ones named, or the ones with a tag. Exactly one is set."""

    every: bool = False
    ids: tuple[str, ...] = ()
    tag_key: str | None = None
    tag_value: str | None = None

    def selects(self, resource_id: str, tags: dict[str, str]) -> bool:
        if self.every:
            return True
        if self.tag_key is not None:
            return tags.get(self.tag_key) == self.tag_value
        return resource_id in self.ids

    def __str__(self) -> str:
        if self.every:
            return "all"
        return f"tag {self.tag_key}={self.tag_value}" if self.tag_key is not None else ", ".join(self.ids)


class Peer(StrEnum):
    """How a security-group rule names the other side: by the VPC's CIDR blocks, or by the selected security groups."""

    CIDR_BLOCKS = "cidr_blocks"
    SECURITY_GROUPS = "security_groups"


class AclMode(StrEnum):
    """What Causeway does to network ACLs: check them, or add the entries that the flows need."""

    CHECK = "check"
    MANAGE = "manage"


class DriftMode(StrEnum):
    """What is done if the network is no longer as the request says: repair it, or report it."""

    REPAIR = "repair"
    REPORT = "report"


class Witness(StrEnum):
    """Who else is asked whether the flows work, besides Causeway's own check."""

    REACHABILITY_ANALYZER = "reachability_analyzer"
    PROBE = "probe"

    @property
    def words(self) -> str:
        """At the beginning of a sentence."""
        return "Reachability Analyzer" if self is Witness.REACHABILITY_ANALYZER else "The probe"


class Flow(Value):
    """Who may open connections to whom: `source` is the side that opens them. Replies are part of the flow.

    Attributes:
        ports: The destination's ports; None for ICMP and `all`.
    """

    source: Side
    protocol: Protocol
    ports: PortRange | None = None
    peer: Peer = Peer.CIDR_BLOCKS

    @property
    def destination(self) -> Side:
        return self.source.other

    @property
    def swapped(self) -> "Flow":
        return replace(self, source=self.source.other)

    @property
    def what(self) -> str:
        return self.protocol if self.ports is None else f"{self.protocol}/{self.ports}"

    def __str__(self) -> str:
        return f"{self.what} from {self.source} to {self.destination}"


class Request(Value):
    """The desired state of one peering.

    Attributes:
        excluded_cidr_blocks: Canonical. CIDR blocks of a VPC inside one of them are neither routed nor named in rules.
        approval: Whether a person has to agree before it grows, whatever the stack's rule says.
        expires_at: When it is removed; ISO 8601, UTC. None means never.
        requested_by: Who asked, in the item's own words.
        witnesses: Who else is asked once the check finds that every flow works.
    """

    request_id: str
    requester: VpcRef
    accepter: VpcRef
    flows: tuple[Flow, ...]
    route_tables: PerSide[Selector]
    security_groups: PerSide[Selector]
    dns_resolution: PerSide[bool]
    tags: dict[str, str]
    network_acls: AclMode = AclMode.CHECK
    excluded_cidr_blocks: tuple[str, ...] = ()
    approval: bool = False
    drift: DriftMode = DriftMode.REPAIR
    expires_at: str | None = None
    requested_by: str | None = None
    witnesses: tuple[Witness, ...] = ()

    def vpc(self, side: Side) -> VpcRef:
        return self.requester if side is Side.REQUESTER else self.accepter

    @property
    def pair(self) -> str:
        """The two VPCs, the same in either order. Only one run at a time may work on a pair."""
        return "#".join(sorted((self.requester.vpc_id, self.accepter.vpc_id)))

    @property
    def swapped(self) -> "Request":
        """The same desired state, with requester and accepter exchanged."""
        return replace(
            self,
            requester=self.accepter,
            accepter=self.requester,
            flows=tuple(flow.swapped for flow in self.flows),
            route_tables=self.route_tables.swapped,
            security_groups=self.security_groups.swapped,
            dns_resolution=self.dns_resolution.swapped,
        )

    @property
    def same_region(self) -> bool:
        return self.requester.region == self.accepter.region
