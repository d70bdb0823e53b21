"""Task tokens: a state machine that waits for an answer, who may give it, and when it is too late."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.expecting import eventually, refused, until
from tests.conformance.policies import Roles, allow, permitted, trusting
from tests.conformance.queues import Queue

TRUST = trusting({"Service": "states.amazonaws.com"})


class Machines:
    """State machines whose one task sends its token to a queue, and their executions."""

    def __init__(self, account: Account, unique: Callable[[], str]) -> None:
        self.account = account
        self.states = account.client("stepfunctions")
        self.queue = Queue.make(account, unique())
        self._unique = unique
        self._role = Roles(account, unique).make(allow("sqs:SendMessage", self.queue.arn), trust=TRUST)
        self._waiting: dict[str, list[str]] = {}

    def make(self, **fields: Any) -> str:
        """Make one whose task has these fields too."""
        ask = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "TimeoutSeconds": 60,
            "Arguments": {
                "QueueUrl": self.queue.url,
                "MessageBody": {
                    "token": "{% $states.context.Task.Token %}",
                    "execution": "{% $states.context.Execution.Id %}",
                },
            },
            "Catch": [
                {"ErrorEquals": ["States.Timeout"], "Output": {"lapsed": True}, "Next": "Done"},
                {"ErrorEquals": ["States.TaskFailed"], "Output": "{% {'failed': $states.errorOutput} %}", "Next": "Done"},
            ],
            "Next": "Done",
        }
        states = {"Ask": {**ask, **fields}, "Done": {"Type": "Succeed"}}
        definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Ask", "States": states})
        made: list[str] = []

        def create() -> None:
            answer = self.states.create_state_machine(name=self._unique(), definition=definition, roleArn=self._role)
            made.append(answer["stateMachineArn"])

        assert permitted(create) == "ok"
        return made[0]

    def asked(self, machine: str) -> tuple[str, str]:
        """A new execution that waits, and its token."""
        execution = self.states.start_execution(stateMachineArn=machine)["executionArn"]
        return execution, self.token(execution)

    def token(self, execution: str) -> str:
        """The next token of an execution."""

        def waiting() -> list[str]:
            for message in self.queue.take():
                self._waiting.setdefault(message["execution"], []).append(message["token"])
            return self._waiting.get(execution, [])

        return until(waiting).pop(0)

    def status(self, execution: str) -> str:
        status: str = self.states.describe_execution(executionArn=execution)["status"]
        return status

    def output(self, execution: str) -> Any:
        eventually(lambda: self.status(execution), "SUCCEEDED")
        return json.loads(self.states.describe_execution(executionArn=execution)["output"])


@pytest.fixture(scope="module")
def machines(account: Account, unique: Callable[[], str]) -> Machines:
    return Machines(account, unique)


@pytest.fixture(scope="module")
def machine(machines: Machines) -> str:
    return machines.make()


@pytest.fixture
def asked(machines: Machines, machine: str) -> tuple[str, str]:
    """An execution that waits, and its token."""
    return machines.asked(machine)


def test_a_success_is_the_tasks_result(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions Guide: connect-to-resource; Step Functions API: SendTaskSuccess."""
    execution, token = asked
    machines.states.send_task_success(taskToken=token, output='{"decision": "approve"}')
    assert machines.output(execution) == {"decision": "approve"}


def test_a_failure_is_caught_by_its_name_and_has_its_cause(machines: Machines) -> None:
    """Step Functions Guide: concepts-error-handling; Step Functions API: SendTaskFailure."""
    catch = [{"ErrorEquals": ["Denied"], "Output": "{% {'denied': $states.errorOutput} %}", "Next": "Done"}]
    execution, token = machines.asked(machines.make(Catch=catch))
    machines.states.send_task_failure(taskToken=token, error="Denied", cause="not today")
    assert machines.output(execution) == {"denied": {"Error": "Denied", "Cause": "not today"}}


