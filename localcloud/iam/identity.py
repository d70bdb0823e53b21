"""IAM in the embedded AWS: whoever acts as a role may do what the role's policies allow, and nothing else.

The operator, who signs with any plain credentials or has assumed a role that does not exist, may do everything. So may
the embedded AWS's own services, except where they act as somebody's role, as Step Functions does for a state machine.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from moto.iam.models import Role
from moto.sts.models import AssumedRole, sts_backends

from localcloud.endpoint.api_request import ApiRequest, Caller, identify
from localcloud.endpoint.errors import AwsError, answer
from localcloud.iam.authorization import needs, principal_context, request_context
from localcloud.iam.policies import Decision, Principal, UnsupportedPolicyError, evaluate
from localcloud.iam.resource_policies import find_bus, judge_put_events
from localcloud.iam.roles import account_of, find_role, identity_policies, trust_policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ASSUME_ROLE = "sts:AssumeRole"
_ALWAYS_ALLOWED = "GetCallerIdentity"


class RoleNotAssumableError(Exception):
    """A service cannot act as the role that it was given."""


class IdentityCheck:
    """WSGI middleware that answers calls which IAM forbids, and lets the others pass.

    Args:
        app: What the allowed calls go to.
        listeners: Told of each account, once, when the operator first assumes a role that does not exist there. The
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
        if request is not None and (refusal := self._judge(request)):
            return answer(refusal, request, start_response)
        return self._app(environ, start_response)

    def _judge(self, request: ApiRequest) -> AwsError | None:
        try:
            return self._refuse(request)
        except UnsupportedPolicyError as error:
            return AwsError("NotImplemented", f"{request.caller.arn}: {error}", 501)

    def _refuse(self, request: ApiRequest) -> AwsError | None:
        role = find_role(request.caller.role_arn) if request.caller.role_arn else None
        refusal = (_judge_role(role, request) if role else None) or _judge_buses(request)
        if refusal or (request.service, request.operation) != ("sts", "AssumeRole"):
            return refusal
        return self._judge_assumption(request, by_operator=role is None)

    def _judge_assumption(self, request: ApiRequest, *, by_operator: bool) -> AwsError | None:
        role_arn = request.form.get("RoleArn", "")
        account_id = account_of(role_arn)
        if account_id is None:
            return AwsError("ValidationError", f"{role_arn} is invalid", 400)
        target = find_role(role_arn)
        if target is None and by_operator:
            self._meet(account_id)
            return None
        if target is None or not _trusts(target, request):
            return _refusal(request, _ASSUME_ROLE, role_arn, "")
        return None

    def _meet(self, account_id: str) -> None:
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


def assume_role_as_service(role_arn: str, service: str, session_name: str, region: str, seconds: int = 3600) -> AssumedRole:
    """Credentials with which a service, for example ``lambda.amazonaws.com``, acts as a role that trusts it.

    Raises:
        RoleNotAssumableError: There is no such role, or its trust policy does not name the service.
    """
    role, account_id = find_role(role_arn), account_of(role_arn)
    if role is None or account_id is None:
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: there is no such role.")
    if not _trusts_service(role, account_id, service):
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: its trust policy does not allow the service.")
    return sts_backends[account_id]["aws"].assume_role(
        region_name=region,
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=seconds,
        external_id="",
    )


def service_may(service: str, role_arn: str, action: str, resource: str) -> bool:
    """Whether a service that acts as a role may do this: the role trusts the service, and its policies allow the action."""
    role, account_id = find_role(role_arn), account_of(role_arn)
    if role is None or account_id is None or not _trusts_service(role, account_id, service):
        return False
    return evaluate(identity_policies(role), action, resource, principal_context(account_id, role_arn)).allowed


def _trusts_service(role: Role, account_id: str, service: str) -> bool:
    principal, context = Principal("Service", frozenset({service})), {"aws:sourceaccount": (account_id,)}
    return evaluate([trust_policy(role)], _ASSUME_ROLE, None, context, principal).allowed


def _judge_role(role: Role, request: ApiRequest) -> AwsError | None:
    if (request.service, request.operation) == ("sts", _ALWAYS_ALLOWED):
        return None
    policies = identity_policies(role)
    for need in needs(request):
        decision = evaluate(policies, need.action, need.resource, need.context)
        if not decision.allowed:
            return _refusal(request, need.action, need.resource, _reason(need.action, decision, "identity"))
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
            return _refusal(request, need.action, need.resource, _reason(need.action, decision, "resource"))
    return None


def _trusts(role: Role, request: ApiRequest) -> bool:
    principal = principal_of(request.caller)
    return evaluate([trust_policy(role)], _ASSUME_ROLE, role.arn, request_context(request), principal).allowed


def principal_of(caller: Caller) -> Principal:
    """A caller as policies name principals."""
    names = {caller.account_id, f"arn:aws:iam::{caller.account_id}:root", caller.arn}
    return Principal("AWS", frozenset(names | {caller.role_arn} if caller.role_arn else names))


def _reason(action: str, decision: Decision, kind: Literal["identity", "resource"]) -> str:
    if decision.outcome == "explicit deny":
        return f" with an explicit deny in {'an' if kind == 'identity' else 'a'} {kind}-based policy"
    return f" because no {kind}-based policy allows the {action} action"


def _refusal(request: ApiRequest, action: str, resource: str | None, reason: str) -> AwsError:
    """AWS's own words. A trust policy that does not allow the caller is not mentioned, as on AWS."""
    about = "" if resource in {None, "*"} else f" on resource: {resource}"
    message = f"User: {request.caller.arn} is not authorized to perform: {action}{about}{reason}"
    match request.protocol, request.service:
        case "function-url", _:
            return AwsError("AccessDeniedException", "Forbidden", 403)
        case "ec2", _:
            return AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403)
        case _, "sns":
            return AwsError("AuthorizationError", message, 403)
        case ("query" | "rest-xml", _) | (_, "sqs"):
            return AwsError("AccessDenied", message, 403)
        case "json", _:
            return AwsError("AccessDeniedException", message, 400)
        case _:
            return AwsError("AccessDeniedException", message, 403)
