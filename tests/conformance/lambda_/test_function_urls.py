"""Function URLs with IAM: who may call them, what the function gets, and what the caller gets back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.conformance.accounts import Account
from tests.conformance.expecting import eventually, until
from tests.conformance.functions import make_function
from tests.conformance.policies import Roles, allow
from tests.conformance.settings import AWS, SETTINGS

CODE = """
def handler(event, context):
    match event["rawPath"]:
        case "/created":
            headers = {"X-Greeting": "hello"}
            return {"statusCode": 201, "headers": headers, "body": "made", "cookies": ["a=1; Secure", "b=2"]}
        case "/binary":
            return {"statusCode": 200, "body": "AAEC", "isBase64Encoded": True}
        case "/text":
            return "plain"
        case "/fail":
            raise ValueError("as asked")
    return event
"""
FORBIDDEN = 403
URL, FUNCTION = "lambda:InvokeFunctionUrl", "lambda:InvokeFunction"


class Url:
    """A function's URL, and its callers."""

    def __init__(self, account: Account, function: str, http: urllib3.PoolManager) -> None:
        self.account = account
        self.function = function
        made = account.client("lambda").create_function_url_config(FunctionName=function, AuthType="AWS_IAM")
        self.address: str = made["FunctionUrl"]
        assert ".on.aws" not in self.address or SETTINGS.endpoint == AWS, "an emulator leads to AWS itself"
        self._http = http

    def call(
        self,
        path: str = "",
        *,
        caller: Account | None = None,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        scope: tuple[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Call it, signed by the account's administrator unless told."""
        request = AWSRequest(method, f"{self.address}{path}", data=body, headers=dict(headers or {}))
        credentials = (caller or self.account).credentials()
        SigV4Auth(credentials, *(scope or ("lambda", self.account.region))).add_auth(request)
        return self._http.request(method, f"{self.address}{path}", body=body, headers=dict(request.headers))

    def answered(self, path: str = "", **more: Any) -> urllib3.BaseHTTPResponse:
        """The answer once it is no denial any more."""
        return until(lambda: self.call(path, **more), lambda answer: answer.status != FORBIDDEN)

    def unsigned(self) -> urllib3.BaseHTTPResponse:
        return self._http.request("GET", self.address)


@pytest.fixture(scope="module")
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager() as pool:
        yield pool


@pytest.fixture(scope="module")
def url(account: Account, unique: Callable[[], str], http: urllib3.PoolManager) -> Url:
    made = Url(account, make_function(account, unique, CODE), http)
    eventually(lambda: made.call().status, 200)
    return made


@pytest.fixture
def roles(account: Account, unique: Callable[[], str]) -> Roles:
    return Roles(account, unique)


def test_the_function_gets_the_request(url: Url) -> None:
    """Lambda Guide: urls-invocation."""
    headers = {"Content-Type": "application/json", "X-Note": "one", "Cookie": "a=1; b=2"}
    event = url.call("decide/it?a=1&a=2&b=%20", method="POST", body=b'{"x": 1}', headers=headers).json()
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/decide/it", "a=1&a=2&b=%20")
    assert event["queryStringParameters"] == {"a": "1,2", "b": " "}
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": 1}', False)
    assert (event["cookies"], event["headers"]["x-note"]) == (["a=1", "b=2"], "one")
    assert "authorization" not in event["headers"]
    assert event["requestContext"]["http"]["method"] == "POST"


def test_a_request_without_anything_has_neither_body_nor_parameters(url: Url) -> None:
    """Lambda Guide: urls-invocation."""
    assert not {"body", "queryStringParameters", "cookies"} & url.call().json().keys()


def test_a_binary_body_is_base64(url: Url) -> None:
    """Lambda Guide: urls-invocation."""
    headers = {"Content-Type": "application/octet-stream"}
    event = url.call(method="POST", body=b"\x00\x01", headers=headers).json()
    assert (event["body"], event["isBase64Encoded"]) == ("AAE=", True)


def test_the_function_knows_a_roles_session(url: Url, roles: Roles) -> None:
    """Lambda Guide: urls-invocation; IAM Guide: reference_identifiers."""
    arn = roles.make(allow([URL, FUNCTION], url.function))
    event = url.answered(caller=roles.assume(arn)).json()
    caller = event["requestContext"]["authorizer"]["iam"]
    name = arn.rsplit("/", 1)[1]
    assert caller["userArn"] == f"arn:aws:sts::{url.account.id}:assumed-role/{name}/session"
    role_id = url.account.client("iam").get_role(RoleName=name)["Role"]["RoleId"]
    assert caller["userId"] == caller["callerId"] == f"{role_id}:session"


def test_an_unsigned_request_is_forbidden(url: Url) -> None:
    """Lambda Guide: urls-auth."""
    assert (url.unsigned().status, url.unsigned().json()) == (FORBIDDEN, {"Message": "Forbidden"})


@pytest.mark.parametrize("service", ["execute-api", "lambda"])
def test_a_request_signed_for_something_else_is_forbidden(url: Url, other_region: str, service: str) -> None:
    """Lambda Guide: urls-auth; IAM Guide: reference_sigv-signing-elements."""
    region = other_region if service == "lambda" else url.account.region
    assert url.call(scope=(service, region)).status == FORBIDDEN


def test_a_caller_needs_both_permissions(url: Url, roles: Roles) -> None:
    """Lambda Guide: urls-auth."""
    assert url.answered(caller=roles.acting(allow([URL, FUNCTION], url.function))).status == 200
    for action in (URL, FUNCTION):
        assert url.call(caller=roles.acting(allow(action, url.function))).status == FORBIDDEN


def test_the_permissions_can_be_for_the_url_alone(url: Url, roles: Roles) -> None:
    """Lambda Guide: urls-auth; Service Authorization Reference: list_awslambda."""
    with_iam = allow(URL, url.function, StringEquals={"lambda:FunctionUrlAuthType": "AWS_IAM"})
    through_url = allow(FUNCTION, url.function, Bool={"lambda:InvokedViaFunctionUrl": "true"})
    assert url.answered(caller=roles.acting(with_iam, through_url)).status == 200


def test_another_account_is_forbidden(url: Url, peer: Account) -> None:
    """Lambda Guide: urls-auth."""
    assert url.call(caller=peer).status == FORBIDDEN


def test_an_answer_with_a_status_is_the_http_answer(url: Url) -> None:
    """Lambda Guide: urls-invocation."""
    response = url.call("created")
    assert (response.status, response.data, response.headers["X-Greeting"]) == (201, b"made", "hello")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.getlist("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert url.call("binary").data == b"\x00\x01\x02"


def test_any_other_answer_is_the_body(url: Url) -> None:
    """Lambda Guide: urls-invocation."""
    response = url.call("text")
    assert (response.status, response.data, response.headers["Content-Type"]) == (200, b'"plain"', "application/json")


def test_an_error_of_the_function_is_a_bad_gateway(url: Url) -> None:
    """Lambda Guide: urls-invocation; Lambda Guide: urls-monitoring."""
    assert url.call("fail").status == 502
