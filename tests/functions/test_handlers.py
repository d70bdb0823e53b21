"""Each function's handler, loaded as Lambda loads it and run on its sample in `events/`."""

import json
from typing import Any

import boto3
import msgspec
import pytest

from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.saved_network import unpack
from cli.offline.saved_network import preview_on

from .conftest import ROOT, Hub, load

HANDLERS = sorted((ROOT / "functions").glob("*/app.py"))
STEPS = [
    "plan_peering",
    "request_peering",
    "accept_peering",
    "update_route_tables",
    "check_reachability",
    "call_witnesses",
    "hear_witnesses",
    "undo_changes",
    "record_outcome",
]
UPDATES = [(name, side) for name in ("update_route_tables", "update_security_groups") for side in ("requester", "accepter")]
REQUEST_ID = "test-to-production"


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_is_small_and_alone(path: Any, environment: None) -> None:
    assert [each.name for each in path.parent.iterdir() if each.name != "__pycache__"] == ["app.py"]
    assert len(path.read_text().splitlines()) <= 40
    assert callable(load(path.parent.name).handler)


def test_there_is_a_sample_for_every_handler() -> None:
    assert {path.parent.name for path in HANDLERS} <= {path.stem for path in (ROOT / "events").glob("*.json")}


def test_the_samples_in_the_order_of_the_flow_end_in_an_active_peering(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub.invoke("receive_event") == {"written": True}
    assert hub.invoke("dispatch_request") == {"batchItemFailures": []}
    assert hub.status()["state"] == "PLANNING"

    plan = hub.invoke("plan_peering")
    assert (plan["blocked"], plan["request"], plan["accept"]) == (False, True, True)
    assert hub.status()["state"] == "APPLYING"

    connection = hub.invoke("request_peering")
    assert hub.invoke("accept_peering") == connection
    (additions,) = plan["rounds"]
    for update in additions["updates"]:
        name = {"UpdateRouteTables": "update_route_tables", "UpdateSecurityGroups": "update_security_groups"}[update["step"]]
        assert hub.invoke(name, {**hub.sample(name), "side": update["side"]})["changes"] > 0
    assert hub.invoke("configure_dns") == {"changes": 0}
    assert hub.invoke("check_reachability") == {"blocked": False, "witnesses": False, "reachable": True}
    assert hub.invoke("record_outcome") == {"state": "ACTIVE"}

    status = hub.status()
    assert (status["state"], status["peering_connection_id"]) == ("ACTIVE", connection["connection_id"])
    assert [verdict["reachable"] for verdict in status["verdicts"]] == [True] * 4
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line]
    assert [(each["PeeringActive"], each["PeeringFailed"]) for each in counted] == [([1.0], [0.0])]


