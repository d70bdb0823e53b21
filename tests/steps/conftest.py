"""The hub's tables, bus and state machine on moto, and stand-ins for what looks at members' networks and changes them."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.ec2.reader import Reader
from causeway.aws.ec2.writer import KindWriter, Target
from causeway.aws.events import Bus
from causeway.aws.executions import Executions, Tasks
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.topic import Topic
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.authority.notification import Notification
from causeway.domain.lifecycle.status import Status
from causeway.domain.model.errors import CausewayError
from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide
from causeway.domain.planning.kinds import ACL_ENTRIES, DNS, ROUTES, RULES, AcceptPeering, CreatePeering, DeletePeering
from causeway.domain.planning.rounds import PlanSummary
from causeway.steps.plan_peering import plan_peering
from causeway.steps.update_side import update_side
from tests.ledger import Ledger

from .samples import MADE, STEP, WANTED

KEYS = {"requests": ["request_id"], "ledger": ["request_id", "record"]}

type PlanStep = Callable[[PerSide[Any]], PlanSummary]


class RecordingBus(Bus):
    """Keeps what was announced."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, Status]] = []

    def announce(self, status: Status) -> None:
        self.announced.append((status.request_id, status))


class StillReader(Reader):
    """Sees what it is given."""

    def __init__(self, observed: PerSide[Any]) -> None:
        self._observed = observed

    def observe_both(self, request: Request, *, quotas: bool = False) -> PerSide[Snapshot | Finding]:  # noqa: ARG002 - always the same
        return self._observed


class RecordingWriter(ConnectionWriter, KindWriter):
    """Makes every change but the last ones, as many as it is told to fail, and keeps what it was asked for.

    What the first change is about is not shown to it, where it is told so.
    """

    def __init__(self, *, failing: int = 0, error: CausewayError | None = None, hidden: bool = False) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.targets: list[Target] = []
        self._failing = failing
        self._error = error
        self._hidden = hidden

    def request_peering(self, change: CreatePeering) -> str:
        self._ask(change)
        return MADE

    def accept_peering(self, change: AcceptPeering, connection_id: str) -> None:
        self._ask(change, connection_id)

    def delete_peering(self, change: DeletePeering, connection_id: str, request_id: str) -> bool:
        self._ask(change, connection_id, request_id)
        return not self._hidden

    def add(self, target: Target, changes: Sequence[Any]) -> Applied:
        return self._applied(target, changes)

    def remove(self, target: Target, changes: Sequence[Any]) -> Applied:
        return self._applied(target, changes)

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self._error is not None:
            raise self._error

    def _applied(self, target: Target, changes: Sequence[Any]) -> Applied:
        self.targets.append(target)
        self.asked.append((target.vpc, *changes))
        done = tuple(changes[: len(changes) - self._failing])
        return Applied(done=done, hidden=done[:1] if self._hidden else (), error=self._error)


update_route_tables = partial(update_side, kind=ROUTES)
update_security_groups = partial(update_side, kind=RULES)
update_network_acls = partial(update_side, kind=ACL_ENTRIES)
configure_dns = partial(update_side, kind=DNS)


class RecordingTasks(Tasks):
    """Keeps what waiting states were told, by their tokens; told once, a state waits no more."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def succeed(self, token: str, about: str) -> bool:  # noqa: ARG002 - only errors say what it is about
        return self._tell(token, "success")

    def fail(self, token: str, about: str, error: CausewayError) -> bool:  # noqa: ARG002 - as above
        return self._tell(token, type(error).__name__)

    def _tell(self, token: str, what: str) -> bool:
        return token not in self.told and self.told.setdefault(token, what) == what


class RecordingTopic(Topic):
    """Keeps what was published."""

    def __init__(self) -> None:
        self.published: list[Notification] = []

    def publish(self, notification: Notification) -> None:
        self.published.append(notification)


class Machine:
    """The state machine, as its operator sees it."""

    def __init__(self, client: Any, arn: str) -> None:
        self.arn = arn
        self.client = client

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """What each execution was given, by the execution's name."""
        executions = self.client.list_executions(stateMachineArn=self.arn)["executions"]
        described = (self.client.describe_execution(executionArn=each["executionArn"]) for each in executions)
        return {each["name"]: json.loads(each["input"]) for each in described}


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.session.Session]:
    """One for all tests of a module: making clients takes longer than most tests."""
    with mock_aws():
        yield boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


@pytest.fixture(scope="module")
def resource(session: boto3.session.Session) -> Any:
    return session.resource("dynamodb")


@pytest.fixture(scope="module")
def step_functions(session: boto3.session.Session) -> Any:
    return session.client("stepfunctions")


@pytest.fixture(scope="module")
def client(session: boto3.session.Session) -> Any:
    return session.client("dynamodb")


@pytest.fixture
def dynamodb(resource: Any, client: Any) -> Iterator[Any]:
    """A client of the two tables, which are empty."""
    tables = [
        resource.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
            BillingMode="PAY_PER_REQUEST",
        )
        for table, names in KEYS.items()
    ]
    yield client
    for table in tables:
        table.delete()


@pytest.fixture
def table(resource: Any, dynamodb: Any) -> Any:
    """The table of requests, as people use it."""
    return resource.Table("requests")


@pytest.fixture
def requests(dynamodb: Any) -> RequestsTable:
    return RequestsTable("requests", dynamodb)


@pytest.fixture
def ledger(dynamodb: Any) -> Ledger:
    return Ledger.of(dynamodb)


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def machine(step_functions: Any) -> Iterator[Machine]:
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    role = "arn:aws:iam::123456789012:role/flow"
    answer = step_functions.create_state_machine(name="flow", definition=json.dumps(definition), roleArn=role)
    yield Machine(step_functions, answer["stateMachineArn"])
    step_functions.delete_state_machine(stateMachineArn=answer["stateMachineArn"])


@pytest.fixture
def executions(machine: Machine) -> Executions:
    return Executions(machine.arn, machine.client)


@pytest.fixture
def begun(table: Any, ledger: Ledger) -> None:
    """The item of `WANTED` is there, and its first generation has its request."""
    table.put_item(Item={"request_id": WANTED.request_id})
    ledger.runs.save_request(1, WANTED)


@pytest.fixture
def plan(requests: RequestsTable, ledger: Ledger) -> PlanStep:
    """PlanPeering of that run, on these networks, with nobody else at work."""
    return lambda networks: plan_peering(
        STEP,
        requests=requests,
        generations=ledger.generations,
        runs=ledger.runs,
        holdings=ledger.holdings,
        locks=ledger.locks,
        approvals=ledger.approvals,
        tasks=RecordingTasks(),
        reader=StillReader(networks),
        rule=ApprovalRule(),
        is_running=lambda _: False,
    )
