"""Task tokens: a state machine that waits for an answer, who may give it, and when it is too late."""

import json
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import operator_session
from localcloud.server import HUB_ACCOUNT_ID
from tests.localcloud.conftest import App, eventually

TRUST = {"Service": "states.amazonaws.com"}


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _echo_arn(app: App) -> str:
    function = app.functions.get_function(FunctionName=app.outputs["EchoFunctionName"])
    arn: str = function["Configuration"]["FunctionArn"]
    return arn


class Waiting:
    """A state machine whose one task hands its token to the echo function, and its executions."""

    def __init__(self, app: App, role_arn: str, name: str, **fields: Any) -> None:
        self.app = app
        self.states = app.client("stepfunctions")
        ask = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "TimeoutSeconds": 20,
            "Arguments": {
                "FunctionName": _echo_arn(app),
                "Payload": {"echo": "{% $states.context.Task.Token %}"},
            },
            "Catch": [
                {"ErrorEquals": ["Denied"], "Output": "{% {'denied': $states.errorOutput} %}", "Next": "Done"},
                {"ErrorEquals": ["States.Timeout"], "Output": {"lapsed": True}, "Next": "Done"},
                {"ErrorEquals": ["States.TaskFailed"], "Output": "{% {'failed': $states.errorOutput} %}", "Next": "Done"},
            ],
            "Next": "Done",
        }
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": "Ask",
            "States": {"Ask": {**ask, **fields}, "Done": {"Type": "Succeed"}},
        }
        made = self.states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role_arn)
        self.arn: str = made["stateMachineArn"]

    def start(self) -> str:
        arn: str = self.states.start_execution(stateMachineArn=self.arn)["executionArn"]
        return arn

    def tokens(self, execution: str) -> list[str]:
        """The token of each attempt that waits or has waited."""
        events = self.states.get_execution_history(executionArn=execution)["events"]
        submitted = [event for event in events if event["type"] == "TaskSubmitted"]
        outputs = [json.loads(event["taskSubmittedEventDetails"]["output"]) for event in submitted]
        return [output["Payload"]["event"]["echo"] for output in outputs]

    def asked(self) -> tuple[str, str]:
        """A new execution that waits, and its token."""
        execution = self.start()
        return execution, eventually(lambda: self.tokens(execution))[0]

    def ended(self, execution: str) -> dict[str, Any]:
        def description() -> dict[str, Any] | None:
            found: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            return None if found["status"] == "RUNNING" else found

        return eventually(description)

    def output(self, execution: str) -> Any:
        return json.loads(self.ended(execution)["output"])

    def event_types(self, execution: str) -> list[str]:
        events = self.states.get_execution_history(executionArn=execution)["events"]
        return [event["type"] for event in events]


@pytest.fixture(scope="module")
def role(app: App) -> Callable[..., str]:
    """Make a role that may do one thing; its ARN."""

    def make(name: str, principal: dict[str, str], action: str, resource: str) -> str:
        iam = app.client("iam")
        trust = _policy(Principal=principal, Action="sts:AssumeRole")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=_policy(Action=action, Resource=resource))
        return arn

    return make


@pytest.fixture(scope="module")
def machine_role(app: App, role: Callable[..., str]) -> str:
    return role("asking", TRUST, "lambda:InvokeFunction", _echo_arn(app))


@pytest.fixture(scope="module")
def waiting(app: App, machine_role: str) -> Waiting:
    return Waiting(app, machine_role, "waiting")


