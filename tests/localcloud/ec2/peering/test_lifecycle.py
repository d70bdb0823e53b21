"""The states of a connection and who sees it, as plain values: no moto, no clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.core.timing import Timing
from localcloud.ec2.peering.lifecycle import Ending, Lifecycle, Side, status, visible_to

START = datetime(2026, 1, 1, tzinfo=UTC)
DELAYS = Timing(visibility=1, provisioning=2, deleting=3)
REQUESTED = Lifecycle(accepter_account="222222222222", created_at=START)
ACCEPTED = Lifecycle(accepter_account="222222222222", created_at=START, accepted_at=START + timedelta(seconds=10))


def ended(code: Any, by: Side, *, at: timedelta = timedelta(seconds=20)) -> Lifecycle:
    ending = Ending(code, START + at, by, "111111111111")
    return Lifecycle(accepter_account="222222222222", created_at=START, ending=ending)


FAILED = ended("failed", "requester", at=timedelta())
REJECTED = ended("rejected", "accepter")
DELETED = ended("deleted", "requester")


@pytest.mark.parametrize(
    ("life", "after", "code"),
    [
        (REQUESTED, timedelta(seconds=0.9), "initiating-request"),
        (REQUESTED, timedelta(seconds=1), "pending-acceptance"),
        (REQUESTED, timedelta(days=7, seconds=-1), "pending-acceptance"),
        (REQUESTED, timedelta(days=7), "expired"),
        (ACCEPTED, timedelta(seconds=11.9), "provisioning"),
        (ACCEPTED, timedelta(seconds=12), "active"),
        (ACCEPTED, timedelta(days=700), "active"),
        (FAILED, timedelta(seconds=0.9), "initiating-request"),
        (FAILED, timedelta(seconds=1), "failed"),
        (REJECTED, timedelta(seconds=20), "rejected"),
        (DELETED, timedelta(seconds=22.9), "deleting"),
        (DELETED, timedelta(seconds=23), "deleted"),
    ],
)
def test_the_state_follows_from_what_happened_and_the_time(life: Lifecycle, after: timedelta, code: str) -> None:
    assert status(life, START + after, DELAYS).code == code


NEVER = timedelta()
TWO_HOURS, TWO_DAYS = timedelta(hours=2), timedelta(days=2)


@pytest.mark.parametrize(
    ("life", "ended_after", "to_requester", "to_accepter"),
    [
        (FAILED, timedelta(), TWO_HOURS, NEVER),
        (REJECTED, timedelta(seconds=20), TWO_DAYS, TWO_HOURS),
        (DELETED, timedelta(seconds=20), TWO_HOURS, TWO_DAYS),
        (ended("deleted", "accepter"), timedelta(seconds=20), TWO_DAYS, TWO_HOURS),
        (REQUESTED, timedelta(days=7), TWO_DAYS, TWO_DAYS),
    ],
)
def test_what_has_ended_stays_visible_for_its_documented_time(
    life: Lifecycle, ended_after: timedelta, to_requester: timedelta, to_accepter: timedelta
) -> None:
    visibility: dict[Side, timedelta] = {"requester": to_requester, "accepter": to_accepter}
    for side, duration in visibility.items():
        gone = START + ended_after + duration
        just_before = gone - timedelta(milliseconds=1)
        assert not visible_to(life, side, gone, DELAYS)
        assert visible_to(life, side, just_before, DELAYS) == (duration > NEVER)


@given(st.sampled_from([REQUESTED, ACCEPTED, REJECTED, DELETED]), st.floats(0, 0.99))
def test_before_it_is_visible_the_accepter_sees_nothing(life: Lifecycle, seconds: float) -> None:
    assert not visible_to(life, "accepter", START + timedelta(seconds=seconds), DELAYS)


@given(st.sampled_from([REQUESTED, ACCEPTED, FAILED, REJECTED, DELETED]), st.lists(st.floats(1, 1e6), min_size=2))
def test_what_has_gone_does_not_come_back(life: Lifecycle, moments: list[float]) -> None:
    times = [START + timedelta(seconds=seconds) for seconds in sorted(moments)]
    seen = [visible_to(life, "requester", time, DELAYS) for time in times]
    assert seen == sorted(seen, reverse=True)
