"""What state a VPC peering connection is in, and who can still see it, from what happened to it and the time.

Source: "VPC peering connection lifecycle" in AWS's VPC Peering Guide.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from localcloud.core.timing import Timing

type Side = Literal["requester", "accepter"]

REQUEST_LIFETIME = timedelta(days=7)
_BRIEFLY = timedelta(hours=2)
_LONGER = timedelta(days=2)

PENDING = frozenset({"initiating-request", "pending-acceptance"})
ESTABLISHED = frozenset({"provisioning", "active"})
LIVE = PENDING | ESTABLISHED


class Status(msgspec.Struct, frozen=True):
    code: str
    message: str


class Ending(msgspec.Struct, frozen=True):
    code: Literal["failed", "rejected", "deleted"]
    at: datetime
    by: Side
    by_account: str


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one connection so far."""

    accepter_account: str
    created_at: datetime
    accepted_at: datetime | None = None
    ending: Ending | None = None

    @property
    def expires_at(self) -> datetime:
        return self.created_at + REQUEST_LIFETIME


def status(life: Lifecycle, now: datetime, timing: Timing) -> Status:
    """The status that DescribeVpcPeeringConnections reports at that time."""
    if life.ending and life.ending.code != "failed":
        return _ended(life.ending, now, timing)
    if life.accepted_at is not None:
        return _accepted(life.accepted_at, now, timing)
    if is_hidden(life, now, timing):
        return initiating(life)
    if life.ending:
        return Status("failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
    if now >= life.expires_at:
        return Status("expired", "Expired")
    return Status("pending-acceptance", f"Pending Acceptance by {life.accepter_account}")


def initiating(life: Lifecycle) -> Status:
    return Status("initiating-request", f"Initiating Request to {life.accepter_account}")


def is_hidden(life: Lifecycle, now: datetime, timing: Timing) -> bool:
    """Right after the create the connection is not known on the accepter's side (EC2 is eventually consistent)."""
    return now < life.created_at + timedelta(seconds=timing.visibility)


def visible_to(life: Lifecycle, side: Side, now: datetime, timing: Timing) -> bool:
    """Whether that side's describe still lists the connection, or lists it already."""
    if side == "accepter" and is_hidden(life, now, timing):
        return False
    code = status(life, now, timing).code
    if code == "expired":
        return now < life.expires_at + _LONGER
    if life.ending is None or code == "deleting":
        return True
    return now < life.ending.at + _visibility_after(life.ending, side)


def _visibility_after(ending: Ending, side: Side) -> timedelta:
    """`failed`: to the requester for 2 h. `rejected`, `deleted`: to who did it for 2 h, to the other for 2 days."""
    if ending.code == "failed":
        return _BRIEFLY if side == "requester" else timedelta(0)
    return _BRIEFLY if side == ending.by else _LONGER


def _ended(ending: Ending, now: datetime, timing: Timing) -> Status:
    if ending.code == "rejected":
        return Status("rejected", "Inactive")
    if now < ending.at + timedelta(seconds=timing.deleting):
        return Status("deleting", f"Deleting by {ending.by_account}")
    return Status("deleted", f"Deleted by {ending.by_account}")


def _accepted(accepted_at: datetime, now: datetime, timing: Timing) -> Status:
    if now < accepted_at + timedelta(seconds=timing.provisioning):
        return Status("provisioning", "Provisioning")
    return Status("active", "Active")
