"""JSONata for moto's Step Functions interpreter, which expects a Java bridge: the `jsonata-python` package evaluates."""

import copy
import functools
import json
import re
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from localcloud.core.patching import replaces

_DECLARED = re.compile("\0([^\0]*)\0")
"""A declared value in an expression: JSON has no such character, it escapes it."""


def install() -> None:
    moto_jsonata._eval_jsonata = evaluate
    for module in (moto_jsonata, states, variable_store):
        vars(module)["encode_jsonata_variable_declarations"] = declare
    # `evaluate` already refuses what is undefined or not JSON; moto would evaluate each expression once more to see.
    string_expression.validate_jsonata_expression_output = lambda *_: None


@replaces(string_expression.StringJSONata, "_eval_body")
def a_wrong_query_fails_its_state(original: Any, expression: Any, env: Any) -> None:
    """With `States.QueryEvaluationError`, which Retry and Catch can match."""
    try:
        original(expression, env)
    except JSONataException as error:
        name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        details = EventDetails(
            evaluationFailedEventDetails=EvaluationFailedEventDetails(error=name.error_name, cause=error.details)
        )
        failed = HistoryEventType.EvaluationFailed
        env.event_manager.add_event(context=env.event_history_context, event_type=failed, event_details=details)
        failure = FailureEvent(env=env, error_name=name, event_type=failed, event_details=details)
        raise FailureEventException(failure_event=failure) from error


def evaluate(expression: str) -> Any:
    """Evaluate an expression to plain JSON values.

    Raises:
        JSONataException: the expression is wrong, or it gives nothing. AWS fails a state whose query is undefined.
    """
    values: dict[str, Any] = {}

    def bound(declared: re.Match[str]) -> str:
        name = f"declared{len(values)}"
        values[name] = _with_nulls(json.loads(declared[1]))
        return f"${name}"

    try:
        query = _parsed(_DECLARED.sub(bound, expression))
        Jsonata.CURRENT.jsonata = query  # functions ask for the query of their thread
        result = query.evaluate(None, values)
    except (JException, ArithmeticError, TypeError) as error:
        raise JSONataException("States.QueryEvaluationError", f"{_shown(expression)}: {error}") from error
    if "value" not in result:
        raise JSONataException("States.QueryEvaluationError", f"The JSONata expression '{_shown(expression)}' returned nothing")
    return _plain(result["value"])


def declare(bindings: dict[str, Any]) -> str:
    """Declare variables in front of an expression, so that `evaluate` finds their values and need not parse them as JSONata."""
    return "".join(f"{name}:=\0{json.dumps(value, default=str)}\0;" for name, value in bindings.items())


def _parsed(expression: str) -> Jsonata:
    """The query, for this thread alone; threads share what was parsed."""
    return copy.copy(_parse(expression))


@functools.lru_cache(maxsize=1024)
def _parse(expression: str) -> Jsonata:
    # An object leaves an undefined member out and keeps a null one; bare, the package gives None for both.
    return Jsonata(f'{{"value":{expression}}}')


def _shown(expression: str) -> str:
    return expression.replace("\0", "")


def _with_nulls(value: Any) -> Any:
    """JSON for the package, to which None means that there is nothing."""
    if isinstance(value, dict):
        return {key: _with_nulls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_nulls(item) for item in value]
    return Utils.NULL_VALUE if value is None else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
