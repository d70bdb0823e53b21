"""EventBridge rules deliver to functions, state machines and queues."""

import json
from typing import Any

from localcloud.deploy import operator_session
from tests.localcloud.conftest import App, eventually


def _put(events: Any, bus: str, source: str = "example.orders", **detail: Any) -> dict[str, Any]:
    entry = {"EventBusName": bus, "Source": source, "DetailType": "Order", "Detail": json.dumps(detail)}
    answer: dict[str, Any] = events.put_events(Entries=[entry])
    return answer


def test_a_function_gets_the_whole_event(app: App) -> None:
    answer = _put(app.client("events"), app.outputs["BusName"], name="whole", size=7)
    event = json.loads(eventually(lambda: app.noted("event-whole"))[0]["event"])
    assert event["id"] == answer["Entries"][0]["EventId"]
    assert event["detail"] == {"name": "whole", "size": 7}
    assert (event["source"], event["detail-type"], event["account"]) == ("example.orders", "Order", "123456789012")
    assert (event["region"], event["version"], event["resources"]) == ("us-east-1", "0", [])
    assert event["time"].endswith("Z")


def test_the_pattern_decides_and_the_queue_gets_the_transformed_input(app: App) -> None:
    app.messages("DeliveredUrl")
    _put(app.client("events"), app.outputs["BusName"], name='sm"all', size=3)
    message = eventually(lambda: app.messages("DeliveredUrl"))[0]
    assert (message["size"], message["kind"]) == (3, "Order")
    assert message["text"].startswith('order sm"all from arn:aws:events:us-east-1:123456789012:rule/tiny-bus/')
    assert not app.noted("event-sm")


def test_a_state_machine_is_started_with_the_input_path(app: App) -> None:
    _put(app.client("events"), app.outputs["BusName"], source="example.starts", action="fail", reason="an event")
    states, machine = app.client("stepfunctions"), app.outputs["MachineArn"]

    def cause() -> bool:
        executions = states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        causes = [states.describe_execution(executionArn=item["executionArn"]).get("cause") for item in executions]
        return "because of an event" in causes

    assert eventually(cause)


def test_another_account_sends_to_the_hubs_bus(app: App) -> None:
    member = operator_session(app.aws, "111111111111").client("events", endpoint_url=app.aws.endpoint_url)
    _put(member, app.outputs["BusArn"], name="foreign", size=9)
    event = json.loads(eventually(lambda: app.noted("event-foreign"))[0]["event"])
    assert event["account"] == "111111111111"


def test_an_unknown_bus_is_an_error_of_the_entry(app: App) -> None:
    answer = _put(app.client("events"), "no-such-bus", name="lost")
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "ResourceNotFoundException"
