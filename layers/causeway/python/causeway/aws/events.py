"""The event bus, on which every outcome is announced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from causeway.domain.lifecycle.status import State

from .errors import REMEDIES, kind_of, translated

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from causeway.domain.lifecycle.status import Status

SOURCE = "causeway"
DETAIL_TYPES = {
    State.AWAITING_APPROVAL: "PeeringApprovalRequested",
    State.ACTIVE: "PeeringActive",
    State.DRIFTED: "PeeringDrifted",
    State.REMOVED: "PeeringRemoved",
    State.REJECTED: "PeeringRejected",
    State.FAILED: "PeeringFailed",
}


class Bus:
    def __init__(self, name: str, client: EventBridgeClient) -> None:
        self._name = name
        self._client = client

    def announce(self, status: Status) -> None:
        """Sends a final status as `PeeringActive`, `PeeringDrifted`, `PeeringRemoved`, `PeeringRejected` or `PeeringFailed`.

        One that waits for a person is `PeeringApprovalRequested`. The detail is the status with the request's id, but of a
        verdict only what it says: an event has 256 KB.

        Raises:
            CausewayError: The bus did not take the event.
        """
        detail = {"request_id": status.request_id, **status.as_map()}
        detail["verdicts"] = [{name: each[name] for name in ("flow", "verdict", "reachable")} for each in detail["verdicts"]]
        with translated(f"event bus {self._name}"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": DETAIL_TYPES[status.state],
                        "Detail": json.dumps(detail),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            kind = kind_of(entry["ErrorCode"])
            raise kind(
                f"{entry['ErrorCode']}: {entry.get('ErrorMessage')}",
                where=f"PutEvents on event bus {self._name}",
                remedy=REMEDIES[kind],
            )
