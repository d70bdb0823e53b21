"""The boundary: an item, an event's detail or a decision in, what it asks for or findings out. Pydantic stays in this room."""

from .models import REQUEST_ID_PATTERN
from .parsing import (
    REQUEST_FIELDS,
    STATUS_FIELD,
    desired_part,
    parse_decision,
    parse_removal,
    parse_request,
    parse_watched,
)
from .validation import MalformedItem

__all__ = [
    "REQUEST_FIELDS",
    "REQUEST_ID_PATTERN",
    "STATUS_FIELD",
    "MalformedItem",
    "desired_part",
    "parse_decision",
    "parse_removal",
    "parse_request",
    "parse_watched",
]
