"""The command line: what it writes and prints, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from causeway.boundary import parse_request
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import ServiceUnavailable
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateRoute
from causeway.domain.planning.plan import Plan
from causeway.domain.reachability.check import check
from cli import following
from cli.exits import CommandError, ExitCode
from cli.hub import Hub
from tests.domain.networks import change, connection, ping, snapshots, ssh
from tests.domain.networks import request as wanted

from .conftest import Command

ITEM: dict[str, Any] = json.loads((Path(__file__).parents[2] / "events" / "request.json").read_text())
REQUEST_ID: str = ITEM["request_id"]
GIVEN = json.dumps(ITEM)
ROUTE = CreateRoute(side=Side.REQUESTER, route_table_id="rtb-1", destination="192.0.0.0/16")
OVERLAP = Finding(code=Code.CIDR_OVERLAP, message="They overlap.", where="10.0.0.0/16")
RIGHT = {"blocked": False, "checksum": "0", "findings": [], "changes": [], "peering_connection_id": None}
APPROVAL = {"checksum": "0123456789abcdef", "reasons": ["account 111111111111 needs approval"]}


def status(state: State, *findings: Finding, generation: int = 1) -> Status:
    return Status(state=state, request_id=REQUEST_ID, generation=generation, updated_at="2026-01-01", findings=findings)


def stored(causeway: Command, **fields: Any) -> None:
    causeway.table.put_item(Item={**ITEM, "status": {**status(State.ACTIVE).as_map(), **fields}})


def ended(causeway: Command, state: State, *findings: Finding) -> None:
    """One generation of the request, which has ended."""
    causeway.ledger.generations.of_change(REQUEST_ID, "1")
    causeway.ledger.runs.save_request(1, parse_request(ITEM))
    causeway.ledger.runs.save_plan(Plan(request_id=REQUEST_ID, generation=1, changes=(ROUTE,)))
    causeway.ledger.runs.save_outcome(status(state, *findings))


# --- put, get, list, delete


def test_put_from_stdin_writes_the_item_with_who_asked(causeway: Command) -> None:
    result = causeway("request", "put", "-", given=GIVEN)

    assert result.exit_code == ExitCode.DONE
    (item,) = causeway.table.scan()["Items"]
    assert item.pop("requested_by").startswith("arn:aws:")
    assert item == ITEM


def test_put_keeps_who_the_file_says_and_drops_a_status(causeway: Command, tmp_path: Path) -> None:
    file = tmp_path / "item.json"
    file.write_text(json.dumps({**ITEM, "requested_by": "Ada", "status": {"state": "ACTIVE"}}))

    assert causeway.json("request", "put", str(file)) == {**ITEM, "requested_by": "Ada"}

    assert causeway.table.scan()["Items"] == [{**ITEM, "requested_by": "Ada"}]


def test_a_malformed_item_is_not_put_and_all_of_it_is_told(causeway: Command) -> None:
    malformed = json.dumps({**ITEM, "accepter": ITEM["requester"], "priority": 1})

    result = causeway("request", "put", "-", "--json", given=malformed)

    assert result.exit_code == ExitCode.FAILED
    assert [finding["where"] for finding in json.loads(result.stdout)["findings"]] == ["accepter", "priority"]
    assert causeway.table.scan()["Items"] == []


@pytest.mark.parametrize("given", ["", "[]", "{}", "no JSON", '{"request_id": 7}'])
def test_what_is_no_item_is_a_wrong_use(causeway: Command, given: str) -> None:
    result = causeway("request", "put", "-", given=given)

    assert result.exit_code == ExitCode.USAGE
    assert "docs/request-item.md" in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_named(causeway: Command) -> None:
    result = causeway("plan", "nowhere.json")

    assert (result.exit_code, "nowhere.json" in result.stderr) == (ExitCode.USAGE, True)


def test_put_waits_for_the_outcome_of_its_own_run(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(causeway, State.FAILED)
    put = Hub.put

    def putting(hub: Hub, item: dict[str, Any]) -> None:
        """The next generation ends at once."""
        put(hub, item)
        causeway.ledger.generations.of_change(REQUEST_ID, "2")
        causeway.ledger.runs.save_request(2, parse_request(item))
        causeway.ledger.runs.save_outcome(status(State.REJECTED, OVERLAP, generation=2))

    monkeypatch.setattr(Hub, "put", putting)

    result = causeway("request", "put", "-", "--wait", "--json", given=GIVEN)

    assert result.exit_code == ExitCode.FAILED
    outcome = json.loads(result.stdout)
    assert (outcome["request_id"], outcome["generation"], outcome["state"]) == (REQUEST_ID, 2, "REJECTED")


def test_a_change_that_starts_no_run_is_not_waited_for_forever(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "DISPATCH_PATIENCE", 0.1)

    result = causeway("request", "put", "-", "--wait", given=GIVEN)

    assert (result.exit_code, "started no run" in result.stderr) == (ExitCode.FAILED, True)


def test_get_shows_item_and_status(causeway: Command) -> None:
    stored(causeway, findings=[OVERLAP.as_map()])

    assert causeway.json("request", "get", REQUEST_ID)["status"]["state"] == "ACTIVE"
    shown = causeway("request", "get", REQUEST_ID).stdout
    for word in (REQUEST_ID, ITEM["requester"]["vpc_id"], "tcp 22 from both", "ACTIVE", "CIDR_OVERLAP"):
        assert word in shown


def test_list_has_a_row_for_each_item_also_a_malformed_one(causeway: Command) -> None:
    stored(causeway)
    causeway.table.put_item(Item={"request_id": "a-malformed-one", "requester": 7})

    assert [item["request_id"] for item in causeway.json("request", "list")] == ["a-malformed-one", REQUEST_ID]
    shown = causeway("request", "list").stdout
    assert "a-malformed-one" in shown
    assert "ACTIVE" in shown


def test_delete_deletes(causeway: Command) -> None:
    stored(causeway)

    assert causeway("request", "delete", REQUEST_ID).exit_code == ExitCode.DONE

    assert causeway.table.scan()["Items"] == []


@pytest.mark.parametrize(
    "words", [("request", "get"), ("request", "delete"), ("watch",), ("history",), ("drift",), ("explain",)]
)
def test_what_is_not_there_is_not_found(causeway: Command, words: tuple[str, ...]) -> None:
    result = causeway(*words, "nobody")

    assert result.exit_code == ExitCode.NOT_FOUND
    assert "nobody" in result.stderr
    assert "Traceback" not in result.output


# --- watch and history


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.ACTIVE, ExitCode.DONE),
        (State.REMOVED, ExitCode.DONE),
        (State.FAILED, ExitCode.FAILED),
        (State.REJECTED, ExitCode.FAILED),
    ],
)
def test_watch_ends_as_the_run_did(causeway: Command, state: State, code: ExitCode) -> None:
    ended(causeway, state)

    result = causeway("watch", REQUEST_ID, "--json")

    assert (result.exit_code, json.loads(result.stdout)["state"]) == (code, state)
    assert result.stderr == ""


def test_history_is_told_in_order(causeway: Command) -> None:
    ended(causeway, State.FAILED, OVERLAP)

    assert [entry["what"] for entry in causeway.json("history", REQUEST_ID)] == ["asked", "planned", "outcome"]
    shown = causeway("history", REQUEST_ID).stdout
    assert shown.index(ROUTE.sentence) < shown.index("FAILED") < shown.index("CIDR_OVERLAP")


# --- explain


def some_verdicts() -> list[dict[str, Any]]:
    """One that works and one that does not, as an item has them."""
    networks = snapshots()
    (stopped,) = check(wanted(ping()), networks, connection(networks))
    works = change(stopped, flow=ssh(), hops=tuple(change(hop, cause=None, remedy=None) for hop in stopped.hops))
    shown = change(status(State.ACTIVE), verdicts=(works, stopped)).as_map()
    verdicts: list[dict[str, Any]] = json.loads(json.dumps(shown["verdicts"]))
    return verdicts


WORKS, STOPPED = some_verdicts()


@pytest.mark.parametrize(
    ("verdicts", "words", "code", "told"),
    [
        ([WORKS], (), ExitCode.DONE, [WORKS]),
        ([STOPPED, WORKS], (), ExitCode.FAILED, [STOPPED, WORKS]),
        ([STOPPED, WORKS], ("--flow", "icmp"), ExitCode.FAILED, [STOPPED]),
        ([STOPPED, WORKS], ("--flow", "tcp/22 from requester"), ExitCode.DONE, [WORKS]),
        ([], (), ExitCode.FAILED, []),
    ],
)
def test_explain_ends_well_only_where_all_that_is_asked_works(
    causeway: Command, verdicts: list[Any], words: tuple[str, ...], code: ExitCode, told: list[Any]
) -> None:
    stored(causeway, verdicts=verdicts)

    result = causeway("explain", REQUEST_ID, *words, "--json")

    assert result.exit_code == code
    assert json.loads(result.stdout)["verdicts"] == told


def test_explain_shows_the_causes_and_what_would_help(causeway: Command) -> None:
    stored(causeway, verdicts=[STOPPED])

    shown = causeway("explain", REQUEST_ID).stdout

    assert len(STOPPED["remedies"]) == shown.count("way there") + shown.count("way back") == 3
    for said in ("ROUTED_ELSEWHERE  route table rtb-a1, way there", *STOPPED["remedies"], "0 of 1 reachable"):
        assert said in shown


def test_explain_shows_what_other_witnesses_said_beside_the_verdict(causeway: Command) -> None:
    ends = {"source": WORKS["source"]["address"], "destination": WORKS["destination"]["address"]}
    said = {"witness": "probe", "flow": WORKS["flow"], **ends, "reachable": True, "said": "Connected.", "reference": "1"}
    silent = {**said, "witness": "reachability_analyzer", "reachable": None}
    stored(causeway, verdicts=[WORKS], testimonies=[said, silent])

    shown = causeway("explain", REQUEST_ID).stdout

    assert shown.index("witness     ✔ reachable  probe: Connected.") < shown.index("? cannot tell  reachability_analyzer")
    assert causeway.json("explain", REQUEST_ID)["testimonies"] == [said, silent]
    assert "Connected." in causeway("request", "get", REQUEST_ID).stdout


def test_explain_shows_how_a_refused_request_would_be(causeway: Command) -> None:
    stored(causeway, state="REJECTED", verdicts=[STOPPED])

    shown = causeway("explain", REQUEST_ID).stdout

    for said in ("REJECTED  nothing was changed; this is how it would be", *STOPPED["remedies"]):
        assert said in shown


def test_explain_shows_why_nothing_was_checked(causeway: Command) -> None:
    stored(causeway, state="REJECTED", findings=[OVERLAP.as_map()])

    result = causeway("explain", REQUEST_ID)

    assert (result.exit_code, "They overlap." in result.stdout) == (ExitCode.FAILED, True)


def test_a_flow_that_was_not_checked_cannot_be_explained(causeway: Command) -> None:
    stored(causeway, verdicts=[WORKS])

    result = causeway("explain", REQUEST_ID, "--flow", "udp/53")

    assert (result.exit_code, "udp/53" in result.stderr) == (ExitCode.NOT_FOUND, True)


# --- plan and drift


@pytest.mark.parametrize(
    ("differs", "code", "says"),
    [
        ({}, ExitCode.DONE, "nothing to do"),
        ({"changes": [ROUTE.sentence]}, ExitCode.WAITING, ROUTE.sentence),
        ({"blocked": True, "findings": [OVERLAP.as_map()]}, ExitCode.FAILED, "They overlap."),
    ],
)
def test_plan_tells_what_would_happen(
    causeway: Command, monkeypatch: pytest.MonkeyPatch, differs: dict[str, Any], code: ExitCode, says: str
) -> None:
    preview = {"request_id": REQUEST_ID, **RIGHT, **differs}
    monkeypatch.setattr(Hub, "preview", lambda _hub, _item: preview)

    result = causeway("plan", "-", given=GIVEN)

    assert result.exit_code == code
    assert says in result.stdout
    assert causeway.json("plan", "-", given=GIVEN) == preview


def test_drift_previews_what_has_settled_and_shows_what_differs(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(causeway)
    for name, state in (("right", State.ACTIVE), ("busy", State.APPLYING)):
        causeway.table.put_item(Item={**ITEM, "request_id": name, "status": status(state).as_map()})
    asked: list[dict[str, Any]] = []

    def preview(_hub: Hub, item: dict[str, Any]) -> dict[str, Any]:
        asked.append(item)
        changes = [ROUTE.sentence] if item["request_id"] == REQUEST_ID else []
        return {"request_id": item["request_id"], **RIGHT, "changes": changes}

    monkeypatch.setattr(Hub, "preview", preview)

    result = causeway("drift", "--json")

    assert result.exit_code == ExitCode.WAITING
    assert [each["request_id"] for each in json.loads(result.stdout)] == [REQUEST_ID]
    assert sorted(item["request_id"] for item in asked) == ["right", REQUEST_ID]
    assert [item for item in asked if "status" in item] == []
    assert causeway("drift", "right").exit_code == ExitCode.DONE


def test_drift_tells_what_it_could_not_look_at_beside_the_rest(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("closed", "other"):
        causeway.table.put_item(Item={**ITEM, "request_id": name, "status": status(State.ACTIVE).as_map()})

    def preview(_hub: Hub, item: dict[str, Any]) -> dict[str, Any]:
        if item["request_id"] == "closed":
            raise CommandError(ExitCode.FAILED, "AccessDenied", where="account 333333333333", remedy="Deploy the member stack.")
        return {"request_id": item["request_id"], **RIGHT, "changes": [ROUTE.sentence]}

    monkeypatch.setattr(Hub, "preview", preview)

    drift, shown = causeway.json("drift"), causeway("drift")

    assert [(each["request_id"], each.get("changes")) for each in drift] == [("other", [ROUTE.sentence]), ("closed", None)]
    assert "account 333333333333" in drift[1]["why"]
    assert (shown.exit_code, "could not be looked at" in shown.stdout) == (ExitCode.UNREACHABLE, True)


# --- approve and deny


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is sent to the function URL."""
    sent: list[tuple[Any, ...]] = []

    def decide(_hub: Hub, *what: Any) -> dict[str, Any]:
        sent.append(what)
        return {"decision": what[2]}

    monkeypatch.setattr(Hub, "decide", decide)
    return sent


