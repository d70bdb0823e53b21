"""What the watch looks for: requests whose time is over, requests to look at, connections that AWS is about to drop."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringConnection, PeeringStatus
from causeway.domain.model.values import Value

from .status import State

WATCHED_STATES = frozenset({State.ACTIVE, State.DRIFTED, State.FAILED})
"""Those in which a request has settled, and may have something in the network."""

NEAR = timedelta(days=2)
"""How long before AWS drops a pending connection it is told: it does so seven days after the request."""


LONGEST_PAUSE = timedelta(days=1)
"""Between two attempts at what fails again and again."""


class Place(Value):
    """An account and a region: as near as an event of CloudTrail tells where something was changed."""

    account_id: str
    region: str


class Watched(Value):
    """An item as the watch sees it.

    Attributes:
        state: None where the item has no status, or none that is known.
        places: Where its two VPCs are.
        expires_at: None where the item says nothing valid.
        expires_at_text: The same as it stands on the item.
    """

    request_id: str
    state: State | None
    places: tuple[Place, ...]
    expires_at: datetime | None = None
    expires_at_text: str = ""

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class Settled(Value):
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


def to_look_at(items: Iterable[Watched], places: Collection[Place] | None) -> tuple[str, ...]:
    """The ids of the requests that have settled, with a VPC in one of the places; anywhere where None are given."""
    return tuple(
        item.request_id
        for item in items
        if item.state in WATCHED_STATES and (places is None or any(place in places for place in item.places))
    )


def pause_is_over(since: datetime, last: datetime, now: datetime) -> bool:
    """Whether what failed is tried again: each pause is as long as all the attempts so far, but none is longer than a day.

    Args:
        since: When the first attempt failed.
        last: When the last one did.
        now: When it is looked at.
    """
    return now - last >= min(last - since, LONGEST_PAUSE)


def nearing_expiry(connection: PeeringConnection, now: datetime) -> Finding | None:
    """What to say of a pending connection that AWS will drop within two days, seven after the request."""
    pending = connection.status is PeeringStatus.PENDING_ACCEPTANCE
    if not pending or connection.expires_at is None or connection.expires_at - now > NEAR:
        return None
    return Finding(
        code=Code.PENDING_NEARS_EXPIRY,
        where=connection.connection_id,
        message=f"{connection.connection_id} waits for its acceptance by {connection.accepter}, and AWS drops it at "
        f"{connection.expires_at.isoformat(timespec='seconds')}. Remove what stopped the request, and put the item again.",
        blocking=False,
    )
