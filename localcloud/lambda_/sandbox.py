"""One Lambda execution environment: a runtime interface emulator process with the function's runtime inside it."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import msgspec

from localcloud.endpoint import function_processes
from localcloud.endpoint.function_processes import NAME_VARIABLE, FunctionProcess
from localcloud.lambda_.runtime_image import RuntimeImage

INITIALISATION_LIMIT = 10.0
"""Seconds that Lambda gives a runtime to start; they are not a part of the function's timeout."""
_INVOCATION_PATH = "/2015-03-31/functions/function/invocations"
_RUNTIME_ERROR_FIELDS = {"errorType", "errorMessage", "requestId"}
_EMULATOR_NOISE = "(rapid)"
_LOOPBACK = "127.0.0.1"
_STARTS = 3


class Invocation(msgspec.Struct, frozen=True):
    """What came of one invocation. ``healthy`` says whether the sandbox can serve another one."""

    payload: bytes
    failed: bool = False
    healthy: bool = True


class Sandbox:
    """A started emulator that serves one invocation at a time.

    Args:
        function: whose it is, by name.
        environment: what the function sees, beside the variable by which its calls are known; nothing of this process is added.
        task: the unpacked code, which is also the working directory.
        on_log: gets the lines that the function and its runtime wrote, in batches, from another thread.
    """

    def __init__(
        self,
        *,
        function: str,
        image: RuntimeImage,
        handler: str,
        environment: dict[str, str],
        task: Path,
        timeout: int,
        on_log: Callable[[list[str]], None],
    ) -> None:
        self.started = time.monotonic()
        self._runs = FunctionProcess(function, self._kill_runtime)
        function_processes.started(self._runs)
        self._limit = timeout + INITIALISATION_LIMIT
        self._on_log = on_log
        self._process, self._port = _start(image, handler, environment | {NAME_VARIABLE: self._runs.name}, task)
        self._output = cast("IO[bytes]", self._process.stdout)
        self._reader = threading.Thread(target=self._read_log, name="lambda-log", daemon=True)
        self._reader.start()

    def invoke(self, payload: bytes) -> Invocation:
        connection = http.client.HTTPConnection(_LOOPBACK, self._port, timeout=self._limit)
        try:
            connection.request("POST", _INVOCATION_PATH, body=payload)
            response = connection.getresponse()
            return _interpret(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            return Invocation(_error("Runtime.ExitError", f"The sandbox ended: {error}"), failed=True, healthy=False)
        finally:
            connection.close()

    def stop(self) -> None:
        """End the emulator and the runtime inside it, and wait for both. A second call changes nothing."""
        function_processes.ended(self._runs)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._kill_runtime()
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=2)
        self._output.close()

    def _kill_runtime(self) -> None:
        """End the function's process, which the emulator sees, as Lambda does."""
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _read_log(self) -> None:
        rest = b""
        while chunk := os.read(self._output.fileno(), 65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            self._log(lines)
        self._log([rest])

    def _log(self, lines: list[bytes]) -> None:
        texts = [line.decode(errors="replace") for line in lines if line.strip()]
        if kept := [text for text in texts if _EMULATOR_NOISE not in text]:
            self._on_log(kept)


def _start(image: RuntimeImage, handler: str, environment: dict[str, str], task: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_STARTS):
        port, runtime_port = _free_port(), _free_port()
        process = subprocess.Popen(
            [
                image.emulator,
                "--log-level",
                "error",
                "--runtime-interface-emulator-address",
                f"{_LOOPBACK}:{port}",
                "--runtime-api-address",
                f"{_LOOPBACK}:{runtime_port}",
                image.bootstrap,
                handler,
            ],
            cwd=task,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A Ctrl-C is for the embedded AWS alone; it ends its sandboxes itself.
            start_new_session=True,
        )
        if _accepts(port, process):
            return process, port
        process.kill()
        process.wait()
    raise RuntimeError(f"the Lambda runtime interface emulator did not start in {_STARTS} attempts")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + INITIALISATION_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((_LOOPBACK, port)) == 0:
                return True
        time.sleep(0.002)
    return False


def _children(pid: int) -> list[int]:
    """Of every thread: the emulator starts the runtime in any of its own."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread may have ended meanwhile
            found += [int(child) for child in children.read_text().split()]
    return found


def _interpret(status: int, body: bytes) -> Invocation:
    if body.startswith(b"Task timed out after "):
        return Invocation(_error("Sandbox.Timedout", f"Error: {body.decode()}"), failed=True)
    if status != http.HTTPStatus.OK:
        return Invocation(body, failed=True, healthy=False)
    return Invocation(body, failed=_is_runtime_error(body))


def _is_runtime_error(body: bytes) -> bool:
    """The emulator answers 200 to a failed function too; only the runtime's error document has these fields."""
    if not body.startswith(b'{"errorMessage"'):
        return False
    document = msgspec.json.decode(body)
    return isinstance(document, dict) and document.keys() >= _RUNTIME_ERROR_FIELDS


def _error(kind: str, message: str) -> bytes:
    return msgspec.json.encode({"errorType": kind, "errorMessage": message})