def test_approve_shows_the_plan_and_decides_about_that_one(causeway: Command, decisions: list[tuple[Any, ...]]) -> None:
    stored(causeway, state="AWAITING_APPROVAL", approval=APPROVAL, changes_planned=[ROUTE.sentence])

    result = causeway("approve", REQUEST_ID, given="y\n")

    assert result.exit_code == ExitCode.DONE
    for word in (ROUTE.sentence, APPROVAL["checksum"], "account 111111111111 needs approval"):
        assert str(word) in result.stderr
    assert decisions == [(REQUEST_ID, APPROVAL["checksum"], "approve", None)]


def test_who_does_not_say_yes_decides_nothing(causeway: Command, decisions: list[tuple[Any, ...]]) -> None:
    stored(causeway, state="AWAITING_APPROVAL", approval=APPROVAL, changes_planned=[])

    assert causeway("approve", REQUEST_ID, given="n\n").exit_code == ExitCode.FAILED
    assert decisions == []


def test_deny_needs_a_reason_and_tells_it(causeway: Command, decisions: list[tuple[Any, ...]]) -> None:
    stored(causeway, state="AWAITING_APPROVAL", approval=APPROVAL, changes_planned=[])

    assert causeway("deny", REQUEST_ID, "--yes").exit_code == ExitCode.USAGE
    assert causeway("deny", REQUEST_ID, "--yes", "--reason", "Too wide.").exit_code == ExitCode.DONE
    assert decisions == [(REQUEST_ID, APPROVAL["checksum"], "deny", "Too wide.")]


