"""The boundary: an item or an event's detail in, what it asks for or findings out. The only module that knows pydantic.

`docs/request-item.md` describes each field for people.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from causeway.domain.authority.approval import ApprovalDecision, Decision
from causeway.domain.lifecycle.status import MAX_LISTED, State
from causeway.domain.lifecycle.watch import AccountRegion, WatchedItem
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import AclMode, DriftMode, Flow, Peer, Request, Selector, VpcRef, Witness
from causeway.domain.model.values import SIDES, PerSide, Side

STATUS_FIELD = "status"
"""Causeway's own part of the item; everything else is the user's."""

REQUEST_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""Fits into a Step Functions execution name (80 characters) with the generation behind it."""

_RESERVED_TAG_PREFIXES = ("aws:", "causeway:")
_MAX_TAGS = 40
_MAX_EXCLUDED = 50

_MAX_NAME = 80

_PLAINER = {
    "bool_type": "it must be true or false",
    "dict_type": "it must be a map of names to values",
    "enum": "it must be {expected}",
    "extra_forbidden": "there is no such field",
    "list_type": "it must be a list",
    "literal_error": "it must be {expected}",
    "missing": "this field is required",
    "model_type": "it must be a map of names to values",
    "string_pattern_mismatch": "it must match {pattern}",
    "string_type": "it must be text",
    "timezone_aware": 'it must have an offset, such as "2027-01-31T18:00:00Z"',
    "too_long": "it may have at most {max_length} entries",
    "too_short": "it must have at least {min_length} entry, or be left out",
    "union_tag_not_found": 'it must be "all", a list of ids, or a map such as {{"tag": "Tier=private"}}',
}
"""pydantic's error types, where its own words would not tell a person what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _ports_as_text(value: object) -> object:
    """DynamoDB numbers, and numbers of an event's JSON, are as good as text where ports are meant."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _not_reserved(key: str) -> str:
    if key.lower().startswith(_RESERVED_TAG_PREFIXES):
        raise ValueError(f"a tag's key may not begin with {' or '.join(_RESERVED_TAG_PREFIXES)}")
    return key


def _canonical_block(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError("it must be a CIDR block without host bits, such as 100.64.0.0/10") from error


def _written_out(value: object) -> object:
    """A number would be a date too, to pydantic: in which unit, nobody could see."""
    if not isinstance(value, str):
        raise ValueError('it must be a date and time with an offset, such as "2027-01-31T18:00:00Z"')  # noqa: TRY004 - pydantic's way
    return value


RequestId = Annotated[str, StringConstraints(pattern=REQUEST_ID_PATTERN)]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$")]
VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
RouteTableId = Annotated[str, StringConstraints(pattern=r"^rtb-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
Ports = Annotated[
    str,
    BeforeValidator(_ports_as_text),
    StringConstraints(pattern=r"^(all|[0-9]{1,5}(-[0-9]{1,5})?( *, *[0-9]{1,5}(-[0-9]{1,5})?)*)$"),
]
CidrBlock = Annotated[str, AfterValidator(_canonical_block)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_not_reserved)]
TagValue = Annotated[str, StringConstraints(max_length=256)]


class VpcPart(_Part):
    account_id: AccountId
    region: Region
    vpc_id: VpcId


class TagSelectorPart(_Part):
    tag: Annotated[str, StringConstraints(pattern=r"^[^=]{1,128}=.{0,256}$")]


class DecisionPart(_Part):
    request_id: RequestId
    checksum: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    decision: Literal["approve", "deny"]
    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


_DECISIONS = {"approve": Decision.APPROVED, "deny": Decision.DENIED}
_DECISION_EXAMPLE = '{"request_id": "test-to-production", "checksum": "0123456789abcdef", "decision": "approve"}'

_FORMS: dict[type, str] = {list: "(ids)", dict: "(tag)", TagSelectorPart: "(tag)"}
"""The forms that a selector has beside `all`."""


def _selector_form(value: object) -> str | None:
    return "(all)" if value == "all" else _FORMS.get(type(value))


type SelectorPart[Id] = Annotated[
    Annotated[Literal["all"], Tag("(all)")]
    | Annotated[list[Id], Field(min_length=1), Tag("(ids)")]
    | Annotated[TagSelectorPart, Tag("(tag)")],
    Discriminator(_selector_form),
]


class SelectorsPart[Id](_Part):
    requester: SelectorPart[Id] = "all"
    accepter: SelectorPart[Id] = "all"


class DnsPart(_Part):
    requester: StrictBool = False
    accepter: StrictBool = False


def _same_on_both_sides(value: object) -> object:
    if isinstance(value, bool):
        return {side.value: value for side in SIDES}
    if not isinstance(value, dict):
        raise ValueError('it must be true, false or a map such as {"accepter": true}')  # noqa: TRY004 - pydantic's way
    return value


class AllowPart(_Part):
    source: Literal["requester", "accepter", "both"] = Field(alias="from")
    protocol: Protocol
    ports: Ports | None = None
    peer: Peer = Peer.CIDR_BLOCKS

    @field_validator("ports")
    @classmethod
    def _ports_fit_the_protocol(cls, ports: str | None, info: ValidationInfo) -> str | None:
        protocol: Protocol | None = info.data.get("protocol")
        if ports is not None and protocol is not None and not protocol.has_ports:
            raise ValueError(f"{protocol} has no ports: leave the field out")
        wrong = [str(each) for each in _port_ranges(ports) if not 0 <= each.first <= each.last <= ALL_PORTS.last]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is not an ascending range within {ALL_PORTS}")
        return ports

    @property
    def port_ranges(self) -> tuple[PortRange | None, ...]:
        return _port_ranges(self.ports) if self.protocol.has_ports else (None,)

    @property
    def sources(self) -> tuple[Side, ...]:
        return SIDES if self.source == "both" else (Side(self.source),)


class RequestPart(_Part):
    """The item, without `status`."""

    request_id: RequestId
    requester: VpcPart
    accepter: VpcPart
    allow: list[AllowPart] = []
    route_tables: SelectorsPart[RouteTableId] = SelectorsPart()
    security_groups: SelectorsPart[SecurityGroupId] = SelectorsPart()
    network_acls: AclMode = AclMode.CHECK
    excluded_cidr_blocks: Annotated[list[CidrBlock], Field(max_length=_MAX_EXCLUDED)] = []
    dns_resolution: Annotated[DnsPart, BeforeValidator(_same_on_both_sides)] = DnsPart()
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=_MAX_TAGS)] = {}
    approval: StrictBool = False
    drift: DriftMode = DriftMode.REPAIR
    expires_at: Moment | None = None
    witnesses: list[Witness] = []
    requested_by: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None

    @field_validator("accepter")
    @classmethod
    def _two_vpcs(cls, accepter: VpcPart, info: ValidationInfo) -> VpcPart:
        if accepter == info.data.get("requester"):
            raise ValueError("it is the requester's VPC: a VPC is not peered with itself")
        return accepter


