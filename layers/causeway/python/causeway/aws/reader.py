"""Reads one side or both, in a number of calls that does not depend on what is there."""

from causeway.domain.findings import Finding
from causeway.domain.network import PeeringConnection, Snapshot
from causeway.domain.request import Request, VpcRef
from causeway.domain.values import Both, Side

from .sessions import MemberSessions


class Reader:
    def __init__(self, sessions: MemberSessions) -> None:
        raise NotImplementedError

    def observe_both(self, request: Request) -> Both[Snapshot | Finding]:
        """Both sides at once. A side that cannot be read is a finding instead.

        Raises:
            RetryNowError: AWS throttled or did not answer.
        """
        raise NotImplementedError

    def observe(self, side: Side, vpc: VpcRef, *, dns: bool) -> Snapshot:
        """One side.

        Args:
            dns: Whether the VPC's two DNS attributes matter; they cost a call each.

        Raises:
            AccessDenied: The account or a part of it may not be read.
            ResourceNotFound: The VPC is not there.
            RetryNowError: AWS throttled or did not answer.
        """
        raise NotImplementedError

    def peering(self, vpc: VpcRef, connection_id: str) -> PeeringConnection | None:
        """The connection as this VPC's account and region sees it; None where it is not visible (yet)."""
        raise NotImplementedError
