"""The bench of the reachability check: both ways find the same, and the check asks less."""

import pytest

from bench.questions import measure_questions
from bench.reachability import FLOWS, Dimensions, Reachability, build_networks, measure_reachability
from causeway.domain.model.values import SIDES

WHOLE, SAMPLE = Dimensions(400, 40, 20), Dimensions(30, 40, 20)


@pytest.fixture(scope="module")
def measured() -> Reachability:
    return measure_reachability(WHOLE, SAMPLE)


def test_both_ways_find_the_same(measured: Reachability) -> None:
    assert measured.agreed
    assert measured.naive_pairs == 30 * 30 * len(FLOWS)


def test_the_network_is_neither_open_nor_closed_and_has_classes(measured: Reachability) -> None:
    assert 0 < measured.reachable < measured.pairs
    assert measured.verdicts < measured.pairs / 10


def test_the_time_for_all_is_told_by_the_time_for_a_pair(measured: Reachability) -> None:
    times = measured.pairs / measured.naive_pairs
    assert measured.naive_whole_seconds == pytest.approx(measured.naive_seconds * times)


def test_every_question_has_answers() -> None:
    """One of each kind: to an interface, a group and a subnet, from an interface, and beyond what the item asks for."""
    asked = measure_questions(WHOLE)

    assert [bool(each.answers) for each in asked] == [True] * 5
    assert all(each.seconds < 2 for each in asked)


def test_the_networks_are_as_large_as_they_are_said_to_be() -> None:
    networks = build_networks(WHOLE)
    for side in SIDES:
        here = networks[side]
        assert (len(here.network_interfaces), len(here.security_groups), len(here.route_tables)) == (400, 40, 20)
        assert len({address for each in here.network_interfaces for address in each.addresses}) == 400