def test_a_failure_may_say_nothing(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: SendTaskFailure."""
    execution, token = asked
    machines.states.send_task_failure(taskToken=token)
    assert machines.output(execution) == {"failed": {"Error": "", "Cause": ""}}


def test_nobody_in_time_is_a_timeout_and_the_token_is_void(machines: Machines) -> None:
    """Step Functions Guide: state-task; Step Functions API: SendTaskSuccess."""
    execution, token = machines.asked(machines.make(TimeoutSeconds=1))
    assert machines.output(execution) == {"lapsed": True}
    with refused("TaskTimedOut"):
        machines.states.send_task_success(taskToken=token, output="{}")
    with refused("TaskTimedOut"):
        machines.states.send_task_heartbeat(taskToken=token)


def test_without_a_heartbeat_a_task_lapses(machines: Machines) -> None:
    """Step Functions Guide: connect-to-resource; Step Functions API: SendTaskHeartbeat."""
    execution, token = machines.asked(machines.make(HeartbeatSeconds=1))
    machines.states.send_task_heartbeat(taskToken=token)
    assert machines.output(execution) == {"lapsed": True}


def test_a_heartbeat_that_nobody_asked_for_is_no_error(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: SendTaskHeartbeat."""
    execution, token = asked
    machines.states.send_task_heartbeat(taskToken=token)
    machines.states.send_task_success(taskToken=token, output="1")
    assert machines.output(execution) == 1


def test_a_token_is_good_for_one_answer(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: SendTaskSuccess; Step Functions API: SendTaskFailure."""
    execution, token = asked
    machines.states.send_task_success(taskToken=token, output='"first"')
    with refused("TaskTimedOut"):
        machines.states.send_task_success(taskToken=token, output='"second"')
    with refused("TaskTimedOut"):
        machines.states.send_task_failure(taskToken=token, error="Denied")
    assert machines.output(execution) == "first"


def test_an_answer_is_json(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: SendTaskSuccess."""
    execution, token = asked
    with refused("InvalidOutput"):
        machines.states.send_task_success(taskToken=token, output="yes")
    machines.states.send_task_success(taskToken=token, output='"yes"')
    assert machines.output(execution) == "yes"


def test_what_is_no_token_is_refused(machines: Machines) -> None:
    """Step Functions API: SendTaskSuccess; Step Functions API: SendTaskFailure."""
    for send in (
        partial(machines.states.send_task_success, taskToken="AAAA", output="{}"),
        partial(machines.states.send_task_failure, taskToken="no token"),
        partial(machines.states.send_task_heartbeat, taskToken="AAAA"),
    ):
        with refused("InvalidToken"):
            send()


def test_another_account_has_no_such_task(machines: Machines, asked: tuple[str, str], peer: Account) -> None:
    """Step Functions API: SendTaskSuccess."""
    execution, token = asked
    with refused("TaskDoesNotExist"):
        peer.client("stepfunctions").send_task_success(taskToken=token, output="{}")
    machines.states.stop_execution(executionArn=execution)


def test_each_attempt_has_its_own_token(machines: Machines) -> None:
    """Step Functions Guide: connect-to-resource."""
    retry = [{"ErrorEquals": ["Later"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution, first = machines.asked(machines.make(Retry=retry))
    machines.states.send_task_failure(taskToken=first, error="Later")
    second = machines.token(execution)
    assert second != first
    with refused("TaskTimedOut"):
        machines.states.send_task_success(taskToken=first, output="1")
    machines.states.send_task_success(taskToken=second, output="2")
    assert machines.output(execution) == 2


def test_a_stopped_execution_is_aborted_at_once_and_its_token_is_void(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: StopExecution."""
    execution, token = asked
    machines.states.stop_execution(executionArn=execution, error="Superseded", cause="a newer request")
    found = machines.states.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Superseded", "a newer request")
    with refused("TaskTimedOut"):
        machines.states.send_task_success(taskToken=token, output="{}")
    history = partial(machines.states.get_execution_history, executionArn=execution)
    eventually(lambda: [event["type"] for event in history()["events"]][-2:], ["TaskSubmitted", "ExecutionAborted"])


def test_an_ended_execution_stays_as_it_ended(machines: Machines, asked: tuple[str, str]) -> None:
    """Step Functions API: StopExecution."""
    execution, token = asked
    machines.states.send_task_success(taskToken=token, output="1")
    assert machines.output(execution) == 1
    machines.states.stop_execution(executionArn=execution)
    assert machines.status(execution) == "SUCCEEDED"


@pytest.fixture(scope="module")
def answering(machines: Machines, unique: Callable[[], str]) -> Callable[[str], Any]:
    """A client of a new role that may send successes for one state machine."""

    def make(machine: str) -> Any:
        return Roles(machines.account, unique).acting(allow("states:SendTaskSuccess", machine)).client("stepfunctions")

    return make


def test_who_may_answer_a_machines_tasks_answers(machines: Machines, machine: str, asked: Any, answering: Any) -> None:
    """Service Authorization Reference: list_awsstepfunctions."""
    execution, token = asked
    sender = answering(machine)
    assert permitted(lambda: sender.send_task_success(taskToken=token, output='"approved"')) == "ok"
    assert machines.output(execution) == "approved"


def test_who_may_answer_another_machines_tasks_does_not(machines: Machines, machine: str, asked: Any, answering: Any) -> None:
    """Service Authorization Reference: list_awsstepfunctions."""
    execution, token = asked
    with refused("AccessDeniedException"):
        answering(f"{machine}-not").send_task_success(taskToken=token, output="{}")
    machines.states.stop_execution(executionArn=execution)
