"""Function URLs with IAM: who may call them, what the function gets, and what the caller gets back."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.deploy.stacks import operator_session
from localcloud.server import HUB_ACCOUNT_ID
from tests.localcloud.conftest import App

OPERATOR = Credentials("test", "test")
FORBIDDEN = (403, {"Message": "Forbidden"})


class Url:
    """The function's URL, and its callers."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.url = app.outputs["UrlFunctionUrl"]
        configuration = app.functions.get_function(FunctionName=app.outputs["UrlFunctionName"])["Configuration"]
        self.function_arn: str = configuration["FunctionArn"]
        self._http = urllib3.PoolManager()

    def call(
        self,
        path: str = "",
        credentials: Credentials = OPERATOR,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        scope: tuple[str, str] = ("lambda", "us-east-1"),
    ) -> urllib3.BaseHTTPResponse:
        address = f"{self.url}{path}"
        request = AWSRequest(method, address, data=body, headers=dict(headers or {}))
        SigV4Auth(credentials, *scope).add_auth(request)
        return self._http.request(method, address, body=body, headers=dict(request.headers))

    def unsigned(self) -> urllib3.BaseHTTPResponse:
        return self._http.request("GET", self.url)

    def role(self, name: str, *statements: dict[str, Any]) -> Credentials:
        """A session ``ann`` of a new role with these statements."""
        iam = self.app.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": HUB_ACCOUNT_ID}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(*statements))
        keys = self.app.client("sts").assume_role(RoleArn=arn, RoleSessionName="ann")["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def allow(self, action: str, **condition: Any) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": action, "Resource": self.function_arn, **condition}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _seen(response: urllib3.BaseHTTPResponse) -> tuple[int, Any]:
    return response.status, response.json()


@pytest.fixture(scope="module")
def url(app: App) -> Url:
    return Url(app)


def test_the_url_is_on_the_endpoint_and_the_configuration_names_it(app: App, url: Url) -> None:
    assert url.url.startswith(f"{app.aws.endpoint_url}/")
    config = app.functions.get_function_url_config(FunctionName=app.outputs["UrlFunctionName"])
    assert (config["FunctionUrl"], config["FunctionArn"]) == (url.url, url.function_arn)
    assert (config["AuthType"], config["InvokeMode"]) == ("AWS_IAM", "BUFFERED")


def test_the_function_gets_the_request(url: Url) -> None:
    headers = {"Content-Type": "application/json", "X-Note": "one", "Cookie": "a=1; b=2"}
    response = url.call("decide/it?a=1&a=2&b=%20", method="POST", body=b'{"x": 1}', headers=headers)
    event = response.json()
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/decide/it", "a=1&a=2&b=%20")
    assert event["queryStringParameters"] == {"a": "1,2", "b": " "}
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": 1}', False)
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-note"] == "one"
    assert "authorization" not in event["headers"]
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"], http["sourceIp"]) == ("POST", "/decide/it", "127.0.0.1")


def test_a_request_without_anything_has_neither_body_nor_parameters(url: Url) -> None:
    assert not {"body", "queryStringParameters", "cookies"} & url.call().json().keys()


def test_a_binary_body_is_base64(url: Url) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    event = url.call(method="POST", body=b"\x00\x01", headers=headers).json()
    assert (event["body"], event["isBase64Encoded"]) == ("AAE=", True)


def test_the_function_knows_the_operator(url: Url) -> None:
    context = url.call().json()["requestContext"]
    assert context["accountId"] == HUB_ACCOUNT_ID
    assert context["authorizer"]["iam"] == {
        "accessKey": "test",
        "accountId": HUB_ACCOUNT_ID,
        "callerId": HUB_ACCOUNT_ID,
        "cognitoIdentity": None,
        "principalOrgId": "o-embedded00",
        "userArn": f"arn:aws:iam::{HUB_ACCOUNT_ID}:root",
        "userId": HUB_ACCOUNT_ID,
    }


def test_the_function_knows_a_roles_session(app: App, url: Url) -> None:
    ann = url.role("approver", url.allow("lambda:InvokeFunctionUrl"), url.allow("lambda:InvokeFunction"))
    iam = url.call(credentials=ann).json()["requestContext"]["authorizer"]["iam"]
    assert iam["userArn"] == f"arn:aws:sts::{HUB_ACCOUNT_ID}:assumed-role/approver/ann"
    role_id = app.client("iam").get_role(RoleName="approver")["Role"]["RoleId"]
    assert iam["userId"] == iam["callerId"] == f"{role_id}:ann"
    assert iam["accessKey"] == ann.access_key


def test_an_unsigned_request_is_forbidden(url: Url) -> None:
    assert _seen(url.unsigned()) == FORBIDDEN


@pytest.mark.parametrize("scope", [("execute-api", "us-east-1"), ("lambda", "us-west-2")])
def test_a_request_signed_for_something_else_is_forbidden(url: Url, scope: tuple[str, str]) -> None:
    assert _seen(url.call(scope=scope)) == FORBIDDEN


@pytest.mark.parametrize("action", ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"])
def test_one_of_the_two_permissions_is_not_enough(url: Url, action: str) -> None:
    assert _seen(url.call(credentials=url.role(f"only-{action[7:]}", url.allow(action)))) == FORBIDDEN


def test_the_permissions_can_be_for_the_url_alone(app: App, url: Url) -> None:
    through_url = {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}
    with_iam = {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}
    statements = url.allow("lambda:InvokeFunctionUrl", **with_iam), url.allow("lambda:InvokeFunction", **through_url)
    ann = url.role("through-the-url", *statements)
    assert url.call(credentials=ann).status == 200


def test_another_account_is_forbidden(app: App, url: Url) -> None:
    member: Any = operator_session(app.aws, "111111111111").get_credentials()
    assert _seen(url.call(credentials=member)) == FORBIDDEN


def test_an_unknown_url_is_forbidden(app: App, url: Url) -> None:
    other = Url(app)
    other.url = url.url[:-2] + "/"
    assert _seen(other.call()) == FORBIDDEN


def test_an_answer_with_a_status_is_the_http_answer(url: Url) -> None:
    response = url.call("created")
    assert (response.status, response.data) == (201, b"made")
    assert response.headers["X-Greeting"] == "hello"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.getlist("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert url.call("binary").data == b"\x00\x01\x02"


def test_any_other_answer_is_the_body(url: Url) -> None:
    response = url.call("text")
    assert (response.status, response.data, response.headers["Content-Type"]) == (200, b'"plain"', "application/json")


def test_an_error_of_the_function_is_a_bad_gateway(url: Url) -> None:
    assert _seen(url.call("fail")) == (502, {"Message": "Internal Server Error"})


def test_the_call_is_recorded(app: App, url: Url) -> None:
    with app.aws.calls.record() as calls:
        url.call()
    assert "lambda:InvokeFunctionUrl" in {call.kind for call in calls}
