"""Task tokens as Step Functions treats them: one for each attempt of a task, good for one answer, until its time is over.

Sources: SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat in the Step Functions API Reference; "Wait for a Callback
with Task Token" in its Developer Guide.
"""

import base64
import binascii
import json
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.eval.states import ContextObject, TaskData
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud.core.patching import replaces

_ONE_ANSWER_AT_A_TIME = threading.Lock()


def state_machine_of(token: str) -> str | None:
    """The ARN of the state machine whose task the token stands for; None where the text is not a token."""
    execution_arn = _execution_of(token)
    return execution_arn and execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")


@replaces(ContextObject, "update_task_token")
def a_token_names_its_execution(_original: Any, context: ContextObject) -> str:
    """The token is opaque to its holders; here it names the execution that it belongs to."""
    data = context.context_object_data
    token = base64.urlsafe_b64encode(f"{data['Execution']['Id']}|{uuid.uuid4()}".encode()).decode()
    data["Task"] = TaskData(Token=token)
    return token


@replaces(ExecutionState, "_evaluate_with_timeout")
def each_attempt_has_a_token_of_its_own(original: Any, state: ExecutionState, env: Environment) -> None:
    """A token is worth nothing once its attempt has ended, however it ended; a retry gets another one.

    An attempt that ends because the execution was stopped does not fail its task.
    """
    task = env.states.context_object.context_object_data.get("Task")
    if task and (used := env.callback_pool_manager.get(task["Token"])) and _is_closed(used):
        env.callback_pool_manager.add(env.states.context_object.update_task_token())
    try:
        original(state, env)
    except Exception:
        if env.is_running():
            raise
    finally:
        task = env.states.context_object.context_object_data.get("Task")
        if task and (endpoint := env.callback_pool_manager.get(task["Token"])):
            endpoint.interrupt_all()


@replaces(Environment, "set_stop")
@replaces(Environment, "set_timed_out")
def an_ended_execution_waits_for_nobody(original: Any, env: Environment, *args: Any, **kwargs: Any) -> None:
    """Every thread that waits for a token wakes up, and the tokens are void."""
    original(env, *args, **kwargs)
    for endpoint in list(env.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()


@replaces(StepFunctionResponse, "stop_execution")
def a_stopped_execution_is_aborted_at_once(original: Any, response: Any) -> ActionResult:
    """With the error and the cause that StopExecution gives. An execution that has ended stays as it ended."""
    if not isinstance(response.stepfunction_backend, StepFunctionsParserBackend):
        return original(response)
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    error, cause = response._get_param("error"), response._get_param("cause")
    execution.stop(stop_date=datetime.now(UTC), error=error, cause=cause)
    if isinstance(execution.exec_worker.env.program_state(), ProgramStopped):
        execution.exec_status, execution.stop_date = ExecutionStatus.ABORTED, datetime.now(UTC)
        execution.error, execution.cause = error, cause
    return ActionResult({"stopDate": execution.stop_date})


@replaces(StepFunctionsParserBackend, "send_task_success")
def send_task_success(_original: Any, backend: StepFunctionsParserBackend, task_token: str, outcome: str) -> None:
    """SendTaskSuccess. An output that is not JSON: InvalidOutput."""
    try:
        json.loads(outcome)
    except ValueError as error:
        raise AWSError(f"Invalid Output: '{error}'", "InvalidOutput") from error
    _answer(backend, task_token, CallbackOutcomeSuccess(callback_id=task_token, output=outcome))


@replaces(StepFunctionResponse, "send_task_failure")
def send_task_failure(original: Any, response: Any) -> EmptyResult:
    """SendTaskFailure with its error and cause, which Retry and Catch see; both may be left out."""
    if not isinstance(response.stepfunction_backend, StepFunctionsParserBackend):
        return original(response)
    token = response._get_param("taskToken")
    error, cause = response._get_param("error") or "", response._get_param("cause") or ""
    _answer(response.stepfunction_backend, token, CallbackOutcomeFailure(callback_id=token, error=error, cause=cause))
    return EmptyResult()


@replaces(StepFunctionsParserBackend, "send_task_heartbeat")
def send_task_heartbeat(_original: Any, backend: StepFunctionsParserBackend, task_token: str) -> None:
    """SendTaskHeartbeat, also for a task that asks for none."""
    _open_endpoint(backend, task_token).notify_heartbeat()


def _answer(backend: StepFunctionsParserBackend, token: str, outcome: CallbackOutcome) -> None:
    with _ONE_ANSWER_AT_A_TIME:
        _open_endpoint(backend, token).notify(outcome)


def _open_endpoint(backend: StepFunctionsParserBackend, token: str) -> CallbackEndpoint:
    """Where the answer for the token is waited for.

    Raises:
        AWSError: InvalidToken where the text is not a token, TaskDoesNotExist where this account and region have no such
            execution, TaskTimedOut where the task had its answer, ran out of its time, or its execution has ended.
    """
    execution_arn = _execution_of(token)
    if execution_arn is None:
        raise AWSError("Invalid Token: 'Invalid token'", "InvalidToken")
    execution = next((each for each in backend._get_executions() if each.exec_arn == execution_arn), None)
    if execution is None:
        raise AWSError("Task Does Not Exist: 'The execution of this task does not exist'", "TaskDoesNotExist")
    endpoint: CallbackEndpoint = execution.exec_worker.env.callback_pool_manager.get(token)
    if _is_closed(endpoint):
        raise AWSError("Task Timed Out: 'Provided task does not exist anymore'", "TaskTimedOut")
    return endpoint


def _is_closed(endpoint: CallbackEndpoint) -> bool:
    closed: bool = endpoint._notify_event.is_set()
    return closed


def _execution_of(token: str) -> str | None:
    try:
        execution_arn, separator, _ = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition("|")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return execution_arn if separator else None
