"""`causeway reach`: what can reach what, on saved networks and on those that are looked at now."""

import json
from pathlib import Path
from typing import Any

import pytest

from causeway.boundary import parse_request
from causeway.domain.lifecycle.saved_network import SavedNetwork, to_json
from causeway.domain.model.network import Direction, Permission, Snapshot
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.values import PerSide
from causeway.domain.planning.planner import plan_request
from cli.exits import CommandError, ExitCode
from cli.hub import Hub
from tests.domain.documents import networks_of, saved_network
from tests.domain.networks import change, with_permissions
from tests.domain.situations import applied

from .conftest import Command

EVENTS = Path(__file__).parents[2] / "events"
ITEM: dict[str, Any] = json.loads((EVENTS / "request.json").read_text())
SSH_ONLY = {**ITEM, "allow": [{"protocol": "tcp", "ports": "22", "from": "requester"}]}
BEFORE = networks_of(SSH_ONLY)
WANTED = parse_request(SSH_ONLY)
THERE: PerSide[Snapshot] = applied(WANTED, plan_request(WANTED, 1, BEFORE), BEFORE)
STATUS = {
    "state": "ACTIVE",
    "peering_connection_id": "pcx-1",
    "cidr_blocks": {"requester": ["10.0.0.0/16"], "accepter": ["192.0.0.0/16"]},
}
A, B = "10.0.0.10", "192.0.0.10"
FLOW = (A, B, "--protocol", "tcp", "--port", "22")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests whose VPCs were looked at. Nobody can look at those of "closed"."""
    asked: list[str] = []

    def look(_hub: Hub, item: dict[str, Any]) -> SavedNetwork:
        asked.append(item["request_id"])
        if item["request_id"] == "closed":
            raise CommandError(ExitCode.FAILED, "AccessDenied", where="account 333333333333", remedy="Deploy the member stack.")
        seen = THERE if item["requester"] == SSH_ONLY["requester"] else networks_of(item)
        return saved_network(seen, item)

    monkeypatch.setattr(Hub, "snapshot", look)
    return asked


def save(folder: Path, networks: PerSide[Snapshot] = THERE, item: dict[str, Any] = SSH_ONLY) -> tuple[str, str]:
    file = folder / f"{item['request_id']}.json"
    file.write_bytes(to_json(saved_network(networks, item)))
    return "--on", str(file)


# --- On saved networks


def test_one_flow_is_shown_hop_by_hop(offline: Command, tmp_path: Path) -> None:
    on = save(tmp_path)

    works, blocked = offline("reach", *FLOW, *on), offline("reach", B, A, *FLOW[2:], *on)

    assert (works.exit_code, blocked.exit_code) == (ExitCode.DONE, ExitCode.FAILED)
    for word in ("✔ reachable tcp/22 from requester", "i-a1 (10.0.0.10)", "→ peering connection", "← route table rtb-b1"):
        assert word in works.stdout
    for word in ("✘ blocked tcp/22 from accepter", "stopped by", "ENI_SG_RULES_MISMATCH", "to do"):
        assert word in blocked.stdout
    answered = offline.json("reach", *FLOW, *on)
    assert (answered["source"], answered["destination"]) == (A, B)
    assert [verdict["reachable"] for verdict in answered["answers"][0]["verdicts"]] == [True]


def test_without_a_protocol_all_that_is_open_between_the_two_is_told(offline: Command, tmp_path: Path) -> None:
    on = save(tmp_path)

    there, back = offline("reach", "i-a1", "eni-b1", *on), offline("reach", "eni-b1", "i-a1", *on)

    assert (there.exit_code, "tcp 22" in there.stdout) == (ExitCode.DONE, True)
    assert (back.exit_code, "Nothing is open" in back.stdout) == (ExitCode.FAILED, True)


def test_all_that_can_reach_a_thing_or_be_reached_from_it_is_told(offline: Command, tmp_path: Path) -> None:
    on = save(tmp_path)

    (to,) = offline.json("reach", "--to", "sg-b1", *on)["answers"][0]["ways"]
    (from_,) = offline.json("reach", "--from", "10.0.0.99", *on)["answers"][0]["ways"]

    assert (to["source"]["address"], to["destination"]["address"], to["open"]) == (A, B, "tcp 22")
    assert to["openings"] == {"spans": {"tcp": [{"first": 22, "last": 22}]}}
    assert (from_["source"]["address"], from_["destination"]["address"], from_["open"]) == ("10.0.0.99", B, "tcp 22")
    shown = offline("reach", "--from", "10.0.0.99", *on).stdout
    assert "(10.0.0.99), assumed" in shown
    assert offline("reach", "--from", "sg-b1", *on).exit_code == ExitCode.FAILED


def test_each_network_that_can_answer_does(offline: Command, tmp_path: Path) -> None:
    other = {**SSH_ONLY, "request_id": "other"}
    networks = networks_of(other)
    elsewhere = change(networks, requester=change(networks.requester, network_interfaces=(), subnets=()))

    answered = offline.json("reach", *FLOW, *save(tmp_path), *save(tmp_path, elsewhere, other))

    assert [answer["request_id"] for answer in answered["answers"]] == [SSH_ONLY["request_id"]]
    assert len(offline.json("reach", "--to", B, *save(tmp_path), *save(tmp_path, elsewhere, other))["answers"]) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((A, "8.8.8.8"), "8.8.8.8 is neither in"),
        ((A, "i-a1"), "no peering is in between"),
        (("--to", "sg-9"), "sg-9 is neither"),
    ],
)
def test_what_no_network_can_answer_is_refused(offline: Command, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    result = offline("reach", *words, *save(tmp_path))

    assert (result.exit_code, result.stdout) == (ExitCode.NOT_FOUND, "")
    assert says in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Name SOURCE and DESTINATION"),
        ((A,), "Name SOURCE and DESTINATION"),
        ((A, B, "--to", B), "Name SOURCE and DESTINATION"),
        (("--from", A, "--to", B), "Name SOURCE and DESTINATION"),
        (("--to", B, "--protocol", "tcp"), "asks about one flow"),
        ((A, B, "--port", "22"), "--port is of"),
        ((A, B, "--protocol", "icmp", "--port", "22"), "--port is of"),
        ((A, B, "--protocol", "tcp", "--port", "ssh"), "ssh is no port"),
        ((A, B, "--protocol", "tcp", "--port", "90-80"), "90-80 is no port"),
        ((A, B, "--protocol", "tcp", "--port", "65536"), "65536 is no port"),
        ((A, B, "--protocol", "tcp", "--port", "0"), "0 is no port"),
        ((A, "vpc-1"), "vpc-1 is no address"),
        ((A, B, "--request", "one"), "--on and --request"),
    ],
)
def test_a_question_that_is_none_is_a_wrong_use(offline: Command, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    result = offline("reach", *words, *save(tmp_path))

    assert (result.exit_code, says in result.stderr) == (ExitCode.USAGE, True)


def test_a_file_that_is_no_snapshot_is_a_wrong_use(offline: Command, tmp_path: Path) -> None:
    nowhere = offline("reach", *FLOW, "--on", "nowhere.json")
    another = {**SSH_ONLY["requester"], "vpc_id": "vpc-0a1b2c3d4e5f60009"}
    confused = offline("reach", *FLOW, *save(tmp_path, THERE, {**SSH_ONLY, "requester": another}))

    assert (nowhere.exit_code, "nowhere.json" in nowhere.stderr) == (ExitCode.USAGE, True)
    assert (confused.exit_code, "the item is about" in confused.stderr) == (ExitCode.USAGE, True)


# --- On networks as they are now


def test_every_pair_with_a_connection_that_may_hold_the_things_is_looked_at_once(causeway: Command, looks: list[str]) -> None:
    elsewhere = {"requester": ["172.16.0.0/16"], "accepter": ["172.17.0.0/16"]}
    another = {**SSH_ONLY["requester"], "vpc_id": "vpc-0a1b2c3d4e5f60009"}
    items: dict[str, dict[str, Any]] = {
        "one": {"status": STATUS},
        "same-pair": {"status": STATUS},
        "elsewhere": {"status": {**STATUS, "cidr_blocks": elsewhere}, "requester": another},
        "refused": {"status": {"state": "REJECTED", "peering_connection_id": None}, "requester": another},
        "new": {"requester": another},
        "by now malformed": {"status": STATUS, "requester": another, "priority": 1},
    }
    for request_id, fields in items.items():
        causeway.table.put_item(Item={**SSH_ONLY, "request_id": request_id, **fields})

    result = causeway("reach", *FLOW)

    assert (result.exit_code, looks) == (ExitCode.DONE, ["one"])
    assert causeway("reach", "--to", "i-b1").exit_code == ExitCode.DONE
    assert sorted(looks[1:]) == ["elsewhere", "one"], "an id may be anywhere"


def test_only_the_named_requests_are_looked_at(causeway: Command, looks: list[str]) -> None:
    for request_id in ("one", "two", "three"):
        causeway.table.put_item(Item={**SSH_ONLY, "request_id": request_id})

    answered = causeway.json("reach", "--to", B, "--request", "three", "--request", "one")

    assert [answer["request_id"] for answer in answered["answers"]] == ["three", "one"]
    assert sorted(looks) == ["one", "three"]
    assert causeway("reach", "--to", B, "--request", "four").exit_code == ExitCode.NOT_FOUND


def test_what_cannot_be_looked_at_is_told_beside_what_the_others_answer(causeway: Command, looks: list[str]) -> None:
    for request_id in ("one", "closed"):
        causeway.table.put_item(Item={**SSH_ONLY, "request_id": request_id})
    both = ("--request", "closed", "--request", "one")

    answered, shown = causeway.json("reach", *FLOW, *both), causeway("reach", *FLOW, *both)
    elsewhere, file_lock = causeway("reach", A, "8.8.8.8", *both), causeway("reach", *FLOW, "--request", "closed")

    assert [answer["request_id"] for answer in answered["answers"]] == ["one"]
    (unseen,) = answered["unseen"]
    assert (unseen["request_id"], "account 333333333333" in unseen["why"]) == ("closed", True)
    assert (shown.exit_code, "could not be looked at" in shown.stdout) == (ExitCode.UNREACHABLE, True)
    assert (elsewhere.exit_code, "closed cannot be looked at" in elsewhere.stderr) == (ExitCode.UNREACHABLE, True)
    assert (file_lock.exit_code, "Deploy the member stack" in file_lock.stderr) == (ExitCode.UNREACHABLE, True)
    assert looks.count("one") == len((answered, shown, elsewhere))


def test_where_nothing_is_peered_there_is_nothing_to_look_at(causeway: Command, looks: list[str]) -> None:
    result = causeway("reach", *FLOW)

    assert (result.exit_code, looks) == (ExitCode.NOT_FOUND, [])
    assert "No request has a peering connection" in result.stderr


# --- What a check finds open


def test_a_check_tells_what_is_open_that_nobody_asked_for(offline: Command, tmp_path: Path) -> None:
    mysql = Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=3306, last=3306), peer="10.0.0.0/8")
    _, file = save(tmp_path, change(THERE, accepter=with_permissions(THERE.accepter, mysql)))

    checked, shown = offline.json("check", file), offline("check", file)

    assert [(finding["code"], finding["where"]) for finding in checked["findings"]] == [("OPEN_BEYOND_ALLOW", "sg-b1")]
    assert (shown.exit_code, "OPEN_BEYOND_ALLOW" in shown.stdout) == (ExitCode.DONE, True)