def test_where_nothing_waits_nothing_is_decided(causeway: Command, decisions: list[tuple[Any, ...]]) -> None:
    stored(causeway)

    result = causeway("approve", REQUEST_ID, "--yes")

    assert (result.exit_code, "ACTIVE" in result.stderr, decisions) == (ExitCode.FAILED, True, [])


# --- where everything is


def test_a_stack_that_is_not_there_is_named(causeway: Command) -> None:
    result = causeway("request", "list", "--stack", "elsewhere")

    assert (result.exit_code, "elsewhere" in result.stderr) == (ExitCode.NOT_FOUND, True)


def test_without_a_region_nothing_is_reached(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    result = causeway("request", "list")

    assert (result.exit_code, "AWS_DEFAULT_REGION" in result.stderr) == (ExitCode.UNREACHABLE, True)


def test_without_aws_nothing_is_reached(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ServiceUnavailable("No answer.", where="the endpoint", remedy="Try again.")

    monkeypatch.setattr(Hub, "items", refuse)

    result = causeway("request", "list")

    assert (result.exit_code, "No answer." in result.stderr) == (ExitCode.UNREACHABLE, True)


def test_an_unknown_command_is_a_wrong_use(causeway: Command) -> None:
    assert causeway("request", "paint").exit_code == ExitCode.USAGE
