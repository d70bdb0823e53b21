"""What the command asks of AWS where moto has no answer: the preview's function and the decision's URL."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from cli.exits import CommandError, ExitCode
from cli.hub import Hub

from .conftest import OUTPUTS, Command


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the function URL answers, and the request that it got."""
    exchange: dict[str, Any] = {"status": 200, "body": '{"decision": "APPROVED"}'}

    def send(_session: URLLib3Session, request: Any) -> Any:
        exchange["request"] = request
        return SimpleNamespace(status_code=exchange["status"], content=exchange["body"].encode())

    monkeypatch.setattr(URLLib3Session, "send", send)
    return exchange


def test_a_decision_is_signed_for_lambda_and_names_the_plan(causeway: Command, answers: dict[str, Any]) -> None:
    assert Hub("causeway").decide("one", "abc", "deny", "Too wide.") == {"decision": "APPROVED"}

    request = answers["request"]
    assert (request.method, request.url) == ("POST", OUTPUTS["ApprovalUrl"])
    assert "/us-east-1/lambda/aws4_request" in str(request.headers["Authorization"])
    assert json.loads(request.body) == {"request_id": "one", "checksum": "abc", "decision": "deny", "reason": "Too wide."}


@pytest.mark.parametrize("suffix", ["us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"])
def test_where_an_api_takes_the_urls_place_a_decision_is_signed_for_it(
    causeway: Command, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    url = f"https://a1b2c3d4e5.execute-api.{suffix}/"
    hub = Hub("causeway")
    monkeypatch.setattr(hub, "_outputs", OUTPUTS | {"ApprovalUrl": url})

    hub.decide("one", "abc", "approve", None)

    request = answers["request"]
    assert (request.method, request.url) == ("POST", url)
    assert "/execute-api/aws4_request" in str(request.headers["Authorization"])


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ({"status": 409, "body": '{"error": "ApprovalNotAsked", "message": "Another plan."}'}, ExitCode.FAILED, "Another plan"),
        ({"status": 403, "body": '{"Message": "Forbidden"}'}, ExitCode.UNREACHABLE, "Forbidden"),
        ({"status": 502, "body": "Internal Server Error"}, ExitCode.FAILED, "Internal Server Error"),
    ],
)
def test_a_decision_that_is_not_taken_says_why(
    causeway: Command, answers: dict[str, Any], answer: dict[str, Any], code: ExitCode, says: str
) -> None:
    answers.update(answer)

    with pytest.raises(CommandError, match=says) as raised:
        Hub("causeway").decide("one", "abc", "approve", None)

    assert raised.value.code is code


def test_a_preview_that_fails_is_told_by_its_error(causeway: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = io.BytesIO(b'{"errorType": "Throttled", "errorMessage": "Too fast."}')
    function = SimpleNamespace(invoke=lambda **_: {"FunctionError": "Unhandled", "Payload": payload})
    hub = Hub("causeway")
    client = hub._client
    monkeypatch.setattr(hub, "_client", lambda service: function if service == "lambda" else client(service))

    with pytest.raises(CommandError, match="Throttled: Too fast"):
        hub.preview({"request_id": "one"})
