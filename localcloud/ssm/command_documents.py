"""Command documents: what steps they have, and what a command's parameters make of them. Nothing here runs anything.

Sources: Systems Manager User Guide, "Data elements and parameters" and "Command document plugin reference"; the words about
preconditions are those of the SSM Agent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from moto.ssm.exceptions import SSMException

type Content = Mapping[str, Any]
type Given = Mapping[str, Sequence[str]]

RUN_SHELL_SCRIPT = "AWS-RunShellScript"
PUBLIC: Mapping[str, Content] = {
    RUN_SHELL_SCRIPT: {
        "schemaVersion": "2.2",
        "parameters": {
            "commands": {"type": "StringList"},
            "workingDirectory": {"type": "String", "default": ""},
            "executionTimeout": {"type": "String", "default": "3600", "allowedPattern": r"^[1-9][0-9]{0,5}$"},
        },
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "aws:runShellScript",
                "inputs": {"runCommand": ["{{ commands }}"]},
            }
        ],
    }
}
"""AWS's own documents, of which an embedded instance knows one."""

_ACTION = "aws:runShellScript"
_SCHEMA = "2.2"
_TYPES = frozenset({"Boolean", "Integer", "MapList", "String", "StringList", "StringMap"})
_LISTS = frozenset({"MapList", "StringList"})
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PLATFORM = ("platformType", "Linux")


class Step(msgspec.Struct, frozen=True):
    """One step of a command: what it runs, or why it runs nothing, which then is all that it says.

    Attributes:
        failed: whether it cannot be run at all; one that is skipped succeeds.
    """

    name: str
    lines: tuple[str, ...] = ()
    said: str = ""
    failed: bool = False


def refuse_malformed(content: Content) -> None:
    """What cannot be a Command document is not created.

    Raises:
        SSMException: InvalidDocumentContent, InvalidDocumentSchemaVersion.
    """
    if content.get("schemaVersion") != _SCHEMA:
        raise SSMException("InvalidDocumentSchemaVersion", f"Only schema version {_SCHEMA} is known here.")
    declared, steps = content.get("parameters") or {}, content.get("mainSteps") or []
    for name, parameter in declared.items():
        if parameter.get("type") not in _TYPES:
            raise _malformed(f"the parameter {name} needs a type of {', '.join(sorted(_TYPES))}")
        _compiled(name, parameter)
    if not steps:
        raise _malformed("it needs mainSteps")
    names = [step.get("name", "") for step in steps]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[\w:-]+", name) for name in names):
        raise _malformed("every step needs a name of its own, without spaces")
    if unknown := {each for text in _texts(steps) for each in _REFERENCE.findall(text)} - set(declared):
        raise _malformed(f"it names the parameters {', '.join(sorted(unknown))}, which it does not declare")


def steps_of(content: Content, given: Given) -> list[Step]:
    """The steps of a command with these parameters.

    Raises:
        SSMException: InvalidParameters for what the document does not take.
    """
    values = _values(content.get("parameters") or {}, given)
    return [_step(step, values) for step in content["mainSteps"]]


def _values(declared: Mapping[str, Mapping[str, Any]], given: Given) -> dict[str, list[str]]:
    if unknown := set(given) - set(declared):
        raise _refused(f"the document has no parameter {', '.join(sorted(unknown))}")
    return {name: _value(name, parameter, given.get(name)) for name, parameter in declared.items()}


def _value(name: str, parameter: Mapping[str, Any], given: Sequence[str] | None) -> list[str]:
    """The values of one parameter. As on AWS a pattern need only be found in a value, unless it has anchors."""
    if given is None:
        if "default" not in parameter:
            raise _refused(f"the parameter {name} has no value")
        default = parameter["default"]
        return [str(each) for each in default] if isinstance(default, list) else [str(default)]
    if parameter["type"] not in _LISTS and len(given) != 1:
        raise _refused(f"the parameter {name} takes one value")
    pattern, allowed = _compiled(name, parameter), [str(each) for each in parameter.get("allowedValues", ())]
    for value in given:
        if allowed and value not in allowed:
            raise _refused(f"'{value}' is not one of the values allowed for {name}: {', '.join(allowed)}")
        if pattern and not pattern.search(value):
            raise _refused(f"'{value}' does not match the pattern of {name}: {pattern.pattern}")
    return list(given)


def _compiled(name: str, parameter: Mapping[str, Any]) -> re.Pattern[str] | None:
    try:
        return re.compile(parameter["allowedPattern"]) if "allowedPattern" in parameter else None
    except re.error as error:
        raise _malformed(f"the allowedPattern of {name} is no regular expression: {error}") from error


def _step(step: Mapping[str, Any], values: Mapping[str, list[str]]) -> Step:
    name = step["name"]
    for operator, arguments in step.get("precondition", {}).items():
        shown = f"'\"{operator}\": [{', '.join(map(str, arguments))}]'"
        match _holds(operator, arguments, values):
            case None:
                said = f"Unrecognized precondition(s): {shown}, please update agent to latest version. Step name: {name}"
                return Step(name, said=said, failed=True)
            case False:
                return Step(name, said=f"Step execution skipped due to unsatisfied preconditions: {shown}. Step name: {name}")
    if step["action"] != _ACTION:
        return Step(name, said=f"Plugin with name {step['action']} is not supported. Step name: {name}", failed=True)
    commands = step.get("inputs", {}).get("runCommand", [])
    return Step(name, tuple(line for text in commands for line in _lines(text, values)))


def _holds(operator: str, arguments: Sequence[str], values: Mapping[str, list[str]]) -> bool | None:
    """Whether a precondition holds; None where there can be no such one. It needs the platform, or a parameter."""
    variable, platform = _PLATFORM
    match operator, list(arguments):
        case "StringEquals", [one, other] if one == variable:
            return platform == other
        case "StringEquals", [one, other] if _REFERENCE.search(one) or _REFERENCE.search(other):
            return _interpolated(one, values) == _interpolated(other, values)
    return None


def _lines(text: str, values: Mapping[str, list[str]]) -> list[str]:
    """A line of the document; one that is nothing but a list parameter is all of that list's lines."""
    if (whole := _REFERENCE.fullmatch(text.strip())) and whole[1] in values:
        return values[whole[1]]
    return _interpolated(text, values).splitlines()


def _interpolated(text: str, values: Mapping[str, list[str]]) -> str:
    """As it stands: nothing is quoted for the shell."""
    return _REFERENCE.sub(lambda found: " ".join(values[found[1]]), text)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from (text for each in value.values() for text in _texts(each))
        case list() | tuple():
            yield from (text for each in value for text in _texts(each))


def _malformed(reason: str) -> Exception:
    error: Exception = SSMException("InvalidDocumentContent", f"The content for the document is not valid: {reason}.")
    return error


def _refused(reason: str) -> Exception:
    error: Exception = SSMException("InvalidParameters", f"The parameters are not valid: {reason}.")
    return error
