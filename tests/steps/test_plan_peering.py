"""PlanPeering: a plan is saved before anything is written, and summed up for the state machine."""

from typing import Any

import msgspec
import pytest

from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.planner import plan_request
from causeway.domain.planning.rounds import PlanSummary, Round, Update
from tests.domain.networks import change, closed, snapshots
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import PlanStep
from .samples import NETWORKS, UNREADABLE, WANTED, status_on

pytestmark = pytest.mark.usefixtures("begun")


SAVED_PLAN = plan_request(WANTED, 1, NETWORKS).with_vpcs(PerSide.of(lambda side: NETWORKS[side].vpc))


def test_what_blocks_a_flow_is_kept_with_the_whole_way(plan: PlanStep, ledger: Ledger) -> None:
    shut = change(NETWORKS, accepter=closed(NETWORKS.accepter))

    assert plan(shut).blocked

    run = ledger.runs.load(WANTED.request_id, 1)
    assert {verdict.flow for verdict in run.foreseen} == set(WANTED.flows)
    status = status_of(run, None, now="2026-01-15T09:30:00.000+00:00")
    assert set(status.verdicts) == set(run.foreseen)
    assert {verdict.blocked_by.resource_id for verdict in status.verdicts if verdict.blocked_by} == {"acl-b1"}
    assert status.findings == run.saved_plan.findings


def test_what_else_blocks_a_plan_has_no_verdicts(plan: PlanStep, ledger: Ledger) -> None:
    plan(snapshots(cidr="10.0.0.0/16"))

    run = ledger.runs.load(WANTED.request_id, 1)
    assert (run.saved_plan.is_blocked, run.foreseen) == (True, ())


def test_a_plan_is_saved_and_summed_up(plan: PlanStep, ledger: Ledger, table: Any) -> None:
    summary = plan(NETWORKS)

    assert ledger.runs.load(WANTED.request_id, 1).saved_plan == SAVED_PLAN
    assert msgspec.json.decode(msgspec.json.encode(summary)) == {
        "superseded": False,
        "blocked": False,
        "ask": False,
        "request": True,
        "accept": True,
        "rounds": [
            {
                "updates": [
                    {"side": "requester", "step": "UpdateRouteTables", "removing": False},
                    {"side": "requester", "step": "UpdateSecurityGroups", "removing": False},
                    {"side": "requester", "step": "ConfigureDns", "removing": False},
                    {"side": "accepter", "step": "UpdateRouteTables", "removing": False},
                    {"side": "accepter", "step": "UpdateSecurityGroups", "removing": False},
                ]
            }
        ],
        "delete": False,
        "check": True,
    }
    status = status_on(table)
    assert status is not None
    assert status["state"] == "APPLYING"
    assert status["cidr_blocks"] == {side: list(NETWORKS[side].vpc.cidr_blocks) for side in SIDES}


def test_a_plan_with_nothing_to_do_skips_every_step(plan: PlanStep, table: Any) -> None:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)

    assert plan(there) == PlanSummary(check=True)
    status = status_on(table)
    assert status is not None
    assert status["peering_connection_id"] == there.requester.peering_connections[0].connection_id


def test_a_plan_of_one_change_has_one_update(plan: PlanStep) -> None:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
    other = change(there, accepter=change(there.accepter, security_groups=NETWORKS.accepter.security_groups))

    (only,) = plan(other).rounds
    assert only == Round(updates=(Update(side=Side.ACCEPTER, step="UpdateSecurityGroups"),))


def test_a_blocked_plan_is_saved_and_the_item_left_to_the_outcome(plan: PlanStep, ledger: Ledger, table: Any) -> None:
    overlapping = change(NETWORKS.accepter, vpc=change(NETWORKS.accepter.vpc, cidr_blocks=("10.0.0.0/8",)))

    assert plan(change(NETWORKS, accepter=overlapping)) == PlanSummary(blocked=True)
    assert ledger.runs.load(WANTED.request_id, 1).saved_plan.is_blocked
    assert ledger.holdings.load(WANTED.request_id) == NOTHING_HELD
    assert status_on(table) is None


@pytest.mark.parametrize("sides", [(Side.ACCEPTER,), SIDES])
def test_sides_that_cannot_be_observed_are_told_together(plan: PlanStep, ledger: Ledger, sides: tuple[Side, ...]) -> None:
    observed = PerSide.of(lambda side: change(UNREADABLE, side=side) if side in sides else NETWORKS[side])

    assert plan(observed).blocked
    assert [finding.side for finding in ledger.runs.load(WANTED.request_id, 1).saved_plan.findings] == list(sides)


def test_a_generation_has_one_plan(plan: PlanStep, ledger: Ledger) -> None:
    """The one that was saved before the first write: it is the record of what is ours."""
    first = plan(NETWORKS)
    there = applied(WANTED, ledger.runs.load(WANTED.request_id, 1).saved_plan, NETWORKS)

    assert plan(there) == first
    assert ledger.runs.load(WANTED.request_id, 1).saved_plan == SAVED_PLAN


def test_what_will_be_held_is_saved_before_the_first_write(plan: PlanStep, ledger: Ledger) -> None:
    plan(NETWORKS)

    holdings = ledger.holdings.load(WANTED.request_id)
    assert holdings.request == WANTED
    assert [(route.route_table_id, route.destination) for route in holdings.routes] == [
        ("rtb-a0", "192.0.0.0/16"),
        ("rtb-a1", "192.0.0.0/16"),
        ("rtb-b0", "10.0.0.0/16"),
        ("rtb-b1", "10.0.0.0/16"),
    ]
