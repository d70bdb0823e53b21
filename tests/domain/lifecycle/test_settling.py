"""What a look does not show yet of what the run's steps have reported."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.settling import LONGEST_LAG, may_lag, unsettled
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide
from causeway.domain.planning.kinds import AuthorizeRule
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import plan_removal, plan_request
from causeway.domain.planning.undo import plan_undo
from tests.domain.networks import change, request, snapshots
from tests.domain.situations import Situation, applied, held, situations

CHANGED = datetime(2027, 1, 31, 12, tzinfo=UTC)
SOON, LATER = CHANGED + timedelta(seconds=1), CHANGED + LONGEST_LAG
WANTED = request(tags={"Owner": "payments"})
NETWORKS = snapshots()
PLAN = plan_request(WANTED, 1, NETWORKS)
THERE = applied(WANTED, PLAN, NETWORKS)


def reported(wanted: Request, plan: Plan, there: PerSide[Snapshot]) -> Run:
    """A run whose steps have reported everything as made."""
    connections = [each.connection_id for each in there.requester.peering_connections]
    made = plan.connection_id or (connections[-1] if connections else None)
    return Run(
        request=wanted, generation=1, plan=plan, connection_id=made, done=plan.changes, looked_at=CHANGED, changed_at=CHANGED
    )


RUN = reported(WANTED, PLAN, THERE)


def test_what_is_shown_is_settled() -> None:
    assert unsettled(RUN, THERE, SOON) == ()


def test_what_was_reported_and_is_not_shown_is_waited_for_as_long_as_a_lag_lasts() -> None:
    assert unsettled(RUN, NETWORKS, SOON) == PLAN.changes
    assert unsettled(RUN, NETWORKS, LATER) == ()


def test_what_nobody_has_reported_is_not_waited_for() -> None:
    assert unsettled(change(RUN, done=(), changed_at=None), NETWORKS, SOON) == ()
    assert unsettled(change(RUN, done=PLAN.changes[:1]), NETWORKS, SOON) == PLAN.changes[:1]


@pytest.mark.parametrize("part", ["security_groups", "owned_rules"])
def test_a_rule_is_shown_once_both_of_ec2s_calls_show_it(part: str) -> None:
    stale = PerSide.of(lambda side: change(THERE[side], **{part: getattr(NETWORKS[side], part)}))

    assert unsettled(RUN, stale, SOON) == PLAN.of(AuthorizeRule)


def test_what_is_taken_away_is_waited_for_while_it_is_shown() -> None:
    removal = plan_removal(WANTED, 2, THERE, change(held(THERE), request=WANTED))
    gone = applied(WANTED, removal, THERE)
    run = change(reported(WANTED, removal, THERE), generation=2)

    assert unsettled(run, THERE, SOON) == removal.changes
    assert unsettled(run, gone, SOON) == ()


def test_what_the_undo_has_reported_is_waited_for_too() -> None:
    undo = plan_undo(WANTED, PLAN, RUN.connection_id, THERE)
    run = change(RUN, undo=undo, undone=undo.plan.changes)

    assert unsettled(run, THERE, SOON) == undo.plan.changes
    assert unsettled(run, NETWORKS, SOON) == ()


@given(situations())
def test_a_plan_that_is_done_is_shown_by_what_is_there_then(situation: Situation) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)
    there = applied(wanted, plan, networks)

    assert unsettled(reported(wanted, plan, there), there, SOON) == ()


def test_a_lag_is_counted_from_the_last_change() -> None:
    assert may_lag(CHANGED, SOON)
    assert not may_lag(CHANGED, LATER)
    assert not may_lag(None, SOON)
