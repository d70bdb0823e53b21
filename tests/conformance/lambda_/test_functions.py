"""Lambda functions: what they answer, and what an error of theirs looks like."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.functions import make_function

CODE = """
import os
import boto3

def handler(event, context):
    if event.get("fail"):
        raise ValueError(event["fail"])
    if event.get("exit"):
        os._exit(event["exit"])
    if event.get("who"):
        return boto3.client("sts").get_caller_identity()["Arn"]
    return {"event": event, "greeting": os.environ["GREETING"], "function": context.function_name}
"""


@pytest.fixture(scope="module")
def function(account: Account, unique: Callable[[], str]) -> str:
    return make_function(account, unique, CODE, Environment={"Variables": {"GREETING": "hello"}})


@pytest.fixture
def invoke(account: Account, function: str) -> Callable[[dict[str, Any]], tuple[str | None, Any]]:
    """Invoke the function: the kind of error, if any, and the document that it answers."""

    def invoke(event: dict[str, Any]) -> tuple[str | None, Any]:
        answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.load(answer["Payload"])

    return invoke


def test_a_function_answers_with_its_variables_and_its_name(invoke: Any, function: str) -> None:
    """Lambda Guide: configuration-envvars; Lambda API: Invoke."""
    expected = {"event": {"a": [1]}, "greeting": "hello", "function": function.rsplit(":", 1)[1]}
    assert invoke({"a": [1]}) == (None, expected)


def test_an_exception_is_an_unhandled_error_of_its_type(invoke: Any) -> None:
    """Lambda Guide: python-exceptions; Lambda API: Invoke."""
    kind, answer = invoke({"fail": "as asked"})
    assert (kind, answer["errorType"], answer["errorMessage"]) == ("Unhandled", "ValueError", "as asked")


def test_a_function_whose_process_ends_answers_runtime_exit_error(invoke: Any) -> None:
    """Lambda Guide: troubleshooting-invocation; Lambda API: Invoke."""
    kind, answer = invoke({"exit": 7})
    assert (kind, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert invoke({})[0] is None


def test_a_function_acts_as_its_role(invoke: Any, account: Account, function: str) -> None:
    """Lambda Guide: lambda-intro-execution-role."""
    role = account.client("lambda").get_function_configuration(FunctionName=function)["Role"].rsplit("/", 1)[1]
    name = function.rsplit(":", 1)[1]
    assert invoke({"who": True}) == (None, f"arn:aws:sts::{account.id}:assumed-role/{role}/{name}")


def test_an_unknown_function_is_not_found(account: Account, function: str) -> None:
    """Lambda API: Invoke."""
    functions = account.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName=f"{function}-missing")
