"""A state machine's definition: what CloudFormation makes of a template's properties before it calls Step Functions.

Source: ``DefinitionProcessor.java`` in github.com/aws-cloudformation/aws-cloudformation-resource-providers-stepfunctions. The
placeholders are replaced in the text; after that a definition from S3 is parsed, as JSON or else as YAML.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from moto.cloudformation.exceptions import ValidationError

type Document = dict[str, Any]


def definition_from_s3(content: str, substitutions: Mapping[str, Any]) -> Document:
    """The definition that a file in S3 becomes.

    Example:
        >>> definition_from_s3("Retry: ${Retriers}", {"Retriers": "[{ErrorEquals: [States.Timeout]}]"})
        {'Retry': [{'ErrorEquals': ['States.Timeout']}]}

    Raises:
        ValidationError: a substitution is no text, integer or boolean, or the result is neither JSON nor YAML.
    """
    try:
        definition: Document = yaml.load(substituted(content, substitutions), _DefinitionLoader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        raise ValidationError(message="Invalid StateMachine definition.") from error
    return definition


def substituted(text: str, substitutions: Mapping[str, Any]) -> str:
    """The text with every ``${Name}`` replaced, also in what was put in.

    Raises:
        ValidationError: a substitution is no text, integer or boolean, or leads back to itself.
    """
    values = {f"${{{name}}}": _as_text(value) for name, value in substitutions.items()}
    placeholders = re.compile("|".join(map(re.escape, values)) or r"(?!)")
    for _ in range(len(values) + 1):
        if not placeholders.search(text):
            return text
        text = placeholders.sub(lambda found: values[found.group()], text)
    raise ValidationError(message="The output of one substitution is the input of another.")


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return json.dumps(value)
    raise ValidationError(message="Invalid definition substitution type. Input should be either String, Integer, or Boolean")


class _DefinitionLoader(yaml.SafeLoader):
    """CloudFormation's parser follows no alias: it reads the alias's name as a text."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        alias: yaml.AliasEvent = self.get_event()  # type: ignore[no-untyped-call]
        return yaml.ScalarNode("tag:yaml.org,2002:str", alias.anchor)
