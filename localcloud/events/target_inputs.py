"""What a target gets of an event: all of it, a part, a constant, or a filled template."""

import json
import re
from typing import Any

from jsonpath_ng.parser import JsonPathParser
from moto.events.models import Rule

type Event = dict[str, Any]
type Target = dict[str, Any]

_PLACEHOLDER = re.compile(r"<(?P<name>[^<>\s]+)>")
_TEMPLATE_PART = re.compile(r'(?P<string>"(?:\\.|[^"\\])*")|<(?P<bare>[^<>\s]+)>')


def target_input(rule: Rule, target: Target, event: Event) -> str:
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    if transformer := target.get("InputTransformer"):
        return _transform(transformer, {**event, "__rule_arn": rule.arn})
    return json.dumps(event)


def _transform(transformer: dict[str, Any], event: Event) -> str:
    """Fill a template. A bare `<name>` becomes JSON; inside a string it becomes text."""
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.rule-arn"] = event.pop("__rule_arn")
    values["aws.events.event"] = values["aws.events.event.json"] = event

    def fill(match: re.Match[str]) -> str:
        if name := match["bare"]:
            return json.dumps(values.get(name))
        return _PLACEHOLDER.sub(lambda inner: _text(values.get(inner["name"])), match["string"])

    return _TEMPLATE_PART.sub(fill, transformer["InputTemplate"])


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _at(path: str, event: Event) -> Any:
    found = JsonPathParser().parse(path.replace("detail-type", "'detail-type'")).find(event)
    return found[0].value if found else None
