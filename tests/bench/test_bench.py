"""The bench measures what it says: its smallest case, with everything real."""

import subprocess
import sys

import msgspec
import pytest

from bench.__main__ import QUICK_COLD_STARTS, QUICK_RESULTS, SMALLEST
from bench.measure import Measurement
from bench.report import Results

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("bench")]

MINIMUM = 2 + 2 * (SMALLEST.route_tables + 2)
"""Request and accept; on each side a route in each table, and SSH and ICMP by one call in each direction."""


@pytest.fixture(scope="module")
def results() -> Results:
    finished = subprocess.run([sys.executable, "-m", "bench", "--quick"], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return msgspec.json.decode(QUICK_RESULTS.read_bytes(), type=Results)


def measurement(results: Results, way: str) -> Measurement:
    (found,) = (each for each in results.measurements if each.way == way)
    return found


def test_causeway_is_active_and_verified_both_times(results: Results) -> None:
    measured = measurement(results, "Causeway, warm")
    assert [run.outcome.ended for run in measured.first + measured.second] == ["ACTIVE, verified"] * 2


def test_causeway_changes_what_is_needed_once(results: Results) -> None:
    measured = measurement(results, "Causeway, warm")
    kinds = measured.first[0].calls.kinds
    assert kinds["ec2:CreateVpcPeeringConnection"] == kinds["ec2:AcceptVpcPeeringConnection"] == 1
    assert kinds["ec2:CreateRoute"] == 2 * SMALLEST.route_tables
    assert measured.second[0].calls.ec2_mutating == 0


def test_the_script_makes_the_fewest_mutating_calls_and_cannot_run_twice(results: Results) -> None:
    measured = measurement(results, "boto3 script")
    assert measured.first[0].outcome.ended == "exit 0"
    assert measured.first[0].calls.ec2_mutating == MINIMUM
    assert measured.second[0].outcome.ended == "exit 1: InvalidStateTransition"


def test_only_the_script_leaves_something_behind_after_a_conflict(results: Results) -> None:
    causeway, script = results.leftovers
    assert (causeway.ended, causeway.connections, causeway.routes, causeway.rules) == ("REJECTED: ROUTE_CONFLICT", (), (), ())
    assert script.ended == "exit 1: RouteAlreadyExists"
    assert len(script.connections) == 1
    assert len(script.routes) == 2 * SMALLEST.route_tables - 1


def test_a_change_and_a_removal_cost_what_they_change(results: Results) -> None:
    life = results.life
    assert [life.create.outcome.ended, life.change.outcome.ended] == ["ACTIVE, verified"] * 2
    changed, removed = life.change.calls.kinds, life.removal.calls.kinds
    assert {kind for kind in changed if kind.startswith("ec2:Authorize")} == {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
    }
    assert "ec2:CreateRoute" not in changed
    assert removed["ec2:DeleteRoute"] == 2 * SMALLEST.route_tables
    assert removed["ec2:DeleteVpcPeeringConnection"] == 1


def test_a_fleet_arrives(results: Results) -> None:
    assert results.fleet.ended == {"ACTIVE": results.fleet.requests}


def test_cold_starts_are_compared_with_the_bare_function(results: Results) -> None:
    bare, *steps = results.cold_starts
    assert bare.initialisation.ratio == bare.first_answer.ratio == 1
    assert tuple(step.function for step in steps) == QUICK_COLD_STARTS
    assert all(len(step.initialisation.samples) == len(step.first_answer.samples) == 1 for step in steps)
