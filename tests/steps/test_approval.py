"""The question, its answer and what becomes of both, step by step: on the tables as they are, the networks as told."""

from typing import Any

import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.authority.approval import Approval, ApprovalDecision, ApprovalRule, Decision
from causeway.domain.lifecycle.run import Occasion
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import ApprovalNotAsked, ApprovalWithdrawn
from causeway.domain.model.findings import Code
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.ask_approval import ask_approval
from causeway.steps.common.step_input import StepInput
from causeway.steps.decide_approval import decide_approval
from causeway.steps.plan_peering import plan_peering
from causeway.steps.record_outcome import record_outcome
from tests.domain.networks import change, change_side, request, snapshots
from tests.ledger import Ledger

from .conftest import RecordingBus, RecordingTasks, RecordingTopic, StillReader

WANTED = request(approval=True)
REQUEST_ID = WANTED.request_id
NETWORKS = snapshots()
GROWN = change_side(
    NETWORKS,
    Side.ACCEPTER,
    change(NETWORKS.accepter, vpc=change(NETWORKS.accepter.vpc, cidr_blocks=("192.0.0.0/16", "192.1.0.0/16"))),
)
ALICE, BOB = "arn:aws:sts::123456789012:assumed-role/approver/alice", "arn:aws:iam::123456789012:user/bob"
TIMEOUT = StepError(error="States.Timeout", state="AskApproval")
DENIED = StepError(error="ApprovalDenied", state="AskApproval")


class Desk:
    """The steps around a question, and whoever answers."""

    def __init__(self, requests: RequestsTable, ledger: Ledger) -> None:
        self.ledger = ledger
        self.requests = requests
        self.bus, self.topic, self.tasks = RecordingBus(), RecordingTopic(), RecordingTasks()

    def begin(self, wanted: Request = WANTED, occasion: Occasion = Occasion.CHANGE) -> int:
        newest = self.ledger.generations.newest(REQUEST_ID)
        generation = self.ledger.generations.of_change(REQUEST_ID, str(newest + 1))
        assert generation is not None
        self.ledger.runs.save_request(generation, wanted, occasion)
        return generation

    def plan(self, generation: int, networks: PerSide[Snapshot] = NETWORKS) -> PlanSummary:
        return plan_peering(
            step(generation),
            requests=self.requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            tasks=self.tasks,
            reader=StillReader(PerSide(requester=networks.requester, accepter=networks.accepter)),
            rule=ApprovalRule(),
            is_running=lambda _: True,
        )

    def ask(self, generation: int, token: str) -> Approval:
        return ask_approval(
            change(step(generation), token=token),
            requests=self.requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            topic=self.topic,
            bus=self.bus,
        )

    def decide(self, checksum: str, decision: Decision = Decision.APPROVED, who: str = ALICE) -> Approval:
        answer = ApprovalDecision(request_id=REQUEST_ID, checksum=checksum, decision=decision)
        return decide_approval(
            answer, who, generations=self.ledger.generations, approvals=self.ledger.approvals, tasks=self.tasks
        )

    def record(self, generation: int, error: StepError | None = None) -> Status:
        given = change(step(generation), error=error)
        return record_outcome(
            given,
            requests=self.requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            bus=self.bus,
        )

    def approval(self, generation: int) -> Approval:
        approval = self.ledger.runs.load(REQUEST_ID, generation).approval
        assert approval is not None
        return approval

    def is_free(self, what: str) -> bool:
        holder = self.ledger.locks.acquire(what, "asking")
        self.ledger.locks.release(what, "asking")
        return holder is None


def step(generation: int) -> StepInput:
    arn = f"arn:aws:states:us-east-1:123456789012:execution:flow:{REQUEST_ID}-{generation}"
    return StepInput(request_id=REQUEST_ID, generation=generation, execution=arn)


@pytest.fixture
def desk(requests: RequestsTable, ledger: Ledger, table: Any) -> Desk:
    table.put_item(Item={"request_id": REQUEST_ID})
    return Desk(requests, ledger)


@pytest.fixture
def waiting(desk: Desk) -> Approval:
    """A first generation that waits with the token `one`."""
    desk.plan(desk.begin())
    return desk.ask(1, "one")


def status_on(table: Any) -> dict[str, Any]:
    status: dict[str, Any] = table.get_item(Key={"request_id": REQUEST_ID})["Item"]["status"]
    return status


def test_a_plan_that_waits_is_saved_and_nothing_else(desk: Desk, table: Any) -> None:
    assert desk.plan(desk.begin()).ask
    assert desk.ledger.holdings.load(REQUEST_ID).request is None
    assert "status" not in table.get_item(Key={"request_id": REQUEST_ID})["Item"]


def test_the_question_is_told_and_the_locks_are_free_while_people_think(desk: Desk, waiting: Approval, table: Any) -> None:
    plan = desk.ledger.runs.load(REQUEST_ID, 1).saved_plan
    status = status_on(table)
    assert (status["state"], status["approval"]["checksum"]) == ("AWAITING_APPROVAL", plan.checksum)
    assert status["changes_planned"] == [each.sentence for each in plan.changes]
    assert [(announced.state) for _, announced in desk.bus.announced] == [State.AWAITING_APPROVAL]
    assert [plan.checksum in notification.text for notification in desk.topic.published] == [True]
    assert desk.is_free(REQUEST_ID)
    assert desk.is_free(WANTED.pair)
    assert waiting.is_open


