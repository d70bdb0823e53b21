"""The SNS topic, where people hear that they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import translated

if TYPE_CHECKING:
    from causeway.domain.authority.question import Rendering


class Topic:
    def __init__(self, arn: str, client: Any) -> None:
        self._arn = arn
        self._client = client

    def publish(self, rendering: Rendering) -> None:
        """Sends the text to every subscriber. Said again, it comes again."""
        with translated(f"topic {self._arn}"):
            self._client.publish(TopicArn=self._arn, Subject=rendering.title, Message=rendering.text)
