"""A run followed to its end, also where its end is another one's, or none."""

from collections.abc import Mapping

import pytest

from causeway.domain.lifecycle.status import State
from cli import following
from cli.exits import CommandError
from cli.following import follow
from cli.hub import Hub

from .conftest import Command
from .test_command import APPROVAL, REQUEST_ID, ended, status, stored

type Standing = Mapping[int, str]
"""How each generation's execution stands."""


@pytest.fixture
def hub(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr(following, "POLL", 0.001)
    return Hub("causeway")


def standing(hub: Hub, monkeypatch: pytest.MonkeyPatch, executions: Standing) -> None:
    monkeypatch.setattr(hub, "execution_status", lambda _request_id, generation: executions.get(generation))


def test_a_run_that_waits_for_a_person_is_followed_no_further(
    causeway: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(causeway, state="AWAITING_APPROVAL", approval=APPROVAL)
    standing(hub, monkeypatch, {1: "RUNNING"})

    waiting = follow(hub, REQUEST_ID, 1, lambda _: None)

    assert (waiting["request_id"], waiting["state"], waiting["approval"]) == (REQUEST_ID, "AWAITING_APPROVAL", APPROVAL)


def test_a_superseded_run_leads_to_the_newest_one(causeway: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("1", "2"):
        causeway.ledger.generations.of_change(REQUEST_ID, number)
    causeway.ledger.runs.save_superseded(REQUEST_ID, 1)
    causeway.ledger.runs.save_outcome(status(State.REMOVED, generation=2))
    standing(hub, monkeypatch, {1: "SUCCEEDED", 2: "SUCCEEDED"})

    assert follow(hub, REQUEST_ID, 1, lambda _: None)["generation"] == 2


@pytest.mark.parametrize("word", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_that_ends_without_an_outcome_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    standing(hub, monkeypatch, {1: word})

    with pytest.raises(CommandError, match=f"its execution is {word}"):
        follow(hub, REQUEST_ID, 1, lambda _: None)


def test_a_failed_execution_has_its_outcome(causeway: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(causeway, State.FAILED)
    standing(hub, monkeypatch, {1: "FAILED"})

    assert follow(hub, REQUEST_ID, 1, lambda _: None)["state"] == "FAILED"