def test_what_is_approved_is_done_if_the_network_is_as_it_was(desk: Desk, waiting: Approval, table: Any) -> None:
    decided = desk.decide(waiting.checksum)
    assert desk.tasks.told == {"one": "success"}
    assert (decided.decided_by, desk.approval(1)) == (ALICE, decided)

    summary = desk.plan(1)

    assert (summary.ask, summary.request) == (False, True)
    assert status_on(table)["state"] == "APPLYING"
    assert status_on(table)["approval"]["decided_by"] == ALICE
    assert desk.ledger.holdings.load(REQUEST_ID).approved == desk.ledger.runs.load(REQUEST_ID, 1).saved_plan.scope


def test_an_approval_of_another_plan_lapses_and_the_new_one_is_asked_for(desk: Desk, waiting: Approval) -> None:
    desk.decide(waiting.checksum)

    assert desk.plan(1, GROWN).ask

    lapsed = desk.approval(1)
    assert (lapsed.decision, lapsed.lapsed_at is not None) == (Decision.APPROVED, True)
    assert desk.plan(1, GROWN).ask, "said again"
    again = desk.ask(1, "two")
    assert (again.number, again.checksum != waiting.checksum) == (2, True)
    with pytest.raises(ApprovalNotAsked, match=f"asked about last is {again.checksum}, not {waiting.checksum}"):
        desk.decide(waiting.checksum)
    desk.decide(again.checksum)
    assert not desk.plan(1, GROWN).ask


def test_a_denial_is_the_outcome(desk: Desk, waiting: Approval) -> None:
    desk.decide(waiting.checksum, Decision.DENIED)
    assert desk.tasks.told == {"one": "ApprovalDenied"}

    status = desk.record(1, DENIED)

    assert (status.state, [each.code for each in status.findings]) == (State.REJECTED, [Code.APPROVAL_DENIED])
    assert ALICE in status.findings[0].message
    assert desk.ledger.holdings.load(REQUEST_ID).request is None


def test_a_wait_without_an_answer_is_the_outcome_and_lapses(desk: Desk, waiting: Approval) -> None:
    status = desk.record(1, TIMEOUT)

    assert (status.state, [each.code for each in status.findings]) == (State.REJECTED, [Code.APPROVAL_LAPSED])
    assert not desk.approval(1).is_open
    with pytest.raises(ApprovalNotAsked, match="lapsed at"):
        desk.decide(waiting.checksum)


def test_a_newer_change_withdraws_the_question(desk: Desk, waiting: Approval) -> None:
    desk.plan(desk.begin(change(WANTED, flows=WANTED.flows[:1])))

    assert desk.tasks.told == {"one": "ApprovalWithdrawn"}
    assert desk.approval(1).decision is Decision.WITHDRAWN
    with pytest.raises(ApprovalNotAsked, match="asks nobody"):
        desk.decide(waiting.checksum)


def test_a_question_that_was_decided_is_not_withdrawn(desk: Desk, waiting: Approval) -> None:
    desk.decide(waiting.checksum)
    desk.plan(desk.begin())
    desk.ask(2, "two")
    assert desk.tasks.told == {"one": "success"}
    assert desk.plan(1).superseded


def test_nobody_is_asked_when_a_newer_change_is_there(desk: Desk) -> None:
    desk.plan(desk.begin())
    desk.begin()

    with pytest.raises(ApprovalWithdrawn):
        desk.ask(1, "one")

    assert desk.topic.published == []
    assert desk.is_free(REQUEST_ID)
    assert desk.is_free(WANTED.pair)


def test_a_step_that_asks_again_keeps_the_question_and_takes_the_new_token(desk: Desk, waiting: Approval) -> None:
    assert desk.ask(1, "two") == waiting
    desk.decide(waiting.checksum)
    assert desk.tasks.told == {"two": "success"}


def test_the_first_word_counts(desk: Desk, waiting: Approval) -> None:
    desk.decide(waiting.checksum)
    with pytest.raises(ApprovalNotAsked, match=f"approved at .* by {ALICE}"):
        desk.decide(waiting.checksum, Decision.DENIED, who=BOB)
    assert desk.approval(1).decided_by == ALICE


def test_a_decision_that_did_not_get_through_is_handed_over_when_it_is_said_again(desk: Desk, waiting: Approval) -> None:
    decided = waiting.decided(
        ApprovalDecision(request_id=REQUEST_ID, checksum=waiting.checksum, decision=Decision.APPROVED), ALICE, now="x"
    )
    assert desk.ledger.approvals.save_decision(REQUEST_ID, 1, decided), "and then the function died"

    assert desk.decide(waiting.checksum) == decided

    assert desk.tasks.told == {"one": "success"}
    with pytest.raises(ApprovalNotAsked, match="no longer waits"):
        desk.decide(waiting.checksum)


def test_a_removal_asks_nobody(desk: Desk) -> None:
    assert not desk.plan(desk.begin(occasion=Occasion.REMOVAL)).ask


def test_the_history_has_the_question_but_not_its_token(desk: Desk, waiting: Approval) -> None:
    desk.decide(waiting.checksum)
    told = [record for record in desk.ledger.history.records(REQUEST_ID) if record.kind == "APPROVAL"]
    assert [record.name for record in told] == ["APPROVAL#01#ASKED", "APPROVAL#01#DECIDED"]
    assert [record for record in told if "token" in record.fields] == []
