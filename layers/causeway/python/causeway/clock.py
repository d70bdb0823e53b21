"""The time, for the steps; the domain is told it."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def timestamp() -> str:
    """Now, in ISO 8601 and UTC, to the millisecond."""
    return now().isoformat(timespec="milliseconds")
