"""A request's way as a person goes it: put the item, wait for its status, read what the services tell."""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.deploy.stacks import HUB_STACK, Outputs, operator_session
from localcloud.endpoint.calls import ApiCall
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws
from tests.queues import letting_in

from .network import Network

PATIENCE = 90.0
"""Seconds. A warm run takes one or two; the first one starts every function, and the machine may be busy."""
LOOK_AGAIN = 0.1
"""Seconds. The embedded AWS answers in this very process: who looks more often takes the time that the run needs."""
FINAL_STATES = {"ACTIVE", "DRIFTED", "REJECTED", "FAILED"}
SSH = {"from": "both", "protocol": "tcp", "ports": "22"}
PING = {"from": "both", "protocol": "icmp"}

type Item = dict[str, Any]
type Status = Mapping[str, Any]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Run:
    """A status, and the calls that were made on the way to it."""

    status: Status
    calls: list[ApiCall]

    @property
    def writes(self) -> list[str]:
        """The mutating EC2 calls of anybody, in order."""
        return [call.operation for call in self.calls if call.service == "ec2" and call.mutating]

    @property
    def reads(self) -> list[str]:
        """The other EC2 calls that were made with the members' roles."""
        roles = {"causeway-read", "causeway-write"}
        of_the_roles = (call for call in self.calls if call.service == "ec2" and call.principal in roles)
        return [call.operation for call in of_the_roles if not call.mutating]

    @property
    def codes(self) -> set[str]:
        return {finding["code"] for finding in self.status["findings"]}


def _writer(log_stream: str) -> str:
    """The logical id of the function whose log stream this is, such as ``2026/11/01/causeway-PlanPeering-1A2B[$LATEST]7f…``."""
    return log_stream.partition("[")[0].split("-")[-2]


def an_item(requester: Network, accepter: Network, *, allow: Iterable[Mapping[str, Any]] = (SSH, PING), **fields: Any) -> Item:
    """An item with an id of its own."""
    return {
        "request_id": f"request-{next(_numbers)}",
        "requester": requester.ref,
        "accepter": accepter.ref,
        "allow": list(allow),
        **fields,
    }


def eventually[Value](read: Callable[[], Value | None], why: Callable[[], str] = lambda: "it did not happen in time") -> Value:
    """The first value that is not empty; fails with `why` once patience is over."""
    deadline = time.monotonic() + PATIENCE
    while not (value := read()):
        assert time.monotonic() < deadline, why()
        time.sleep(LOOK_AGAIN)
    return value


