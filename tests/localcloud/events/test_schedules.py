"""Scheduled rules fire when they are due, or when somebody asks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from botocore.exceptions import ClientError
from moto.events.models import Rule, events_backends

from localcloud.events.schedules import Schedules
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID
from tests.localcloud.conftest import App, eventually

RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/tiny-hourly"


@pytest.fixture(autouse=True)
def nothing_is_noted(app: App) -> None:
    app.table.delete_item(Key={"id": "event-Scheduled Event"})


def _noted(app: App) -> Any:
    return json.loads(eventually(lambda: app.noted("event-Scheduled Event"))[0]["event"])


def _schedules(app: App, method: str, **fields: str) -> urllib3.BaseHTTPResponse:
    """An answer of the control path, as curl gets it."""
    place = {"account_id": HUB_ACCOUNT_ID, "region": DEFAULT_REGION}
    return urllib3.request(method, f"{app.aws.endpoint_url}/_localcloud/schedules?{urlencode(place | fields)}")


def _rule(name: str) -> Rule:
    return events_backends[HUB_ACCOUNT_ID][DEFAULT_REGION].event_buses["default"].rules[name]


def test_a_rule_fired_at_once_delivers_its_scheduled_event(app: App) -> None:
    app.aws.fire_schedule("tiny-hourly")
    event = _noted(app)
    assert (event["detail-type"], event["source"], event["detail"]) == ("Scheduled Event", "aws.events", {})
    assert (event["account"], event["region"], event["resources"]) == (HUB_ACCOUNT_ID, DEFAULT_REGION, [RULE_ARN])
    assert event["time"].endswith("Z")


def test_another_process_fires_it_too_and_sees_when_it_is_due(app: App) -> None:
    listed = {schedule["rule_name"]: schedule for schedule in _schedules(app, "GET").json()}
    due = datetime.fromisoformat(listed["tiny-hourly"]["next_due"])
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(hours=1)
    assert listed["tiny-never"]["expression"] == "cron(0 8 ? * MON-FRI *)"
    assert _schedules(app, "POST", rule="tiny-hourly").status == 204
    assert _noted(app)


def test_an_unknown_rule_is_an_error_that_names_the_others(app: App) -> None:
    with pytest.raises(LookupError, match=r"no scheduled rule tiny-weekly .* tiny-hourly \(123456789012, us-east-1\)"):
        app.aws.fire_schedule("tiny-weekly")
    refused = _schedules(app, "POST", rule="tiny-weekly")
    assert (refused.status, b"tiny-hourly" in refused.data) == (404, True)


def test_a_rule_fires_whenever_it_is_due(app: App) -> None:
    now = [datetime(2026, 11, 20, 8, tzinfo=UTC)]
    schedules = Schedules(lambda: now[0])
    schedules.start()
    schedules.add(_rule("tiny-hourly"))
    now[0] += timedelta(hours=1)
    schedules.add(_rule("tiny-never"))
    assert _noted(app)["time"] == "2026-11-20T09:00:00Z"
    assert {schedule.rule_name: str(schedule.next_due) for schedule in schedules.list()} == {
        "tiny-hourly": "2026-11-20 10:00:00+00:00",
        "tiny-never": "2026-11-23 08:00:00+00:00",
    }
    schedules.close()


def test_a_disabled_rule_delivers_nothing(app: App) -> None:
    app.aws.fire_schedule("tiny-never")
    app.aws.fire_schedule("tiny-hourly")
    assert _noted(app)
    assert not app.noted("event-never")


def test_a_deleted_rule_is_forgotten(app: App) -> None:
    events = app.client("events")
    events.put_rule(Name="brief", ScheduleExpression="rate(1 minute)")
    assert "brief" in {schedule.rule_name for schedule in app.aws.schedules.list()}
    events.delete_rule(Name="brief")
    assert "brief" not in {schedule.rule_name for schedule in app.aws.schedules.list()}


def test_a_scheduled_rule_gets_no_events(app: App) -> None:
    events = app.client("events")
    events.put_events(Entries=[{"Source": "example", "DetailType": "Any", "Detail": '{"name": "unscheduled"}'}])
    app.aws.fire_schedule("tiny-hourly")
    assert _noted(app)
    assert not app.noted("event-unscheduled")


def test_a_schedule_has_to_be_right_and_on_the_default_bus(app: App) -> None:
    events = app.client("events")
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        events.put_rule(Name="wrong", ScheduleExpression="rate(1 minutes)")
    with pytest.raises(ClientError, match="only on the default event bus"):
        events.put_rule(Name="wrong", EventBusName=app.outputs["BusName"], ScheduleExpression="rate(1 minute)")
