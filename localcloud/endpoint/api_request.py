"""What one HTTP request to the endpoint is in AWS's words: service, operation, caller, account and region.

A request is identified once and kept in its WSGI environ, so that everything that looks at calls (the recorder,
the authorization check) sees the same value. Bodies are read only where the protocol carries the operation or its parameters
in a small document; a body that can be large (S3 objects, function packages) is never touched.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec
from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from localcloud.endpoint.callers import Caller, caller_of
from localcloud.endpoint.function_processes import FunctionProcess, process_behind

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

type Protocol = Literal["ec2", "query", "json", "cbor", "rest-json", "rest-xml", "function-url"]

FUNCTION_URL_PATH = "/_lambda-url/"
"""Where the functions' URLs begin; the function's own id follows."""

_ENVIRON_KEY = "localcloud.request"
_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]*)/([^/]+)/aws4_request")
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(\w+)$")
_READ = re.compile(
    r"(AssumeRole|BatchGet|Check|Decode|Describe|Estimate|Get|Head|List|Lookup|Query|Scan|Search|Select|Simulate|"
    r"TransactGet|Validate)"
)
_FORM = "application/x-www-form-urlencoded"


class _Scope(NamedTuple):
    access_key: str
    region: str
    service: str


@dataclass(frozen=True)
class ApiRequest:
    """One signed call. ``service`` is the signing name, for example ``monitoring`` for CloudWatch."""

    environ: "WSGIEnvironment"
    service: str
    operation: str
    protocol: Protocol
    region: str
    caller: Caller
    path_parameters: Mapping[str, str]
    """What a REST request carries in its path, such as ``Bucket`` or ``FunctionName``."""
    process: FunctionProcess | None
    """What makes the call, where a Lambda function does."""

    @property
    def account_id(self) -> str:
        return self.caller.account_id

    @property
    def function(self) -> str | None:
        return self.process.function if self.process else None

    @property
    def mutating(self) -> bool:
        return not is_read(self.operation)

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of a Query or EC2 request, by their flattened names."""
        if self.protocol not in {"ec2", "query"}:
            return {}
        return _form(self.environ)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The parameters of a JSON request; empty where there are none, or where they are not an object."""
        if self.protocol != "json":
            return {}
        try:
            document = msgspec.json.decode(_peek_body(self.environ) or b"{}")
        except msgspec.DecodeError:
            return {}  # the service itself answers what AWS answers to a malformed document
        return document if isinstance(document, dict) else {}


def is_read(operation: str) -> bool:
    return _READ.match(operation) is not None


def identify(environ: "WSGIEnvironment") -> ApiRequest | None:
    """The AWS call in this request, or None where the request is not signed (moto's own pages, the control endpoints)."""
    if _ENVIRON_KEY not in environ:
        environ[_ENVIRON_KEY] = _identify(environ)
    request: ApiRequest | None = environ[_ENVIRON_KEY]
    return request


def _identify(environ: "WSGIEnvironment") -> ApiRequest | None:
    scope = _signed_scope(environ) or _presigned_scope(environ)
    if scope is None:
        return None
    access_key, region, service = scope
    protocol, operation, path_parameters = _operation(environ, service)
    return ApiRequest(
        environ=environ,
        service=service,
        operation=operation,
        protocol=protocol,
        region=region,
        caller=caller_of(environ, access_key),
        path_parameters=path_parameters,
        process=process_behind(environ.get("HTTP_USER_AGENT", "")),
    )


def _signed_scope(environ: "WSGIEnvironment") -> _Scope | None:
    match = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return _Scope(*match.groups()) if match else None


def _presigned_scope(environ: "WSGIEnvironment") -> _Scope | None:
    """The scope in a presigned URL: signature version 4, or S3's older version 2, which names neither region nor service."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if "X-Amz-Credential" in query:
        match = _SCOPE.search(f"Credential={query['X-Amz-Credential'][0]}")
        return _Scope(*match.groups()) if match else None
    if "AWSAccessKeyId" in query:
        return _Scope(query["AWSAccessKeyId"][0], "us-east-1", "s3")
    return None


def _operation(environ: "WSGIEnvironment", service: str) -> tuple[Protocol, str, Mapping[str, str]]:
    if environ["PATH_INFO"].startswith(FUNCTION_URL_PATH):
        url_id = environ["PATH_INFO"].removeprefix(FUNCTION_URL_PATH).partition("/")[0]
        return "function-url", "InvokeFunctionUrl", {"UrlId": url_id}
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return "json", target.rpartition(".")[2], {}
    if environ.get("CONTENT_TYPE", "").startswith(_FORM) and (action := _form(environ).get("Action")):
        return ("ec2" if service == "ec2" else "query"), action, {}
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor" and (match := _CBOR_PATH.search(environ["PATH_INFO"])):
        return "cbor", match.group(1), {}
    return ("rest-xml" if service == "s3" else "rest-json"), *_route(environ, service)


def _route(environ: "WSGIEnvironment", service: str) -> tuple[str, Mapping[str, str]]:
    """The operation and path parameters of a REST call, by the service's own model; the bare method where it has none."""
    try:
        operation, parameters = get_service_router(service).match(Request(environ.copy()))
    except (NotFound, NotImplementedError, UnknownServiceError):
        return environ["REQUEST_METHOD"], {}
    return operation.name, {name: unquote(str(value)) for name, value in parameters.items()}


def _form(environ: "WSGIEnvironment") -> dict[str, str]:
    parsed = parse_qs(_peek_body(environ).decode(), keep_blank_values=True)
    return {name: values[0] for name, values in parsed.items()}


def _peek_body(environ: "WSGIEnvironment") -> bytes:
    """Read the body and put it back for the next reader."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
