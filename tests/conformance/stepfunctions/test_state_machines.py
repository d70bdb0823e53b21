"""The Amazon States Language with JSONata: values, errors, maps, choices."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.expecting import until
from tests.conformance.policies import Roles, permitted, trusting


@pytest.fixture(scope="module")
def run(account: Account, unique: Callable[[], str]) -> Callable[..., dict[str, Any]]:
    """Run states, from the first one on, and answer the description of the ended execution."""
    client = account.client("stepfunctions")
    role = Roles(account, unique).make(trust=trusting({"Service": "states.amazonaws.com"}))

    def run(states: dict[str, Any], given: object) -> dict[str, Any]:
        definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states})
        machines: list[str] = []

        def create() -> None:
            made = client.create_state_machine(name=unique(), definition=definition, roleArn=role)
            machines.append(made["stateMachineArn"])

        assert permitted(create) == "ok"
        execution = client.start_execution(stateMachineArn=machines[0], input=json.dumps(given))["executionArn"]
        return until(lambda: client.describe_execution(executionArn=execution), lambda it: it["status"] != "RUNNING")

    return run


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
        ("$merge([{'a': 1}, {'b': null}])", {"a": 1, "b": None}),
    ],
)
def test_an_expression_gives_plain_json(run: Any, expression: str, value: Any) -> None:
    """Step Functions Guide: transforming-data."""
    ended = run({"Only": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}}, {})
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == value


@pytest.mark.parametrize("expression", ["$states.input.missing", "1 / 0", "'a' + 1"])
def test_an_expression_that_gives_nothing_fails_its_state(run: Any, expression: str) -> None:
    """Step Functions Guide: transforming-data; Step Functions Guide: concepts-error-handling."""
    ended = run({"Only": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}}, {})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_failed_execution_says_why(run: Any) -> None:
    """Step Functions Guide: state-fail; Step Functions API: DescribeExecution."""
    fail = {"Type": "Fail", "Error": "Refused", "Cause": "{% 'because of ' & $states.input.reason %}"}
    ended = run({"Only": fail}, {"reason": "rain"})
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Refused", "because of rain")


def test_a_choice_takes_the_first_condition_that_holds(run: Any) -> None:
    """Step Functions Guide: state-choice."""
    choices = [{"Condition": f"{{% $states.input.n > {limit} %}}", "Next": name} for limit, name in ((10, "A"), (5, "B"))]
    ends = {name: {"Type": "Pass", "Output": name, "End": True} for name in "ABC"}
    assert run({"Choose": {"Type": "Choice", "Choices": choices, "Default": "C"}, **ends}, {"n": 7})["output"] == '"B"'


def test_a_map_gives_the_results_in_the_order_of_its_items(run: Any) -> None:
    """Step Functions Guide: state-map-inline."""
    double = {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Double", "States": {"Double": double}}
    each = {"Type": "Map", "Items": "{% $states.input %}", "MaxConcurrency": 2, "ItemProcessor": processor, "End": True}
    assert json.loads(run({"Each": each}, [3, 1, 2])["output"]) == [6, 2, 4]


def test_assigned_variables_last_to_the_end(run: Any) -> None:
    """Step Functions Guide: workflow-variables."""
    remember = {"Type": "Pass", "Assign": {"kept": "{% $states.input.a %}", "nothing": "{% null %}"}, "Next": "Tell"}
    tell = {"Type": "Pass", "Output": {"kept": "{% $kept %}", "nothing": "{% $nothing %}"}, "End": True}
    assert json.loads(run({"Remember": remember, "Tell": tell}, {"a": 'a "b"'})["output"]) == {
        "kept": 'a "b"',
        "nothing": None,
    }


def test_the_context_names_the_execution(run: Any) -> None:
    """Step Functions Guide: input-output-contextobject."""
    ended = run({"Only": {"Type": "Pass", "Output": "{% $states.context.Execution.Name %}", "End": True}}, {})
    assert json.loads(ended["output"]) == ended["name"]