class Hub:
    """The deployed product, by its interfaces: the table, the bus, the state machine, the logs."""

    def __init__(self, aws: EmbeddedAws, outputs: Outputs, stack: str = HUB_STACK) -> None:
        self.aws = aws
        self.outputs = outputs
        self.stack = stack
        self._session = operator_session(aws, HUB_ACCOUNT_ID)

    def client(self, service: str) -> Any:
        """One of the operator's clients in the hub account."""
        return self._session.client(service, endpoint_url=self.aws.endpoint_url)  # type: ignore[call-overload]

    # Requests

    def run(self, item: Item) -> Run:
        """Put an item and wait for what comes of it."""
        before = self.generation(item["request_id"])
        return self.recorded(lambda: self.put(item), item["request_id"], before)

    def recorded(self, ask: Callable[[], None], request_id: str, before: int = 0) -> Run:
        """Ask for something and wait for the final status of a generation after `before`."""
        with self.aws.calls.record() as calls:
            ask()
            status = self.wait(request_id, before)
        return Run(status, calls)

    def put(self, item: Item) -> None:
        self.table.put_item(Item=item)

    def item(self, request_id: str) -> Item:
        found: Item = self.table.get_item(Key={"request_id": request_id}, ConsistentRead=True).get("Item", {})
        return found

    def generation(self, request_id: str) -> int:
        return int(self.item(request_id).get("status", {}).get("generation", 0))

    def wait(self, request_id: str, before: int = 0) -> Status:
        """The final status of a generation after `before`."""

        def final() -> Status | None:
            status: Status | None = self.item(request_id).get("status")
            done = status is not None and status["state"] in FINAL_STATES and status["generation"] > before
            return status if done else None

        return eventually(final, lambda: f"{request_id} has no final status:\n{self._story(request_id)}")

    def settle(self) -> None:
        """Wait until everything that was put so far is dispatched: the stream is in order, and this comes last."""
        marker = f"marker-{next(_numbers)}"
        self.put({"request_id": marker})
        assert self.wait(marker)["state"] == "REJECTED"

    def remove(self, request_id: str) -> dict[str, Any]:
        """Delete an item, and wait for the event that tells how its peering ended."""
        queue = self.listen(request_id)
        self.heard(queue)
        self.table.delete_item(Key={"request_id": request_id})
        ends = {"PeeringRemoved", "PeeringFailed"}
        return eventually(lambda: next((each for each in self.heard(queue) if each["detail-type"] in ends), None))

    # Executions

    def execution(self, status: Status) -> dict[str, Any]:
        """The finished execution that wrote a status."""
        arn = self._execution_arn(status["execution"])

        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = self.executions.describe_execution(executionArn=arn)
            return None if described["status"] == "RUNNING" else described

        return eventually(ended)

    def execution_names(self, request_id: str) -> list[str]:
        pages = self.executions.get_paginator("list_executions").paginate(stateMachineArn=self.outputs["StateMachineArn"])
        names = (execution["name"] for page in pages for execution in page["executions"])
        return sorted(name for name in names if name.rpartition("-")[0] == request_id)

    def stop(self, status: Status) -> None:
        """Stop an execution by hand, as an operator can."""
        self.executions.stop_execution(executionArn=self._execution_arn(status["execution"]))
        self.execution(status)

    def states_entered(self, status: Status) -> list[str]:
        self.execution(status)
        return self.states_entered_so_far(status)

    def states_entered_so_far(self, status: Status) -> list[str]:
        """None of an execution that has not begun."""
        if status["execution"] not in self.execution_names(status["execution"].rpartition("-")[0]):
            return []
        details = (event.get("stateEnteredEventDetails") for event in self._history(status["execution"]))
        return [detail["name"] for detail in details if detail]

    # Events

    def listen(self, request_id: str) -> str:
        """A queue for every event about a request, made before the first of them; its URL."""
        sqs, events, bus = self.client("sqs"), self.client("events"), self.outputs["EventBusName"]
        url: str = sqs.create_queue(QueueName=request_id)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"detail": {"request_id": [request_id]}})
        rule = events.put_rule(Name=request_id, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": letting_in(rule, arn)})
        events.put_targets(Rule=request_id, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return url

    def heard(self, url: str) -> list[dict[str, Any]]:
        """Take the events that have come to a queue."""
        sqs = self.client("sqs")
        taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in taken]

    # Rules and queues

    def resource(self, logical_id: str) -> str:
        """The physical id of something in the hub's stack."""
        answer = self.client("cloudformation").describe_stack_resource(StackName=self.stack, LogicalResourceId=logical_id)
        physical_id: str = answer["StackResourceDetail"]["PhysicalResourceId"]
        return physical_id

    def place_of_rule(self, logical_id: str) -> dict[str, str]:
        """A rule's name and bus, as EventBridge's operations take them."""
        bus = self.outputs["EventBusName"] if logical_id == "NetworkChanged" else "default"
        return {"Name": self.resource(logical_id).rpartition("|")[2].rpartition("/")[2], "EventBusName": bus}

    # Functions

    def function(self, name: str) -> dict[str, Any]:
        """A function's configuration, by its name in the template."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        functions = (function for page in pages for function in page["Functions"])
        (found,) = (each for each in functions if each["FunctionName"].startswith(f"{self.stack}-{name}-"))
        configuration: dict[str, Any] = found
        return configuration

    def log_lines(self, function: str = "") -> list[tuple[str, dict[str, Any]]]:
        """Every JSON line that the functions have written, or one of them, each with its function's logical id."""
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=f"/causeway/{self.stack}")
        events = [event for page in pages for event in page["events"] if event["message"].startswith("{")]
        lines = [(_writer(event["logStreamName"]), json.loads(event["message"])) for event in events]
        return [(writer, line) for writer, line in lines if function in ("", writer)]

    @cached_property
    def table(self) -> Any:
        resource: Any = self._session.resource("dynamodb", endpoint_url=self.aws.endpoint_url)
        return resource.Table(self.outputs["RequestsTableName"])

    @cached_property
    def executions(self) -> Any:
        return self.client("stepfunctions")

    @cached_property
    def _logs(self) -> Any:
        return self.client("logs")

    def _execution_arn(self, name: str) -> str:
        return f"{self.outputs['StateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"

    def _history(self, name: str) -> list[dict[str, Any]]:
        pages = self.executions.get_paginator("get_execution_history").paginate(executionArn=self._execution_arn(name))
        return [event for page in pages for event in page["events"]]

    def _story(self, request_id: str) -> str:
        """Everything that tells why a request has no outcome."""
        lines = (f"{writer}: {json.dumps(line)}" for writer, line in self.log_lines() if line.get("request_id") == request_id)
        histories = (
            json.dumps(event, default=str) for name in self.execution_names(request_id) for event in self._history(name)
        )
        return "\n".join([str(self.item(request_id)), *histories, *lines])
