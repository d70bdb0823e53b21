"""The network as it was observed: one `Snapshot` a side, in AWS's terms."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from .addressing import is_block
from .protocols import ALL_PROTOCOLS, PortRange
from .request import VpcRef
from .values import PerSide, Side, Value


class Vpc(Value):
    """A VPC with all CIDR blocks that are associated with it, the primary one first.

    Attributes:
        excluded_cidr_blocks: Those that the request excludes, which are in neither of the other two fields. They count only as
            overlaps of the two VPCs.
        dns_support: `enableDnsSupport`; None if it was not asked for.
        dns_hostnames: `enableDnsHostnames`; None if it was not asked for.
        encryption_exclusions: Of a VPC that enforces encryption in transit, what its encryption control excludes, in AWS's
            words, such as `VpcPeering`; None of one that does not enforce it.
    """

    ref: VpcRef
    cidr_blocks: tuple[str, ...]
    ipv6_cidr_blocks: tuple[str, ...] = ()
    excluded_cidr_blocks: tuple[str, ...] = ()
    dns_support: bool | None = None
    dns_hostnames: bool | None = None
    encryption_exclusions: tuple[str, ...] | None = None
    tags: dict[str, str] = {}

    @property
    def all_cidr_blocks(self) -> tuple[str, ...]:
        """Of both families, without the excluded ones."""
        return self.cidr_blocks + self.ipv6_cidr_blocks

    @property
    def name(self) -> str | None:
        """Its `Name` tag; None if it has none or an empty one."""
        return self.tags.get("Name") or None


class PeeringStatus(StrEnum):
    """AWS's status codes of a VPC peering connection."""

    INITIATING_REQUEST = "initiating-request"
    PENDING_ACCEPTANCE = "pending-acceptance"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    DELETING = "deleting"
    DELETED = "deleted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def is_live(self) -> bool:
        """Whether the connection works or still can. AWS shows one that is over for a while."""
        return self in LIVE_STATUSES

    @property
    def is_accepted(self) -> bool:
        return self in {PeeringStatus.PROVISIONING, PeeringStatus.ACTIVE}


LIVE_STATUSES = (
    PeeringStatus.INITIATING_REQUEST,
    PeeringStatus.PENDING_ACCEPTANCE,
    PeeringStatus.PROVISIONING,
    PeeringStatus.ACTIVE,
)


class PeeringConnection(Value):
    """A VPC peering connection as one side sees it.

    Attributes:
        cidr_blocks: Of each side, IPv4 and IPv6; AWS shows the other side's only once the connection is active.
        dns_resolution: `AllowDnsResolutionFromRemoteVpc` of each side.
        tags: This side's own: each account and region has its own set.
        expires_at: When AWS drops a connection that nobody accepts, seven days after the request; None once it is accepted.
    """

    connection_id: str
    status: PeeringStatus
    requester: VpcRef
    accepter: VpcRef
    cidr_blocks: PerSide[tuple[str, ...]] = PerSide(requester=(), accepter=())
    dns_resolution: PerSide[bool] = PerSide(requester=False, accepter=False)
    status_message: str = ""
    tags: dict[str, str] = {}
    expires_at: datetime | None = None

    def joins(self, one: VpcRef, other: VpcRef) -> bool:
        """Whether it joins these two VPCs, in either direction."""
        return {self.requester, self.accepter} == {one, other}

    def peer_of(self, vpc: VpcRef) -> tuple[VpcRef, tuple[str, ...]]:
        """The VPC at the other end, and those of its CIDR blocks that AWS shows."""
        if vpc == self.requester:
            return self.accepter, self.cidr_blocks.accepter
        return self.requester, self.cidr_blocks.requester


LOCAL = "local"


class PrefixList(Value):
    """A managed prefix list: CIDR blocks of one family that rules and routes name together.

    Attributes:
        family: 4 or 6.
        max_entries: How much a rule or route by it counts against quotas, whatever it holds (VPC guide, "Prefix lists concepts
            and rules"); of one of AWS's own lists its weight.
        cidr_blocks: Its entries, in canonical form; None if they may not be read.
    """

    prefix_list_id: str
    name: str
    family: int
    max_entries: int
    cidr_blocks: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.prefix_list_id} ({self.name})"


class Route(Value):
    """A route.

    Attributes:
        destination: A canonical CIDR block or a prefix list id.
        target: Any AWS id, or `local`.
        prefix_list: The list that holds the destination, if the route was resolved from one by a prefix list.
    """

    destination: str
    target: str
    blackhole: bool = False
    propagated: bool = False
    prefix_list: str | None = None

    def leads_to(self, connection_id: str | None) -> bool:
        """Whether the peering connection is its target. No route leads to a connection that is not there: None."""
        return self.target == connection_id

    @property
    def leads_to_appliance(self) -> bool:
        """Whether its target may pass packets on: a network interface, or a Gateway Load Balancer endpoint.

        A route by a prefix list to an endpoint leads to a gateway endpoint, of S3 or DynamoDB: that passes nothing on.
        """
        by_list = self.prefix_list is not None or not is_block(self.destination)
        return self.target.startswith("eni-") or (self.target.startswith("vpce-") and not by_list)

    def is_orphaned_blackhole_of(self, connection_ids: Collection[str], current: str | None) -> bool:
        """Whether it is a black hole that a deleted connection left behind.

        Args:
            connection_ids: All connections that are or were ours.
            current: The one that is there now; a black hole to it only waits for it to become active.
        """
        return self.blackhole and self.target in connection_ids and not self.leads_to(current)


