"""What every writer has in common. A kind's writer makes its changes on one side, each so that it can be repeated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.errors import LedgerMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2 import EC2Client

    from causeway.domain.model.request import VpcRef

    from .applied import Applied

CALLS_AT_ONCE = 8


class Target(NamedTuple):
    """Whose changes are made, and where.

    Attributes:
        vpc: The side's.
        tags: Of what is made, beside the one that says whose it is.
        connection_id: The run's connection; None where the run has none.
    """

    vpc: VpcRef
    request_id: str
    tags: dict[str, str]
    connection_id: str | None

    @property
    def known_connection_id(self) -> str:
        """The connection, for changes that need one.

        Raises:
            LedgerMissing: The run has none.
        """
        if self.connection_id is None:
            raise LedgerMissing(
                "The ledger has no connection of this run.",
                where=f"{self.request_id}, for {self.vpc}",
                remedy="Put the item again to run it anew.",
            )
        return self.connection_id


class Writer:
    """Changes VPCs with the write role."""

    def __init__(self, sessions: MemberSessions) -> None:
        self._sessions = sessions

    def _client(self, vpc: VpcRef) -> EC2Client:
        return self._sessions.ec2(vpc, Access.WRITE)


class KindWriter(Writer):
    """Makes the changes of one kind of thing, one side at a time."""

    def add(self, target: Target, changes: Sequence[Any]) -> Applied:
        """Makes the additions. What is there already is done."""
        raise NotImplementedError

    def remove(self, target: Target, changes: Sequence[Any]) -> Applied:
        """Makes the removals. What is gone, or is not ours any more, is done."""
        raise NotImplementedError

    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CALLS_AT_ONCE)
