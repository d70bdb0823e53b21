"""The ledger's runs: each comes back as its steps have saved it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import State
from causeway.domain.model.errors import LedgerMissing
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateRoute, SetDnsResolution
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Reversal, Undo
from tests.ledger import Ledger

from .samples import CHANGES, DNS_OFF, REQUEST, ROUTE, RULE, VERDICT, status


def test_a_run_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    plan = Plan(request_id="one", generation=3, changes=CHANGES)
    ledger.runs.save_request(3, REQUEST)
    ledger.runs.save_plan(plan)
    ledger.runs.save_connection("one", 3, "pcx-1")
    ledger.runs.save_done("one", 3, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))
    ledger.runs.save_done("one", 3, Side.ACCEPTER, "UpdateSecurityGroups", (RULE,))
    ledger.runs.save_verdicts("one", 3, (VERDICT,))

    run = ledger.runs.load("one", 3)

    assert set(run.done) == {ROUTE, RULE}
    assert run == Run(
        request=REQUEST,
        generation=3,
        plan=plan,
        connection_id="pcx-1",
        done=run.done,
        verdicts=(VERDICT,),
        looked_at=run.looked_at,
        changed_at=run.changed_at,
    )


def test_a_run_knows_when_its_plan_was_made_and_when_it_last_changed_something(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(hour: int) -> datetime:
        moment = datetime(2027, 1, 31, hour, tzinfo=UTC)
        monkeypatch.setattr("causeway.aws.store.ledger_table.timestamp", moment.isoformat)
        return moment

    at(9)
    ledger.runs.save_request(1, REQUEST)
    planned = at(10)
    ledger.runs.save_plan(Plan(request_id="one", generation=1, changes=CHANGES))
    at(11)
    ledger.runs.save_done("one", 1, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))
    done = at(12)
    ledger.runs.save_done("one", 1, Side.ACCEPTER, "UpdateSecurityGroups", (RULE,))
    at(13)
    ledger.runs.save_verdicts("one", 1, (VERDICT,))
    run = ledger.runs.load("one", 1)
    assert (run.looked_at, run.changed_at) == (planned, done)

    undo = Undo(request_id="one", generation=1)
    undoing = at(14)
    ledger.runs.save_undo(undo)
    undone = at(15)
    ledger.runs.save_undone(undo, Side.REQUESTER, "UpdateRouteTables", ())
    run = ledger.runs.load("one", 1)
    assert (run.looked_at, run.changed_at) == (undoing, undone)


def test_a_run_that_has_only_begun_has_only_its_request(ledger: Ledger) -> None:
    ledger.runs.save_request(1, REQUEST)

    assert ledger.runs.load("one", 1) == Run(request=REQUEST, generation=1)


def test_a_run_that_removes_says_so(ledger: Ledger) -> None:
    ledger.runs.save_request(1, REQUEST, Occasion.REMOVAL)

    assert ledger.runs.load("one", 1) == Run(request=REQUEST, generation=1, occasion=Occasion.REMOVAL)


def test_a_request_that_was_saved_before_there_were_removals_is_none(ledger: Ledger, client: Any) -> None:
    ledger.runs.save_request(1, REQUEST)
    key = {"request_id": {"S": "one"}, "record": {"S": "0000000001#REQUEST"}}
    client.update_item(TableName="ledger", Key=key, UpdateExpression="REMOVE removal")

    assert not ledger.runs.load("one", 1).removal


def test_a_step_that_is_repeated_replaces_what_it_had_recorded(ledger: Ledger) -> None:
    ledger.runs.save_request(1, REQUEST)
    ledger.runs.save_done("one", 1, Side.REQUESTER, "UpdateRouteTables", ())
    ledger.runs.save_done("one", 1, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))

    assert ledger.runs.load("one", 1).done == (ROUTE,)


def test_generations_do_not_mix(ledger: Ledger) -> None:
    ledger.generations.of_change("one", "1")
    ledger.runs.save_request(1, REQUEST)
    ledger.runs.save_request(10, REQUEST)
    ledger.runs.save_connection("one", 10, "pcx-10")

    assert ledger.runs.load("one", 1).connection_id is None
    with pytest.raises(LedgerMissing, match="Generation 2 of request one"):
        ledger.runs.load("one", 2)


def test_a_plan_of_thousands_of_changes_fits_an_item(ledger: Ledger, client: Any) -> None:
    routes = tuple(
        CreateRoute(side=side, route_table_id=f"rtb-{table:017x}", destination=f"10.{block}.0.0/16")
        for side in Side
        for table in range(500)
        for block in range(5)
    )
    ledger.runs.save_request(1, REQUEST)
    ledger.runs.save_plan(Plan(request_id="one", generation=1, changes=routes))

    run = ledger.runs.load("one", 1)

    assert run.plan is not None
    assert run.plan.changes == routes
    item = client.get_item(TableName="ledger", Key={"request_id": {"S": "one"}, "record": {"S": "0000000001#PLAN"}})["Item"]
    assert len(item["payload"]["B"]) < 100_000


def test_of_an_undo_only_the_last_attempt_counts(ledger: Ledger) -> None:
    held = Holdings(request=REQUEST)
    back = Reversal(change=SetDnsResolution(side=Side.REQUESTER, allow=True), inverse=DNS_OFF)
    first = Undo(request_id="one", generation=1, made=(back.change,), reversals=(back,), connection_id="pcx-1")
    second = msgspec.structs.replace(first, round=2)
    ledger.runs.save_request(1, REQUEST)
    ledger.runs.save_before("one", 1, held)

    ledger.runs.save_undo(first)
    ledger.runs.save_undone(first, Side.REQUESTER, "ConfigureDns", (DNS_OFF,))
    once = ledger.runs.load("one", 1)
    ledger.runs.save_undo(second)
    again = ledger.runs.load("one", 1)

    assert (once.before, once.undo, once.undone, once.done) == (held, first, (DNS_OFF,), ())
    assert (again.undo, again.undone, again.connection_so_far) == (second, (), "pcx-1")


def test_an_outcome_is_kept_for_its_generation(ledger: Ledger) -> None:
    ended = status(2, State.FAILED)
    ledger.runs.save_outcome(ended)

    assert ledger.runs.load_outcome("one", 2) == ended
    assert ledger.runs.load_outcome("one", 1) is None
