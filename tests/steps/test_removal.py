"""A change and a removal, step by step: what is taken away, who has the pair meanwhile, and what is left in the ledger."""

from typing import Any

import msgspec
import pytest

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import State
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import LedgerMissing, PairBusy, RouteConflict
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import DeletePeering, DeleteRoute, RevokeRule
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.common.step_input import StepInput
from causeway.steps.delete_peering import delete_peering
from causeway.steps.plan_peering import plan_peering
from causeway.steps.record_outcome import record_outcome
from causeway.steps.request_peering import request_peering
from tests.domain.networks import change, flow, request, snapshots, ssh
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import RecordingBus, RecordingTasks, RecordingWriter, StillReader, update_route_tables, update_security_groups

WANTED = request()
NARROWER = request(ssh())
NETWORKS = snapshots()
THERE = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
CONFLICT = RouteConflict("It leads elsewhere.", where="rtb-a1", remedy="Look at it.")
ENDED, RUNNING, HOLDER = False, True, "arn:aws:states:us-east-1:123456789012:execution:flow:another-7"


class Steps:
    """The steps of one request's generations, with the tables as they are and the network as it is told."""

    def __init__(self, requests: RequestsTable, ledger: Ledger) -> None:
        self.ledger = ledger
        self.bus = RecordingBus()
        self.writer = RecordingWriter()
        self.asked_about: list[str] = []
        self._requests = requests
        self._sequence_number = 0

    def begin(self, wanted: Request = WANTED, occasion: Occasion = Occasion.CHANGE) -> int:
        """What DispatchRequest does for one change of the item."""
        self._sequence_number += 1
        generation = self.ledger.generations.of_change(wanted.request_id, str(self._sequence_number))
        assert generation is not None
        self.ledger.runs.save_request(generation, wanted, occasion)
        return generation

    def plan(self, generation: int, networks: PerSide[Any] = THERE, *, holder: bool = ENDED) -> PlanSummary:
        def is_running(execution: str) -> bool:
            self.asked_about.append(execution)
            return holder

        return plan_peering(
            step(generation),
            requests=self._requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            tasks=RecordingTasks(),
            reader=StillReader(networks),
            rule=ApprovalRule(),
            is_running=is_running,
        )

    def record(self, generation: int, error: StepError | None = None) -> State:
        given = change(step(generation), error=error)
        return record_outcome(
            given,
            requests=self._requests,
            generations=self.ledger.generations,
            runs=self.ledger.runs,
            holdings=self.ledger.holdings,
            locks=self.ledger.locks,
            approvals=self.ledger.approvals,
            bus=self.bus,
        ).state

    def take_away(self, generation: int) -> list[int]:
        """Both update steps on both sides; how much each took away."""
        return [
            update(change(step(generation), side=side, removing=True), runs=self.ledger.runs, writer=self.writer)
            for side in SIDES
            for update in (update_security_groups, update_route_tables)
        ]

    def run(self, generation: int) -> Run:
        return self.ledger.runs.load(WANTED.request_id, generation)

    def holder(self) -> str | None:
        """Who has the pair. Asking takes it where it is free, so it is given back."""
        other = self.ledger.locks.acquire(WANTED.pair, "asking")
        self.ledger.locks.release(WANTED.pair, "asking")
        return other


def execution(generation: int) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:flow:{WANTED.request_id}-{generation}"


def step(generation: int) -> StepInput:
    return StepInput(request_id=WANTED.request_id, generation=generation, execution=execution(generation))


@pytest.fixture
def steps(requests: RequestsTable, ledger: Ledger) -> Steps:
    return Steps(requests, ledger)


@pytest.fixture
def active(steps: Steps, table: Any) -> Steps:
    """After a first generation that made everything."""
    table.put_item(Item={"request_id": WANTED.request_id})
    steps.plan(steps.begin(), NETWORKS)
    request_peering(step(1), runs=steps.ledger.runs, holdings=steps.ledger.holdings, writer=steps.writer)
    steps.record(1)
    steps.bus.announced.clear()
    steps.writer.asked.clear()
    return steps


