"""The embedded AWS: moto's server on the loopback interface, in a thread of this process, with everything installed."""

import os
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from localcloud import cloudformation, ec2
from localcloud.authorization.check import AuthorizationCheck
from localcloud.control import Control
from localcloud.core import moto_caches
from localcloud.core.time_limits import TimeLimitSetting
from localcloud.endpoint.calls import CallGate
from localcloud.events import schedules
from localcloud.events.cloudtrail import CloudTrail
from localcloud.events.schedules import Schedules
from localcloud.iam import managed_policies
from localcloud.lambda_ import async_invoke
from localcloud.lambda_.async_invoke import AsyncInvoker
from localcloud.lambda_.event_source_mappings import queues, streams
from localcloud.lambda_.event_source_mappings.queues import QueueMappings
from localcloud.lambda_.event_source_mappings.streams import StreamMappings
from localcloud.lambda_.function_urls import FunctionUrls
from localcloud.lambda_.runtime import LambdaRuntime
from localcloud.ssm import run_command
from localcloud.ssm.run_command import RunCommands
from localcloud.stepfunctions import state_machines

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
HUB_ACCOUNT_ID = "123456789012"
MEMBER_ACCOUNT_IDS = ("111111111111", "222222222222")
DEFAULT_REGION = "us-east-1"

type AccountListener = Callable[[str], None]


class EmbeddedAws:
    """An AWS in this process, from entering the context until leaving it.

    Attributes:
        calls: every API call that crosses the endpoint, and the faults that a test wants.
        time_limits: how long queues and batches may wait.
        schedules: the scheduled rules; a test can fire one.
        account_listeners: called with an account id when somebody first assumes a role in that account.

    Args:
        port: where to listen; 0 is any free one.
        packets: whether instances run the commands of Run Command, with real packets. `localcloud.packets.available` says
            whether this machine can.

    Raises:
        OSError: the port is taken.
        RuntimeError: there is one in this process already.
    """

    def __init__(self, port: int = 0, *, packets: bool = False) -> None:
        self._requested_port = port
        self.account_listeners: list[AccountListener] = []
        self.time_limits = TimeLimitSetting()
        self.schedules = Schedules()
        self.calls: CallGate
        self._run_commands = RunCommands() if packets else None

    def __enter__(self) -> Self:
        if not _running.acquire(blocking=False):
            raise RuntimeError("this process has an embedded AWS already: moto's accounts are the process's")
        try:
            self._server = _serve(self._requested_port, self._application())
        except OSError:
            _running.release()
            raise
        self.port = self._server.server_address[1]
        self.endpoint_url = f"http://localhost:{self.port}"
        # moto's own services reach each other through this variable.
        os.environ["MOTO_PORT"] = str(self.port)
        self._runtime = LambdaRuntime(self.endpoint_url)
        self._invoker = AsyncInvoker(self._runtime)
        self._streams = StreamMappings(self._runtime)
        self._queues = QueueMappings(self._runtime, self.time_limits)
        _install()
        async_invoke.install(self._invoker)
        streams.install(self._streams)
        queues.install(self._queues)
        schedules.install(self.schedules)
        if self._run_commands:
            run_command.install(self._run_commands)
        self.schedules.start()
        self._thread = threading.Thread(target=self._server.serve_forever, name="embedded-aws", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        streams.uninstall()
        queues.uninstall()
        schedules.uninstall()
        run_command.uninstall()
        self.schedules.close()
        if self._run_commands:
            self._run_commands.close()
        self._trail.close()
        state_machines.stop_executions()
        self._runtime.close()
        self._streams.close()
        self._queues.close()
        self._invoker.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        _running.release()

    def fire_schedule(self, rule_name: str, account_id: str = HUB_ACCOUNT_ID, region: str = DEFAULT_REGION) -> None:
        """Fire a scheduled rule now, whenever it is due next.

        Raises:
            LookupError: there is no such scheduled rule; it names those that there are.
        """
        self.schedules.fire(rule_name, account_id, region)

    def retire_sandboxes(self) -> None:
        """End every idle Lambda sandbox, so that each function's next invocation is a cold start."""
        self._runtime.retire()

    def _application(self) -> "WSGIApplication":
        moto = DomainDispatcherApplication(create_backend_app)
        self._trail = CloudTrail(moto)
        self.calls = CallGate(AuthorizationCheck(FunctionUrls(self._trail), self.account_listeners))
        return Control(self.calls, self.time_limits, self.schedules)


def _serve(port: int, application: "WSGIApplication") -> BaseWSGIServer:
    # Werkzeug ends the process where it cannot bind; a socket of our own raises.
    with socket.create_server((HOST, port)) as bound:
        number = bound.getsockname()[1]
        return make_server(HOST, number, application, threaded=True, request_handler=_QuietHandler, fd=bound.fileno())


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc]
    """Requests are not logged line by line."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Every call is in `EmbeddedAws.calls`."""


_running = threading.Lock()
_installed = threading.Lock()


def _install() -> None:
    """Change moto once per process: its classes are shared by every server in it."""
    if _installed.acquire(blocking=False):
        # Each module registers its replacements when it is imported; installing EC2's puts all in place.
        cloudformation.install()
        state_machines.install()
        managed_policies.install()
        moto_caches.install()
        ec2.install()
