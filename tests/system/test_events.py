"""A request as an event on the bus, from another account, and its outcome on the same bus."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from localcloud.deploy.stacks import operator_session
from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure

from .network import TEST, Network
from .requests import PING, Hub, Item, an_item, eventually


def send(hub: Hub, item: Item) -> str:
    """Ask for a peering from a member account; the event's id."""
    bus: Any = operator_session(hub.aws, TEST).client("events", endpoint_url=hub.aws.endpoint_url)
    entry = {
        "EventBusName": hub.outputs["EventBusArn"],
        "Source": "com.example.payments",
        "DetailType": "PeeringRequested",
        "Detail": json.dumps(item),
    }
    answer = bus.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    event_id: str = answer["Entries"][0]["EventId"]
    return event_id


class Listener:
    """Everything that was said on the bus about one request."""

    def __init__(self, hub: Hub, request_id: str) -> None:
        self._hub = hub
        self._url = hub.listen(request_id)
        self.events: list[dict[str, Any]] = []

    def wait_for(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        def heard() -> list[dict[str, Any]] | None:
            self.events += self._hub.heard(self._url)
            of_the_kind = [event for event in self.events if event["detail-type"] == kind]
            return of_the_kind if len(of_the_kind) >= count else None

        return eventually(heard, lambda: f"no {kind} among {self.events}")


def received(hub: Hub, event_id: str) -> Mapping[str, Any]:
    """What ReceiveEvent says of an event when it is done with it."""
    return eventually(
        lambda: next(
            (line for _, line in hub.log_lines() if line.get("event_id") == event_id and line["message"] == "Received"), None
        )
    )


def test_an_event_becomes_an_item_and_its_outcome_an_event(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[PING])
    listener = Listener(hub, item["request_id"])

    send(hub, item)

    (outcome,) = listener.wait_for("PeeringActive")
    status = hub.wait(item["request_id"])
    assert outcome["source"] == "causeway"
    assert outcome["detail"]["request_id"] == item["request_id"]
    assert outcome["detail"]["state"] == "ACTIVE"
    assert outcome["detail"]["peering_connection_id"] == status["peering_connection_id"]
    assert [verdict["reachable"] for verdict in outcome["detail"]["verdicts"]] == [True, True]
    assert hub.item(item["request_id"]) == {**item, "status": status}
    assert pair[0].connection()["Status"]["Code"] == "active"


def test_an_event_that_comes_again_changes_nothing(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[PING])
    listener = Listener(hub, item["request_id"])
    send(hub, item)
    listener.wait_for("PeeringActive")
    before = hub.item(item["request_id"])

    received(hub, send(hub, item))
    (first, _repeated) = listener.wait_for("PeeringRequested", count=2)
    redelivered = hub.client("lambda").invoke(
        FunctionName=hub.function("ReceiveEvent")["FunctionName"], Payload=json.dumps(first)
    )

    assert json.load(redelivered["Payload"]) == {"written": False}
    hub.settle()
    assert hub.item(item["request_id"]) == before
    assert hub.execution_names(item["request_id"]) == [f"{item['request_id']}-1"]


def test_an_event_that_asks_for_more(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[PING], tags={"Owner": "payments"})
    listener = Listener(hub, item["request_id"])
    send(hub, item)
    listener.wait_for("PeeringActive")
    more: Item = {**item, "allow": [PING, {"from": "requester", "protocol": "udp", "ports": "53"}]}
    del more["tags"]

    send(hub, more)

    outcome = listener.wait_for("PeeringActive", count=2)[-1]
    assert outcome["detail"]["generation"] == 2
    assert hub.item(item["request_id"]) == {**more, "status": hub.wait(item["request_id"], before=1)}


def test_a_rejection_is_told(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, route_tables={"requester": {"tag": "Tier=none"}})
    listener = Listener(hub, item["request_id"])

    send(hub, item)

    (outcome,) = listener.wait_for("PeeringRejected")
    assert [finding["code"] for finding in outcome["detail"]["findings"]] == ["NO_ROUTE_TABLE_SELECTED"]


def test_a_failure_is_told(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    item = an_item(*pair, allow=[PING])
    listener = Listener(hub, item["request_id"])
    gate.fail(Failure(service="ec2", operation="AcceptVpcPeeringConnection", code="UnauthorizedOperation", status=403))

    send(hub, item)

    (outcome,) = listener.wait_for("PeeringFailed")
    assert [finding["code"] for finding in outcome["detail"]["findings"]] == ["STEP_FAILED"]
    assert (outcome["detail"]["changes_made"], len(outcome["detail"]["changes_undone"])) == ([], 1), "the requested connection"


@pytest.mark.parametrize("through", ["the bus", "the table"])
def test_a_malformed_request_is_told(hub: Hub, pair: tuple[Network, Network], through: str) -> None:
    item = {**an_item(*pair), "colour": "blue"}
    listener = Listener(hub, item["request_id"])

    if through == "the bus":
        send(hub, item)
    else:
        hub.put(item)

    (outcome,) = listener.wait_for("PeeringRejected")
    (finding,) = outcome["detail"]["findings"]
    assert (finding["code"], finding["where"]) == ("MALFORMED_ITEM", "colour")
    assert bool(hub.item(item["request_id"])) is (through == "the table"), "a malformed event makes no item"
