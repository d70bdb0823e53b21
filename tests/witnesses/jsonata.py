"""JSONata as executions use it: what was evaluated, and what JSONata's reference implementation says of that."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from tests.witnesses.programs import ask

_DECLARATION = re.compile("\\$(\\w+):=\0([^\0]*)\0;")
_QUERY = re.compile(r"\{%(.*)%\}", re.DOTALL)


class Evaluation(NamedTuple):
    """An expression with the JSON of its variables, and the JSON of its result; None where it failed or gave nothing."""

    expression: str
    variables: str
    result: str | None


class Evaluations:
    """What was evaluated, without repetitions."""

    def __init__(self) -> None:
        self._evaluations: dict[Evaluation, None] = {}

    @property
    def expressions(self) -> set[str]:
        return {evaluation.expression for evaluation in self._evaluations}

    def add(self, evaluation: Evaluation) -> None:
        self._evaluations[evaluation] = None

    def disagreements(self) -> list[tuple[Evaluation, Any]]:
        """Where the reference implementation says something else, and what."""
        evaluations = list(self._evaluations)
        questions = [{"expression": each.expression, "variables": json.loads(each.variables)} for each in evaluations]
        answers = ask("jsonata", questions)
        return [
            (evaluation, answer)
            for evaluation, answer in zip(evaluations, answers, strict=True)
            if evaluation.result != (_text(answer["value"]) if "value" in answer else None)
        ]


@contextmanager
def recorded() -> Iterator[Evaluations]:
    """All that this process's executions evaluate inside."""
    evaluations, evaluate = Evaluations(), moto_jsonata._eval_jsonata

    def evaluate_and_record(composed: str) -> Any:
        try:
            result = evaluate(composed)
        except JSONataException:
            evaluations.add(_evaluation(composed, None))
            raise
        evaluations.add(_evaluation(composed, _text(result)))
        return result

    moto_jsonata._eval_jsonata = evaluate_and_record
    yield evaluations
    moto_jsonata._eval_jsonata = evaluate


def expressions(definition: Any) -> Iterator[str]:
    """Every JSONata expression of a state machine's definition."""
    if isinstance(definition, dict | list):
        for part in definition.values() if isinstance(definition, dict) else definition:
            yield from expressions(part)
    elif isinstance(definition, str) and (query := _QUERY.fullmatch(definition)):
        yield query[1].strip()


def _evaluation(composed: str, result: str | None) -> Evaluation:
    """Of an expression in brackets, with its variables declared in front."""
    variables = {name: json.loads(value) for name, value in _DECLARATION.findall(composed)}
    expression = _DECLARATION.sub("", composed).removeprefix("(").removesuffix(")").strip()
    return Evaluation(expression, _text(variables), result)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
