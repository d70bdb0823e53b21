"""EventBridge rules that deliver: to Lambda, Step Functions, SQS and other buses, transformed, with dead letters.

A target gets nothing that its own policy, or the role that the rule names for it, does not allow.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.core.exceptions import ServiceException
from moto.events.exceptions import ValidationException
from moto.events.models import EventBus, EventsBackend, Rule
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from localcloud.core.patching import replaces
from localcloud.endpoint.callers import Caller
from localcloud.events.buses import sender_of
from localcloud.events.target_inputs import Event, Target, target_input
from localcloud.iam.principals import principal_context, principal_of
from localcloud.iam.resource_policies import PUT_EVENTS, find_bus, judge_put_events, queue_takes_from
from localcloud.iam.service_roles import service_may
from localcloud.messaging.destinations import send_to_destination
from localcloud.messaging.queues import find_queue

type Sender = Callable[[Rule, Target, str], None]

_EVENTS = "events.amazonaws.com"


class UndeliverableError(Exception):
    """A target may not, or cannot, have its event; says why."""


@replaces(Rule, "send_to_targets")
def rules_deliver_to_every_target(_original: Any, rule: Rule, event: Event, *_: Any, **__: Any) -> None:
    """In place of moto's own delivery, which knows fewer targets."""
    _offer(rule, _as_sent(event))


def publish(bus: EventBus, event: Event) -> None:
    """Hand an event in its final form, as targets see it, to the rules of a bus."""
    for rule in list(bus.rules.values()):
        _offer(rule, event)


def send_to_every_target(rule: Rule, event: Event) -> None:
    """Deliver an event in its final form. A target that fails gets it into its dead-letter queue.

    Raises:
        UndeliverableError: a target without a dead-letter queue failed. On AWS that event is lost.
    """
    for target in rule.targets:
        _deliver(rule, target, event)


def _offer(rule: Rule, event: Event) -> None:
    """A disabled rule delivers nothing, and one that has only a schedule no events; moto lets it have all."""
    if rule.state != "DISABLED" and rule.event_pattern.dump() and rule.event_pattern.matches_event(event):
        send_to_every_target(rule, event)


def _as_sent(event: Event) -> Event:
    """The event as targets and patterns see it; ``time`` is a UTC time to the second."""
    moment = event["time"]
    seconds = moment if isinstance(moment, int | float) else float(moment)
    shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    sent = {key: value for key, value in event.items() if key != "ingestion-time"}
    return {**sent, "time": shown, "account": sender_of(event)}


def _deliver(rule: Rule, target: Target, event: Event) -> None:
    try:
        _send(rule, target, event)
    except (UndeliverableError, ServiceException, LookupError, ValueError) as error:
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters is None:
            raise
        document = {**event, "errorMessage": str(error), "ruleArn": rule.arn}
        _send_message(rule, {"Arn": dead_letters}, json.dumps(document))


def _send(rule: Rule, target: Target, event: Event) -> None:
    service = target["Arn"].split(":")[2]
    if service == "events":
        _put_on_bus(target, event)
    else:
        _SENDERS[service](rule, target, target_input(rule, target, event))


def _invoke_function(_rule: Rule, target: Target, text: str) -> None:
    region, account_id = target["Arn"].split(":")[3:5]
    function = lambda_backends[account_id][region].get_function(target["Arn"])
    function.invoke(text, {"x-amz-invocation-type": "Event"}, {})


def _start_execution(_rule: Rule, target: Target, text: str) -> None:
    _check_role(target, "states:StartExecution")
    region, account_id = target["Arn"].split(":")[3:5]
    stepfunctions_parser_backends[account_id][region].start_execution(target["Arn"], str(uuid.uuid4()), text)


def _send_message(rule: Rule, target: Target, text: str) -> None:
    queue = find_queue(target["Arn"])
    if queue is None:
        raise UndeliverableError(f"{target['Arn']} does not exist.")
    if not queue_takes_from(queue, rule):
        raise UndeliverableError(f"The policy of {target['Arn']} does not let {_EVENTS} send messages for {rule.arn}.")
    send_to_destination(target["Arn"], text)


def _publish_notification(_rule: Rule, target: Target, text: str) -> None:
    send_to_destination(target["Arn"], text)


def _put_on_bus(target: Target, event: Event) -> None:
    """Forwarded as it is: with its id, time, account and region, and never transformed."""
    bus = find_bus(target["Arn"])
    if bus is None:
        raise UndeliverableError(f"{target['Arn']} does not exist.")
    if role_arn := target.get("RoleArn"):
        _check_role(target, PUT_EVENTS)
        _check_bus(bus, role_arn, event)
    publish(bus, event)


def _check_role(target: Target, action: str) -> None:
    if not service_may(_EVENTS, target["RoleArn"], action, target["Arn"]):
        raise UndeliverableError(f"{target['RoleArn']} is not authorized to perform: {action} on resource: {target['Arn']}")


def _check_bus(bus: EventBus, role_arn: str, event: Event) -> None:
    caller = Caller(role_arn.split(":")[4], "", role_arn=role_arn, session_name="events")
    context = {
        **principal_context(caller.account_id, role_arn),
        "events:source": (event["source"],),
        "events:detail-type": (event["detail-type"],),
    }
    if not judge_put_events(bus, principal_of(caller), caller.account_id, context).allowed:
        raise UndeliverableError(f"The policy of {bus.arn} does not allow {role_arn} to perform: {PUT_EVENTS}")


_SENDERS: dict[str, Sender] = {
    "lambda": _invoke_function,
    "states": _start_execution,
    "sqs": _send_message,
    "sns": _publish_notification,
}


@replaces(EventsBackend, "put_targets")
def some_targets_need_a_role(
    original: Callable[..., None], backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[Target]
) -> None:
    """State machines always, and buses of another account or region."""
    here = f":{backend.region_name}:{backend.account_id}:"
    for target in targets:
        service = target["Arn"].split(":")[2]
        needed = service == "states" or (service == "events" and here not in target["Arn"])
        if needed and not target.get("RoleArn"):
            raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    original(backend, name=name, event_bus_arn=event_bus_arn, targets=targets)
