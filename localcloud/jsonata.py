"""JSONata for moto's Step Functions interpreter, which expects a Java bridge: the `jsonata-python` package evaluates."""

import json
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException


def install() -> None:
    moto_jsonata._eval_jsonata = evaluate
    for module in (moto_jsonata, states, variable_store):
        vars(module)["encode_jsonata_variable_declarations"] = declare


def evaluate(expression: str) -> Any:
    """Evaluate an expression to plain JSON values.

    Raises:
        JSONataException: the expression is wrong, or it gives nothing. AWS fails a state whose query is undefined.
    """
    try:
        # An object leaves an undefined member out and keeps a null one; bare, the package gives None for both.
        result = Jsonata(f'{{"value":{expression}}}').evaluate(None)
    except (JException, ArithmeticError, TypeError) as error:
        raise JSONataException("States.QueryEvaluationError", f"{expression}: {error}") from error
    if "value" not in result:
        raise JSONataException("States.QueryEvaluationError", f"The JSONata expression '{expression}' returned nothing")
    return _plain(result["value"])


def declare(bindings: dict[str, Any]) -> str:
    """Declare variables in front of an expression. JSON is JSONata, once it is escaped as JSON is."""
    return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
