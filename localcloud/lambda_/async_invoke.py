"""Asynchronous Lambda invocations: answered at once, tried again, and a dead letter where the last attempt fails."""

from typing import Any

from moto.awslambda.models import LambdaFunction

from localcloud.core.background import Background
from localcloud.core.patching import replaces
from localcloud.lambda_.runtime import LambdaRuntime
from localcloud.lambda_.sandbox import Invocation
from localcloud.messaging.destinations import send_to_destination

RETRY_SECONDS = (0.5, 1.0)
"""The pauses before the second and the third attempt. AWS waits one minute and then two."""
_WORKERS = 16


class AsyncInvoker:
    """The queue in front of all functions of one embedded AWS."""

    def __init__(self, runtime: LambdaRuntime) -> None:
        self._runtime = runtime
        self._workers = Background("lambda-async", _WORKERS)

    def invoke(self, function: LambdaFunction, payload: bytes) -> Invocation:
        """Invoke and wait, as a synchronous caller does."""
        return self._runtime.invoke(function, payload)

    def submit(self, function: LambdaFunction, payload: bytes) -> None:
        self._workers.submit(self._deliver, function, payload)

    def close(self) -> None:
        self._workers.close()

    def _deliver(self, function: LambdaFunction, payload: bytes) -> None:
        invocation = self._runtime.invoke(function, payload)
        for pause in RETRY_SECONDS:
            if not invocation.failed or self._runtime.closing.wait(pause):
                break
            invocation = self._runtime.invoke(function, payload)
        dead_letters = function.dead_letter_config.get("TargetArn")
        if invocation.failed and dead_letters:
            send_to_destination(dead_letters, payload.decode())


_current: list[AsyncInvoker] = []


def install(invoker: AsyncInvoker) -> None:
    """Functions are invoked by this one from now on."""
    _current[:] = [invoker]


@replaces(LambdaFunction, "invoke")
def functions_run_in_sandboxes(
    _original: Any, function: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
) -> bytes:
    """In place of moto's Docker containers."""
    payload = (body.encode() if isinstance(body, str) else body) or b"{}"
    match request_headers.get("x-amz-invocation-type", "RequestResponse"):
        case "Event":
            _current[0].submit(function, payload)
            return b""
        case "DryRun":
            return b""
        case _:
            invocation = _current[0].invoke(function, payload)
            response_headers["x-amz-executed-version"] = str(function.version)
            if invocation.failed:
                response_headers["x-amz-function-error"] = "Unhandled"
            return invocation.payload
