"""What people see, as text."""

from typing import Any

import pytest
from rich.console import Console, Group, RenderableType

from causeway.domain.lifecycle.history import Entry, EntryKind
from cli import work
from cli.exits import ExitCode
from cli.flow_views import finding_table, hop_tree, judged, verdict_table
from cli.views import StepView, history_view, preview_view, request_table, request_view, status_view

HOP = {"component": "route table", "resource_id": "rtb-1", "decided_by": "route 10.0.0.0/16 → pcx-1", "returning": True}
VERDICT = {
    "flow": "tcp/22 from requester to accepter",
    "reachable": False,
    "source": {"address": "10.0.0.4", "subnet_id": "subnet-1"},
    "destination": {"address": "192.0.0.4", "subnet_id": "subnet-2", "instance_id": "i-2"},
    "hops": [HOP],
}
FINDING = {"code": "CIDR_OVERLAP", "where": "10.0.0.0/16", "message": "They overlap. [brackets]", "blocking": True}
PREVIEW = {"request_id": "one", "blocked": False, "checksum": "abc", "findings": [], "changes": []}


def text(rendered: RenderableType, width: int = 200) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(rendered, crop=False)
    return capture.get()


def entered(name: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def exited(name: str) -> dict[str, Any]:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}}


def test_steps_are_shown_as_far_as_they_have_come() -> None:
    view = StepView()
    events = [entered("PlanPeering"), exited("PlanPeering"), entered("UpdateRouteTables"), entered("UpdateRouteTables")]

    view.take(events[:1])
    view.take(events)

    plan, update = text(view.render()).splitlines()
    assert plan.split()[:2] == ["✔", "PlanPeering"]
    assert "UpdateRouteTables" in update
    assert update.rstrip().endswith("2×")


def test_what_a_run_waits_for_is_counted() -> None:
    view = StepView()
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "PairBusy"}}

    view.take([entered("PlanPeering"), failed, failed])

    assert text(view.render()).splitlines()[1].split() == ["↻", "PairBusy", "waited", "for,", "2×"]


def test_a_verdict_shows_its_ends_and_hops() -> None:
    shown = text(hop_tree(VERDICT))

    assert "✘ blocked tcp/22 from requester to accepter: subnet-1 (10.0.0.4) → i-2 (192.0.0.4)" in shown
    assert "← route table rtb-1 route 10.0.0.0/16 → pcx-1" in shown
    assert "10.0.0.4" in text(verdict_table([VERDICT]))


def test_a_run_whose_flows_are_unknown_does_not_end_as_one_whose_flows_work() -> None:
    unknown = {**VERDICT, "verdict": "unknown"}

    assert work.of_status({"state": "ACTIVE", "verdicts": [{**VERDICT, "reachable": True}]}) is ExitCode.DONE
    assert work.of_status({"state": "ACTIVE", "verdicts": [unknown]}) is ExitCode.UNKNOWN
    assert work.of_status({"state": "FAILED", "verdicts": [unknown]}) is ExitCode.FAILED


def test_a_verdict_that_is_unknown_is_neither_reachable_nor_blocked() -> None:
    unread = {**HOP, "decided_by": "no route; what pl-1 holds is unknown", "cause": "PREFIX_LIST_UNREADABLE"}
    unknown = {**VERDICT, "verdict": "unknown", "hops": [unread], "remedies": ["Let pl-1 be read."]}

    shown = text(Group(*judged([unknown, {**VERDICT, "reachable": True}])))

    assert "? unknown tcp/22 from requester to accepter" in shown
    assert "unknown at  PREFIX_LIST_UNREADABLE  route table rtb-1, way back" in shown
    assert "to do       1. Let pl-1 be read." in shown
    assert "stopped by" not in shown
    assert "1 of 2 reachable, 1 unknown" in shown


def test_what_a_verdict_assumes_is_shown_first() -> None:
    assuming = {**VERDICT, "assumes": ["assumed, because there is none yet: an interface with sg-1 at 10.0.0.4 in subnet-1"]}

    assert text(hop_tree(assuming)).replace("\n", " ").startswith("assumed, because there is none yet: an interface with sg-1")
    assert "✘ blocked, assumed" in text(verdict_table([assuming]))


def test_a_finding_is_shown_with_its_words_as_they_are() -> None:
    assert "They overlap. [brackets]" in text(finding_table([FINDING]))


@pytest.mark.parametrize(("key", "heading"), [("changes_made", "done"), ("changes_planned", "waiting to be done")])
def test_changes_are_listed(key: str, heading: str) -> None:
    shown = text(status_view({"state": "FAILED", "findings": [FINDING], key: ["Route it"]}))

    assert "FAILED" in shown
    assert f"{heading}\n  • Route it\n" in shown


@pytest.mark.parametrize("allow", [7, "ssh", ["ssh"], [{"protocol": "tcp"}]])
def test_a_malformed_item_is_shown_too(allow: object) -> None:
    assert "[odd]" in text(request_view({"request_id": "[odd]", "requester": 7, "allow": allow}))


def test_an_item_that_nobody_has_seen_yet() -> None:
    assert "not yet seen" in text(request_table([{"request_id": "one"}]))


@pytest.mark.parametrize(
    ("differs", "says"),
    [
        ({}, "nothing to do"),
        ({"changes": ["Route it"]}, "one, plan abc:\n  • Route it"),
        ({"blocked": True, "changes": ["Route it"], "findings": [FINDING]}, "Nothing would be done"),
    ],
)
def test_a_preview(differs: dict[str, Any], says: str) -> None:
    shown = text(preview_view({**PREVIEW, **differs}))

    assert says in shown
    assert not (differs.get("blocked") and "Route it" in shown)


def test_a_history_has_what_it_came_to_below_each_entry() -> None:
    entry = Entry(
        generation=3, at="2026-01-15T09:30:00.123+00:00", what=EntryKind.DONE, who="AcceptPeering", text="1 change.\nAccept it"
    )

    assert text(history_view([entry])).splitlines() == [
        "2026-01-15 09:30:00    3  done       AcceptPeering: 1 change.",
        " " * 27 + "Accept it",
    ]


def test_a_long_line_of_a_history_stays_one_line() -> None:
    entry = Entry(
        generation=1,
        at="2026-01-15T09:30:00.123+00:00",
        what=EntryKind.ASKED,
        who="the item",
        text="word " * 50 + "\n" + "x" * 200,
    )

    assert [len(line) > 200 for line in text(history_view([entry]), width=80).splitlines()] == [True, True]