# --- A removal


def test_a_removal_takes_everything_away_and_leaves_no_trace_but_its_history(active: Steps, table: Any) -> None:
    table.delete_item(Key={"request_id": WANTED.request_id})
    generation = active.begin(occasion=Occasion.REMOVAL)

    summary = active.plan(generation)
    taken = active.take_away(generation)
    connection_id = delete_peering(step(generation), runs=active.ledger.runs, writer=active.writer)
    state = active.record(generation)

    assert msgspec.json.decode(msgspec.json.encode(summary)) == {
        "superseded": False,
        "blocked": False,
        "ask": False,
        "request": False,
        "accept": False,
        "rounds": [
            {
                "updates": [
                    {"side": side, "step": name, "removing": True}
                    for side in ("requester", "accepter")
                    for name in ("UpdateRouteTables", "UpdateSecurityGroups")
                ]
            }
        ],
        "delete": True,
        "check": False,
    }
    assert taken == [2, 2, 2, 2]
    run = active.run(generation)
    assert connection_id == run.saved_plan.connection_id == THERE.requester.peering_connections[0].connection_id
    assert run.made == run.saved_plan.changes
    assert state is State.REMOVED
    assert [(request_id, told.state) for request_id, told in active.bus.announced] == [(WANTED.request_id, State.REMOVED)]
    assert active.ledger.holdings.load(WANTED.request_id) == NOTHING_HELD
    assert active.holder() is None
    assert table.scan()["Items"] == []


def test_the_writer_is_asked_for_the_removals_of_the_side_and_the_request(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)
    active.plan(generation)

    active.take_away(generation)
    delete_peering(step(generation), runs=active.ledger.runs, writer=active.writer)

    plan = active.run(generation).saved_plan
    (delete,) = plan.of(DeletePeering, Side.REQUESTER)
    assert active.writer.asked == [
        *(
            asked
            for side in SIDES
            for asked in (
                (WANTED.vpc(side), *plan.of(RevokeRule, side)),
                (WANTED.vpc(side), *plan.of(DeleteRoute, side)),
            )
        ),
        (delete, plan.connection_id, WANTED.request_id),
    ]
    assert {target.request_id for target in active.writer.targets} == {WANTED.request_id}


def test_a_removal_that_fails_half_way_keeps_its_holdings_and_tells_what_is_gone(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)
    active.plan(generation)
    holdings = active.ledger.holdings.load(WANTED.request_id)
    active.writer = RecordingWriter(failing=1, error=CONFLICT)

    with pytest.raises(RouteConflict):
        update_route_tables(
            change(step(generation), side=Side.REQUESTER, removing=True), runs=active.ledger.runs, writer=active.writer
        )
    state = active.record(generation, StepError(error="RouteConflict", state="UpdateRouteTables"))

    assert state is State.FAILED
    ((_, status),) = active.bus.announced
    assert status.changes_made == ("No longer route 192.0.0.0/16 to the peering in rtb-a0",)
    assert active.ledger.holdings.load(WANTED.request_id) == holdings != NOTHING_HELD
    assert active.holder() is None, "the next one can try again"


def test_a_connection_that_fails_to_go_is_not_on_record(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)
    active.plan(generation)

    with pytest.raises(RouteConflict):
        delete_peering(step(generation), runs=active.ledger.runs, writer=RecordingWriter(error=CONFLICT))

    assert active.run(generation).done == ()


def test_a_connection_is_not_deleted_without_a_plan(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)

    with pytest.raises(LedgerMissing, match="no plan"):
        delete_peering(step(generation), runs=active.ledger.runs, writer=active.writer)

    assert active.writer.asked == []