def _code(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_success_is_the_tasks_result(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_success(taskToken=token, output='{"decision": "approve"}')
    assert waiting.output(execution) == {"decision": "approve"}


def test_a_failure_is_matched_by_its_name_and_has_its_cause(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_failure(taskToken=token, error="Denied", cause="not today")
    assert waiting.output(execution) == {"denied": {"Error": "Denied", "Cause": "not today"}}


def test_a_failure_may_say_nothing(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_failure(taskToken=token)
    assert waiting.output(execution) == {"failed": {"Error": "", "Cause": ""}}


def test_nobody_in_time_is_a_timeout_and_the_token_is_void(app: App, machine_role: str) -> None:
    hasty = Waiting(app, machine_role, "hasty", TimeoutSeconds=1)
    execution, token = hasty.asked()
    assert hasty.output(execution) == {"lapsed": True}
    assert _code(lambda: hasty.states.send_task_success(taskToken=token, output="{}")) == "TaskTimedOut"
    assert _code(lambda: hasty.states.send_task_heartbeat(taskToken=token)) == "TaskTimedOut"


def test_heartbeats_keep_a_task_alive(app: App, machine_role: str) -> None:
    beating = Waiting(app, machine_role, "beating", HeartbeatSeconds=1)
    execution, token = beating.asked()
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        beating.states.send_task_heartbeat(taskToken=token)
        time.sleep(0.1)
    assert beating.states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert beating.output(execution) == {"lapsed": True}
    assert "TaskTimedOut" in beating.event_types(execution)


def test_a_heartbeat_that_nobody_asked_for_is_no_error(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_heartbeat(taskToken=token)
    waiting.states.send_task_success(taskToken=token, output="1")
    assert waiting.output(execution) == 1


def test_a_token_is_good_for_one_answer(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_success(taskToken=token, output='"first"')
    assert _code(lambda: waiting.states.send_task_success(taskToken=token, output='"second"')) == "TaskTimedOut"
    assert _code(lambda: waiting.states.send_task_failure(taskToken=token, error="Denied")) == "TaskTimedOut"
    assert waiting.output(execution) == "first"


def test_an_answer_has_to_be_json(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    assert _code(lambda: waiting.states.send_task_success(taskToken=token, output="yes")) == "InvalidOutput"
    waiting.states.send_task_success(taskToken=token, output='"yes"')
    assert waiting.output(execution) == "yes"


def test_what_is_no_token_is_refused(waiting: Waiting) -> None:
    for send in (
        partial(waiting.states.send_task_success, taskToken="AAAA", output="{}"),
        partial(waiting.states.send_task_failure, taskToken="no token"),
        partial(waiting.states.send_task_heartbeat, taskToken="AAAA"),
    ):
        assert _code(send) == "InvalidToken"


def test_another_account_has_no_such_task(app: App, waiting: Waiting) -> None:
    execution, token = waiting.asked()
    member = operator_session(app.aws, "111111111111").client("stepfunctions", endpoint_url=app.aws.endpoint_url)
    assert _code(lambda: member.send_task_success(taskToken=token, output="{}")) == "TaskDoesNotExist"
    waiting.states.stop_execution(executionArn=execution)


def test_each_attempt_has_its_own_token(app: App, machine_role: str) -> None:
    retry = [{"ErrorEquals": ["Later"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    patient = Waiting(app, machine_role, "patient", Retry=retry)
    execution, first = patient.asked()
    patient.states.send_task_failure(taskToken=first, error="Later")
    second = eventually(lambda: patient.tokens(execution)[1:])[0]
    assert second != first
    assert _code(lambda: patient.states.send_task_success(taskToken=first, output="1")) == "TaskTimedOut"
    patient.states.send_task_success(taskToken=second, output="2")
    assert patient.output(execution) == 2


def test_a_stopped_execution_is_aborted_at_once_and_its_token_is_void(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.stop_execution(executionArn=execution, error="Superseded", cause="a newer request")
    found = waiting.states.describe_execution(executionArn=execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Superseded", "a newer request")
    assert _code(lambda: waiting.states.send_task_success(taskToken=token, output="{}")) == "TaskTimedOut"
    assert eventually(lambda: waiting.event_types(execution)[-1:] == ["ExecutionAborted"])
    assert waiting.event_types(execution)[-2] == "TaskSubmitted"
    assert waiting.states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_an_ended_execution_stays_as_it_ended(waiting: Waiting) -> None:
    execution, token = waiting.asked()
    waiting.states.send_task_success(taskToken=token, output="1")
    waiting.ended(execution)
    waiting.states.stop_execution(executionArn=execution)
    assert waiting.ended(execution)["status"] == "SUCCEEDED"


def test_no_thread_outlives_a_stopped_execution(waiting: Waiting) -> None:
    before = set(threading.enumerate())
    execution, _ = waiting.asked()
    waiting.states.stop_execution(executionArn=execution)
    asl = "moto.stepfunctions"
    eventually(lambda: not [thread for thread in set(threading.enumerate()) - before if asl in repr(thread)] or None)


@pytest.fixture
def sender(app: App, waiting: Waiting, role: Callable[..., str], request: pytest.FixtureRequest) -> Any:
    """A client of a role that may answer one state machine's tasks: the waiting one's, or another one's."""
    resource = waiting.arn if request.param == "own" else f"{waiting.arn}-not"
    principal = {"AWS": f"arn:aws:iam::{HUB_ACCOUNT_ID}:root"}
    arn = role(f"sender-{request.param}", principal, "states:SendTaskSuccess", resource)
    keys = app.client("sts").assume_role(RoleArn=arn, RoleSessionName="decide")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
    return session.client("stepfunctions", endpoint_url=app.aws.endpoint_url)


@pytest.mark.parametrize("sender", ["own"], indirect=True)
def test_who_may_answer_the_state_machines_tasks_answers(waiting: Waiting, sender: Any) -> None:
    execution, token = waiting.asked()
    assert _code(lambda: sender.send_task_failure(taskToken=token, error="Denied")) == "AccessDeniedException"
    sender.send_task_success(taskToken=token, output='"approved"')
    assert waiting.output(execution) == "approved"


@pytest.mark.parametrize("sender", ["other"], indirect=True)
def test_who_may_answer_another_state_machines_tasks_does_not(waiting: Waiting, sender: Any) -> None:
    execution, token = waiting.asked()
    assert _code(lambda: sender.send_task_success(taskToken=token, output="{}")) == "AccessDeniedException"
    waiting.states.stop_execution(executionArn=execution)


def test_the_role_needs_the_permission_to_invoke(app: App, role: Callable[..., str]) -> None:
    helpless = Waiting(app, role("helpless", TRUST, "lambda:InvokeFunction", "arn:aws:lambda:*:*:function:other"), "helpless")
    denied = helpless.output(helpless.start())["failed"]
    assert denied["Error"] == "Lambda.AccessDeniedException"
    assert "is not authorized to perform: lambda:InvokeFunction" in denied["Cause"]
