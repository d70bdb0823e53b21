"""What tests and benchmarks in other processes steer over HTTP: recorder, faults, pace, schedules, quotas, trusted access.

``/_localcloud/calls``: GET ``{"cursor", "calls"}`` after ``?since=<cursor>``, or ``{"cursor", "kinds"}`` with
``&view=summary``; DELETE forgets them. ``/_localcloud/faults``: GET, PUT and DELETE of a `Faults` document.
``/_localcloud/pace``: GET, PUT and DELETE of a `Pace` document. ``/_localcloud/schedules``: GET
lists the scheduled rules, POST with ``?rule=<name>&account_id=<id>&region=<name>`` fires one.
``/_localcloud/quotas``: GET lists the accounts' own VPC quotas, PUT adds some (a list of `OwnQuota`), DELETE ends them all.
``/_localcloud/trusted-access``: GET, PUT and DELETE of a `TrustedAccess` document.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
import urllib3
from werkzeug.wrappers import Request, Response

from localcloud.core.time_limits import Pace, PaceSetting
from localcloud.ec2 import insights, quotas
from localcloud.ec2.insights import TrustedAccess
from localcloud.ec2.quotas import OwnQuota
from localcloud.endpoint.calls import Call, CallGate, count_by_kind
from localcloud.endpoint.faults import Faults
from localcloud.events.schedules import ScheduledRule, Schedules

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CALLS_PATH = "/_localcloud/calls"
FAULTS_PATH = "/_localcloud/faults"
PACE_PATH = "/_localcloud/pace"
SCHEDULES_PATH = "/_localcloud/schedules"
QUOTAS_PATH = "/_localcloud/quotas"
TRUSTED_ACCESS_PATH = "/_localcloud/trusted-access"


class CallPage(msgspec.Struct, frozen=True):
    """The calls after a cursor, and the cursor to go on from."""

    cursor: int
    calls: tuple[Call, ...]


class CallSummary(msgspec.Struct, frozen=True):
    """How many calls of each kind after a cursor, and the cursor to go on from."""

    cursor: int
    kinds: dict[str, int]


class Control:
    """WSGI middleware in front of a `CallGate` that answers the control paths."""

    def __init__(self, gate: CallGate, pace: PaceSetting, schedules: Schedules) -> None:
        self._gate = gate
        self._pace = pace
        self._schedules = schedules
        self._handlers: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", CALLS_PATH): self._list_calls,
            ("DELETE", CALLS_PATH): self._forget_calls,
            ("GET", FAULTS_PATH): self._show_faults,
            ("PUT", FAULTS_PATH): self._set_faults,
            ("DELETE", FAULTS_PATH): self._clear_faults,
            ("GET", PACE_PATH): self._show_pace,
            ("PUT", PACE_PATH): self._set_pace,
            ("DELETE", PACE_PATH): self._clear_pace,
            ("GET", SCHEDULES_PATH): self._list_schedules,
            ("POST", SCHEDULES_PATH): self._fire_schedule,
            ("GET", QUOTAS_PATH): self._list_quotas,
            ("PUT", QUOTAS_PATH): self._set_quotas,
            ("DELETE", QUOTAS_PATH): self._clear_quotas,
            ("GET", TRUSTED_ACCESS_PATH): self._show_trusted_access,
            ("PUT", TRUSTED_ACCESS_PATH): self._set_trusted_access,
            ("DELETE", TRUSTED_ACCESS_PATH): self._clear_trusted_access,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        handler = self._handlers.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        application: WSGIApplication = handler(Request(environ)) if handler else self._gate
        return application(environ, start_response)

    def _list_calls(self, request: Request) -> Response:
        calls = self._gate.since(request.args.get("since", default=0, type=int))
        cursor = calls[-1].number if calls else self._gate.cursor
        if request.args.get("view") == "summary":
            return _json(CallSummary(cursor, count_by_kind(calls)))
        return _json(CallPage(cursor, tuple(calls)))

    def _forget_calls(self, _request: Request) -> Response:
        self._gate.forget()
        return Response(status=204)

    def _show_faults(self, _request: Request) -> Response:
        return _json(self._gate.faults)

    def _set_faults(self, request: Request) -> Response:
        try:
            self._gate.faults = msgspec.json.decode(request.get_data(), type=Faults)
        except msgspec.DecodeError as error:
            return Response(str(error), status=400)
        return _json(self._gate.faults)

    def _clear_faults(self, _request: Request) -> Response:
        self._gate.faults = Faults()
        return Response(status=204)

    def _show_pace(self, _request: Request) -> Response:
        return _json(self._pace.pace)

    def _set_pace(self, request: Request) -> Response:
        try:
            self._pace.pace = msgspec.json.decode(request.get_data(), type=Pace)
        except msgspec.DecodeError as error:
            return Response(str(error), status=400)
        return _json(self._pace.pace)

    def _clear_pace(self, _request: Request) -> Response:
        self._pace.pace = Pace()
        return Response(status=204)

    def _list_schedules(self, _request: Request) -> Response:
        return _json(self._schedules.list())

    def _fire_schedule(self, request: Request) -> Response:
        rule_name, account_id, region = (request.args.get(name, "") for name in ("rule", "account_id", "region"))
        try:
            self._schedules.fire(rule_name, account_id, region)
        except LookupError as error:
            return Response(str(error), status=404)
        return Response(status=204)

    def _list_quotas(self, _request: Request) -> Response:
        return _json(quotas.overrides())

    def _set_quotas(self, request: Request) -> Response:
        try:
            quotas.override(*msgspec.json.decode(request.get_data(), type=tuple[OwnQuota, ...]))
        except msgspec.DecodeError as error:
            return Response(str(error), status=400)
        return _json(quotas.overrides())

    def _clear_quotas(self, _request: Request) -> Response:
        quotas.clear_overrides()
        return Response(status=204)

    def _show_trusted_access(self, _request: Request) -> Response:
        return _json(insights.trusted_access())

    def _set_trusted_access(self, request: Request) -> Response:
        try:
            insights.configure(msgspec.json.decode(request.get_data(), type=TrustedAccess))
        except msgspec.DecodeError as error:
            return Response(str(error), status=400)
        return _json(insights.trusted_access())

    def _clear_trusted_access(self, _request: Request) -> Response:
        insights.configure(TrustedAccess())
        return Response(status=204)


class ControlClient:
    """The control endpoints of a running embedded AWS."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url.rstrip("/")
        self._http = urllib3.PoolManager()

    def calls(self, since: int = 0) -> CallPage:
        return msgspec.json.decode(self._request("GET", f"{CALLS_PATH}?since={since}"), type=CallPage)

    def summary(self, since: int = 0) -> CallSummary:
        return msgspec.json.decode(self._request("GET", f"{CALLS_PATH}?since={since}&view=summary"), type=CallSummary)

    def forget_calls(self) -> None:
        self._request("DELETE", CALLS_PATH)

    @contextmanager
    def record(self) -> Iterator[list[Call]]:
        """Give a list that holds, once the block is left, the calls that were finished inside it."""
        cursor, calls = self.summary().cursor, list[Call]()
        try:
            yield calls
        finally:
            calls.extend(self.calls(cursor).calls)

    def faults(self) -> Faults:
        return msgspec.json.decode(self._request("GET", FAULTS_PATH), type=Faults)

    def set_faults(self, faults: Faults) -> None:
        self._request("PUT", FAULTS_PATH, msgspec.json.encode(faults))

    def clear_faults(self) -> None:
        self._request("DELETE", FAULTS_PATH)

    def pace(self) -> Pace:
        return msgspec.json.decode(self._request("GET", PACE_PATH), type=Pace)

    def set_pace(self, pace: Pace) -> None:
        self._request("PUT", PACE_PATH, msgspec.json.encode(pace))

    def clear_pace(self) -> None:
        self._request("DELETE", PACE_PATH)

    def schedules(self) -> list[ScheduledRule]:
        return msgspec.json.decode(self._request("GET", SCHEDULES_PATH), type=list[ScheduledRule])

    def fire_schedule(self, rule_name: str, account_id: str, region: str) -> None:
        """Fire a scheduled rule now; once this returns, its targets have the event.

        Raises:
            ValueError: there is no such scheduled rule; it names those that there are.
        """
        query = urlencode({"rule": rule_name, "account_id": account_id, "region": region})
        self._request("POST", f"{SCHEDULES_PATH}?{query}")

    def quotas(self) -> tuple[OwnQuota, ...]:
        return msgspec.json.decode(self._request("GET", QUOTAS_PATH), type=tuple[OwnQuota, ...])

    def set_quotas(self, *own: OwnQuota) -> None:
        """Let an account have its own values in a region, as after an approved increase. Others stay as they are."""
        self._request("PUT", QUOTAS_PATH, msgspec.json.encode(own))

    def clear_quotas(self) -> None:
        """Let AWS's defaults apply again, everywhere."""
        self._request("DELETE", QUOTAS_PATH)

    def trusted_access(self) -> TrustedAccess:
        return msgspec.json.decode(self._request("GET", TRUSTED_ACCESS_PATH), type=TrustedAccess)

    def set_trusted_access(self, access: TrustedAccess) -> None:
        """Let only these accounts analyse paths across accounts, as on AWS."""
        self._request("PUT", TRUSTED_ACCESS_PATH, msgspec.json.encode(access))

    def clear_trusted_access(self) -> None:
        """Let every account of the organization do so again."""
        self._request("DELETE", TRUSTED_ACCESS_PATH)

    def close(self) -> None:
        self._http.clear()

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        response = self._http.request(method, f"{self._endpoint_url}{path}", body=body)
        if response.status >= 400:  # noqa: PLR2004 - HTTP's error statuses
            raise ValueError(f"{method} {path} was refused: {response.data.decode()}")
        return response.data


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), mimetype="application/json")
