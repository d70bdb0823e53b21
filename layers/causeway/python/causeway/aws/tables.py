"""The two tables: **requests**, the interface, and **ledger**, Causeway's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from causeway.domain.plan import Change, Plan
    from causeway.domain.request import Request
    from causeway.domain.run import Run
    from causeway.domain.status import Status
    from causeway.domain.values import Side
    from causeway.domain.verdicts import Verdict
    from mypy_boto3_dynamodb import DynamoDBClient


class Requests:
    """The table of requests: people write what they want, Causeway writes `status`."""

    def __init__(self, table_name: str, client: DynamoDBClient) -> None:
        raise NotImplementedError

    def get(self, request_id: str) -> dict[str, Any] | None:
        """The item as it is now (a consistent read)."""
        raise NotImplementedError

    def write_status(self, request_id: str, status: Status) -> bool:
        """Replaces `status`. False where the item is gone or a newer generation has written its own."""
        raise NotImplementedError

    def put_from_event(
        self, desired: Mapping[str, Any], *, known: Collection[str], event_id: str, ledger_table: str, expires_at: int
    ) -> bool:
        """Makes the item's desired attributes these, and remembers the event, in one transaction. False if it was seen before.

        Args:
            desired: `request_id` and what the event says.
            known: Every attribute that a request can have: those that `desired` leaves out are removed, `status` never.
            expires_at: When the ledger may forget the event (epoch seconds).
        """
        raise NotImplementedError


class Ledger:
    def __init__(self, table_name: str, client: DynamoDBClient) -> None:
        raise NotImplementedError

    def next_generation(self, request_id: str, sequence_number: str) -> int | None:
        """The generation of the change with this stream sequence number.

        The same number gives the same generation again; None where a newer change already has one.
        """
        raise NotImplementedError

    def save_request(self, generation: int, request: Request) -> None:
        raise NotImplementedError

    def save_plan(self, plan: Plan) -> None:
        raise NotImplementedError

    def save_connection(self, request_id: str, generation: int, connection_id: str) -> None:
        raise NotImplementedError

    def save_done(self, request_id: str, generation: int, side: Side, step: str, changes: Sequence[Change]) -> None:
        raise NotImplementedError

    def save_verdicts(self, request_id: str, generation: int, verdicts: Sequence[Verdict]) -> None:
        raise NotImplementedError

    def load_run(self, request_id: str, generation: int) -> Run:
        """Everything of one generation, in one consistent query.

        Raises:
            LedgerMissing: No step has saved the request.
        """
        raise NotImplementedError
