"""The authorization check: a caller that acts as a role may do what the role's policies allow, and nothing else.

The operator, who signs with any plain credentials or has assumed a role that does not exist, may do everything. So may
the embedded AWS's own services, except where they act as somebody's role, as Step Functions does for a state machine.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from moto.iam.models import Role

from localcloud.authorization.needs import needs, request_context
from localcloud.authorization.refusals import reason, refusal
from localcloud.endpoint.api_request import ApiRequest, identify
from localcloud.endpoint.errors import AwsError, answer
from localcloud.iam.evaluation import evaluate
from localcloud.iam.policies import UnsupportedPolicyError
from localcloud.iam.principals import principal_of
from localcloud.iam.resource_policies import find_bus, judge_put_events
from localcloud.iam.role_permissions import decide
from localcloud.iam.roles import ASSUME_ROLE, account_of, find_role, trust_policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALWAYS_ALLOWED = "GetCallerIdentity"


class AuthorizationCheck:
    """WSGI middleware that answers calls which IAM forbids, and lets the others pass.

    Args:
        app: What the allowed calls go to.
        listeners: Called with each account, once, when the operator first assumes a role that does not exist there. The
            answer waits for them, so that they can prepare the account; their own calls to it do not wait. The list
            may grow later.
    """

    def __init__(self, app: "WSGIApplication", listeners: Sequence[Callable[[str], None]] = ()) -> None:
        self._app = app
        self._listeners = listeners
        self._accounts: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = identify(environ)
        if request is not None and (refused := self._judge(request)):
            return answer(refused, request, start_response)
        return self._app(environ, start_response)

    def _judge(self, request: ApiRequest) -> AwsError | None:
        try:
            return self._refuse(request)
        except UnsupportedPolicyError as error:
            return AwsError("NotImplemented", f"{request.caller.arn}: {error}", 501)

    def _refuse(self, request: ApiRequest) -> AwsError | None:
        role = find_role(request.caller.role_arn) if request.caller.role_arn else None
        refused = (_judge_role(role, request) if role else None) or _judge_buses(request)
        if refused or (request.service, request.operation) != ("sts", "AssumeRole"):
            return refused
        return self._judge_assumption(request, by_operator=role is None)

    def _judge_assumption(self, request: ApiRequest, *, by_operator: bool) -> AwsError | None:
        role_arn = request.form.get("RoleArn", "")
        account_id = account_of(role_arn)
        if account_id is None:
            return AwsError("ValidationError", f"{role_arn} is invalid", 400)
        target = find_role(role_arn)
        if target is None and by_operator:
            self._introduce(account_id)
            return None
        if target is None or not _trusts(target, request):
            return refusal(request, ASSUME_ROLE, role_arn, "")
        return None

    def _introduce(self, account_id: str) -> None:
        with self._lock:
            if account_id in self._accounts:
                return
            self._accounts.add(account_id)
        try:
            for listener in self._listeners:
                listener(account_id)
        except BaseException:
            self._accounts.discard(account_id)
            raise


def _judge_role(role: Role, request: ApiRequest) -> AwsError | None:
    if (request.service, request.operation) == ("sts", _ALWAYS_ALLOWED):
        return None
    for need in needs(request):
        decision = decide(role, need.action, need.resource, need.context)
        if not decision.allowed:
            return refusal(request, need.action, need.resource, reason(need.action, decision, "identity"))
    return None


def _judge_buses(request: ApiRequest) -> AwsError | None:
    """Whoever puts events on another account's bus needs the bus's policy, the operator too."""
    if (request.service, request.operation) != ("events", "PutEvents"):
        return None
    for need in needs(request):
        bus = find_bus(need.resource) if need.resource else None
        if bus is None:
            continue  # the service itself answers what AWS answers where there is no such bus
        decision = judge_put_events(bus, principal_of(request.caller), request.account_id, need.context)
        if not decision.allowed:
            return refusal(request, need.action, need.resource, reason(need.action, decision, "resource"))
    return None


def _trusts(role: Role, request: ApiRequest) -> bool:
    principal = principal_of(request.caller)
    return evaluate([trust_policy(role)], ASSUME_ROLE, role.arn, request_context(request), principal).allowed
