"""What Causeway's two tables share. The low-level client: boto3's resources take long to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from causeway.aws.errors import translated
from causeway.domain.model.errors import InvalidRequest, ServiceUnavailable

from .codec import plain

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

CONDITION_FAILED = "ConditionalCheckFailed"
"""Why a transaction was cancelled: the condition of one of its writes does not hold."""

PASSING = frozenset({"None", CONDITION_FAILED, "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""The reasons why a transaction was cancelled that can be others when it is tried again."""


class Table:
    """A table of DynamoDB, whose partition key is `request_id`."""

    def __init__(self, table_name: str, client: DynamoDBClient) -> None:
        self._table_name = table_name
        self._client = client

    @property
    def _condition_failed(self) -> type[ClientError]:
        """What a write raises whose condition does not hold."""
        return self._client.exceptions.ConditionalCheckFailedException

    def _write_all(self, request_id: str, first: TransactWriteItemTypeDef, *others: TransactWriteItemTypeDef) -> bool:
        """Writes all in one transaction. False, and nothing is written, where the first one's condition does not hold."""
        place = self._place(request_id)
        with translated(place):
            try:
                self._client.transact_write_items(TransactItems=[first, *others])
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
                if reasons[0] == CONDITION_FAILED:
                    return False
                kind = ServiceUnavailable if PASSING.issuperset(reasons) else InvalidRequest
                with translated(place, {"TransactionCanceledException": kind}):
                    raise
        return True

    def _place(self, request_id: str) -> str:
        return f"table {self._table_name}, request {request_id}"


def found_instead(error: ClientError) -> dict[str, Any]:
    """The item that a condition did not hold for, where the write asked for it."""
    return plain(cast("dict[str, Any]", error.response)["Item"])
