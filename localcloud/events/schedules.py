"""Scheduled rules: they fire when they are due, and at once where somebody asks for it."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends

from localcloud.core.background import Background
from localcloud.core.patching import replaces
from localcloud.core.timing import Clock, system_clock
from localcloud.events.schedule_expressions import parse_schedule
from localcloud.events.targets import send_to_every_target


class ScheduledRule(msgspec.Struct, frozen=True):
    """A rule with a schedule. ``next_due`` is None where the expression names no moment to come."""

    rule_name: str
    account_id: str
    region: str
    expression: str
    next_due: datetime | None


class Schedules:
    """The scheduled rules of one embedded AWS, in all accounts and regions: one thread sleeps until the next is due."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, tuple[Rule, datetime | None]] = {}
        self._closing = False
        self._deliveries = Background("schedules", workers=1)
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self._deliveries.close()

    def add(self, rule: Rule) -> None:
        """Take a rule that is new, or that was changed: its schedule begins anew."""
        with self._changed:
            self._due[rule.arn] = (rule, _next_due(rule, self._clock()))
            self._changed.notify()

    def list(self) -> list[ScheduledRule]:
        with self._changed:
            return [
                ScheduledRule(rule.name, rule.account_id, rule.region_name, rule.scheduled_expression, due)
                for rule, due in self._due.values()
                if _exists(rule)
            ]

    def fire(self, rule_name: str, account_id: str, region: str) -> None:
        """Deliver a rule's ``Scheduled Event`` now, to every target, and wait until they have it.

        Raises:
            LookupError: there is no such scheduled rule; it names those that there are.
        """
        with self._changed:
            kept = [rule for rule, _ in self._due.values() if _exists(rule)]
        place = (rule_name, account_id, region)
        rule = next((rule for rule in kept if (rule.name, rule.account_id, rule.region_name) == place), None)
        if rule is None:
            known = ", ".join(f"{rule.name} ({rule.account_id}, {rule.region_name})" for rule in kept) or "none"
            raise LookupError(f"{account_id} has no scheduled rule {rule_name} in {region}. There are: {known}.")
        self._deliver(rule, self._clock())

    def _run(self) -> None:
        with self._changed:
            while not self._closing:
                self._fire_what_is_due(self._clock())
                self._changed.wait(self._seconds_to_sleep(self._clock()))

    def _fire_what_is_due(self, now: datetime) -> None:
        for arn, (rule, due) in list(self._due.items()):
            if not _exists(rule):
                del self._due[arn]
            elif due is not None and due <= now:
                self._due[arn] = (rule, _next_due(rule, now))
                self._deliveries.submit(self._deliver, rule, due)

    def _seconds_to_sleep(self, now: datetime) -> float | None:
        moments = [due for _, due in self._due.values() if due is not None]
        return max(0.0, (min(moments) - now).total_seconds()) if moments else None

    def _deliver(self, rule: Rule, due: datetime) -> None:
        if rule.state != "DISABLED":
            send_to_every_target(rule, _scheduled_event(rule, due))


def _next_due(rule: Rule, after: datetime) -> datetime | None:
    return parse_schedule(rule.scheduled_expression).next_due(after)


def _exists(rule: Rule) -> bool:
    bus = events_backends[rule.account_id][rule.region_name].event_buses[rule.event_bus_name]
    return bus.rules.get(rule.name) is rule


def _scheduled_event(rule: Rule, due: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }


_current: list[Schedules] = []


def install(schedules: Schedules) -> None:
    """New rules with a schedule go to these from now on."""
    _current[:] = [schedules]


def uninstall() -> None:
    _current.clear()


@replaces(EventsBackend, "put_rule")
def a_schedule_is_checked_and_kept(original: Callable[..., Rule], backend: EventsBackend, name: str, **settings: Any) -> Rule:
    """The whole expression is checked; moto accepts any cron, and ``rate(1 minutes)``, and fires none of them."""
    expression = settings.get("scheduled_expression")
    if expression:
        try:
            parse_schedule(expression)
        except ValueError as error:
            raise ValidationException(f"Parameter ScheduleExpression is not valid. {error}") from error
    rule = original(backend, name, **settings)
    if expression:
        for schedules in _current:
            schedules.add(rule)
    return rule
