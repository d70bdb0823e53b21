"""Lambda with its real runtime: moto keeps the functions, sandboxes with AWS's emulator run them.

Warm sandboxes are kept per function, a concurrent invocation starts another one, up to a limit. A sandbox belongs to one
state of code and configuration: an update retires it.
"""

import hashlib
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path

import msgspec
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.awslambda.utils import split_layer_arn
from moto.core.utils import unix_time_millis
from moto.logs.models import logs_backends

from localcloud.core.background import StoppingError
from localcloud.iam.service_roles import assume_role_as_service
from localcloud.lambda_.runtime_image import LOCAL_FOLDER, runtime_image
from localcloud.lambda_.sandbox import Invocation, Sandbox
from localcloud.lambda_.sandbox_pool import SandboxPool

CONCURRENCY = 4
"""Sandboxes per function, unless it reserves fewer. One machine is not a region."""

LAMBDA = "lambda.amazonaws.com"
"""Lambda as policies name it."""


class FunctionState(msgspec.Struct, frozen=True):
    """Everything that a sandbox is made from; two equal states can share sandboxes."""

    name: str
    account_id: str
    region: str
    version: str
    handler: str
    role: str
    timeout: int
    memory: int
    log_group: str
    log_format: str
    code: str
    layers: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, function: LambdaFunction) -> "FunctionState":
        logging = getattr(function, "logging_config", {})
        return cls(
            name=function.function_name,
            account_id=function.account_id,
            region=function.region,
            version=str(function.version),
            handler=function.handler,
            role=function.role,
            timeout=int(function.timeout),
            memory=int(function.memory_size),
            log_group=logging.get("LogGroup") or _default_log_group(function.function_name),
            log_format=logging.get("LogFormat", "Text"),
            code=function.code_sha_256,
            layers=tuple(layer["Arn"] for layer in function.layers),
            variables=tuple(sorted((key, str(value)) for key, value in function.environment_vars.items())),
        )


class LambdaRuntime:
    """The pools of all functions of one embedded AWS."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = threading.Lock()
        self._pools: dict[str, SandboxPool[FunctionState]] = {}
        self.closing = threading.Event()

    def invoke(self, function: LambdaFunction, payload: bytes) -> Invocation:
        state = FunctionState.of(function)
        reserved = function.reserved_concurrency
        limit = CONCURRENCY if reserved is None else min(CONCURRENCY, int(reserved))
        pool = self._pool(function.function_arn)
        with pool.lease(state, limit, lambda: self._start(function, state)) as lease:
            return lease.invoke(payload)

    def retire(self) -> None:
        """End every idle sandbox: what comes next starts cold."""
        for pool in self._all_pools():
            pool.retire()

    def close(self) -> None:
        self.closing.set()
        for pool in self._all_pools():
            pool.close()

    def _all_pools(self) -> list[SandboxPool[FunctionState]]:
        with self._lock:
            return list(self._pools.values())

    def _pool(self, function_arn: str) -> SandboxPool[FunctionState]:
        with self._lock:
            if self.closing.is_set():
                raise StoppingError
            return self._pools.setdefault(function_arn, SandboxPool())

    def _start(self, function: LambdaFunction, state: FunctionState) -> Sandbox:
        task = _unpacked(state.code, function.code_bytes)
        layers = [_unpacked_layer(arn) for arn in state.layers]
        log = _LogStream(state)
        return Sandbox(
            function=state.name,
            image=runtime_image(),
            handler=state.handler,
            environment=self._environment(state, task, layers, log.name),
            task=task,
            timeout=state.timeout,
            on_log=log.write,
        )

    def _environment(self, state: FunctionState, task: Path, layers: list[Path], log_stream: str) -> dict[str, str]:
        folders = [task, *(layer / "python" for layer in layers), runtime_image().packages]
        return {
            **dict(state.variables),
            **_role_credentials(state),
            "AWS_REGION": state.region,
            "AWS_DEFAULT_REGION": state.region,
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": state.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(state.memory),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(state.timeout),
            "AWS_LAMBDA_FUNCTION_VERSION": state.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": state.log_format,
            "AWS_LAMBDA_LOG_GROUP_NAME": state.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "LAMBDA_RUNTIME_DIR": str(runtime_image().folder),
            "LAMBDA_TASK_ROOT": str(task),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            # Lambda's /var/task and /opt are read-only: no cold start finds what an earlier one compiled.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": ":".join(str(folder) for folder in folders),
            "TZ": ":UTC",
        }


class _LogStream:
    """Where one sandbox's lines go in CloudWatch Logs."""

    def __init__(self, state: FunctionState) -> None:
        self._backend = logs_backends[state.account_id][state.region]
        self._group = state.log_group
        serial = hashlib.sha256(f"{id(self)}{time.time_ns()}".encode()).hexdigest()[:32]
        # In any other group, which functions may share, it has the function's name (Lambda guide, "Configuring log groups").
        owner = "" if self._group == _default_log_group(state.name) else state.name
        self.name = f"{time.strftime('%Y/%m/%d')}/{owner}[{state.version}]{serial}"
        self._backend.ensure_log_group(self._group)
        self._backend.create_log_stream(self._group, self.name)

    def write(self, lines: list[str]) -> None:
        now = int(unix_time_millis())
        events = [{"timestamp": now, "message": line} for line in lines]
        self._backend.put_log_events(self._group, self.name, events)


def _default_log_group(function_name: str) -> str:
    return f"/aws/lambda/{function_name}"


def _role_credentials(state: FunctionState) -> dict[str, str]:
    """The execution role's temporary credentials, as Lambda puts them into the environment."""
    session = assume_role_as_service(state.role, LAMBDA, state.name, state.region)
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


def _unpacked_layer(layer_arn: str) -> Path:
    arn = split_layer_arn(layer_arn)
    version = lambda_backends[arn.account][arn.region].layers_versions_by_arn(layer_arn)
    return _unpacked(version.code_sha_256, version.code_bytes)


_UNPACKING = threading.Lock()


def _unpacked(code_sha_256: str, code: bytes) -> Path:
    """The package's files in a folder of their own, unpacked once: equal packages share it."""
    folder = LOCAL_FOLDER / "packages" / hashlib.sha256(code_sha_256.encode()).hexdigest()[:24]
    with _UNPACKING:
        if not folder.exists():
            partial = folder.with_suffix(f".{threading.get_native_id()}")
            with zipfile.ZipFile(BytesIO(code)) as package:
                package.extractall(partial)
            partial.rename(folder)
    return folder