class RouteTable(Value):
    """A route table.

    Attributes:
        gateway_ids: Edge associations. A table that has one routes what comes in through a gateway; no subnet uses it.
    """

    route_table_id: str
    main: bool = False
    subnet_ids: tuple[str, ...] = ()
    gateway_ids: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    tags: dict[str, str] = {}


class Direction(StrEnum):
    """A rule's direction, seen from the resource that the rule guards."""

    INGRESS = "ingress"
    EGRESS = "egress"


class Permission(Value, order=True):
    """One rule's content, without the group it is in: one protocol, one peer.

    Attributes:
        protocol: As EC2 spells it: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        ports: None means all. For ICMP `first` is the type and `last` the code; None means all types.
        peer: A canonical CIDR block, a security group id or a prefix list id.
        peer_account_id: The owner of the peer's security group, if that is another account.
        prefix_list: The list that holds the peer, if the rule was resolved from one by a prefix list.
    """

    direction: Direction
    protocol: str
    peer: str
    ports: PortRange | None = None
    peer_account_id: str | None = None
    prefix_list: str | None = None

    @property
    def what(self) -> str:
        name = "all traffic" if self.protocol == ALL_PROTOCOLS else self.protocol
        return name if self.ports is None else f"{name}/{self.ports}"


class SecurityGroup(Value):
    """A security group that interfaces of the VPC can carry.

    Attributes:
        owner_id: The account that it belongs to, if that is not the VPC's: a participant of the shared VPC, or one that shares
            the group. The VPC's account sees it, and may not change it.
        home_vpc_id: The VPC that it was made in, if that is another one, with which this one is associated.
    """

    security_group_id: str
    name: str
    permissions: tuple[Permission, ...] = ()
    tags: dict[str, str] = {}
    owner_id: str | None = None
    home_vpc_id: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the VPC's account may change it."""
        return self.owner_id is None


class OwnedRule(Value):
    """A security-group rule that carries Causeway's tag.

    Attributes:
        request_id: The tag's value: the request that owns the rule.
        tags: The rule's other tags.
    """

    rule_id: str
    security_group_id: str
    permission: Permission
    request_id: str
    tags: dict[str, str] = {}


FIRST_OWN_NUMBER = 20000
"""Causeway numbers its network ACL entries from here on: behind those of people, who number theirs in tens or hundreds."""


class AclEntry(Value):
    """An entry of a network ACL. `protocol` and `ports` as in `Permission`."""

    number: int
    direction: Direction
    allow: bool
    protocol: str
    cidr_block: str
    ports: PortRange | None = None

    @property
    def permission(self) -> Permission:
        """What it matches, as a rule's content; it may allow or deny that."""
        return Permission(direction=self.direction, protocol=self.protocol, peer=self.cidr_block, ports=self.ports)


class NetworkAcl(Value):
    network_acl_id: str
    default: bool = False
    subnet_ids: tuple[str, ...] = ()
    entries: tuple[AclEntry, ...] = ()


UNSEEN_ACL = NetworkAcl(network_acl_id="no network ACL")
"""Stands for a network ACL that was not observed: every subnet has one."""

UNSEEN_TABLE = RouteTable(route_table_id="no route table")
"""Likewise for a route table."""


class Subnet(Value):
    subnet_id: str
    cidr_block: str | None
    ipv6_cidr_blocks: tuple[str, ...] = ()

    @property
    def all_cidr_blocks(self) -> tuple[str, ...]:
        return (*((self.cidr_block,) if self.cidr_block else ()), *self.ipv6_cidr_blocks)


ASSUMED = ""
"""The id of an interface that is not there yet."""


class NetworkInterface(Value):
    """A network interface with all its addresses, the primary private one first."""

    network_interface_id: str
    subnet_id: str
    addresses: tuple[str, ...]
    security_group_ids: tuple[str, ...] = ()
    instance_id: str | None = None

    @property
    def is_assumed(self) -> bool:
        """Whether it is only assumed, because there is none yet."""
        return self.network_interface_id == ASSUMED


class Snapshot(Value):
    """One side as it was observed, without what the request excludes.

    Attributes:
        owned_rules: The rules in this VPC's groups that carry Causeway's tag, of all requests.
        peering_connections: Every live connection of this VPC, in either direction.
        prefix_lists: Those that the side's routes and rules name and that may be read.
        quotas: Those of Amazon VPC by their codes, if they were asked for and may be read.
        outstanding_requests: How many connections the account has requested in the region that nobody has accepted yet; counted
            if the quotas were asked for.
    """

    side: Side
    vpc: Vpc
    route_tables: tuple[RouteTable, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    owned_rules: tuple[OwnedRule, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()
    peering_connections: tuple[PeeringConnection, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    quotas: dict[str, int] = {}
    outstanding_requests: int = 0

    @property
    def swapped(self) -> "Snapshot":
        """The same VPC as the other side of a request. Its connections keep their own direction."""
        return replace(self, side=self.side.other)

    def route_table_of(self, subnet_id: str) -> RouteTable | None:
        """The table that the subnet uses: the one associated with it, else the VPC's main table.

        AWS lists no association for a subnet that uses the main table (VPC guide, "Subnet route tables").
        """
        explicit = (table for table in self.route_tables if subnet_id in table.subnet_ids)
        main = (table for table in self.route_tables if table.main)
        return next(explicit, None) or next(main, None)

    def network_acl_of(self, subnet_id: str) -> NetworkAcl | None:
        """The network ACL that the subnet is associated with, else the VPC's default one."""
        explicit = (acl for acl in self.network_acls if subnet_id in acl.subnet_ids)
        default = (acl for acl in self.network_acls if acl.default)
        return next(explicit, None) or next(default, None)
