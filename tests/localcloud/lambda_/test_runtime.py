"""Functions run in AWS's own runtime, with their own code, layers, role, limits and logs."""

import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

from localcloud.endpoint.faults import Faults, Kill
from tests.localcloud.conftest import App, eventually


def test_a_function_answers_with_its_layer_and_variables(app: App) -> None:
    error, answer = app.invoke(echo=[1, None, {"a": "ü"}])
    assert error is None
    assert answer["greeting"] == "hi"
    assert answer["event"] == {"echo": [1, None, {"a": "ü"}]}
    assert answer["function"] == app.outputs["EchoFunctionName"]


def test_a_warm_sandbox_serves_again(app: App) -> None:
    assert app.invoke()[1]["pid"] == app.invoke()[1]["pid"]


def test_concurrent_invocations_have_sandboxes_of_their_own(app: App) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: app.invoke(sleep=0.3)[1]["pid"], range(3)))
    assert len(set(answers)) == 3


def test_an_exception_is_an_unhandled_function_error(app: App) -> None:
    error, answer = app.invoke(fail="broken")
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "broken")


def test_a_runtime_that_exits_is_replaced(app: App) -> None:
    error, answer = app.invoke(exit=3)
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert app.invoke()[0] is None


def test_a_call_is_known_as_its_functions(app: App) -> None:
    with app.aws.calls.record() as calls:
        app.invoke(identity=True)
        app.client("sts").get_caller_identity()
    asked = [call.function for call in calls if call.operation == "GetCallerIdentity"]
    assert asked == [app.outputs["EchoFunctionName"], None]


def test_a_function_that_is_killed_at_a_call_dies_after_its_effect(app: App) -> None:
    name = app.outputs["EchoFunctionName"]
    app.aws.calls.kill(Kill(function=name, operation="GetCallerIdentity", number=2))
    with app.aws.calls.record() as calls:
        answers = [app.invoke(identity=True) for _ in range(3)]
    assert [error for error, _ in answers] == [None, "Unhandled", None]
    assert answers[1][1]["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in answers[1][1]["errorMessage"]
    assert [call.status for call in calls if call.operation == "GetCallerIdentity"] == [200, 200, 200]
    assert app.aws.calls.faults == Faults()


def test_a_function_over_its_time_is_stopped(app: App) -> None:
    name = app.outputs["EchoFunctionName"]
    app.functions.update_function_configuration(FunctionName=name, Timeout=1)
    try:
        error, answer = app.invoke(sleep=5)
    finally:
        app.functions.update_function_configuration(FunctionName=name, Timeout=5)
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]


def test_a_package_that_no_layer_brings_is_missing(app: App) -> None:
    error, answer = app.invoke(**{"import": "pydantic"})
    assert error == "Unhandled"
    assert answer["errorType"] == "ModuleNotFoundError"


def test_the_function_acts_as_its_role(app: App) -> None:
    _, answer = app.invoke(identity=True)
    assert answer["arn"].startswith("arn:aws:sts::123456789012:assumed-role/tiny-EchoFunctionRole")


def test_the_environment_is_lambdas_not_the_developers(app: App) -> None:
    os.environ["LOCALCLOUD_SECRET"] = "the developer's"
    try:
        _, environment = app.invoke(environment=True)
    finally:
        del os.environ["LOCALCLOUD_SECRET"]
    assert "LOCALCLOUD_SECRET" not in environment
    assert "HOME" not in environment
    assert environment["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert environment["_HANDLER"] == "app.handler"


def test_what_a_function_prints_is_in_its_log_group(app: App) -> None:
    logs = app.client("logs")
    app.invoke(log="find me in the log")
    found = eventually(
        lambda: logs.filter_log_events(logGroupName=app.outputs["EchoLogGroup"], filterPattern="find me")["events"]
    )
    assert [event["message"] for event in found] == ["find me in the log"]
    assert f"/{app.outputs['EchoFunctionName']}[$LATEST]" in found[0]["logStreamName"]


def _package(answer: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", f"handler = lambda event, context: {answer!r}\n")
    return package.getvalue()


def test_new_code_retires_the_old_sandboxes(app: App) -> None:
    echo = app.functions.get_function_configuration(FunctionName=app.outputs["EchoFunctionName"])
    app.functions.create_function(
        FunctionName="changing",
        Runtime="python3.13",
        Handler="app.handler",
        Role=echo["Role"],
        Code={"ZipFile": _package("old")},
    )
    assert json.load(app.functions.invoke(FunctionName="changing")["Payload"]) == "old"
    app.functions.update_function_code(FunctionName="changing", ZipFile=_package("new"))
    assert json.load(app.functions.invoke(FunctionName="changing")["Payload"]) == "new"


def test_an_asynchronous_failure_is_tried_again_twice_and_ends_as_a_dead_letter(app: App) -> None:
    name, event = app.outputs["EchoFunctionName"], {"fail_times": {"key": "later", "times": 9}}
    answer = app.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202
    assert eventually(lambda: app.messages("DeadLettersUrl")) == [event]
    (counted,) = app.noted("count-later")
    assert counted["n"] == 3
