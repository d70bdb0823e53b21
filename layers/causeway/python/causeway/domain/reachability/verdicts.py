"""What the reachability check returns: for each flow and pair of ends a verdict, with the hops that prove it."""

from collections.abc import Iterator
from enum import StrEnum

from causeway.domain.model.request import Flow
from causeway.domain.model.values import Value

from .remedies import Remedy


class Component(StrEnum):
    """What a hop is."""

    NETWORK_INTERFACE = "network interface"
    SECURITY_GROUP = "security group"
    NETWORK_ACL = "network ACL"
    ROUTE_TABLE = "route table"
    PEERING_CONNECTION = "peering connection"


class Result(StrEnum):
    """What a verdict says. Unknown is a flow that nothing visible blocks, while something that decides cannot be seen."""

    REACHABLE = "reachable"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


WORST_FIRST = (Result.BLOCKED, Result.UNKNOWN, Result.REACHABLE)


class Cause(StrEnum):
    """Why a hop blocks a flow, or why nobody can tell: in the codes of AWS's Reachability Analyzer where it has one.

    See "Reachability Analyzer explanation codes" in the VPC Reachability guide.
    """

    ENI_SG_RULES_MISMATCH = "ENI_SG_RULES_MISMATCH"
    SUBNET_ACL_RESTRICTION = "SUBNET_ACL_RESTRICTION"
    NO_ROUTE_TO_DESTINATION = "NO_ROUTE_TO_DESTINATION"
    BLACKHOLE_ROUTE = "BLACKHOLE_ROUTE"
    ROUTED_ELSEWHERE = "ROUTED_ELSEWHERE"
    PCX_NOT_ACTIVE = "PCX_NOT_ACTIVE"
    PCX_REQUIRES_ADDRESS_IN_VPC_CIDR = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
    ROUTE_UNDETERMINED = "ROUTE_UNDETERMINED"
    """Routes by prefix lists lead one CIDR block to different targets, and AWS does not say which of them it takes."""
    PREFIX_LIST_UNREADABLE = "PREFIX_LIST_UNREADABLE"
    SECURITY_GROUP_UNREADABLE = "SECURITY_GROUP_UNREADABLE"
    APPLIANCE_IN_PATH = "APPLIANCE_IN_PATH"
    """A route leads to a network interface or a Gateway Load Balancer endpoint: what is behind it may pass packets on."""
    NOT_OBSERVED = "NOT_OBSERVED"
    """A thing that must be there was not in EC2's answers."""

    @property
    def is_unknown(self) -> bool:
        """Whether the hop does not block for all that is known, and may."""
        return self in UNKNOWN_CAUSES


UNKNOWN_CAUSES = frozenset(
    {
        Cause.ROUTE_UNDETERMINED,
        Cause.PREFIX_LIST_UNREADABLE,
        Cause.SECURITY_GROUP_UNREADABLE,
        Cause.APPLIANCE_IN_PATH,
        Cause.NOT_OBSERVED,
    }
)


class Hop(Value):
    """One component on the path of a flow, and its rule that decided.

    Attributes:
        returning: Whether the hop is on the way back; stateless ACLs and routes are asked twice, stateful groups once.
        decided_by: The rule, route or state that decided, in words; if nothing matched, what is missing.
        cause: None if the hop lets the flow through.
        remedy: The smallest change that would let the flow through, or make known whether it passes; None if it passes.
    """

    component: Component
    resource_id: str
    decided_by: str
    returning: bool = False
    cause: Cause | None = None
    remedy: Remedy | None = None

    @property
    def blocks(self) -> bool:
        return self.cause is not None and not self.cause.is_unknown

    @property
    def is_unknown(self) -> bool:
        """Whether nobody can tell if the flow passes."""
        return self.cause is not None and self.cause.is_unknown


class Endpoint(Value):
    """One end of a checked flow.

    Attributes:
        stands_for: How many interfaces are in its equivalence class, itself included, in this subnet and others; 0 if the
            interface is assumed, because none carries the selected security group yet.
    """

    address: str
    subnet_id: str
    network_interface_id: str | None = None
    instance_id: str | None = None
    security_group_ids: tuple[str, ...] = ()
    stands_for: int = 1

    @property
    def assumption(self) -> str | None:
        """What is assumed, in words; None if the interface is there."""
        if self.stands_for:
            return None
        groups = " and ".join(self.security_group_ids)
        return f"assumed, because there is none yet: an interface with {groups} at {self.address} in {self.subnet_id}"


class Verdict(Value):
    """Whether one flow works between two endpoints, there and back: blocked by any hop, else unknown by any, else reachable."""

    flow: Flow
    source: Endpoint
    destination: Endpoint
    hops: tuple[Hop, ...]

    @property
    def result(self) -> Result:
        if self.blocked_by is not None:
            return Result.BLOCKED
        return Result.REACHABLE if self.unknown_by is None else Result.UNKNOWN

    @property
    def reachable(self) -> bool:
        return self.result is Result.REACHABLE

    @property
    def assumes(self) -> tuple[str, ...]:
        """What it assumes of its ends, in words; empty if both are there."""
        return tuple(said for end in (self.source, self.destination) if (said := end.assumption))

    @property
    def blocked_by(self) -> Hop | None:
        """The first hop that blocks the flow."""
        return next((hop for hop in self.hops if hop.blocks), None)

    @property
    def unknown_by(self) -> Hop | None:
        """The first hop of which nobody can tell whether it blocks; None if another one does."""
        return None if self.blocked_by else next(self._unknown, None)

    @property
    def missing(self) -> tuple[str, ...]:
        """What would have to be seen, in words, each thing once."""
        return tuple(dict.fromkeys(f"{hop.component} {hop.resource_id}: {hop.decided_by}" for hop in self._unknown))

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What would make the flow work, if all of it is done; in the order of the hops."""
        return tuple(hop.remedy for hop in self.hops if hop.remedy is not None)

    @property
    def _unknown(self) -> Iterator[Hop]:
        return (hop for hop in self.hops if hop.is_unknown)
