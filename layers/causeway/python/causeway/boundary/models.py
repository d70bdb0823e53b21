"""What may come in, as pydantic models: the item with its defaults, an event's removal, a person's decision.

`docs/request-item.md` describes each field for people.
"""

from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Literal

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
    ValidationInfo,
    field_validator,
)

from causeway.domain.model.protocols import ALL_PORTS, FIRST_PORT, PortRange, Protocol
from causeway.domain.model.request import AclMode, DriftMode, Peer, Witness
from causeway.domain.model.values import SIDES, Side

REQUEST_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""Fits into a Step Functions execution name (80 characters) with the generation behind it."""

_RESERVED_TAG_PREFIXES = ("aws:", "causeway:")
_MAX_TAGS = 40
_MAX_EXCLUDED = 50


class Part(BaseModel):
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


class VpcPart(Part):
    account_id: AccountId
    region: Region
    vpc_id: VpcId


class TagSelectorPart(Part):
    tag: Annotated[str, StringConstraints(pattern=r"^[^=]{1,128}=.{0,256}$")]


SELECTOR_FORMS: dict[type, str] = {list: "(ids)", dict: "(tag)", TagSelectorPart: "(tag)"}
"""The forms that a selector has beside `all`."""


def _selector_form(value: object) -> str | None:
    return "(all)" if value == "all" else SELECTOR_FORMS.get(type(value))


type SelectorPart[Id] = Annotated[
    Annotated[Literal["all"], Tag("(all)")]
    | Annotated[list[Id], Field(min_length=1), Tag("(ids)")]
    | Annotated[TagSelectorPart, Tag("(tag)")],
    Discriminator(_selector_form),
]


class SelectorsPart[Id](Part):
    requester: SelectorPart[Id] = "all"
    accepter: SelectorPart[Id] = "all"


class DnsPart(Part):
    requester: StrictBool = False
    accepter: StrictBool = False


def _same_on_both_sides(value: object) -> object:
    if isinstance(value, bool):
        return {side.value: value for side in SIDES}
    if not isinstance(value, dict):
        raise ValueError('it must be true, false or a map such as {"accepter": true}')  # noqa: TRY004 - pydantic's way
    return value


class AllowPart(Part):
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
        ranges = _port_ranges(ports)
        wrong = [str(each) for each in ranges if not 0 <= each.first <= each.last <= ALL_PORTS.last]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is not an ascending range within {ALL_PORTS}")
        if any(each.last < FIRST_PORT for each in ranges):
            raise ValueError("nobody can open a connection to port 0, which is reserved")
        return ports

    @property
    def port_ranges(self) -> tuple[PortRange | None, ...]:
        return _port_ranges(self.ports) if self.protocol.has_ports else (None,)

    @property
    def sources(self) -> tuple[Side, ...]:
        return SIDES if self.source == "both" else (Side(self.source),)


class RequestPart(Part):
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


class RemovalPart(Part):
    """A removal names its request, and says nothing else of it."""

    request_id: RequestId


class DecisionPart(Part):
    request_id: RequestId
    checksum: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    decision: Literal["approve", "deny"]
    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


def _port_ranges(ports: str | None) -> tuple[PortRange, ...]:
    if ports is None or ports == "all":
        return (ALL_PORTS,)
    return tuple(_port_range(each.strip()) for each in ports.split(","))


def _port_range(text: str) -> PortRange:
    first, _, last = text.partition("-")
    return PortRange(first=int(first), last=int(last or first))
