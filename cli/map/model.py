"""What a map shows, as a value: VPCs, and the peerings that requests ask for between them.

Whatever stands in the table is shown: an item that does not even name two VPCs is listed beside the map.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from causeway.domain.model.values import SIDES, PerSide, Value

from .loose import items, mapping, mappings, text, texts


class State(StrEnum):
    """How a request stands, the one that most needs a look first: a peering of several requests shows that one."""

    FAILED = "FAILED"
    BLOCKED = "BLOCKED"
    """Of a saved network: a flow of it does not work."""
    REJECTED = "REJECTED"
    DRIFTED = "DRIFTED"
    UNKNOWN = "UNKNOWN"
    """Of a saved network: no flow is blocked, and of one nobody can tell whether it works."""
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPLYING = "APPLYING"
    PLANNING = "PLANNING"
    UNSEEN = "UNSEEN"
    """It has no status, or one that this command does not know."""
    UNCHECKED = "UNCHECKED"
    """Of a saved network: there is no flow, or nothing to check it between."""
    ACTIVE = "ACTIVE"
    REACHABLE = "REACHABLE"
    """Of a saved network: every flow of it works."""


class Vpc(Value, omit_defaults=False):
    """A VPC that some request names.

    Attributes:
        key: Unique on the map, also where accounts or regions have VPCs of the same id.
        name: Its `Name` tag when it was last seen; empty where it is unknown.
        cidr_blocks: Of both families, as last seen; empty where they are unknown.
    """

    key: str
    vpc_id: str
    account_id: str
    region: str
    name: str = ""
    cidr_blocks: tuple[str, ...] = ()


class Flow(Value, omit_defaults=False):
    """What an item allows: `what` as in `tcp/22`, and who begins: `requester`, `accepter`, `both`, or whatever was written."""

    what: str
    source: str


class Verdict(Value, omit_defaults=False):
    """One checked flow between two ends, without the hops: `causeway explain` has them.

    Attributes:
        verdict: `reachable`, `blocked`, or `unknown`.
        source: The end that begins: its instance or interface, and the address.
        assumes: Of an end that is not there yet, what is assumed.
        causes: What stops it, in the order of the way; each as code and resource.
    """

    flow: str
    verdict: str
    reachable: bool
    source: str
    destination: str
    assumes: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


class Testimony(Value, omit_defaults=False):
    """What another witness said of a flow. `reachable` is None where it could not tell."""

    witness: str
    flow: str
    reachable: bool | None
    said: str


class Finding(Value, omit_defaults=False):
    code: str
    where: str
    message: str
    blocking: bool


class RequestSummary(Value, omit_defaults=False):
    """One item.

    Attributes:
        vpcs: The keys of its two VPCs; of one that is not named an empty text.
        settings: What it says beside its VPCs and flows, in words, by field.
    """

    request_id: str
    state: State
    vpcs: PerSide[str]
    settings: dict[str, str]
    flows: tuple[Flow, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    testimonies: tuple[Testimony, ...] = ()
    findings: tuple[Finding, ...] = ()
    changes_planned: tuple[str, ...] = ()
    connection_id: str = ""
    updated_at: str = ""
    generation: str = ""


class Peering(Value, omit_defaults=False):
    """Two VPCs that requests want joined, however many requests there are, in whichever direction."""

    key: str
    ends: tuple[str, str]
    state: State
    requests: tuple[RequestSummary, ...]


class Map(Value, omit_defaults=False):
    """All that is drawn.

    Attributes:
        source: Where it comes from, in words.
        drawn_at: ISO 8601, UTC.
        unplaced: Requests that name no two VPCs.
    """

    source: str
    drawn_at: str
    vpcs: tuple[Vpc, ...] = ()
    peerings: tuple[Peering, ...] = ()
    unplaced: tuple[RequestSummary, ...] = ()

    @property
    def requests(self) -> tuple[RequestSummary, ...]:
        return (*(request for peering in self.peerings for request in peering.requests), *self.unplaced)

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(vpc.account_id for vpc in self.vpcs))

    @property
    def summary(self) -> str:
        """How much there is, in words."""
        counts = {
            "VPC": len(self.vpcs),
            "account": len(self.accounts),
            "region": len({vpc.region for vpc in self.vpcs}),
            "peering": len(self.peerings),
        }
        return ", ".join(f"{count} {thing}{'' if count == 1 else 's'}" for thing, count in counts.items())


def map_of(documents: Iterable[Mapping[str, Any]], *, source: str, drawn_at: str) -> Map:
    """The map of items as they stand in the table, well formed or not; the order in which they come does not matter."""
    ordered = sorted(documents, key=lambda item: (text(mapping(item.get("status")).get("updated_at")), _id(item)))
    vpcs: dict[str, Vpc] = {}
    pairs: dict[tuple[str, str], list[RequestSummary]] = {}
    unplaced: list[RequestSummary] = []
    for item in ordered:
        for seen in _vpcs(item):
            vpcs[seen.key] = _newer(vpcs.get(seen.key), seen)
        request = _request(item)
        first, second = sorted((request.vpcs.requester, request.vpcs.accepter))
        if first and first != second:
            pairs.setdefault((first, second), []).append(request)
        else:
            unplaced.append(request)
    return Map(
        source=source,
        drawn_at=drawn_at,
        vpcs=tuple(vpcs[key] for key in sorted(vpcs)),
        peerings=tuple(_peering(ends, pairs[ends]) for ends in sorted(pairs)),
        unplaced=tuple(sorted(unplaced, key=lambda request: request.request_id)),
    )


def _peering(ends: tuple[str, str], requests: list[RequestSummary]) -> Peering:
    urgency = list(State)
    state = min((request.state for request in requests), key=urgency.index)
    ordered = sorted(requests, key=lambda request: request.request_id)
    return Peering(key=" ".join(ends), ends=ends, state=state, requests=tuple(ordered))


def _id(item: Mapping[str, Any]) -> str:
    return text(item.get("request_id"))


def _vpcs(item: Mapping[str, Any]) -> list[Vpc]:
    """The VPCs that the item names, with what its status knows of them."""
    status = mapping(item.get("status"))
    blocks, names = mapping(status.get("cidr_blocks")), mapping(status.get("vpc_names"))
    named = ((side, mapping(item.get(side))) for side in SIDES)
    return [
        Vpc(
            key=_key(ref),
            vpc_id=text(ref.get("vpc_id")),
            account_id=text(ref.get("account_id")),
            region=text(ref.get("region")),
            name=text(names.get(side)),
            cidr_blocks=texts(blocks.get(side)),
        )
        for side, ref in named
        if _key(ref)
    ]


def _key(ref: Mapping[str, Any]) -> str:
    parts = [text(ref.get(name)) for name in ("account_id", "region", "vpc_id")]
    return "/".join(parts) if all(parts) else ""


def _newer(known: Vpc | None, seen: Vpc) -> Vpc:
    """What was seen last; a run that saw nothing leaves what an older one has seen."""
    return known if known is not None and not seen.cidr_blocks else seen


def _request(item: Mapping[str, Any]) -> RequestSummary:
    status = mapping(item.get("status"))
    return RequestSummary(
        request_id=_id(item),
        state=_state(text(status.get("state"))),
        vpcs=PerSide(requester=_key(mapping(item.get("requester"))), accepter=_key(mapping(item.get("accepter")))),
        flows=tuple(_flow(each) for each in items(item.get("allow"))),
        verdicts=tuple(_verdict(each) for each in mappings(status.get("verdicts"))),
        testimonies=tuple(_testimony(each) for each in mappings(status.get("testimonies"))),
        findings=tuple(_finding(each) for each in mappings(status.get("findings"))),
        changes_planned=texts(status.get("changes_planned")),
        connection_id=text(status.get("peering_connection_id")),
        updated_at=text(status.get("updated_at")),
        generation=text(status.get("generation")),
        settings=_settings(item),
    )


def _state(name: str) -> State:
    return State(name) if name in State else State.UNSEEN


def _flow(flow: Any) -> Flow:
    if not isinstance(flow, Mapping):
        return Flow(what=str(flow), source="")
    what = "/".join(filter(None, (text(flow.get("protocol")), text(flow.get("ports")))))
    return Flow(what=what, source=text(flow.get("from")))


def _verdict(verdict: Mapping[str, Any]) -> Verdict:
    stops = [hop for hop in mappings(verdict.get("hops")) if hop.get("cause")]
    return Verdict(
        flow=text(verdict.get("flow")),
        verdict=text(verdict.get("verdict")) or ("reachable" if verdict.get("reachable") is True else "blocked"),
        reachable=verdict.get("reachable") is True,
        source=_end(mapping(verdict.get("source"))),
        destination=_end(mapping(verdict.get("destination"))),
        assumes=texts(verdict.get("assumes")),
        causes=tuple(f"{text(hop.get('cause'))} {text(hop.get('resource_id'))}" for hop in stops),
        remedies=texts(verdict.get("remedies")),
    )


def _end(endpoint: Mapping[str, Any]) -> str:
    named = (text(endpoint.get(name)) for name in ("instance_id", "network_interface_id", "subnet_id"))
    return f"{next(filter(None, named), '')} {text(endpoint.get('address'))}".strip()


def _testimony(testimony: Mapping[str, Any]) -> Testimony:
    reachable = testimony.get("reachable")
    return Testimony(
        witness=text(testimony.get("witness")),
        flow=text(testimony.get("flow")),
        reachable=reachable if isinstance(reachable, bool) else None,
        said=text(testimony.get("said")),
    )


def _finding(finding: Mapping[str, Any]) -> Finding:
    return Finding(
        code=text(finding.get("code")),
        where=text(finding.get("where")),
        message=text(finding.get("message")),
        blocking=finding.get("blocking") is True,
    )


def _settings(item: Mapping[str, Any]) -> dict[str, str]:
    """The plain fields as they stand there, and the tags."""
    plain = {name: text(item.get(name)) for name in ("requested_by", "expires_at", "drift", "network_acls")}
    excluded = ", ".join(texts(item.get("excluded_cidr_blocks")))
    tags = ", ".join(f"{key}={text(value)}" for key, value in sorted(mapping(item.get("tags")).items()))
    return {name: words for name, words in {**plain, "excluded_cidr_blocks": excluded, "tags": tags}.items() if words}