class RemovalPart(_Part):
    """A removal names its request, and says nothing else of it."""

    request_id: RequestId


_EXPIRY: TypeAdapter[datetime] = TypeAdapter(Moment)

_NO_FIELDS = {"(all)", *_FORMS.values(), "[key]"}
"""pydantic's own steps to a field, which the item does not have."""

REQUEST_FIELDS = frozenset(RequestPart.model_fields)
"""Every attribute that a request can have."""


class MalformedItem(Exception):
    """The item is not a request. `findings` names every field that is wrong, not only the first, as far as an item has room."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


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
    part = _validated(RequestPart, desired_part(item))
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
    """What the watch needs of an item, as far as it is there: an item that is no request is none to watch.

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
    return _validated(RemovalPart, detail).request_id


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
    part = _validated(DecisionPart, given)
    return ApprovalDecision(
        request_id=part.request_id, checksum=part.checksum, decision=_DECISIONS[part.decision], reason=part.reason or None
    )


def _validated[Part: _Part](kind: type[Part], given: Mapping[str, Any]) -> Part:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise MalformedItem(tuple(_finding(dict(each)) for each in error.errors(include_url=False)[:MAX_LISTED])) from error


def _finding(error: dict[str, Any]) -> Finding:
    field = ".".join(str(step)[:_MAX_NAME] for step in error["loc"] if step not in _NO_FIELDS)
    given = "" if isinstance(error["input"], dict | list) else f" (given: {error['input']!r:.80})"
    plainer = _PLAINER.get(error["type"])
    text = plainer.format(**error.get("ctx", {})) if plainer else error["msg"].removeprefix("Value error, ")
    return Finding(code=Code.MALFORMED_ITEM, where=field, message=f"{field}: {text}{given}.")


def _flows(allow: list[AllowPart]) -> tuple[Flow, ...]:
    flows = (
        Flow(source=source, protocol=part.protocol, ports=ports, peer=part.peer)
        for part in allow
        for source in part.sources
        for ports in part.port_ranges
    )
    return tuple(dict.fromkeys(flows))


def _port_ranges(ports: str | None) -> tuple[PortRange, ...]:
    if ports is None or ports == "all":
        return (ALL_PORTS,)
    return tuple(_port_range(each.strip()) for each in ports.split(","))


def _port_range(text: str) -> PortRange:
    first, _, last = text.partition("-")
    return PortRange(first=int(first), last=int(last or first))


def _selectors(part: SelectorsPart[Any]) -> PerSide[Selector]:
    return PerSide(requester=_selector(part.requester), accepter=_selector(part.accepter))


def _selector(part: str | list[str] | TagSelectorPart) -> Selector:
    if isinstance(part, TagSelectorPart):
        key, _, value = part.tag.partition("=")
        return Selector(tag_key=key, tag_value=value)
    return Selector(every=True) if isinstance(part, str) else Selector(ids=tuple(part))
