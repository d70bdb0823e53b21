"""AWS's own error answers, written in the protocol of the call that they answer."""

from html import escape
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from localcloud.endpoint.api_request import ApiRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable"}
_CBOR_SHORT, _CBOR_TEXT_8, _CBOR_TEXT_16 = 24, 0x78, 0x79


class AwsError(msgspec.Struct, frozen=True):
    """An error as AWS answers it: code, message and HTTP status."""

    code: str
    message: str
    status: int = 400


def throttling_error(request: ApiRequest) -> AwsError:
    """The throttling error of the request's service."""
    match request.service, request.protocol:
        case "ec2", _:
            return AwsError("RequestLimitExceeded", "Request limit exceeded.", 503)
        case "s3", _:
            return AwsError("SlowDown", "Please reduce your request rate.", 503)
        case "lambda", _:
            return AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
        case _, "query":
            return AwsError("Throttling", "Rate exceeded", 400)
        case _:
            return AwsError("ThrottlingException", "Rate exceeded", 400)


def answer(error: AwsError, request: ApiRequest, start_response: "StartResponse") -> list[bytes]:
    """Answer ``request`` with ``error``, as a WSGI application does."""
    request_id = str(uuid4())
    content_type, body = _render(error, request, request_id)
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", error.code),
    ]
    if request.protocol == "cbor":
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    start_response(f"{error.status} {_REASONS.get(error.status, 'Error')}", headers)
    return [] if request.environ["REQUEST_METHOD"] == "HEAD" else [body]


def _render(error: AwsError, request: ApiRequest, request_id: str) -> tuple[str, bytes]:
    code, message = escape(error.code), escape(error.message)
    match request.protocol:
        case "ec2":
            body = (
                f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>"
            )
        case "query":
            body = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        case "rest-xml":
            body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
        case "cbor":
            return "application/cbor", b"\xa2" + b"".join(
                _cbor_text(text) for text in ("__type", error.code, "message", error.message)
            )
        case "function-url":
            return "application/json", msgspec.json.encode({"Message": error.message})
        case "json" | "rest-json":
            document = {"__type": error.code, "message": error.message}
            return "application/x-amz-json-1.1", msgspec.json.encode(document)
    return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _cbor_text(text: str) -> bytes:
    """A CBOR text string (RFC 8949, major type 3) of up to 65,535 bytes."""
    data = text.encode()
    if len(data) < _CBOR_SHORT:
        return bytes([0x60 + len(data)]) + data
    if len(data) <= 0xFF:  # noqa: PLR2004 - what one length byte holds
        return bytes([_CBOR_TEXT_8, len(data)]) + data
    return bytes([_CBOR_TEXT_16]) + len(data).to_bytes(2) + data
