"""The ledger's locks: one run at a time works on a request, and on a pair of VPCs."""

from __future__ import annotations

from contextlib import suppress

from causeway.aws.errors import translated

from .codec import attributes
from .ledger_table import LedgerTable, record_item
from .table import found_instead

LOCK = "LOCK"


class Locks(LedgerTable):
    """The locks of requests and pairs, each held by an execution."""

    def acquire(self, what: str, holder: str) -> str | None:
        """Takes the lock of a request, or of a pair of VPCs.

        Returns:
            None if the lock is the holder's now (or was before), else who holds it.
        """
        with translated(self._place(what)):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=record_item(what, LOCK, holder=holder),
                    ConditionExpression="attribute_not_exists(request_id) OR holder = :holder",
                    ExpressionAttributeValues=attributes(**{":holder": holder}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._condition_failed as error:
                return str(found_instead(error)["holder"])
        return None

    def take_over(self, what: str, holder: str, from_holder: str) -> bool:
        """Takes the lock from one who no longer needs it. False where somebody else was faster, or it was released."""
        with translated(self._place(what)), suppress(self._condition_failed):
            self._client.put_item(
                TableName=self._table_name,
                Item=record_item(what, LOCK, holder=holder),
                ConditionExpression="holder IN (:holder, :from)",
                ExpressionAttributeValues=attributes(**{":holder": holder, ":from": from_holder}),
            )
            return True
        return False

    def release(self, what: str, holder: str) -> None:
        """Gives the lock back. One that is somebody else's, or gone, is left alone."""
        with translated(self._place(what)), suppress(self._condition_failed):
            self._client.delete_item(
                TableName=self._table_name,
                Key=attributes(request_id=what, record=LOCK),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=attributes(**{":holder": holder}),
            )
