"""The state machine's executions."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

from causeway.domain.lifecycle.recovery import Execution
from causeway.domain.lifecycle.status import execution_name

from .errors import translated

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

    from causeway.domain.model.errors import CausewayError

RUNNING = "RUNNING"


class Executions:
    """Starts the state machine, once for each generation of a request, and finds what was started."""

    def __init__(self, state_machine_arn: str, client: SFNClient) -> None:
        self._state_machine_arn = state_machine_arn
        self._client = client

    def start(self, request_id: str, generation: int) -> str:
        """The execution's ARN: of a new one, or of the one that this generation already has."""
        name = execution_name(request_id, generation)
        with translated(f"{self._state_machine_arn}, execution {name}"):
            try:
                answer = self._client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=name,
                    input=json.dumps({"request_id": request_id, "generation": generation}),
                )
            except self._client.exceptions.ExecutionAlreadyExists:
                return execution_arn(self._state_machine_arn, name)
        return answer["executionArn"]

    def find(self, request_id: str, generation: int) -> Execution | None:
        """The generation's execution; None where it was never started, or ended 90 days ago."""
        arn = execution_arn(self._state_machine_arn, execution_name(request_id, generation))
        described = describe_execution(self._client, arn)
        if described is None:
            return None
        return Execution(ended_at=None if described["status"] == RUNNING else described["stopDate"].astimezone(UTC))


class Tasks:
    """The states that wait for a person, by the tokens that they wait with.

    A token is as good as the decision itself: no error carries it.
    """

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def succeed(self, token: str, about: str) -> bool:
        """Lets the state go on. False where none waits with this token any more.

        Args:
            token: The task token.
            about: What the task is about, for errors.
        """
        with translated(about), suppress(*self._nobody_waits):
            self._client.send_task_success(taskToken=token, output="{}")
            return True
        return False

    def fail(self, token: str, about: str, error: CausewayError) -> bool:
        """Lets the state fail with this error. False where none waits with this token any more."""
        with translated(about), suppress(*self._nobody_waits):
            self._client.send_task_failure(taskToken=token, error=type(error).__name__, cause=str(error))
            return True
        return False

    @property
    def _nobody_waits(self) -> tuple[type[Exception], ...]:
        """What Step Functions raises where the task has ended."""
        known = self._client.exceptions
        return known.TaskTimedOut, known.TaskDoesNotExist, known.InvalidToken


def is_running(client: SFNClient, arn: str) -> bool:
    """Whether the execution has not ended yet. One that AWS no longer knows has: it is forgotten 90 days after its end."""
    described = describe_execution(client, arn)
    return described is not None and described["status"] == RUNNING


def describe_execution(client: SFNClient, arn: str) -> DescribeExecutionOutputTypeDef | None:
    """What Step Functions says of the execution; None where it was never started, or ended 90 days ago."""
    with translated(f"execution {arn}"):
        try:
            return client.describe_execution(executionArn=arn)
        except client.exceptions.ExecutionDoesNotExist:
            return None


def execution_arn(state_machine_arn: str, name: str) -> str:
    """The ARN of the state machine's execution with this name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
