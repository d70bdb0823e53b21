"""Lambda function URLs with ``AuthType: AWS_IAM``: an HTTP request in, the function's event, its answer as HTTP out.

Source: "Invoking Lambda function URLs" (payload format 2.0) and "Control access to Lambda function URLs" in the Lambda
Developer Guide. A URL answers only callers of the function's own account: the functions' resource policies, which let in
others, are not judged here.
"""

import base64
import time
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from moto.awslambda.models import LambdaFunction
from moto.sts.models import sts_backends
from werkzeug.wrappers import Request, Response

from localcloud.endpoint.api_request import FUNCTION_URL_PATH, ApiRequest, identify
from localcloud.endpoint.callers import Caller
from localcloud.iam.principals import ORGANIZATION_ID
from localcloud.lambda_.function_url_config import function_behind, url_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TEXT = ("text/", "application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")
_SIGNATURE = "authorization"
"""The one header that a function does not see."""


class FunctionUrls:
    """WSGI middleware that answers requests to function URLs, whose callers IAM has allowed already."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(FUNCTION_URL_PATH):
            return self._app(environ, start_response)
        return _answer(Request(environ), identify(environ))(environ, start_response)


def _answer(http: Request, request: ApiRequest | None) -> Response:
    function = function_behind(http.path.removeprefix(FUNCTION_URL_PATH).partition("/")[0])
    if function is None or request is None or not _is_for(function, request):
        return _message(403, "Forbidden")
    headers: dict[str, str] = {}
    payload = function.invoke(msgspec.json.encode(_event(http, function, request.caller)).decode(), {}, headers)
    if "x-amz-function-error" in headers:
        return _message(502, "Internal Server Error")
    return _response(payload)


def _is_for(function: LambdaFunction, request: ApiRequest) -> bool:
    signed_for = (request.service, request.region, request.account_id)
    return signed_for == ("lambda", function.region, function.account_id) and (
        function.get_url_config().config["AuthType"] == "AWS_IAM"
    )


def _event(http: Request, function: LambdaFunction, caller: Caller) -> dict[str, Any]:
    path = f"/{http.path.removeprefix(FUNCTION_URL_PATH).partition('/')[2]}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": http.query_string.decode(),
        "headers": {name.lower(): value for name, value in http.headers.items() if name.lower() not in {_SIGNATURE, "cookie"}},
        "requestContext": _context(http, path, function, caller),
        "isBase64Encoded": False,
    }
    if http.cookies:
        event["cookies"] = [f"{name}={value}" for name, value in http.cookies.items()]
    if http.args:
        event["queryStringParameters"] = {name: ",".join(http.args.getlist(name)) for name in http.args}
    if body := http.get_data():
        as_text = (http.content_type or "").startswith(_TEXT)
        event |= {"body": body.decode() if as_text else base64.b64encode(body).decode(), "isBase64Encoded": not as_text}
    return event


def _context(http: Request, path: str, function: LambdaFunction, caller: Caller) -> dict[str, Any]:
    now, identifier = time.time(), url_id(function)
    return {
        "accountId": function.account_id,
        "apiId": identifier,
        "authentication": None,
        "authorizer": {"iam": _identity(caller)},
        "domainName": f"{identifier}.lambda-url.{function.region}.on.aws",
        "domainPrefix": identifier,
        "http": {
            "method": http.method,
            "path": path,
            "protocol": http.environ["SERVER_PROTOCOL"],
            "sourceIp": http.remote_addr,
            "userAgent": http.user_agent.string,
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _identity(caller: Caller) -> dict[str, str | None]:
    session = sts_backends[caller.account_id]["aws"].get_assumed_role_from_access_key(caller.access_key)
    user_id = session.user_id if session else caller.account_id
    return {
        "accessKey": caller.access_key,
        "accountId": caller.account_id,
        "callerId": user_id,
        "cognitoIdentity": None,
        "principalOrgId": ORGANIZATION_ID,
        "userArn": caller.arn,
        "userId": user_id,
    }


def _response(payload: bytes) -> Response:
    """A document with a statusCode says what to answer; any other is the answer."""
    document = msgspec.json.decode(payload)
    if not isinstance(document, dict) or "statusCode" not in document:
        return Response(payload, content_type="application/json")
    body = document.get("body") or ""
    response = Response(
        base64.b64decode(body) if document.get("isBase64Encoded") else body,
        status=document["statusCode"],
        headers={"content-type": "application/json"},
    )
    for name, value in document.get("headers", {}).items():
        response.headers[name] = str(value)
    for cookie in document.get("cookies", ()):
        response.headers.add("set-cookie", cookie)
    return response


def _message(status: int, message: str) -> Response:
    return Response(msgspec.json.encode({"Message": message}), status=status, content_type="application/json")
