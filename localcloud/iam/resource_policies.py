"""What resources' own policies say: an event bus's about who puts events, and a queue's about a rule's messages."""

import json
from collections.abc import Mapping

from moto.events.models import EventBus, Rule, events_backends
from moto.sqs.models import Queue

from localcloud.iam.evaluation import Context, Decision, Principal, evaluate
from localcloud.iam.policies import Policy, parse_policy

PUT_EVENTS = "events:PutEvents"
_NOTHING: Mapping[str, object] = {"Statement": []}


def find_bus(arn: str) -> EventBus | None:
    _, _, _, region, account_id, name = arn.split(":", 5)
    return events_backends[account_id][region].event_buses.get(name.removeprefix("event-bus/"))


def judge_put_events(bus: EventBus, principal: Principal, account_id: str, context: Context) -> Decision:
    """Whether the bus lets a principal of an account put an event. Only the bus's own policy is asked.

    The bus's own account needs no allow in its policy, and yet heeds a deny.

    Args:
        bus: where the event is to go.
        principal: who puts it.
        account_id: the principal's account.
        context: the request's condition keys, with ``events:source`` and ``events:detail-type``.
    """
    decision = evaluate([_policy(bus.policy)], PUT_EVENTS, bus.arn, context, principal)
    own = account_id == bus.account_id and decision.outcome == "implicit deny"
    return Decision("allow") if own else decision


def queue_takes_from(queue: Queue, rule: Rule) -> bool:
    """Whether the queue's policy lets EventBridge send a rule's messages."""
    context = {"aws:sourcearn": (rule.arn,), "aws:sourceaccount": (rule.account_id,)}
    principal = Principal("Service", frozenset({"events.amazonaws.com"}))
    return evaluate([_policy(queue.policy)], "sqs:SendMessage", queue.queue_arn, context, principal).allowed


def _policy(text: str | None) -> Policy:
    return parse_policy(json.loads(text) if text else _NOTHING)
