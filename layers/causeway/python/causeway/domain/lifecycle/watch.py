"""What the watch looks for: expired requests, requests that are due for a drift check, connections that are about to expire."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringConnection, PeeringStatus
from causeway.domain.model.values import Value

from .status import State

SETTLED_STATES = frozenset({State.ACTIVE, State.DRIFTED, State.FAILED})
"""The states in which no run works on a request that may have something in the network."""

WARNING_PERIOD = timedelta(days=2)
"""How long before a pending connection expires people are warned. AWS drops it seven days after the request."""

MAX_BACKOFF = timedelta(days=1)
"""The longest pause between two attempts at what fails again and again."""


class AccountRegion(Value):
    """Where something was changed, as precisely as an event of CloudTrail says."""

    account_id: str
    region: str


class WatchedItem(Value):
    """An item as the watch sees it.

    Attributes:
        state: None where the item has no status, or none that is known.
        locations: Where its two VPCs are.
        expires_at: None where the item says nothing valid.
        expires_at_text: The same as it stands on the item.
    """

    request_id: str
    state: State | None
    locations: tuple[AccountRegion, ...]
    expires_at: datetime | None = None
    expires_at_text: str = ""

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class SettledRequest(Value):
    """A request that no run works on, as its status says.

    Attributes:
        updated_at: When it settled.
        codes: Of the findings that its status has.
    """

    request_id: str
    generation: int
    state: State
    updated_at: datetime
    codes: frozenset[str]


def due_for_drift_check(items: Iterable[WatchedItem], locations: Collection[AccountRegion] | None) -> tuple[str, ...]:
    """The ids of the settled requests with a VPC in one of the locations; of all settled requests where that is None."""
    return tuple(
        item.request_id
        for item in items
        if item.state in SETTLED_STATES and (locations is None or any(each in locations for each in item.locations))
    )


def retry_is_due(since: datetime, last: datetime, now: datetime) -> bool:
    """Whether what failed is tried again. Each pause is as long as all attempts so far have taken, a day at most.

    Args:
        since: When the first attempt failed.
        last: When the last one did.
        now: When it is asked.
    """
    return now - last >= min(last - since, MAX_BACKOFF)


def expiry_warning(connection: PeeringConnection, now: datetime) -> Finding | None:
    """A finding about a pending connection that expires within two days; None of any other."""
    pending = connection.status is PeeringStatus.PENDING_ACCEPTANCE
    if not pending or connection.expires_at is None or connection.expires_at - now > WARNING_PERIOD:
        return None
    return Finding(
        code=Code.PENDING_NEARS_EXPIRY,
        where=connection.connection_id,
        message=f"{connection.connection_id} waits for its acceptance by {connection.accepter}, and AWS drops it at "
        f"{connection.expires_at.isoformat(timespec='seconds')}. Remove what stopped the request, and put the item again.",
        blocking=False,
    )
