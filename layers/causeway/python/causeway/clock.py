"""The clock of the steps and the edge. The domain gets the time as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def timestamp() -> str:
    """Now, in ISO 8601 and UTC, to the millisecond."""
    return now().isoformat(timespec="milliseconds")
