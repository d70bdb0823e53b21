"""EventBridge's schedule expressions: when a rule is due next. Nothing here reads a clock.

Source: EventBridge user guide, "Setting a schedule pattern for scheduled rules". Times are UTC, and a schedule is
accurate to the minute.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

import msgspec

_RATE = re.compile(r"rate\((?P<value>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_CRON = re.compile(r"cron\((?P<fields>[^()]+)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SEARCHED_DAYS = 366 * 9
"""Nine years: the 29th of February can be eight years away."""


class Rate(msgspec.Struct, frozen=True):
    """Again and again after a period, from the rule's creation on."""

    period: timedelta

    def next_due(self, after: datetime) -> datetime:
        return after + self.period


class Cron(msgspec.Struct, frozen=True):
    """At the minutes that all fields name. Days of the week count from Sunday, which is 1; of the days one is None."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days_of_month: frozenset[int] | None
    months: frozenset[int]
    days_of_week: frozenset[int] | None
    years: frozenset[int]

    def next_due(self, after: datetime) -> datetime | None:
        """The first minute after a moment; None where there is none in the next nine years."""
        earliest = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        times = [time(hour, minute, tzinfo=UTC) for hour in sorted(self.hours) for minute in sorted(self.minutes)]
        days = (earliest.date() + timedelta(days=number) for number in range(_SEARCHED_DAYS))
        moments = (datetime.combine(day, at) for day in days if self._names(day) for at in times)
        return next((moment for moment in moments if moment >= earliest), None)

    def _names(self, day: date) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and (self.days_of_month is None or day.day in self.days_of_month)
            and (self.days_of_week is None or day.isoweekday() % 7 + 1 in self.days_of_week)
        )


type Schedule = Rate | Cron


def parse_schedule(expression: str) -> Schedule:
    """Read ``rate(5 minutes)`` or ``cron(0 8 ? * MON-FRI *)``.

    Raises:
        ValueError: it is neither, or uses one of the wildcards ``L``, ``W`` and ``#``, which are not supported here.
    """
    if match := _RATE.fullmatch(expression):
        value = int(match["value"])
        if (value > 1) != bool(match["plural"]):
            raise ValueError(f"{expression}: the unit is singular after 1, and plural otherwise")
        return Rate(timedelta(**{f"{match['unit']}s": value}))
    if match := _CRON.fullmatch(expression):
        return _parse_cron(expression, match["fields"].split())
    raise ValueError(f"{expression} is no schedule expression")


def _parse_cron(expression: str, fields: list[str]) -> Cron:
    match fields:
        case [minutes, hours, days, months, weekdays, years] if (days == "?") != (weekdays == "?"):
            return Cron(
                minutes=_parse_field(minutes, 0, 59),
                hours=_parse_field(hours, 0, 23),
                days_of_month=None if days == "?" else _parse_field(days, 1, 31),
                months=_parse_field(months, 1, 12, _MONTHS),
                days_of_week=None if weekdays == "?" else _parse_field(weekdays, 1, 7, _DAYS),
                years=_parse_field(years, 1970, 2199),
            )
        case _:
            raise ValueError(f"{expression}: six fields, and a question mark for one of the two kinds of days")


def _parse_field(text: str, lowest: int, highest: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    values = frozenset(value for part in text.split(",") for value in _parse_part(part, lowest, highest, names))
    if not values or min(values) < lowest or max(values) > highest:
        raise ValueError(f"{text} does not lie between {lowest} and {highest}")
    return values


def _parse_part(part: str, lowest: int, highest: int, names: tuple[str, ...]) -> range:
    """The values of ``*``, ``7``, ``MON-FRI``, ``0/15`` or ``10-40/5``."""
    body, slash, step = part.partition("/")
    first, dash, last = body.partition("-")
    start = lowest if first == "*" else _number(first, names)
    if first == "*" or (slash and not dash):
        return range(start, highest + 1, int(step or 1))
    return range(start, (_number(last, names) if dash else start) + 1, int(step or 1))


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)
