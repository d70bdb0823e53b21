"""Time limits: how long the embedded AWS may wait where AWS waits for minutes, so that a test or a demonstration need not."""

import msgspec


class TimeLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Upper limits in seconds. None leaves what is configured, as on AWS.

    Attributes:
        batch_window: how long a queue's batch is collected, also the one that is being collected.
        visibility_timeout: after which a message that a function failed on comes back.
    """

    batch_window: float | None = None
    visibility_timeout: float | None = None


class TimeLimitSetting:
    """The time limits in force in one embedded AWS. Whoever waits looks here again while it does."""

    def __init__(self) -> None:
        self.limits = TimeLimits()

    def batch_window(self, configured: float) -> float:
        return _shorter(configured, self.limits.batch_window)

    def visibility_timeout(self, configured: float) -> float:
        return _shorter(configured, self.limits.visibility_timeout)


def _shorter(configured: float, limit: float | None) -> float:
    return configured if limit is None else min(configured, limit)
