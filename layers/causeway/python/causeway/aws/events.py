"""The event bus, where whoever sent a request hears how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causeway.domain.status import Status
    from mypy_boto3_events import EventBridgeClient


class Bus:
    def __init__(self, name: str, client: EventBridgeClient) -> None:
        raise NotImplementedError

    def announce(self, request_id: str, status: Status) -> None:
        """Sends `PeeringActive`, `PeeringRejected` or `PeeringFailed`, for a status that is final."""
        raise NotImplementedError
