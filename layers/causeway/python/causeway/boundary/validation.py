"""What comes in, validated: every field that is wrong becomes a finding, in words for people."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from causeway.domain.lifecycle.status import MAX_LISTED
from causeway.domain.model.findings import Code, Finding

from .models import SELECTOR_FORMS, Part

_MAX_NAME = 80

_PLAINER = {
    "bool_type": "it must be true or false",
    "dict_type": "it must be a map of names to values",
    "enum": "it must be {expected}",
    "extra_forbidden": "there is no such field",
    "list_type": "it must be a list",
    "literal_error": "it must be {expected}",
    "missing": "this field is required",
    "model_type": "it must be a map of names to values",
    "string_pattern_mismatch": "it must match {pattern}",
    "string_type": "it must be text",
    "timezone_aware": 'it must have an offset, such as "2027-01-31T18:00:00Z"',
    "too_long": "it may have at most {max_length} entries",
    "too_short": "it must have at least {min_length} entry, or be left out",
    "union_tag_not_found": 'it must be "all", a list of ids, or a map such as {{"tag": "Tier=private"}}',
}
"""pydantic's error types, where its own words would not tell a person what to do."""

_NO_FIELDS = {"(all)", *SELECTOR_FORMS.values(), "[key]"}
"""pydantic's own steps to a field, which the item does not have."""


class MalformedItem(Exception):
    """The item is not a request. `findings` names every field that is wrong, up to as many as an item has room for."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def validated[Model: Part](kind: type[Model], given: Mapping[str, Any]) -> Model:
    """The model of what is given.

    Raises:
        MalformedItem: With a finding for each field that is wrong.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise MalformedItem(tuple(_finding(dict(each)) for each in error.errors(include_url=False)[:MAX_LISTED])) from error


def _finding(error: dict[str, Any]) -> Finding:
    field = ".".join(str(step)[:_MAX_NAME] for step in error["loc"] if step not in _NO_FIELDS)
    given = "" if isinstance(error["input"], dict | list) else f" (given: {error['input']!r:.80})"
    plainer = _PLAINER.get(error["type"])
    text = plainer.format(**error.get("ctx", {})) if plainer else error["msg"].removeprefix("Value error, ")
    return Finding(code=Code.MALFORMED_ITEM, where=field, message=f"{field}: {text}{given}.")
