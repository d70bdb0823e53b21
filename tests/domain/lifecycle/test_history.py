"""The history: records of the ledger in, what happened in the order of time out."""

from typing import Any

import msgspec
import pytest

from causeway.aws.store import generations, holdings, ledger_table, locks, runs
from causeway.aws.store.approvals import APPROVAL
from causeway.domain.lifecycle.history import COVERED_BY_OTHERS, RENDERERS, EntryKind, Record, UnknownRecord, render_history
from causeway.domain.lifecycle.run import Occasion
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateRoute, DeleteRoute
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Reversal, Undo
from causeway.domain.reachability.verdicts import Cause
from causeway.domain.witnesses.testimonies import Testimony, WitnessAnswer, WitnessCall
from tests.domain.networks import change, request
from tests.domain.witnesses.test_questions import HEARD as QUESTION

from .test_outcome import BLOCKS, STOPPED, WORKS

STORES = (generations, holdings, ledger_table, locks, runs)

OF_NO_GENERATION = {"HEAD", "HOLDINGS", "LOCK"}
"""Records that stand for now, not for what happened."""

ROUTE = CreateRoute(side=Side.ACCEPTER, route_table_id="rtb-b1", destination="10.0.0.0/16")


def record(name: str, payload: object = None, *, second: int = 0, generation: int = 1, **fields: Any) -> Record:
    given = {**fields, "payload": msgspec.json.decode(msgspec.json.encode(payload))}
    return Record(generation=generation, name=name, at=f"2026-01-15T09:30:{second:02}.000+00:00", fields=given)


def asked(occasion: Occasion = Occasion.CHANGE, **fields: Any) -> Record:
    return record("REQUEST", msgspec.structs.replace(request(), **fields), occasion=occasion.value)


def ended(state: State, *findings: Finding, second: int = 9) -> Record:
    status = Status(state=state, request_id="one", generation=1, updated_at="", findings=findings)
    return record("OUTCOME", status, second=second)


def lines(given: Record) -> list[str]:
    (entry,) = render_history([given])
    return entry.text.splitlines()


def test_every_kind_of_record_has_its_place() -> None:
    """A new kind of record belongs into the history, or among those that another tells."""
    names = {name for store in STORES for name, value in vars(store).items() if name.isupper() and name == value}
    kinds = names | {APPROVAL}
    assert kinds == OF_NO_GENERATION | set(RENDERERS) | COVERED_BY_OTHERS


def test_a_record_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(UnknownRecord, match="SURPRISE#requester of generation 7"):
        render_history([record("SURPRISE#requester", generation=7)])


def test_a_run_is_told_in_the_order_of_time() -> None:
    records = [
        ended(State.ACTIVE),
        record("CONNECTION", connection_id="pcx-1", second=2),
        record("DONE#accepter#UpdateRouteTables", (ROUTE,), second=3),
        record("PLAN", Plan(request_id="one", generation=1, changes=(ROUTE,)), second=1),
        asked(),
        record("VERDICTS", (WORKS,), second=4),
    ]

    entries = render_history(records)

    assert [(entry.what, entry.who) for entry in entries] == [
        (EntryKind.ASKED, "the item"),
        (EntryKind.PLANNED, "PlanPeering"),
        (EntryKind.DONE, "UpdateRouteTables"),
        (EntryKind.SEEN, "CheckReachability"),
        (EntryKind.OUTCOME, "Causeway"),
    ]
    assert entries[2].text.splitlines() == ["1 change on the accepter's side.", ROUTE.sentence]
    assert (entries[3].text, entries[4].text) == ("1 of 1 ways are reachable.", "ACTIVE")


def test_an_undo_is_told_with_what_it_cannot_take_back() -> None:
    back = DeleteRoute(side=Side.ACCEPTER, route_table_id="rtb-b1", destination="10.0.0.0/16", target="pcx-1")
    for_good = CreateRoute(side=Side.ACCEPTER, route_table_id="rtb-b2", destination="10.0.0.0/16")
    reversals = (Reversal(change=ROUTE, inverse=back), Reversal(change=for_good, inverse=None))
    undo = Undo(request_id="one", generation=1, round=2, made=(ROUTE, for_good), reversals=reversals)

    planned, undone = render_history(
        [record("UNDO#2", undo), record("UNDONE#2#accepter#UpdateRouteTables#removed", (back,), second=1)]
    )

    assert (planned.what, planned.who, undone.what, undone.who) == (
        EntryKind.PLANNED,
        "UndoChanges",
        EntryKind.UNDONE,
        "UpdateRouteTables",
    )
    assert planned.text.splitlines() == [
        "1 change to undo the run, attempt 2.",
        back.sentence,
        f"Cannot be undone: {for_good.sentence}",
    ]
    assert undone.text.splitlines() == ["1 change on the accepter's side.", back.sentence]


