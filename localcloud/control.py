"""The control paths: what a person or a test steers over HTTP while the embedded AWS runs.

| path under ``/_localcloud`` | |
| --- | --- |
| ``calls`` | GET: the calls after ``?since=<cursor>``, or with ``&view=summary`` how many of each kind; DELETE forgets them |
| ``faults`` | GET, PUT and DELETE of a `Faults` document |
| ``time-limits`` | GET, PUT and DELETE of a `TimeLimits` document |
| ``quotas`` | GET: the accounts' own VPC quotas; PUT adds some, a list of `OwnQuota`; DELETE ends them all |
| ``lag`` | GET, PUT and DELETE of a `Lag` document: how far behind EC2's answers may be |
| ``trusted-access`` | GET, PUT and DELETE of a `TrustedAccess` document |
| ``schedules`` | GET: the scheduled rules; POST with ``?rule=<name>&account_id=<id>&region=<name>`` fires one |
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec
from werkzeug.wrappers import Request, Response

from localcloud.core.time_limits import TimeLimits, TimeLimitSetting
from localcloud.ec2 import lag, reachability_analyzer
from localcloud.ec2.lag import Lag
from localcloud.ec2.reachability_analyzer import TrustedAccess
from localcloud.endpoint.calls import ApiCall, CallGate, count_by_kind
from localcloud.endpoint.faults import Faults
from localcloud.events.schedules import Schedules
from localcloud.servicequotas import vpc_quotas
from localcloud.servicequotas.vpc_quotas import OwnQuota

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

type Handler = Callable[[Request], Response]

_PREFIX = "/_localcloud/"


class CallPage(msgspec.Struct, frozen=True):
    """The calls after a cursor, and the cursor to go on from."""

    cursor: int
    calls: tuple[ApiCall, ...]


class CallSummary(msgspec.Struct, frozen=True):
    """How many calls of each kind after a cursor, and the cursor to go on from."""

    cursor: int
    kinds: dict[str, int]


class Control:
    """WSGI middleware in front of a `CallGate` that answers the control paths."""

    def __init__(self, gate: CallGate, limits: TimeLimitSetting, schedules: Schedules) -> None:
        self._gate = gate
        self._schedules = schedules
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "calls"): self._list_calls,
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "schedules"): self._list_schedules,
            ("POST", "schedules"): self._fire_schedule,
            **_attribute("faults", gate, "faults", Faults),
            **_attribute("time-limits", limits, "limits", TimeLimits),
            **_document(
                "quotas",
                tuple[OwnQuota, ...],
                vpc_quotas.overrides,
                lambda own: vpc_quotas.override(*own),
                vpc_quotas.clear_overrides,
            ),
            **_document("lag", Lag, lag.current, lag.configure, lambda: lag.configure(Lag())),
            **_document(
                "trusted-access",
                TrustedAccess,
                reachability_analyzer.trusted_access,
                reachability_analyzer.configure,
                lambda: reachability_analyzer.configure(TrustedAccess()),
            ),
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        prefix, _, name = environ["PATH_INFO"].partition(_PREFIX)
        handler = None if prefix else self._handlers.get((environ["REQUEST_METHOD"], name))
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
        return _done()

    def _list_schedules(self, _request: Request) -> Response:
        return _json(self._schedules.list())

    def _fire_schedule(self, request: Request) -> Response:
        rule_name, account_id, region = (request.args.get(name, "") for name in ("rule", "account_id", "region"))
        try:
            self._schedules.fire(rule_name, account_id, region)
        except LookupError as error:
            return Response(str(error), status=404)
        return _done()


def _attribute(name: str, owner: object, attribute: str, kind: type[msgspec.Struct]) -> dict[tuple[str, str], Handler]:
    """The handlers of a document that is an attribute of its owner, and that is empty after a DELETE."""
    return _document(
        name,
        kind,
        lambda: getattr(owner, attribute),
        lambda document: setattr(owner, attribute, document),
        lambda: setattr(owner, attribute, kind()),
    )


def _document[Document](
    name: str, kind: type[Document], read: Callable[[], Document], write: Callable[[Document], None], clear: Callable[[], None]
) -> dict[tuple[str, str], Handler]:
    """The handlers of a document. A PUT answers what is in force then; one that does not fit is refused with the reason."""

    def show(_request: Request) -> Response:
        return _json(read())

    def put(request: Request) -> Response:
        try:
            write(msgspec.json.decode(request.get_data(), type=kind))
        except msgspec.DecodeError as error:
            return Response(str(error), status=400)
        return _json(read())

    def delete(_request: Request) -> Response:
        clear()
        return _done()

    return {("GET", name): show, ("PUT", name): put, ("DELETE", name): delete}


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), mimetype="application/json")


def _done() -> Response:
    return Response(status=204)
