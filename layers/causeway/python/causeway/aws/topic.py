"""The SNS topic that notifies people of plans that need approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import translated

if TYPE_CHECKING:
    from causeway.domain.authority.notification import Notification


class Topic:
    def __init__(self, arn: str, client: Any) -> None:
        self._arn = arn
        self._client = client

    def publish(self, notification: Notification) -> None:
        """Sends the text to every subscriber. A second call sends it a second time."""
        with translated(f"topic {self._arn}"):
            self._client.publish(TopicArn=self._arn, Subject=notification.subject, Message=notification.text)
