"""EventBridge rules that deliver: to Lambda, Step Functions and SQS, with input transformation and dead letters."""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from jsonpath_ng.parser import JsonPathParser
from moto.awslambda.models import lambda_backends
from moto.core.exceptions import ServiceException
from moto.events.models import EventsBackend, Rule, events_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from localcloud.destinations import send_to_destination
from localcloud.strict.patching import replaces

type Event = dict[str, Any]
type Target = dict[str, Any]
type Sender = Callable[[str, str, str, str], None]

_PLACEHOLDER = re.compile(r"<(?P<name>[^<>\s]+)>")
_TEMPLATE_PART = re.compile(r'(?P<string>"(?:\\.|[^"\\])*")|<(?P<bare>[^<>\s]+)>')


@replaces(EventsBackend, "put_events")
def events_go_to_the_bus_they_name(original: Any, backend: EventsBackend, events: list[Event]) -> list[Event]:
    """A bus's ARN can be another account's; moto looks the name up in the sender's. The event tells its sender."""
    return [_put(original, backend, event) for event in events]


def _put(original: Any, backend: EventsBackend, event: Event) -> Event:
    parts = event.get("EventBusName", "default").split(":", 5)
    account_id, region = (parts[4], parts[3]) if len(parts) > 1 else (backend.account_id, backend.region_name)
    foreign = (account_id, region) != (backend.account_id, backend.region_name)
    receiving = events_backends[account_id][region]
    bus = receiving.event_buses.get(parts[-1].removeprefix("event-bus/"))
    if bus is None:
        return {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"Event bus {parts[-1]} does not exist."}
    if foreign and not bus.has_permissions():
        return {"ErrorCode": "AccessDeniedException", "ErrorMessage": f"Not authorized to put events to {bus.arn}."}
    _sender.account_id = backend.account_id
    answer: Event = original(receiving, [{**event, "EventBusName": bus.name}])[0]
    return answer


_sender = threading.local()


@replaces(Rule, "send_to_targets")
def rules_deliver_to_every_target(_original: Any, rule: Rule, event: Event, *_: Any, **__: Any) -> None:
    """A disabled rule delivers nothing, and one that has only a schedule no events; moto lets it have all."""
    if rule.state != "DISABLED" and rule.event_pattern.dump() and rule.event_pattern.matches_event(_as_sent(event)):
        send_to_every_target(rule, _as_sent(event))


def send_to_every_target(rule: Rule, event: Event) -> None:
    """Deliver an event in its final form. A target that fails gets it into its dead-letter queue."""
    for target in rule.targets:
        _deliver(rule, target, event)


def _as_sent(event: Event) -> Event:
    """The event as targets and patterns see it; ``time`` is a UTC time to the second."""
    moment = event["time"]
    seconds = moment if isinstance(moment, int | float) else float(moment)
    shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    sent = {key: value for key, value in event.items() if key != "ingestion-time"}
    return {**sent, "time": shown, "account": getattr(_sender, "account_id", event["account"])}


def _deliver(rule: Rule, target: Target, event: Event) -> None:
    try:
        _send(target, _target_input(rule, target, event))
    except (ServiceException, LookupError, ValueError) as error:
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters is None:
            raise
        send_to_destination(dead_letters, {**event, "errorMessage": str(error), "ruleArn": rule.arn})


def _send(target: Target, text: str) -> None:
    arn: str = target["Arn"]
    service, region, account_id = arn.split(":")[2:5]
    _SENDERS[service](arn, account_id, region, text)


def _invoke_function(arn: str, account_id: str, region: str, text: str) -> None:
    function = lambda_backends[account_id][region].get_function(arn)
    function.invoke(text, {"x-amz-invocation-type": "Event"}, {})


def _start_execution(arn: str, account_id: str, region: str, text: str) -> None:
    stepfunctions_parser_backends[account_id][region].start_execution(arn, str(uuid.uuid4()), text)


def _send_message(arn: str, _account_id: str, _region: str, text: str) -> None:
    send_to_destination(arn, text)


def _put_on_bus(arn: str, account_id: str, region: str, text: str) -> None:
    event = json.loads(text)
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
        "EventBusName": arn,
    }
    events_backends[account_id][region].put_events([entry])


_SENDERS: dict[str, Sender] = {
    "lambda": _invoke_function,
    "states": _start_execution,
    "sqs": _send_message,
    "sns": _send_message,
    "events": _put_on_bus,
}


def _target_input(rule: Rule, target: Target, event: Event) -> str:
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    if transformer := target.get("InputTransformer"):
        return _transform(transformer, {**event, "__rule_arn": rule.arn})
    return json.dumps(event)


def _transform(transformer: dict[str, Any], event: Event) -> str:
    """Fill a template. A bare `<name>` becomes JSON; inside a string it becomes text."""
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.rule-arn"] = event.pop("__rule_arn")
    values["aws.events.event"] = values["aws.events.event.json"] = event

    def fill(match: re.Match[str]) -> str:
        if name := match["bare"]:
            return json.dumps(values.get(name))
        return _PLACEHOLDER.sub(lambda inner: _text(values.get(inner["name"])), match["string"])

    return _TEMPLATE_PART.sub(fill, transformer["InputTemplate"])


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _at(path: str, event: Event) -> Any:
    found = JsonPathParser().parse(path.replace("detail-type", "'detail-type'")).find(event)
    return found[0].value if found else None
