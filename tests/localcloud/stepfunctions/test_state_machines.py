"""Step Functions: the language in JSONata mode, errors, retries, callbacks and a history that can be watched."""

import json
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from localcloud.stepfunctions.jsonata import declare, evaluate
from tests.localcloud.conftest import App, eventually


def _start(app: App, **execution_input: Any) -> str:
    machine = app.outputs["MachineArn"]
    answer = app.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(execution_input))
    arn: str = answer["executionArn"]
    return arn


def _finished(app: App, arn: str) -> dict[str, Any]:
    states = app.client("stepfunctions")

    def finished() -> dict[str, Any] | None:
        description: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if description["status"] == "RUNNING" else description

    return eventually(finished)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("null", None),
        ("true", True),
        ("2.0", 2),
        ("1.5", 1.5),
        ("[]", []),
        ("[1]", [1]),
        ('{"a": null, "b": []}', {"a": None, "b": []}),
        ("$map([1, 2], function($v) { $v * 2 })", [2, 4]),
        ('$count($filter([{"k": 1}], function($v) { $v.k = 2 }))', 0),
        ("$merge([{'a': 1}, {'b': null}])", {"a": 1, "b": None}),
    ],
)
def test_jsonata_gives_plain_json(expression: str, value: Any) -> None:
    assert evaluate(f"({expression})") == value
    assert type(evaluate(f"({expression})")) is type(value)


@pytest.mark.parametrize("expression", ["nothing.here", "1 / 0", "'a' + 1", "$unknown("])
def test_jsonata_that_gives_nothing_is_an_error(expression: str) -> None:
    with pytest.raises(JSONataException):
        evaluate(f"({expression})")


def test_declared_values_are_read_as_they_were() -> None:
    values = {"$a": 'it\'s "quoted" \\ here\n', "$b": None, "$c": [1, {"d": []}], "$e": True}
    assert evaluate(f"({declare(values)}{{'a': $a, 'b': $b, 'c': $c, 'e': $e}})") == {
        name.removeprefix("$"): value for name, value in values.items()
    }


def test_the_whole_language(app: App) -> None:
    arn = _start(app, action="run", sides=["a", "b"])
    description = _finished(app, arn)
    assert description["status"] == "SUCCEEDED", description
    output = json.loads(description["output"])
    execution = arn.rsplit(":", 1)[-1]
    assert output["execution"] == execution
    assert [side["side"] for side in output["mapped"]] == [f"{execution}a", f"{execution}b"]
    assert output["mapped"][0] | {"side": ""} == {"side": "", "quoted": 'it\'s "quoted" \\ here', "nothing": None}
    assert output["values"] == {"number": 2, "fraction": 1.5, "falsehood": False, "empty": [], "none": None}
    assert output["caught"] == {"error": "ValueError", "cause": "as asked"}
    assert _retries(app, arn) == 2


def _retries(app: App, arn: str) -> int:
    events = app.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return sum(event.get("taskFailedEventDetails", {}).get("error") == "NotReady" for event in events)


def test_a_failed_execution_says_why(app: App) -> None:
    description = _finished(app, _start(app, action="fail", reason="rain"))
    assert (description["status"], description["error"], description["cause"]) == ("FAILED", "Refused", "because of rain")


def test_an_undefined_result_fails_the_state(app: App) -> None:
    description = _finished(app, _start(app, action="undefined"))
    assert (description["status"], description["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_task_over_its_time_is_caught(app: App) -> None:
    assert _finished(app, _start(app, action="slow"))["status"] == "SUCCEEDED"


def test_a_callback_resumes_and_the_history_shows_the_wait(app: App) -> None:
    app.messages("DeliveredUrl")
    states = app.client("stepfunctions")
    arn = _start(app, action="wait")
    message = eventually(lambda: [item for item in app.messages("DeliveredUrl") if "token" in item])[0]
    events = states.get_execution_history(executionArn=arn)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert entered == ["Remember", "Choose", "Approve"]
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.send_task_success(taskToken=message["token"], output=json.dumps({"approved": True}))
    assert json.loads(_finished(app, arn)["output"]) == {"approved": True}
