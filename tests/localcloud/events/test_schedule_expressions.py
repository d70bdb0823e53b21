"""When a schedule expression is due next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.events.schedule_expressions import Cron, parse_schedule

FRIDAY = datetime(2026, 11, 20, 17, 30, 12, tzinfo=UTC)


def next_due(expression: str, after: datetime = FRIDAY) -> str | None:
    due = parse_schedule(expression).next_due(after)
    return due.strftime("%Y-%m-%d %H:%M:%S") if due else None


def test_a_rate_is_due_again_after_its_period() -> None:
    assert next_due("rate(1 minute)") == "2026-11-20 17:31:12"
    assert next_due("rate(15 minutes)") == "2026-11-20 17:45:12"
    assert next_due("rate(6 hours)") == "2026-11-20 23:30:12"
    assert next_due("rate(1 day)") == "2026-11-21 17:30:12"


def test_a_cron_is_due_at_the_next_minute_that_fits() -> None:
    assert next_due("cron(* * * * ? *)") == "2026-11-20 17:31:00"
    assert next_due("cron(0/15 * * * ? *)") == "2026-11-20 17:45:00"
    assert next_due("cron(0 8 ? * MON-FRI *)") == "2026-11-23 08:00:00"
    assert next_due("cron(15,45 6-8 ? * 1 *)") == "2026-11-22 06:15:00"
    assert next_due("cron(30 12 1 jan,JUL ? *)") == "2027-01-01 12:30:00"
    assert next_due("cron(0 0 29 2 ? *)") == "2028-02-29 00:00:00"
    assert next_due("cron(0 10-20/5 * * ? 2027)") == "2027-01-01 10:00:00"
    assert next_due("cron(0 0 1 1 ? 2020)") is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "rate(5 minutes) ",
        "cron(0 8 * * * *)",
        "cron(0 8 ? * ? *)",
        "cron(0 8 * * ?)",
        "cron(60 8 * * ? *)",
        "cron(0 8 L * ? *)",
        "cron(0 8 ? * 2#1 *)",
        "every hour",
    ],
)
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_schedule(expression)


@given(
    after=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.sets(st.integers(0, 59), min_size=1),
    hours=st.sets(st.integers(0, 23), min_size=1),
)
def test_no_minute_that_fits_is_left_out(after: datetime, minutes: set[int], hours: set[int]) -> None:
    schedule = parse_schedule(f"cron({','.join(map(str, minutes))} {','.join(map(str, hours))} * * ? *)")
    assert isinstance(schedule, Cron)
    due = schedule.next_due(after)
    assert due is not None
    assert due > after
    between = (due - timedelta(minutes=number) for number in range(1, 24 * 60))
    assert not any(moment > after and moment.minute in minutes and moment.hour in hours for moment in between)
