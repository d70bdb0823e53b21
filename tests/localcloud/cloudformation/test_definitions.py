"""What CloudFormation makes of a definition file and its substitutions, before Step Functions gets it."""

from typing import Any

import pytest
from moto.cloudformation.exceptions import ValidationError

from localcloud.cloudformation.definitions import definition_from_s3, substituted

FILE = """
Retry:
  - ${RetryNow}
  - ErrorEquals: [Busy]
Limit: ${Limit}
Resource: ${Arn}
"""


def test_a_placeholder_can_stand_for_any_value() -> None:
    values = {"RetryNow": "{ErrorEquals: [Throttled, States.Timeout], MaxAttempts: 6}", "Limit": 3, "Arn": "arn:aws:lambda:f"}
    assert definition_from_s3(FILE, values) == {
        "Retry": [{"ErrorEquals": ["Throttled", "States.Timeout"], "MaxAttempts": 6}, {"ErrorEquals": ["Busy"]}],
        "Limit": 3,
        "Resource": "arn:aws:lambda:f",
    }


def test_a_file_can_be_json() -> None:
    assert definition_from_s3('{"Limit": ${Limit}}', {"Limit": True}) == {"Limit": True}


def test_placeholders_are_replaced_in_what_was_put_in_too() -> None:
    assert substituted("${A} ${Unknown}", {"A": "[${B}]", "B": "b"}) == "[b] ${Unknown}"
    with pytest.raises(ValidationError, match="input of another"):
        substituted("${A}", {"A": "${B}", "B": "${A}"})


@pytest.mark.parametrize("value", [1.5, [], {}, None])
def test_a_substitution_is_a_text_an_integer_or_a_boolean(value: Any) -> None:
    with pytest.raises(ValidationError, match="either String, Integer, or Boolean"):
        substituted("${A}", {"A": value})


def test_an_alias_is_not_followed() -> None:
    assert definition_from_s3("a: &list [1]\nb: *list\n", {}) == {"a": [1], "b": "list"}


def test_what_is_neither_json_nor_yaml_is_refused() -> None:
    with pytest.raises(ValidationError, match="Invalid StateMachine definition"):
        definition_from_s3("a: [", {})
