"""The samples in `events/`: one for each function, all about the same request."""

import json
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
REMOVAL = "receive_event_removal"
"""The other event that ReceiveEvent takes."""
CALL = "watch_requests_call"
"""The other event that WatchRequests takes."""
SAVED = "saved_network"
"""What the command keeps of TakeSnapshot's answer."""

DECISION = "decide_approval"
"""A call of a URL: the body is what it is about."""


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def plain(item: dict[str, Any]) -> dict[str, Any]:
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def test_every_function_has_a_sample(hub_source: dict[str, Any]) -> None:
    functions = {
        Path(each["Properties"]["CodeUri"]).name
        for each in hub_source["Resources"].values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    assert {path.stem for path in EVENTS.glob("*.json")} == functions | {"request", "request_item", SAVED, REMOVAL, CALL}


def test_the_item_the_event_and_the_record_are_the_same_request() -> None:
    request = sample("request")
    (record,) = sample("dispatch_request")["Records"]
    assert plain(sample("request_item")) == request
    assert sample("receive_event")["detail"] == request
    assert sample("preview_plan") == sample("take_snapshot") == sample(SAVED)["request"] == request
    assert sample(REMOVAL)["detail"] == {"request_id": request["request_id"]}
    assert plain(record["dynamodb"]["NewImage"]) == request
    assert plain(record["dynamodb"]["Keys"]) == {"request_id": request["request_id"]}
    (check,) = sample("detect_drift")["Records"]
    assert check["body"] == request["request_id"]
    (change,) = sample(CALL)["Records"]
    call = json.loads(change["body"])
    assert (call["account"], call["region"]) == (request["requester"]["account_id"], request["requester"]["region"])


def test_every_step_is_about_that_request() -> None:
    watched = {"watch_requests", CALL, "detect_drift"}
    triggers = {"request", "request_item", SAVED, "receive_event", REMOVAL, "dispatch_request"} | watched
    steps = {path.stem: sample(path.stem) for path in EVENTS.glob("*.json") if path.stem not in triggers}
    steps[DECISION] = json.loads(steps[DECISION]["body"])
    assert {step["request_id"] for step in steps.values()} == {sample("request")["request_id"]}
    assert {name for name, step in steps.items() if "side" in step} == {
        "update_route_tables",
        "update_security_groups",
        "update_network_acls",
        "configure_dns",
        "update_tags",
    }
