"""The boundary: an item or an event's detail in, a `Request` or findings out. The only module that knows pydantic.

`docs/request-item.md` describes each field for people.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)

from .domain.findings import Code, Finding
from .domain.request import Flow, Peer, Request, Selector, VpcRef
from .domain.values import ALL_PORTS, SIDES, Both, PortRange, Protocol, Side

STATUS_FIELD = "status"
"""Causeway's own part of the item; everything else is the user's."""

REQUEST_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""Fits into a Step Functions execution name (80 characters) with the generation behind it."""

_RESERVED_TAG_PREFIXES = ("aws:", "causeway:")
_MAX_TAGS = 40

_PLAINER = {
    "extra_forbidden": "a request has no such field",
    "missing": "this field is required",
    "string_pattern_mismatch": "it must match {pattern}",
}
"""pydantic's error types, where its own words would not tell a person what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _as_text(value: object) -> object:
    """DynamoDB numbers, and numbers of an event's JSON, are as good as text where ports are meant."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z]+)+-\d$")]
VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
RouteTableId = Annotated[str, StringConstraints(pattern=r"^rtb-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
Ports = Annotated[
    str, BeforeValidator(_as_text), StringConstraints(pattern=r"^(all|\d{1,5}(-\d{1,5})?(\s*,\s*\d{1,5}(-\d{1,5})?)*)$")
]
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TagValue = Annotated[str, StringConstraints(max_length=256)]


class VpcPart(_Part):
    account_id: AccountId
    region: Region
    vpc_id: VpcId


class TagSelectorPart(_Part):
    tag: Annotated[str, StringConstraints(pattern=r"^[^=]{1,128}=.{0,256}$")]


def _selector_form(value: object) -> str:
    if isinstance(value, list | tuple):
        return "ids"
    return "all" if isinstance(value, str) else "tag"


type SelectorPart[Id] = Annotated[
    Annotated[Literal["all"], Tag("all")]
    | Annotated[list[Id], Field(min_length=1), Tag("ids")]
    | Annotated[TagSelectorPart, Tag("tag")],
    Discriminator(_selector_form),
]


class SelectorsPart[Id](_Part):
    requester: SelectorPart[Id] = "all"
    accepter: SelectorPart[Id] = "all"


class DnsPart(_Part):
    requester: bool = False
    accepter: bool = False


class AllowPart(_Part):
    source: Literal["requester", "accepter", "both"] = Field(alias="from")
    protocol: Protocol
    ports: Ports | None = None
    peer: Peer = Peer.CIDR_BLOCKS

    @model_validator(mode="after")
    def _ports_fit_the_protocol(self) -> Self:
        if self.ports is not None and not self.protocol.has_ports:
            raise ValueError(f"{self.protocol} has no ports: leave the field out")
        for each in self.port_ranges:
            if each is not None and not 0 <= each.first <= each.last <= ALL_PORTS.last:
                raise ValueError(f"the ports {each} are not an ascending range within 0-65535")
        return self

    @property
    def port_ranges(self) -> tuple[PortRange | None, ...]:
        if not self.protocol.has_ports:
            return (None,)
        if self.ports is None or self.ports == "all":
            return (ALL_PORTS,)
        return tuple(_port_range(each.strip()) for each in self.ports.split(","))

    @property
    def sources(self) -> tuple[Side, ...]:
        return SIDES if self.source == "both" else (Side(self.source),)


class RequestPart(_Part):
    """The item, without `status`."""

    request_id: Annotated[str, StringConstraints(pattern=REQUEST_ID_PATTERN)]
    requester: VpcPart
    accepter: VpcPart
    allow: list[AllowPart] = []
    route_tables: SelectorsPart[RouteTableId] = SelectorsPart()
    security_groups: SelectorsPart[SecurityGroupId] = SelectorsPart()
    network_acls: Literal["check"] = "check"
    dns_resolution: bool | DnsPart = False
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=_MAX_TAGS)] = {}

    @model_validator(mode="after")
    def _two_vpcs(self) -> Self:
        if self.requester == self.accepter:
            raise ValueError("requester and accepter are the same VPC")
        return self

    @model_validator(mode="after")
    def _tags_are_the_users(self) -> Self:
        reserved = sorted(key for key in self.tags if key.lower().startswith(_RESERVED_TAG_PREFIXES))
        if reserved:
            raise ValueError(f"tags may not begin with {' or '.join(_RESERVED_TAG_PREFIXES)}: {', '.join(reserved)}")
        return self


REQUEST_FIELDS = frozenset(RequestPart.model_fields)
"""Every attribute that a request can have."""


class MalformedItem(Exception):
    """The item is not a request. `findings` names every field that is wrong, not only the first."""

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
    try:
        part = RequestPart.model_validate(desired_part(item))
    except ValidationError as error:
        raise MalformedItem(tuple(_finding(dict(each)) for each in error.errors(include_url=False))) from error
    return Request(
        request_id=part.request_id,
        requester=VpcRef(**part.requester.model_dump()),
        accepter=VpcRef(**part.accepter.model_dump()),
        flows=_flows(part.allow),
        route_tables=_selectors(part.route_tables),
        security_groups=_selectors(part.security_groups),
        dns_resolution=_dns(part.dns_resolution),
        tags=part.tags,
    )


def _finding(error: dict[str, Any]) -> Finding:
    field = ".".join(str(step) for step in error["loc"]) or "item"
    given = "" if isinstance(error["input"], dict | list) else f" (given: {error['input']!r:.80})"
    text = _PLAINER.get(error["type"], error["msg"].removeprefix("Value error, ")).format(**error.get("ctx", {}))
    return Finding(code=Code.MALFORMED_ITEM, where=field, message=f"{field}: {text}{given}.")


def _flows(allow: list[AllowPart]) -> tuple[Flow, ...]:
    flows = (
        Flow(source=source, protocol=part.protocol, ports=ports, peer=part.peer)
        for part in allow
        for source in part.sources
        for ports in part.port_ranges
    )
    return tuple(dict.fromkeys(flows))


def _port_range(text: str) -> PortRange:
    first, _, last = text.partition("-")
    return PortRange(first=int(first), last=int(last or first))


def _selectors(part: SelectorsPart[Any]) -> Both[Selector]:
    return Both(requester=_selector(part.requester), accepter=_selector(part.accepter))


def _selector(part: str | list[str] | TagSelectorPart) -> Selector:
    if isinstance(part, TagSelectorPart):
        key, _, value = part.tag.partition("=")
        return Selector(tag_key=key, tag_value=value)
    return Selector(every=True) if isinstance(part, str) else Selector(ids=tuple(part))


def _dns(part: bool | DnsPart) -> Both[bool]:  # noqa: FBT001 - the item's own shape
    if isinstance(part, bool):
        return Both(requester=part, accepter=part)
    return Both(requester=part.requester, accepter=part.accepter)
