"""Parsing: what comes in becomes the domain's values, or findings."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from causeway.domain.authority.approval import ApprovalDecision, Decision
from causeway.domain.lifecycle.status import State
from causeway.domain.lifecycle.watch import AccountRegion, WatchedItem
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.request import Flow, Request, Selector, VpcRef
from causeway.domain.model.values import SIDES, PerSide

from .models import AllowPart, DecisionPart, Moment, RemovalPart, RequestPart, SelectorsPart, TagSelectorPart
from .validation import MalformedItem, validated

STATUS_FIELD = "status"
"""Causeway's own part of the item; everything else is the user's."""

REQUEST_FIELDS = frozenset(RequestPart.model_fields)
"""Every attribute that a request can have."""

_EXPIRY: TypeAdapter[datetime] = TypeAdapter(Moment)

_DECISIONS = {"approve": Decision.APPROVED, "deny": Decision.DENIED}
_DECISION_EXAMPLE = '{"request_id": "test-to-production", "checksum": "0123456789abcdef", "decision": "approve"}'


def desired_part(item: Mapping[str, Any]) -> dict[str, Any]:
    """The user's part of an item: what is compared to see whether anything was asked."""
    return {name: value for name, value in item.items() if name != STATUS_FIELD}


def parse_request(item: Mapping[str, Any]) -> Request:
    """Validate an item and fill in its defaults.

    Args:
        item: The item as plain Python values, or an event's detail; `status` is left aside.

    Raises:
        MalformedItem: With a finding for each field that is wrong.
    """
    part = validated(RequestPart, desired_part(item))
    return Request(
        request_id=part.request_id,
        requester=VpcRef(**part.requester.model_dump()),
        accepter=VpcRef(**part.accepter.model_dump()),
        flows=_flows(part.allow),
        route_tables=_selectors(part.route_tables),
        security_groups=_selectors(part.security_groups),
        dns_resolution=PerSide(requester=part.dns_resolution.requester, accepter=part.dns_resolution.accepter),
        tags=part.tags,
        network_acls=part.network_acls,
        excluded_cidr_blocks=tuple(dict.fromkeys(part.excluded_cidr_blocks)),
        approval=part.approval,
        drift=part.drift,
        expires_at=None if part.expires_at is None else part.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
        requested_by=part.requested_by,
        witnesses=tuple(dict.fromkeys(part.witnesses)),
    )


def parse_watched(item: Mapping[str, Any]) -> WatchedItem:
    """What the watch needs of an item. What is missing or malformed is None: such an item is not watched for it.

    Args:
        item: `request_id`, and of `requester`, `accepter`, `expires_at` and `status` what the item has, well-formed or not.
    """
    state, expires_at = item.get(STATUS_FIELD, {}).get("state"), item.get("expires_at")
    vpcs = (item.get(side, {}) for side in SIDES)
    return WatchedItem(
        request_id=item["request_id"],
        state=State(state) if state in State else None,
        locations=tuple(AccountRegion(account_id=str(vpc.get("account_id")), region=str(vpc.get("region"))) for vpc in vpcs),
        expires_at=_valid_expiry(expires_at),
        expires_at_text=str(expires_at),
    )


def _valid_expiry(written: object) -> datetime | None:
    try:
        return _EXPIRY.validate_python(written)
    except ValidationError:
        return None


def parse_removal(detail: Mapping[str, Any]) -> str:
    """The id of the request that an event asks to remove.

    Raises:
        MalformedItem: With a finding for each field that is wrong.
    """
    return validated(RemovalPart, detail).request_id


def parse_decision(body: str) -> ApprovalDecision:
    """What a person decides, as JSON.

    Raises:
        MalformedItem: With a finding for each field that is wrong.
    """
    try:
        given = json.loads(body)
    except json.JSONDecodeError as error:
        message = f"body: it must be JSON, such as {_DECISION_EXAMPLE}."
        raise MalformedItem((Finding(code=Code.MALFORMED_ITEM, where="body", message=message),)) from error
    part = validated(DecisionPart, given)
    return ApprovalDecision(
        request_id=part.request_id, checksum=part.checksum, decision=_DECISIONS[part.decision], reason=part.reason or None
    )


def _flows(allow: list[AllowPart]) -> tuple[Flow, ...]:
    flows = (
        Flow(source=source, protocol=part.protocol, ports=ports, peer=part.peer)
        for part in allow
        for source in part.sources
        for ports in part.port_ranges
    )
    return tuple(dict.fromkeys(flows))


def _selectors(part: SelectorsPart[Any]) -> PerSide[Selector]:
    return PerSide(requester=_selector(part.requester), accepter=_selector(part.accepter))


def _selector(part: str | list[str] | TagSelectorPart) -> Selector:
    if isinstance(part, TagSelectorPart):
        key, _, value = part.tag.partition("=")
        return Selector(tag_key=key, tag_value=value)
    return Selector(every=True) if isinstance(part, str) else Selector(ids=tuple(part))
