"""The command itself, a process of its own, against the deployed product: a request's whole life by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.exits import ExitCode
from localcloud.server import DEFAULT_REGION

from .network import Network
from .requests import PATIENCE, PING, SSH, Hub, an_item


class Ended(NamedTuple):
    """How the command ended: its code, what it printed as JSON, what it said besides."""

    code: int
    said: Any
    aside: str


type Causeway = Callable[..., Ended]


@pytest.fixture
def causeway(hub: Hub) -> Causeway:
    nowhere = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **nowhere,
        "AWS_ENDPOINT_URL": hub.aws.endpoint_url,
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    def run(*words: str, given: object = None, aws: bool = True) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "cli", *words, "--json"],
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            env=environment if aws else nowhere,
            timeout=2 * PATIENCE,
            check=False,
        )
        return Ended(ended.returncode, json.loads(ended.stdout) if ended.stdout else None, ended.stderr)

    return run


def test_a_requests_life_by_hand(causeway: Causeway, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    before = [network.everything() for network in pair]
    item = an_item(*pair, allow=[SSH])
    request_id = item["request_id"]

    planned = causeway("plan", "-", given=item)
    assert (planned.code, planned.said["blocked"]) == (ExitCode.WAITING, False)
    assert [network.everything() for network in pair] == before

    put = causeway("request", "put", "-", "--wait", given=item)
    assert (put.code, put.said["state"], put.aside) == (ExitCode.DONE, "ACTIVE", "")
    assert put.said["changes_made"] == planned.said["changes"]

    got = causeway("request", "get", request_id)
    assert (got.code, got.said["status"]["state"]) == (ExitCode.DONE, "ACTIVE")
    assert got.said["requested_by"].startswith("arn:aws:")
    assert request_id in [each["request_id"] for each in causeway("request", "list").said]

    assert causeway("drift", request_id) == (ExitCode.DONE, [], "")
    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)
    drifted = causeway("drift", request_id)
    assert drifted.code == ExitCode.WAITING
    assert drifted.said[0]["changes"] == [f"Route {accepter.block} to the peering in {requester.main_table}"]

    wider = causeway("plan", "-", given={**item, "allow": [SSH, PING]})
    assert wider.code == ExitCode.WAITING
    assert any("icmp" in change for change in wider.said["changes"])

    deleted = causeway("request", "delete", request_id, "--wait")
    assert (deleted.code, deleted.said["state"]) == (ExitCode.DONE, "REMOVED")
    assert [network.everything() for network in pair] == before
    assert causeway("request", "get", request_id).code == ExitCode.NOT_FOUND

    told = causeway("history", request_id).said
    assert [(entry["generation"], entry["text"]) for entry in told if entry["what"] == "outcome"] == [
        (1, "ACTIVE"),
        (2, "REMOVED"),
    ]
    assert told[0]["who"] == got.said["requested_by"]
    assert [entry["at"] for entry in told] == sorted(entry["at"] for entry in told)


def test_what_was_seen_of_a_running_request_is_planned_and_checked_without_aws(
    causeway: Causeway, hub: Hub, pair: tuple[Network, Network], tmp_path: Path
) -> None:
    for network in pair:
        network.add_interface(network.default_group)
    item = an_item(*pair, allow=[SSH, PING])
    status = hub.run(item).status
    file = tmp_path / "snapshot.json"

    assert causeway("snapshot", item["request_id"], "--output", str(file)) == (ExitCode.DONE, None, "")
    seen = causeway("snapshot", "-", given=item)
    assert (seen.code, seen.said["version"]) == (ExitCode.DONE, 1)
    assert {**seen.said, "taken_at": None} == {**json.loads(file.read_text()), "taken_at": None}

    checked = causeway("check", str(file), aws=False)
    assert (checked.code, len(checked.said["verdicts"])) == (ExitCode.DONE, 4)
    assert checked.said["verdicts"] == status["verdicts"]

    blocks = {item[network]["vpc_id"]: [each.block] for network, each in zip(("requester", "accepter"), pair, strict=True)}
    for drawn, state in (
        (causeway("map"), "ACTIVE"),
        (causeway("map", "--on", str(file), aws=False), "REACHABLE"),
    ):
        assert drawn.code == ExitCode.DONE
        assert {each["vpc_id"]: each["cidr_blocks"] for each in drawn.said["vpcs"] if each["vpc_id"] in blocks} == blocks
        requests = [each for peering in drawn.said["peerings"] for each in peering["requests"]]
        assert [each["state"] for each in requests if each["request_id"] == item["request_id"]] == [state]

    for each, code in ((item, ExitCode.DONE), ({**item, "allow": [SSH]}, ExitCode.WAITING)):
        live = causeway("plan", "-", given=each)
        assert live.code == code
        assert causeway("plan", "-", "--on", str(file), given=each, aws=False) == live

    assert causeway("request", "delete", item["request_id"], "--wait").code == ExitCode.DONE
    assert causeway("check", str(file), aws=False) == checked


def test_what_can_reach_what_is_asked_of_the_network_as_it_is(
    causeway: Causeway, pair: tuple[Network, Network], tmp_path: Path
) -> None:
    requester, accepter = pair
    client, server = (network.add_interface(network.default_group) for network in pair)
    item = an_item(*pair, allow=[{"from": "requester", "protocol": "tcp", "ports": "22"}])
    assert causeway("request", "put", "-", "--wait", given=item).code == ExitCode.DONE
    file = tmp_path / "snapshot.json"
    assert causeway("snapshot", item["request_id"], "--output", str(file)).code == ExitCode.DONE
    ssh = ("--protocol", "tcp", "--port", "22")

    for words, code in {
        (client, server, *ssh): ExitCode.DONE,
        ("--from", accepter.default_group): ExitCode.FAILED,
        (client, requester.subnet): ExitCode.NOT_FOUND,
    }.items():
        live = causeway("reach", *words, "--request", item["request_id"])
        saved = causeway("reach", *words, "--on", str(file), aws=False)
        assert (live.code, saved.code) == (code, code)
        assert without_times(live.said) == without_times(saved.said)

    (answer,) = (each for each in causeway("reach", "--to", server).said["answers"] if each["ways"])
    (way,) = answer["ways"]
    assert (way["source"]["address"], way["destination"]["address"], way["open"]) == (client, server, "tcp 22")


def without_times(answered: Any) -> Any:
    return answered and [{**answer, "taken_at": None} for answer in answered["answers"]]


def test_a_person_decides_by_the_command(causeway: Causeway, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[SSH], approval=True)
    request_id = item["request_id"]
    nothing = [network.everything() for network in pair]

    waiting = causeway("request", "put", "-", "--wait", given=item)
    assert (waiting.code, waiting.said["state"]) == (ExitCode.WAITING, "AWAITING_APPROVAL")
    assert [network.everything() for network in pair] == nothing

    assert causeway("approve", request_id, "--yes").code == ExitCode.DONE
    active = causeway("watch", request_id)
    assert (active.code, active.said["state"]) == (ExitCode.DONE, "ACTIVE")
    assert active.said["changes_made"] == waiting.said["changes_planned"]
    assert causeway("explain", request_id, "--flow", "tcp/22 from requester").code == ExitCode.DONE

    wider = {**item, "allow": [SSH, PING]}
    assert causeway("request", "put", "-", "--wait", given=wider).code == ExitCode.WAITING
    assert causeway("deny", request_id, "--yes", "--reason", "not now").code == ExitCode.DONE
    denied = causeway("watch", request_id)
    assert (denied.code, denied.said["state"]) == (ExitCode.FAILED, "REJECTED")

    decided = [entry["text"] for entry in causeway("history", request_id).said if entry["who"].startswith("arn:aws:iam")]
    assert any("approved" in text for text in decided)
    assert any("not now" in text for text in decided)


def test_a_request_that_is_refused_ends_with_one(causeway: Causeway, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair)
    item["accepter"] = {**item["accepter"], "vpc_id": "vpc-0123456789abcdef0"}

    put = causeway("request", "put", "-", "--wait", given=item)

    assert (put.code, put.said["state"]) == (ExitCode.FAILED, "REJECTED")
    assert {finding["code"] for finding in put.said["findings"]} == {"VPC_NOT_FOUND"}
