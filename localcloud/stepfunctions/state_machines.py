"""Step Functions that run: moto's interpreter with JSONata, the machine's own role and what moto leaves out."""

import json
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from moto.core.config import default_user_config
from moto.settings import moto_server_port
from moto.stepfunctions import models
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud.core.patching import replaces
from localcloud.endpoint.internal import client_as
from localcloud.iam.service_roles import assume_role_as_service
from localcloud.stepfunctions import jsonata

_CLIENT_SECONDS = 2400.0
"""How long a client is used: well within its role session."""
_TASK_LIMIT = 900 + 60
"""Seconds to wait for an answer: no Lambda function runs longer than 15 minutes."""


def install() -> None:
    jsonata.install()
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # CloudFormation creates state machines in the backends of this name; only the parser's backends execute.
    models.stepfunctions_backends = stepfunctions_parser_backends
    clients = _Clients()
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser") and hasattr(module, "boto_client_for"):
            vars(module)["boto_client_for"] = clients.get


def stop_executions() -> None:
    """Abort whatever still runs."""
    backends = (backend for regions in stepfunctions_parser_backends.values() for backend in regions.values())
    machines = [machine for backend in backends for machine in backend.state_machines]
    for execution in [execution for machine in machines for execution in machine.executions]:
        if execution.status == "RUNNING" and execution.exec_worker.env:
            execution.stop(datetime.now(UTC), "States.Aborted", "The embedded AWS is stopping.")


@replaces(StepFunctionsParserBackend, "start_execution")
def an_execution_has_a_name(
    original: Any, backend: Any, state_machine_arn: str, name: str | None = None, *args: Any, **kwargs: Any
) -> Any:
    """An execution that nobody named gets a UUID."""
    return original(backend, state_machine_arn, name or str(uuid.uuid4()), *args, **kwargs)


@replaces(Preprocessor, "_inner_string_of")
def strings_are_json(_original: Any, parser_rule_context: Any) -> str | None:
    """A literal's escapes are JSON's. moto keeps them as they are written."""
    text = parser_rule_context.getText()
    value: str | None = json.loads(text) if text == "null" or text.startswith('"') else text
    return value


@replaces(StepFunctionResponse, "describe_execution")
def every_output_is_json(original: Any, response: Any) -> Any:
    """DescribeExecution's output is JSON text, also of a text and of null. moto gives a text bare, and null not at all."""
    answer, backend = original(response), response.stepfunction_backend
    if answer.result["status"] == "SUCCEEDED" and isinstance(backend, StepFunctionsParserBackend):
        execution = backend.describe_execution(answer.result["executionArn"])
        answer.result["output"] = json.dumps(execution.output)
    return answer


class _Clients:
    """The clients of the interpreter's tasks: one per service, region and role, not one per task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, str, str], tuple[float, Any]] = {}

    def get(self, region: str, service: str, state_credentials: Any) -> Any:
        key = (region, service, state_credentials.role_arn, moto_server_port())
        with self._lock:
            since, client = self._made.get(key, (0.0, None))
            if client is None or time.monotonic() - since > _CLIENT_SECONDS:
                client = _client(*key)
                self._made[key] = (time.monotonic(), client)
            return client


def _client(region: str, service: str, role_arn: str, port: str) -> Any:
    session = assume_role_as_service(role_arn, "states.amazonaws.com", "states", region)
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        max_pool_connections=50,
        read_timeout=_TASK_LIMIT,
    )
    return client_as(session, service, region, port, config)