def test_a_removal_by_an_event_ends_with_nothing_of_ours_left(
    hub: Hub, members: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = networks(members)
    for name in ("receive_event", "dispatch_request", "plan_peering", "request_peering", "accept_peering"):
        hub.invoke(name)
    for name, side in UPDATES:
        hub.invoke(name, {**hub.sample(name), "side": side})
    hub.invoke("record_outcome")
    assert networks(members) != before
    capsys.readouterr()

    assert hub.invoke("receive_event", hub.sample("receive_event_removal")) == {"written": True}
    assert hub.table.scan()["Items"] == []
    assert hub.invoke("dispatch_request", removal_of(hub)) == {"batchItemFailures": []}

    run = {"request_id": REQUEST_ID, "generation": 2, "execution": f"{hub.sample('plan_peering')['execution']}-again"}
    plan = hub.invoke("plan_peering", run)
    (removals,) = plan["rounds"]
    assert (plan["delete"], plan["check"], {each["removing"] for each in removals["updates"]}) == (True, False, {True})
    for name, side in UPDATES:
        assert hub.invoke(name, {**run, "side": side, "removing": True})["changes"] > 0
    hub.invoke("delete_peering", run)
    assert hub.invoke("record_outcome", {**run, "error": None}) == {"state": "REMOVED"}

    assert networks(members) == before
    assert '"PeeringRemoved":[1.0]' in capsys.readouterr().out


def test_a_preview_is_the_plan_that_would_be_made_and_writes_nothing(hub: Hub, members: dict[str, Any], dynamodb: Any) -> None:
    before = networks(members)

    preview = hub.invoke("preview_plan")

    assert (preview["request_id"], preview["blocked"], preview["findings"]) == (REQUEST_ID, False, [])
    assert preview["changes"][0].startswith("Request a peering from ")
    assert networks(members) == before
    assert [dynamodb.Table(name).scan()["Items"] for name in ("requests", "ledger")] == [[], []]

    for name in ("receive_event", "dispatch_request", "plan_peering"):
        hub.invoke(name)
    plan = Runs("ledger", boto3.client("dynamodb")).load(REQUEST_ID, 1).saved_plan
    assert (preview["checksum"], preview["changes"]) == (plan.checksum, [change.sentence for change in plan.changes])


def test_a_preview_knows_what_the_request_holds(hub: Hub) -> None:
    for name in ("receive_event", "dispatch_request", "plan_peering", "request_peering", "accept_peering"):
        hub.invoke(name)
    for name, side in UPDATES:
        hub.invoke(name, {**hub.sample(name), "side": side})
    again = hub.invoke("preview_plan")
    assert (again["changes"], again["findings"]) == ([], [])

    silent = hub.invoke("preview_plan", {**hub.sample("preview_plan"), "allow": [], "status": {"state": "ACTIVE"}})

    assert silent["peering_connection_id"] == again["peering_connection_id"]
    assert {sentence.partition(" allow")[0] for sentence in silent["changes"]} == {"No longer"}


def test_a_preview_of_a_malformed_item_says_all_that_is_wrong(hub: Hub) -> None:
    preview = hub.invoke("preview_plan", {"request_id": "odd", "priority": 1})

    assert (preview["request_id"], preview["blocked"], preview["checksum"]) == ("odd", True, None)
    assert [finding["where"] for finding in preview["findings"]] == ["requester", "accepter", "priority"]
    assert {finding["code"] for finding in preview["findings"]} == {"MALFORMED_ITEM"}


def test_a_snapshot_is_what_a_preview_is_decided_from_and_writes_nothing(
    hub: Hub, members: dict[str, Any], dynamodb: Any
) -> None:
    before = networks(members)
    item = {**hub.sample("take_snapshot"), "excluded_cidr_blocks": ["192.0.0.0/8"], "dns_resolution": True}

    answer = hub.invoke("take_snapshot", {**item, "status": {"state": "ACTIVE"}})

    saved = unpack(answer["snapshot"])
    assert (answer["request_id"], saved.request) == (REQUEST_ID, item)
    for each in (item, hub.sample("preview_plan")):
        assert json.loads(json.dumps(preview_on(saved, each).as_map())) == hub.invoke("preview_plan", each)
    assert networks(members) == before
    assert [dynamodb.Table(name).scan()["Items"] for name in ("requests", "ledger")] == [[], []]


def test_a_run_that_fails_is_undone(hub: Hub, members: dict[str, Any]) -> None:
    before = networks(members)
    for name in ("receive_event", "dispatch_request", "plan_peering", "request_peering", "accept_peering"):
        hub.invoke(name)
    for name, side in UPDATES:
        hub.invoke(name, {**hub.sample(name), "side": side})
    assert networks(members) != before

    undo = hub.invoke("undo_changes")
    (removals,) = undo["rounds"]
    assert (undo["delete"], undo["check"], {each["removing"] for each in removals["updates"]}) == (True, False, {True})
    for name, side in UPDATES:
        given = {**hub.sample(name), "side": side, "removing": True, "undoing": True}
        assert hub.invoke(name, given)["changes"] > 0
    hub.invoke("delete_peering", {**hub.sample("delete_peering"), "undoing": True})
    error = {"Error": "AccessDenied", "Cause": "{}", "State": "ConfigureDns"}
    assert hub.invoke("record_outcome", {**hub.sample("record_outcome"), "error": error}) == {"state": "FAILED"}

    assert networks(members) == before
    status = hub.status()
    assert (status["changes_made"], status["peering_connection_id"]) == ([], None)
    assert len(status["changes_undone"]) > 5


def networks(members: dict[str, Any]) -> list[Any]:
    """What of the members' networks could be ours: every route, every rule, and the connections that are not deleted."""
    return [
        [
            [(table["RouteTableId"], table["Routes"]) for table in ec2.describe_route_tables()["RouteTables"]],
            [(group["GroupId"], group["IpPermissions"]) for group in ec2.describe_security_groups()["SecurityGroups"]],
            [
                each["VpcPeeringConnectionId"]
                for each in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
                if each["Status"]["Code"] != "deleted"
            ],
        ]
        for ec2 in members.values()
    ]


def removal_of(hub: Hub) -> dict[str, Any]:
    """The stream's record of the item's end."""
    event: dict[str, Any] = hub.sample("dispatch_request")
    stream = event["Records"][0]["dynamodb"]
    stream.update(OldImage=stream.pop("NewImage"), SequenceNumber=f"{stream['SequenceNumber']}0")
    event["Records"][0]["eventName"] = "REMOVE"
    return event


def test_every_line_of_the_log_names_the_request(hub: Hub) -> None:
    for name in ("receive_event", "dispatch_request", "plan_peering", "request_peering", "accept_peering"):
        hub.invoke(name)

    lines = hub.lines()
    assert len(lines) >= 8
    assert {line["request_id"] for line in lines} == {REQUEST_ID}
    assert {line["function_request_id"] for line in lines} == {"00000000-0000-0000-0000-000000000000"}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_fails_says_so_once_and_by_its_type(hub: Hub, name: str) -> None:
    with pytest.raises(Exception, match=r"Put the request again|put the request again") as raised:
        hub.invoke(name)

    assert type(raised.value).__name__ == "LedgerMissing"
    errors = [line for line in hub.lines() if line["level"] == "ERROR"]
    assert [(line["request_id"], line["exception_name"]) for line in errors] == [(REQUEST_ID, "LedgerMissing")]


def test_a_step_refuses_an_input_that_names_no_request(hub: Hub) -> None:
    with pytest.raises(msgspec.ValidationError, match="request_id"):
        hub.invoke("plan_peering", {"generation": 1})


def record(hub: Hub, request_id: str, sequence_number: str, **image: Any) -> dict[str, Any]:
    """The sample's stream record, for another item."""
    made: dict[str, Any] = hub.sample("dispatch_request")["Records"][0]
    stream = made["dynamodb"]
    stream["Keys"]["request_id"]["S"] = stream["NewImage"]["request_id"]["S"] = request_id
    stream["NewImage"].update(image)
    stream["SequenceNumber"] = sequence_number
    hub.table.put_item(Item={"request_id": request_id})
    return made


def test_a_malformed_item_is_rejected_and_stops_no_other(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    malformed = record(hub, "malformed", "1", priority={"N": "1"})

    answer = hub.invoke("dispatch_request", {"Records": [malformed, record(hub, "fine", "2")]})

    assert answer == {"batchItemFailures": []}
    assert hub.status("malformed")["state"] == "REJECTED"
    assert "priority" in hub.status("malformed")["findings"][0]["message"]
    assert hub.status("fine")["state"] == "PLANNING"
    assert capsys.readouterr().out.count('"PeeringRejected":[1.0]') == 1


def test_a_record_that_fails_is_handed_back_alone_and_logged(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from causeway.aws.executions import Executions  # noqa: PLC0415 - after the environment is set

    start = Executions.start

    def failing(self: Executions, request_id: str, generation: int) -> str:
        if request_id == "unlucky":
            raise TimeoutError("no answer")
        return start(self, request_id, generation)

    monkeypatch.setattr(Executions, "start", failing)

    answer = hub.invoke("dispatch_request", {"Records": [record(hub, "unlucky", "1"), record(hub, "lucky", "2")]})

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    errors = [line for line in hub.lines() if line["level"] == "ERROR"]
    assert [(line["request_id"], line["exception_name"]) for line in errors] == [("unlucky", "TimeoutError")]
    assert hub.status("lucky")["state"] == "PLANNING"


def test_a_malformed_event_writes_no_item(hub: Hub) -> None:
    event = hub.sample("receive_event")
    event["detail"]["accepter"] = event["detail"]["requester"]

    assert hub.invoke("receive_event", event) == {"written": False}
    assert hub.table.scan()["Items"] == []


def test_an_error_of_a_step_becomes_the_outcome(hub: Hub) -> None:
    hub.invoke("receive_event")
    hub.invoke("dispatch_request")
    error = {"Error": "AccessDenied", "Cause": '{"errorMessage": "No role."}', "State": "PlanPeering"}

    assert hub.invoke("record_outcome", {**hub.sample("record_outcome"), "error": error}) == {"state": "FAILED"}
    assert hub.status()["findings"][0]["message"] == "PlanPeering failed with AccessDenied: No role."
