"""Findings: what preflight, the check and the watch report to a person. `docs/operations.md` explains each code."""

from enum import StrEnum
from typing import Any

from .values import Side, Value


class Code(StrEnum):
    """What is wrong. The docs list every code with what to do; a test compares the two."""

    MALFORMED_ITEM = "MALFORMED_ITEM"
    ACCOUNT_NOT_REACHABLE = "ACCOUNT_NOT_REACHABLE"
    VPC_NOT_FOUND = "VPC_NOT_FOUND"
    OTHER_PARTITION = "OTHER_PARTITION"
    CIDR_OVERLAP = "CIDR_OVERLAP"
    CIDR_OVERLAP_WITH_PEER = "CIDR_OVERLAP_WITH_PEER"
    PAIR_CHANGED = "PAIR_CHANGED"
    PEERING_EXISTS = "PEERING_EXISTS"
    ROUTE_CONFLICT = "ROUTE_CONFLICT"
    NO_ROUTE_TABLE_SELECTED = "NO_ROUTE_TABLE_SELECTED"
    NO_SECURITY_GROUP_SELECTED = "NO_SECURITY_GROUP_SELECTED"
    GROUPS_LEFT_OUT = "GROUPS_LEFT_OUT"
    CROSS_REGION_GROUP_REFERENCE = "CROSS_REGION_GROUP_REFERENCE"
    DNS_NOT_ENABLED = "DNS_NOT_ENABLED"
    ENCRYPTION_ENFORCED = "ENCRYPTION_ENFORCED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    FLOW_BLOCKED = "FLOW_BLOCKED"
    FLOW_UNKNOWN = "FLOW_UNKNOWN"
    OPEN_BEYOND_ALLOW = "OPEN_BEYOND_ALLOW"
    NOTHING_TO_CHECK = "NOTHING_TO_CHECK"
    APPROVAL_DENIED = "APPROVAL_DENIED"
    APPROVAL_LAPSED = "APPROVAL_LAPSED"
    WITNESSES_DISAGREE = "WITNESSES_DISAGREE"
    DRIFT = "DRIFT"
    DRIFT_REPAIRED = "DRIFT_REPAIRED"
    PENDING_NEARS_EXPIRY = "PENDING_NEARS_EXPIRY"
    STEP_FAILED = "STEP_FAILED"
    UNDO_INCOMPLETE = "UNDO_INCOMPLETE"


class Finding(Value):
    """One thing that a person should know.

    Attributes:
        blocking: Whether it stops the request; the others only inform.
        where: The resource it is about: an id, a CIDR block, a field of the item.
        message: What is wrong and what to do, in full sentences.
    """

    code: Code
    message: str
    where: str
    side: Side | None = None
    blocking: bool = True

    def as_map(self) -> dict[str, Any]:
        """As people and programs get it: every key is there."""
        return {
            "code": self.code.value,
            "message": self.message,
            "where": self.where,
            "side": None if self.side is None else self.side.value,
            "blocking": self.blocking,
        }
