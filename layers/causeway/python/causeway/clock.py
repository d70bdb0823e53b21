"""The time, for the steps; the domain is told it."""

from datetime import UTC, datetime


def timestamp() -> str:
    """Now, in ISO 8601 and UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
