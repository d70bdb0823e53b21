"""Signed HTTP calls of a function, and its responses.

They come by a function URL, or where functions have none by an HTTP API. IAM authorises both, and both have the payload format
2.0, with the signature's maker in it (Lambda guide, "Invoking Lambda function URLs"; API Gateway guide, "Create AWS Lambda
proxy integrations for HTTP APIs").
"""

import base64
from http import HTTPStatus
from typing import Any

import msgspec

from causeway.domain.model.errors import CausewayError
from causeway.domain.model.values import Value

from .boundary import MalformedItem

type Response = dict[str, Any]


def caller(event: dict[str, Any]) -> str:
    """The ARN that signed the call. AWS puts it there once it has checked the signature; nothing in the call itself can."""
    return str(event["requestContext"]["authorizer"]["iam"]["userArn"])


def body(event: dict[str, Any]) -> str:
    """The body as text; empty where there was none."""
    text = str(event.get("body", ""))
    return base64.b64decode(text).decode(errors="replace") if event.get("isBase64Encoded") else text


def ok(value: Value) -> Response:
    return _response(HTTPStatus.OK, msgspec.to_builtins(value))


def bad_request(error: MalformedItem) -> Response:
    return _response(HTTPStatus.BAD_REQUEST, {"error": "Malformed", "message": str(error)})


def conflict(error: CausewayError) -> Response:
    return _response(HTTPStatus.CONFLICT, {"error": type(error).__name__, "message": str(error)})


def _response(status: HTTPStatus, content: dict[str, Any]) -> Response:
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": "application/json"},
        "body": msgspec.json.encode(content).decode(),
    }
