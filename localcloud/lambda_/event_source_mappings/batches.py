"""What all event source mappings share: filters, and what a function's answer says about its batch."""

import json
from typing import Any

import msgspec
from moto.events.models import EventPattern


def passes(criteria: dict[str, Any] | None, record: dict[str, Any]) -> bool:
    """Whether a mapping's ``FilterCriteria`` let the record through: one fitting filter is enough, and so is none at all."""
    filters = (criteria or {}).get("Filters", [])
    return not filters or any(
        EventPattern(item["Pattern"], json.loads(item["Pattern"])).matches_event(record) for item in filters
    )


def failed_identifiers(payload: bytes) -> set[str] | None:
    """The identifiers in a batch response; None where the response is not one, which fails the whole batch."""
    response = msgspec.json.decode(payload or b"null")
    if response is None:
        return set()
    if not isinstance(response, dict):
        return None
    failures = response.get("batchItemFailures") or []
    if any(not item.get("itemIdentifier") for item in failures):
        return None
    return {item["itemIdentifier"] for item in failures}
