"""Makes the plan's changes. Each method can be repeated: it ends in the same network and says the same."""

from collections.abc import Sequence

from causeway.domain.errors import CausewayError
from causeway.domain.plan import AcceptPeering, AuthorizeRule, Change, CreatePeering, CreateRoute, SetDnsResolution
from causeway.domain.request import VpcRef
from causeway.domain.values import Value

from .sessions import MemberSessions


class Applied(Value):
    """What came of several changes that were made at once.

    Attributes:
        done: The changes that are in the network now, in the plan's order.
        error: Why the others are not: the one that gives up, if any does, else the first.
    """

    done: tuple[Change, ...]
    error: CausewayError | None = None


class Writer:
    def __init__(self, sessions: MemberSessions) -> None:
        raise NotImplementedError

    def request_peering(self, change: CreatePeering) -> str:
        """The connection's id.

        Raises:
            PeeringConflict: The connection failed at once, for example because CIDR blocks overlap.
        """
        raise NotImplementedError

    def accept_peering(self, change: AcceptPeering, connection_id: str) -> None:
        """Accepts the connection if it is the one that the plan means.

        Raises:
            PeeringNotVisible: The accepter cannot see it yet.
            PeeringConflict: It joins other VPCs, or is in a terminal state.
        """
        raise NotImplementedError

    def create_routes(self, vpc: VpcRef, connection_id: str, changes: Sequence[CreateRoute]) -> Applied:
        raise NotImplementedError

    def authorize_rules(
        self, vpc: VpcRef, request_id: str, changes: Sequence[AuthorizeRule], *, tags: dict[str, str]
    ) -> Applied:
        raise NotImplementedError

    def set_dns_resolution(self, vpc: VpcRef, connection_id: str, change: SetDnsResolution) -> None:
        """Sets this side's option.

        Raises:
            PeeringNotActive: The connection is still provisioning.
        """
        raise NotImplementedError
