"""Refusals: AWS's own words for a call that is not allowed."""

from typing import Literal

from localcloud.endpoint.api_request import ApiRequest
from localcloud.endpoint.errors import AwsError
from localcloud.iam.evaluation import Decision


def refusal(request: ApiRequest, action: str, resource: str | None, reason: str) -> AwsError:
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


def reason(action: str, decision: Decision, kind: Literal["identity", "resource"]) -> str:
    if decision.outcome == "explicit deny":
        return f" with an explicit deny in {'an' if kind == 'identity' else 'a'} {kind}-based policy"
    return f" because no {kind}-based policy allows the {action} action"