def missing(side: Side, code: Code = Code.VPC_NOT_FOUND) -> Finding:
    return Finding(code=code, side=side, where=WANTED.vpc(side).vpc_id, message="It is not there.")


def cut_off(here: Snapshot) -> Snapshot:
    """With no connection any more, and black holes for routes."""
    (ours,) = here.peering_connections
    tables = tuple(
        change(
            table,
            routes=tuple(
                change(each, target="pcx-1", blackhole=True) if each.target == ours.connection_id else each
                for each in table.routes
            ),
        )
        for table in here.route_tables
    )
    return change(here, peering_connections=(), route_tables=tables)


@pytest.mark.parametrize("side", SIDES)
def test_a_vpc_that_is_gone_took_its_side_along(active: Steps, side: Side) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)

    summary = active.plan(generation, PerSide.of(lambda each: missing(each) if each is side else cut_off(THERE[each])))

    (removals,) = summary.rounds
    assert [(each.side, each.step) for each in removals.updates] == [
        (side.other, "UpdateRouteTables"),
        (side.other, "UpdateSecurityGroups"),
    ]
    assert not summary.delete
    assert active.record(generation) is State.REMOVED


def test_of_two_vpcs_that_are_gone_nothing_is_left_to_do(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)

    assert active.plan(generation, PerSide.of(missing)) == PlanSummary()
    assert active.record(generation) is State.REMOVED
    assert active.ledger.holdings.load(WANTED.request_id) == NOTHING_HELD


def test_a_side_that_cannot_be_read_is_not_taken_for_gone(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)
    unreadable = missing(Side.ACCEPTER, Code.ACCOUNT_NOT_REACHABLE)

    assert active.plan(generation, change(THERE, accepter=unreadable)).blocked

    assert active.record(generation) is State.FAILED
    assert active.ledger.holdings.load(WANTED.request_id) != NOTHING_HELD


def test_a_vpc_that_is_gone_stops_what_is_no_removal(active: Steps) -> None:
    generation = active.begin(NARROWER)

    assert active.plan(generation, change(THERE, accepter=missing(Side.ACCEPTER))).blocked
    assert active.run(generation).saved_plan.findings == (missing(Side.ACCEPTER),)
    assert active.record(generation) is State.REJECTED


# --- A change


def test_a_change_adds_in_one_round_and_takes_away_in_the_next(active: Steps) -> None:
    other_port = request(flow(Side.REQUESTER, ports=443))

    summary = active.plan(active.begin(other_port))

    assert [[(each.side, each.step, each.removing) for each in one.updates] for one in summary.rounds] == [
        [(Side.ACCEPTER, "UpdateSecurityGroups", False)],
        [(Side.REQUESTER, "UpdateSecurityGroups", True), (Side.ACCEPTER, "UpdateSecurityGroups", True)],
    ]
    assert (summary.delete, summary.check) == (False, True)


def test_what_was_added_and_what_was_taken_away_are_both_on_record(active: Steps) -> None:
    generation = active.begin(request(flow(Side.REQUESTER, ports=443)))
    active.plan(generation)

    for removing in (False, True):
        given = change(step(generation), side=Side.ACCEPTER, removing=removing)
        update_security_groups(given, runs=active.ledger.runs, writer=active.writer)

    assert [change.sentence for change in active.run(generation).made] == [
        "Allow tcp/443 from 10.0.0.0/16 in sg-b1",
        "No longer allow tcp/22 from 10.0.0.0/16 in sg-b1",
        "No longer allow icmp from 10.0.0.0/16 in sg-b1",
    ]


def test_what_was_held_before_a_change_is_held_after_it(active: Steps) -> None:
    before = active.ledger.holdings.load(WANTED.request_id)

    active.plan(active.begin(NARROWER))

    (connection,) = THERE.requester.peering_connections
    after = active.ledger.holdings.load(WANTED.request_id)
    held = change(before, request=NARROWER, approved=after.approved).with_connection(connection.connection_id)
    assert after == held
    assert set(after.approved) < set(before.approved)


