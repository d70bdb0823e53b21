"""A queue that one function hands work to another by."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from causeway.domain.model.errors import InvalidRequest, ServiceUnavailable

from .errors import REMEDIES, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

LARGEST_BATCH = 10


class Queue:
    def __init__(self, url: str, client: SQSClient) -> None:
        self._url = url
        self._client = client

    def send(self, bodies: Iterable[str]) -> None:
        """Sends a message for each body, ten to a call.

        Raises:
            ServiceUnavailable: The queue did not take one of them; those before it are sent.
            InvalidRequest: The same, and the message is at fault.
        """
        for batch in batched(bodies, LARGEST_BATCH, strict=False):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)
            ]
            with translated(f"queue {self._url}"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            for failed in answer.get("Failed", []):
                kind = InvalidRequest if failed["SenderFault"] else ServiceUnavailable
                raise kind(
                    f"{failed['Code']}: {failed.get('Message')}",
                    where=f"SendMessageBatch on queue {self._url}",
                    remedy=REMEDIES[kind],
                )
