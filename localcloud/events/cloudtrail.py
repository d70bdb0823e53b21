"""CloudTrail's events: each EC2 call that changed something comes to the default bus of the caller's account and region.

The call does not wait for it, and nothing is worked on where that bus has no rule.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.events.models import EventBus, events_backends

from localcloud.core.background import Background
from localcloud.endpoint.api_request import ApiRequest, identify
from localcloud.endpoint.outcome import Outcome, read
from localcloud.events.targets import publish
from localcloud.events.trail_records import Ec2Call, trail_record
from localcloud.iam.roles import find_role

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class CloudTrail:
    """WSGI middleware right in front of moto, so that it sees only calls that are allowed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._events = Background("cloudtrail", workers=1)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = identify(environ)
        if request is None or request.service != "ec2" or not request.mutating or not _default_bus(request).rules:
            return self._app(environ, start_response)
        outcome = Outcome(start_response)
        form = request.form
        answer = read(self._app(environ, outcome))
        if not outcome.failed:
            self._events.submit(_publish, request, _call(request, form, answer))
        return [answer]

    def close(self) -> None:
        self._events.close()


def _default_bus(request: ApiRequest) -> EventBus:
    return events_backends[request.account_id][request.region].event_buses["default"]


def _call(request: ApiRequest, form: dict[str, str], answer: bytes) -> Ec2Call:
    role = find_role(request.caller.role_arn) if request.caller.role_arn else None
    return Ec2Call(
        caller=request.caller,
        role_id=role.id if role else "",
        operation=request.operation,
        region=request.region,
        moment=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        form=form,
        answer=answer,
    )


def _publish(request: ApiRequest, call: Ec2Call) -> None:
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": request.account_id,
        "time": call.moment,
        "region": request.region,
        "resources": [],
        "detail": trail_record(call),
    }
    publish(_default_bus(request), event)
