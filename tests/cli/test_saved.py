"""Saved networks on the command line: written with AWS, planned and checked on without."""

import json
from pathlib import Path
from typing import Any

import pytest

from causeway.boundary import parse_request
from causeway.domain.lifecycle.saved_network import SavedNetwork, from_json, pack, to_json
from causeway.domain.model.network import Route, Snapshot
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.planner import plan_request
from cli.exits import CommandError, ExitCode
from cli.hub import Hub
from tests.domain.documents import networks_of, saved_network
from tests.domain.networks import change_side, with_routes
from tests.domain.situations import applied

from .conftest import Command

EVENTS = Path(__file__).parents[2] / "events"
SAMPLE = EVENTS / "saved_network.json"
"""The sample request, active."""
ITEM: dict[str, Any] = json.loads((EVENTS / "request.json").read_text())
REQUEST_ID: str = ITEM["request_id"]
GIVEN = json.dumps(ITEM)
WANTED = parse_request(ITEM)
BEFORE = networks_of(ITEM)
PLAN = plan_request(WANTED, 1, BEFORE)
THERE: PerSide[Snapshot] = applied(WANTED, PLAN, BEFORE)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a snapshot was asked of."""
    asked: list[dict[str, Any]] = []

    def look(_hub: Hub, item: dict[str, Any]) -> SavedNetwork:
        asked.append(item)
        return saved_network(BEFORE, item)

    monkeypatch.setattr(Hub, "snapshot", look)
    return asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "snapshot.json"


def save(file: Path, networks: PerSide[Snapshot]) -> str:
    file.write_bytes(to_json(saved_network(networks, ITEM)))
    return str(file)


# --- snapshot


def test_a_snapshot_is_written_to_stdout(causeway: Command, seen: list[dict[str, Any]]) -> None:
    plain, as_json = causeway("snapshot", "-", given=GIVEN), causeway("snapshot", "-", "--json", given=GIVEN)

    assert (plain.exit_code, plain.stderr) == (ExitCode.DONE, "")
    assert from_json(plain.stdout.encode()) == saved_network(BEFORE, ITEM)
    assert as_json.stdout == plain.stdout
    assert seen == [ITEM, ITEM]


def test_a_snapshot_of_a_stored_item_is_written_to_a_file(causeway: Command, seen: list[dict[str, Any]], file: Path) -> None:
    causeway.table.put_item(Item={**ITEM, "status": {"state": "ACTIVE"}})

    result = causeway("snapshot", REQUEST_ID, "--output", str(file))

    assert (result.exit_code, result.stdout) == (ExitCode.DONE, "")
    assert str(file) in result.stderr.replace("\n", "")
    assert from_json(file.read_bytes()) == saved_network(BEFORE, ITEM)
    assert seen == [ITEM]


@pytest.mark.parametrize(("name", "code"), [("nobody", ExitCode.NOT_FOUND), ("nowhere.json", ExitCode.USAGE)])
def test_what_is_neither_a_file_nor_a_request_is_named(
    causeway: Command, seen: list[dict[str, Any]], name: str, code: ExitCode
) -> None:
    result = causeway("snapshot", name)

    assert (result.exit_code, name in result.stderr, seen) == (code, True, [])


def test_a_malformed_item_is_not_looked_for(causeway: Command, seen: list[dict[str, Any]]) -> None:
    result = causeway("snapshot", "-", "--json", given=json.dumps({**ITEM, "priority": 1}))

    assert (result.exit_code, seen) == (ExitCode.FAILED, [])
    assert [finding["where"] for finding in json.loads(result.stdout)["findings"]] == ["priority"]


def test_a_file_that_cannot_be_written_is_named(causeway: Command, seen: list[dict[str, Any]], tmp_path: Path) -> None:
    result = causeway("snapshot", "-", "--output", str(tmp_path / "nowhere" / "file"), given=GIVEN)

    assert (result.exit_code, "nowhere" in result.stderr, seen) == (ExitCode.USAGE, True, [ITEM])


def test_an_answer_of_another_version_is_told(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = saved_network(BEFORE, ITEM)
    monkeypatch.setattr(Hub, "_invoke", lambda *_: {"snapshot": pack(newer)})
    assert Hub("causeway").snapshot(ITEM) == newer

    monkeypatch.setattr("causeway.domain.lifecycle.saved_network.VERSION", 2)

    with pytest.raises(CommandError, match=r"version 1.*\n.*stack causeway\n.*same version") as raised:
        Hub("causeway").snapshot(ITEM)
    assert raised.value.code == ExitCode.FAILED


# --- plan --on and check


def test_a_plan_on_a_snapshot_needs_no_aws(offline: Command, file: Path) -> None:
    name = save(file, BEFORE)

    result = offline("plan", "-", "--on", name, given=GIVEN)

    assert result.exit_code == ExitCode.WAITING
    preview = offline.json("plan", "-", "--on", name, given=GIVEN)
    assert (preview["checksum"], preview["changes"]) == (PLAN.checksum, [change.sentence for change in PLAN.changes])
    for sentence in preview["changes"]:
        assert sentence in result.stdout


def test_a_plan_of_a_malformed_item_says_all_that_is_wrong(offline: Command, file: Path) -> None:
    result = offline("plan", "-", "--on", save(file, BEFORE), "--json", given=json.dumps({**ITEM, "priority": 1}))

    assert (result.exit_code, json.loads(result.stdout)["findings"][0]["where"]) == (ExitCode.FAILED, "priority")


def test_a_plan_of_other_vpcs_is_a_wrong_use(offline: Command, file: Path) -> None:
    other = {**ITEM, "accepter": {**ITEM["accepter"], "vpc_id": "vpc-0cccccccccccccccc"}}

    result = offline("plan", "-", "--on", save(file, BEFORE), given=json.dumps(other))

    assert (result.exit_code, "the item is about" in result.stderr) == (ExitCode.USAGE, True)


def test_a_check_shows_every_hop_and_ends_well_where_all_is_reachable(offline: Command, file: Path) -> None:
    result = offline("check", save(file, THERE))

    assert result.exit_code == ExitCode.DONE
    for word in (REQUEST_ID, "reachable", "→ route table rtb-a1", "← route table rtb-a1", "4 of 4"):
        assert word in result.stdout
    checked = offline.json("check", str(file))
    assert (checked["request_id"], {verdict["reachable"] for verdict in checked["verdicts"]}) == (REQUEST_ID, {True})


def test_a_check_ends_badly_where_something_is_blocked(offline: Command, file: Path) -> None:
    result = offline("check", save(file, BEFORE))

    assert result.exit_code == ExitCode.FAILED
    for word in ("✘ blocked", "stopped by", "to do"):
        assert word in result.stdout
    assert "0 of 4 reachable" in result.stdout


def test_a_check_ends_with_its_own_code_where_something_is_unknown(offline: Command, file: Path) -> None:
    appliance = Route(destination="192.0.0.0/24", target="eni-1")
    name = save(file, change_side(THERE, Side.REQUESTER, with_routes(THERE.requester, appliance)))

    result, asked = offline("check", name), offline("reach", "10.0.0.10", "192.0.0.10", "--protocol", "tcp", "--on", name)

    assert (result.exit_code, asked.exit_code) == (ExitCode.UNKNOWN, ExitCode.FAILED), "not all of tcp is let in"
    assert "0 of 4 reachable, 4 unknown" in result.stdout
    assert "to do       1. Look at eni-1" in result.stdout
    assert {verdict["verdict"] for verdict in offline.json("check", name)["verdicts"]} == {"unknown"}
    assert offline.json("map", "--on", name)["peerings"][0]["state"] == "UNKNOWN"
    ways = offline("reach", "--to", "192.0.0.10", "--on", name)
    assert (ways.exit_code, "unknown: all icmp, tcp 22" in " ".join(ways.stdout.split())) == (ExitCode.UNKNOWN, True)


def test_a_check_of_nothing_shows_nothing_to_be_well(offline: Command) -> None:
    silent = {**ITEM, "allow": []}

    result = offline("check", "-", given=to_json(saved_network(BEFORE, silent)).decode())

    assert (result.exit_code, "no flow to check" in result.stdout) == (ExitCode.FAILED, True)


def test_the_sample_is_as_it_would_be_written_and_its_request_active(offline: Command) -> None:
    assert to_json(from_json(SAMPLE.read_bytes())) == SAMPLE.read_bytes()

    assert offline("check", str(SAMPLE)).exit_code == ExitCode.DONE
    planned = offline("plan", str(EVENTS / "request.json"), "--on", str(SAMPLE))
    assert (planned.exit_code, "nothing to do" in planned.stdout) == (ExitCode.DONE, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"no JSON", "It is no snapshot"),
        (b'{"version": 7}', "It has version 7"),
        (GIVEN.encode(), "`version`"),
        (to_json(saved_network(BEFORE, {**ITEM, "priority": 1})), "priority"),
        (to_json(saved_network(networks_of({**ITEM, "requester": ITEM["accepter"]}), ITEM)), "the item is about"),
    ],
)
def test_a_file_that_is_no_snapshot_is_a_wrong_use(offline: Command, file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)

    result = offline("check", str(file))

    assert result.exit_code == ExitCode.USAGE
    assert says in result.stderr
    assert str(file) in result.stderr
    assert "docs/saved-networks.md" in result.stderr
    assert "Traceback" not in result.output