def test_generations_that_overlap_are_told_as_they_happened() -> None:
    second = msgspec.structs.replace(asked(), generation=2, at="2026-01-15T09:30:05.000+00:00")
    superseded = record("SUPERSEDED", generation=1, second=7)

    assert [(each.generation, each.what) for each in render_history([superseded, second, ended(State.ACTIVE), asked()])] == [
        (1, EntryKind.ASKED),
        (2, EntryKind.ASKED),
        (1, EntryKind.SUPERSEDED),
        (1, EntryKind.OUTCOME),
    ]


@pytest.mark.parametrize("occasion", Occasion)
def test_a_run_that_resumes_another_says_which(occasion: Occasion) -> None:
    again = asked(occasion)
    again = msgspec.structs.replace(again, generation=4, fields={**again.fields, "takes_up": True})

    (entry,) = render_history([again])

    assert (entry.what, entry.who) == (EntryKind.SEEN, "DetectDrift")
    assert "generation 3 ended without an outcome" in entry.text


def test_who_asked_is_named_and_for_what() -> None:
    (entry,) = render_history([asked(requested_by="arn:aws:iam::111111111111:user/ada")])

    assert entry.who == "arn:aws:iam::111111111111:user/ada"
    first, *flows = entry.text.splitlines()
    assert "vpc-a1" in first
    assert "vpc-b1" in first
    assert flows == [str(flow) for flow in request().flows]


@pytest.mark.parametrize(
    ("occasion", "what", "begins"),
    [
        (Occasion.REMOVAL, EntryKind.ASKED, "Nothing between"),
        (Occasion.DRIFT, EntryKind.SEEN, "The network is no longer as asked"),
    ],
)
def test_why_a_generation_began(occasion: Occasion, what: EntryKind, begins: str) -> None:
    (entry,) = render_history([asked(occasion)])

    assert entry.what is what
    assert entry.text.startswith(begins)


def test_a_blocked_plan_says_what_blocks_it() -> None:
    told = lines(record("PLAN", Plan(request_id="one", generation=1, changes=(ROUTE,), findings=(BLOCKS,))))

    assert told == ["Nothing, because something stands in the way.", "CIDR_OVERLAP: They overlap."]


def test_a_plan_names_its_checksum_and_each_change() -> None:
    plan = Plan(request_id="one", generation=1, changes=(ROUTE, ROUTE))

    assert lines(record("PLAN", plan)) == [f"2 changes, checksum {plan.checksum}.", ROUTE.sentence, ROUTE.sentence]


def test_a_blocked_flow_is_named_once() -> None:
    told = lines(record("VERDICTS", (WORKS, STOPPED, STOPPED)))

    assert told == ["1 of 3 ways are reachable.", f"Blocked: {STOPPED.flow}"]


def test_an_unknown_flow_is_neither_reachable_nor_blocked() -> None:
    unknown = change(STOPPED, hops=tuple(change(hop, cause=Cause.NOT_OBSERVED) for hop in STOPPED.hops))

    assert lines(record("VERDICTS", (WORKS, unknown))) == ["1 of 2 ways are reachable.", f"Unknown: {unknown.flow}"]


def test_what_witnesses_were_asked_and_said_is_told() -> None:
    refused = WitnessCall(question=QUESTION, called_at="", refusal="AccessDenied: No role.")
    put = change(refused, reference="command-1", refusal="")
    said = Testimony.of(QUESTION, WitnessAnswer(reachable=True, said="It was connected."), "command-1")

    asked, heard = render_history(
        [record("TESTIMONIES", (said, change(said, reachable=None)), second=1), record("CALLS", (put, refused))]
    )

    assert (asked.what, asked.who, heard.what, heard.who) == (
        EntryKind.ASKED,
        "CallWitnesses",
        EntryKind.HEARD,
        "HearWitnesses",
    )
    assert asked.text.splitlines() == ["2 questions to probe.", "The probe was not asked: AccessDenied: No role."]
    assert heard.text.splitlines()[:2] == ["1 of 2 answers say reachable.", said.sentence]


def test_an_outcome_has_its_findings() -> None:
    failed = Finding(code=Code.STEP_FAILED, where="AcceptPeering", message="It failed.")

    assert lines(ended(State.FAILED, failed)) == ["FAILED", "STEP_FAILED: It failed."]
