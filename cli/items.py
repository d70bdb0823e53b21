"""An item from a file: JSON as people write it."""

import json
import sys
from pathlib import Path

from .exits import CommandError, ExitCode
from .hub import Document


def read_item(name: str) -> Document:
    """The item in the file, or on stdin for `-`.

    Raises:
        CommandError: The file cannot be read, or is no JSON object with a `request_id`.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        item = json.loads(text)
    except (OSError, ValueError) as error:
        raise _unusable(str(error), name) from error
    if not isinstance(item, dict) or not isinstance(item.get("request_id"), str):
        raise _unusable("It is no JSON object with a request_id that is text.", name)
    return {field: value for field, value in item.items() if field != "status"}


def _unusable(what: str, name: str) -> CommandError:
    return CommandError(ExitCode.USAGE, what, where=name, remedy="An item is described in docs/request-item.md.")