# --- One run at a time


def test_a_run_that_is_not_the_newest_gives_the_pair_back_and_writes_nothing(active: Steps, table: Any) -> None:
    holdings, item = active.ledger.holdings.load(WANTED.request_id), table.scan()["Items"]
    older, newer = active.begin(occasion=Occasion.REMOVAL), active.begin(NARROWER)

    assert active.plan(older) == PlanSummary(superseded=True)

    assert active.run(older).plan is None
    assert [each.name for each in active.ledger.history.records(WANTED.request_id) if each.generation == older] == [
        "REQUEST",
        "SUPERSEDED",
    ]
    assert active.ledger.holdings.load(WANTED.request_id) == holdings
    assert table.scan()["Items"] == item
    assert active.holder() is None
    assert not active.plan(newer).superseded


def test_a_pair_is_waited_for_while_its_holder_runs(active: Steps) -> None:
    active.ledger.locks.acquire(WANTED.pair, HOLDER)
    generation = active.begin(occasion=Occasion.REMOVAL)

    with pytest.raises(PairBusy, match="another-7"):
        active.plan(generation, holder=RUNNING)

    assert active.asked_about == [HOLDER]
    assert active.run(generation).plan is None
    assert active.holder() == HOLDER


def test_the_pair_is_the_same_in_either_order(active: Steps) -> None:
    swapped = request(request_id="the-other-way", requester=WANTED.accepter, accepter=WANTED.requester)
    active.ledger.locks.acquire(swapped.pair, HOLDER)

    with pytest.raises(PairBusy):
        active.plan(active.begin(), holder=RUNNING)


def test_the_pair_is_taken_over_from_a_holder_that_has_ended(active: Steps) -> None:
    active.ledger.locks.acquire(WANTED.pair, HOLDER)
    generation = active.begin(occasion=Occasion.REMOVAL)

    assert active.plan(generation, holder=ENDED).delete

    assert active.holder() == execution(generation)


def test_only_one_of_two_takes_a_dead_holders_pair_over(active: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    active.ledger.locks.acquire(WANTED.pair, HOLDER)
    take_over = active.ledger.locks.take_over

    def too_late(pair: str, holder: str, from_holder: str) -> bool:
        take_over(pair, "faster", from_holder)
        return take_over(pair, holder, from_holder)

    monkeypatch.setattr(active.ledger.locks, "take_over", too_late)

    with pytest.raises(PairBusy):
        active.plan(active.begin(occasion=Occasion.REMOVAL), holder=ENDED)

    assert active.holder() == "faster"


def test_a_run_that_plans_again_has_the_pair_already(active: Steps) -> None:
    generation = active.begin(occasion=Occasion.REMOVAL)

    assert active.plan(generation) == active.plan(generation, NETWORKS, holder=RUNNING)
    assert active.asked_about == []


def test_a_request_is_waited_for_too_whatever_pair_it_names_now(active: Steps) -> None:
    active.ledger.locks.acquire(WANTED.request_id, HOLDER)
    elsewhere = change(WANTED, requester=change(WANTED.requester, vpc_id="vpc-0123456789abcdef0"))

    with pytest.raises(PairBusy, match=f"{WANTED.request_id}, held by .*another-7"):
        active.plan(active.begin(elsewhere), holder=RUNNING)


def test_a_removal_takes_away_what_is_held_by_now(active: Steps) -> None:
    """The item may have named another pair when it was deleted, in a change that was never made."""
    elsewhere = change(WANTED, requester=change(WANTED.requester, vpc_id="vpc-0123456789abcdef0"))
    generation = active.begin(elsewhere, occasion=Occasion.REMOVAL)

    assert active.plan(generation).delete

    assert active.run(generation).request == WANTED
    assert active.record(generation) is State.REMOVED
    assert active.ledger.locks.acquire(WANTED.request_id, "asking") is None
