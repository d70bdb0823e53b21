"""The boundary: what an item may say, and what a person is told where it says something else."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.boundary import REQUEST_FIELDS, MalformedItem, desired_part, parse_request
from causeway.domain.lifecycle.status import MAX_LISTED
from causeway.domain.model.findings import Code
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import AclMode, DriftMode, Flow, Peer, Selector, VpcRef, Witness
from causeway.domain.model.values import SIDES, PerSide, Side

REQUESTER = {"account_id": "111111111111", "region": "us-east-1", "vpc_id": "vpc-0aaaaaaaaaaaaaaaa"}
ACCEPTER = {"account_id": "222222222222", "region": "eu-west-1", "vpc_id": "vpc-0bbbbbbbb"}
SSH = {"from": "both", "protocol": "tcp", "ports": "22"}


def item(**fields: Any) -> dict[str, Any]:
    return {"request_id": "test-to-production", "requester": REQUESTER, "accepter": ACCEPTER, **fields}


def allowing(**fields: Any) -> dict[str, Any]:
    return item(allow=[{"from": "requester", "protocol": "tcp", **fields}])


def refused(malformed: dict[str, Any]) -> dict[str, str]:
    """What a person is told, by field."""
    with pytest.raises(MalformedItem) as caught:
        parse_request(malformed)
    assert all(finding.code is Code.MALFORMED_ITEM and finding.blocking for finding in caught.value.findings)
    return {finding.where: finding.message for finding in caught.value.findings}


def test_an_id_and_two_vpcs_are_enough() -> None:
    request = parse_request(item())

    assert request.request_id == "test-to-production"
    assert request.requester == VpcRef(**REQUESTER)
    assert request.accepter == VpcRef(**ACCEPTER)
    assert request.flows == ()
    assert (
        request.route_tables
        == request.security_groups
        == PerSide(requester=Selector(every=True), accepter=Selector(every=True))
    )
    assert request.dns_resolution == PerSide(requester=False, accepter=False)
    assert request.tags == {}


def test_every_field_arrives() -> None:
    request = parse_request(
        item(
            allow=[
                {"from": "requester", "protocol": "tcp", "ports": "22, 8000-8080", "peer": "security_groups"},
                {"from": "both", "protocol": "icmp"},
            ],
            route_tables={"requester": ["rtb-0aaaaaaa", "rtb-0bbbbbbb"], "accepter": {"tag": "Tier=private"}},
            security_groups={"requester": "all", "accepter": {"tag": "App=a=b"}},
            network_acls="manage",
            excluded_cidr_blocks=["100.64.0.0/10", "fd00:0::/16", "100.64.0.0/10"],
            dns_resolution={"accepter": True},
            tags={"Owner": "payments"},
            approval=True,
            drift="report",
            expires_at="2027-01-31T19:00:00+01:00",
            witnesses=["probe", "reachability_analyzer", "probe"],
            requested_by="Ada",
        )
    )

    assert request.flows == (
        Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22), peer=Peer.SECURITY_GROUPS),
        Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=8000, last=8080), peer=Peer.SECURITY_GROUPS),
        Flow(source=Side.REQUESTER, protocol=Protocol.ICMP),
        Flow(source=Side.ACCEPTER, protocol=Protocol.ICMP),
    )
    assert request.witnesses == (Witness.PROBE, Witness.REACHABILITY_ANALYZER)
    assert request.route_tables.requester == Selector(ids=("rtb-0aaaaaaa", "rtb-0bbbbbbb"))
    assert request.route_tables.accepter == Selector(tag_key="Tier", tag_value="private")
    assert request.security_groups.requester == Selector(every=True)
    assert request.security_groups.accepter == Selector(tag_key="App", tag_value="a=b")
    assert request.dns_resolution == PerSide(requester=False, accepter=True)
    assert request.tags == {"Owner": "payments"}
    assert request.network_acls is AclMode.MANAGE
    assert request.excluded_cidr_blocks == ("100.64.0.0/10", "fd00::/16")
    assert request.approval
    assert request.drift is DriftMode.REPORT
    assert request.expires_at == "2027-01-31T18:00:00+00:00"
    assert request.requested_by == "Ada"


@pytest.mark.parametrize("wanted", [True, False])
def test_one_dns_option_is_for_both_sides(wanted: bool) -> None:
    assert parse_request(item(dns_resolution=wanted)).dns_resolution == PerSide(requester=wanted, accepter=wanted)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("22", [(22, 22)]),
        (22, [(22, 22)]),
        (Decimal(443), [(443, 443)]),
        ("0-65535", [(0, 65535)]),
        ("all", [(0, 65535)]),
        (None, [(0, 65535)]),
        ("0-22", [(0, 22)]),
        ("80 , 443,8000-8080", [(80, 80), (443, 443), (8000, 8080)]),
        ("80,80,080", [(80, 80)]),
    ],
)
def test_ports_as_people_and_dynamodb_write_them(ports: object, expected: list[tuple[int, int]]) -> None:
    flows = parse_request(allowing(ports=ports)).flows

    assert [flow.ports for flow in flows] == [PortRange(first=first, last=last) for first, last in expected]


@pytest.mark.parametrize("ports", ["0", 0, "0-0", "443, 0"])
def test_port_0_alone_is_refused(ports: object) -> None:
    told = refused(allowing(ports=ports))

    assert list(told) == ["allow.0.ports"]
    assert "nobody can open a connection to port 0" in told["allow.0.ports"]


@pytest.mark.parametrize("protocol", [Protocol.ICMP, Protocol.ALL])
def test_protocols_without_ports(protocol: Protocol) -> None:
    (flow,) = parse_request(allowing(protocol=protocol.value)).flows

    assert (flow.protocol, flow.ports) == (protocol, None)


@pytest.mark.parametrize("region", ["us-gov-west-1", "ap-southeast-3", "eusc-de-east-1"])
def test_regions_of_every_partition(region: str) -> None:
    assert parse_request(item(accepter={**ACCEPTER, "region": region})).accepter.region == region


def test_status_is_left_aside() -> None:
    assert parse_request(item(status={"state": "ACTIVE", "anything": [1]})) == parse_request(item())
    assert desired_part(item(status={})) == item()


def test_request_fields_are_those_that_an_event_may_replace() -> None:
    assert {"request_id", "requester", "accepter", "allow", "dns_resolution", "tags"} < REQUEST_FIELDS
    assert "status" not in REQUEST_FIELDS


@pytest.mark.parametrize(
    ("malformed", "field", "hint"),
    [
        ({}, "request_id", "required"),
        (item(request_id="with space"), "request_id", "match"),
        (item(request_id="x" * 65), "request_id", "match"),
        (item(request_id="x\n"), "request_id", "match"),
        (item(requester="vpc-0aaaaaaa"), "requester", "map"),
        (item(requester={**REQUESTER, "account_id": "11111111111"}), "requester.account_id", "match"),
        (item(requester={**REQUESTER, "account_id": "１" * 12}), "requester.account_id", "match"),
        (item(requester={**REQUESTER, "account_id": Decimal("111111111111")}), "requester.account_id", "text"),
        (item(accepter={**ACCEPTER, "region": "ireland"}), "accepter.region", "ireland"),
        (item(accepter={**ACCEPTER, "vpc_id": "vpc-1"}), "accepter.vpc_id", "vpc-1"),
        (item(accepter={**ACCEPTER, "name": "production"}), "accepter.name", "no such field"),
        (item(accepter=REQUESTER), "accepter", "requester's VPC"),
        (item(allows=[]), "allows", "no such field"),
        (item(allow="ssh"), "allow", "list"),
        (item(allow=["ssh"]), "allow.0", "map"),
        (allowing(protocol="gre"), "allow.0.protocol", "'tcp', 'udp', 'icmp' or 'all'"),
        (item(allow=[{"protocol": "tcp"}]), "allow.0.from", "required"),
        (item(allow=[{"source": "both", "protocol": "tcp"}]), "allow.0.source", "no such field"),
        (allowing(ports="ssh"), "allow.0.ports", "match"),
        (allowing(ports="٢٢"), "allow.0.ports", "match"),
        (allowing(ports=22.5), "allow.0.ports", "text"),
        (allowing(ports=True), "allow.0.ports", "text"),
        (allowing(ports="80-22,70000"), "allow.0.ports", "80-22, 70000"),
        (allowing(protocol="icmp", ports="8"), "allow.0.ports", "icmp has no ports"),
        (allowing(peer="instances"), "allow.0.peer", "'cidr_blocks' or 'security_groups'"),
        (item(route_tables={"requester": "some"}), "route_tables.requester", '"all", a list of ids'),
        (item(route_tables={"requester": 7}), "route_tables.requester", '{"tag": "Tier=private"}'),
        (item(route_tables={"accepter": []}), "route_tables.accepter", "at least 1"),
        (item(route_tables={"accepter": ["sg-0aaaaaaa"]}), "route_tables.accepter.0", "rtb-"),
        (item(security_groups={"accepter": {"tag": "Tier"}}), "security_groups.accepter.tag", "="),
        (item(security_groups="all"), "security_groups", "map"),
        (item(network_acls="open"), "network_acls", "'check'"),
        (item(excluded_cidr_blocks=["100.64.0.1/10"]), "excluded_cidr_blocks.0", "without host bits"),
        (item(excluded_cidr_blocks="100.64.0.0/10"), "excluded_cidr_blocks", "list"),
        (item(approval="yes"), "approval", "true or false"),
        (item(drift="ignore"), "drift", "'repair' or 'report'"),
        (item(expires_at="2027-01-31T18:00:00"), "expires_at", "offset"),
        (item(expires_at="tomorrow"), "expires_at", "date"),
        (item(expires_at=Decimal(1801418400)), "expires_at", "offset"),
        (item(requested_by=""), "requested_by", "at least 1"),
        (item(dns_resolution="yes"), "dns_resolution", "true, false"),
        (item(dns_resolution={"accepter": 1}), "dns_resolution.accepter", "true or false"),
        (item(tags={"Owner": 7}), "tags.Owner", "text"),
        (item(tags={"aws:{x}": ""}), "tags.aws:{x}", "may not begin with aws: or causeway:"),
        (item(tags={"Causeway:request-id": "mine"}), "tags.Causeway:request-id", "may not begin with"),
        (item(tags={str(number): "" for number in range(41)}), "tags", "at most 40"),
        (item(tags=["Owner"]), "tags", "map"),
    ],
)
def test_a_malformed_field_is_named_with_what_to_do(malformed: dict[str, Any], field: str, hint: str) -> None:
    message = refused(malformed)[field]

    assert message.startswith(f"{field}: ")
    assert message.endswith(".")
    assert hint in message
    assert "Part" not in message, "the names of Causeway's classes help nobody"


def test_every_malformed_field_is_told_at_once() -> None:
    told = refused(
        {
            "request_id": "a b",
            "requester": REQUESTER,
            "accepter": REQUESTER,
            "allow": [SSH, {"from": "me", "protocol": "tcp", "ports": "9-1"}, {"from": "both", "protocol": "icmp", "ports": 8}],
            "route_tables": {"requester": ["x"], "accepter": 1},
            "security_groups": {"requester": []},
            "dns_resolution": "perhaps",
            "tags": {"aws:a": "", "causeway:b": ""},
            "priority": 1,
        }
    )

    assert set(told) == {
        "request_id", "accepter", "allow.1.from", "allow.1.ports", "allow.2.ports", "route_tables.requester.0",
        "route_tables.accepter", "security_groups.requester", "dns_resolution", "tags.aws:a", "tags.causeway:b", "priority",
    }  # fmt: skip


def test_what_is_told_fits_the_item() -> None:
    told = refused(item(allow=[7] * 5000, **{"x" * 5000: "y" * 5000}))

    assert len(told) == MAX_LISTED
    assert max(map(len, refused(item(**{"x" * 5000: "y" * 5000})).values())) < 300


def ports_text() -> st.SearchStrategy[list[PortRange]]:
    ends = st.tuples(st.integers(0, 65535), st.integers(1, 65535))
    return st.lists(ends.map(lambda pair: PortRange(first=min(pair), last=max(pair))), min_size=1, max_size=4)


@st.composite
def allows(draw: st.DrawFn) -> tuple[dict[str, Any], list[Flow]]:
    """An entry of `allow`, and the flows that it means."""
    protocol = draw(st.sampled_from(Protocol))
    source = draw(st.sampled_from(["requester", "accepter", "both"]))
    peer = draw(st.sampled_from(Peer))
    entry: dict[str, Any] = {"from": source, "protocol": protocol.value, "peer": peer.value}
    ranges: list[PortRange | None] = [ALL_PORTS] if protocol.has_ports else [None]
    if protocol.has_ports and draw(st.booleans()):
        ranges = [*draw(ports_text())]
        entry["ports"] = ",".join(map(str, ranges))
    sources = SIDES if source == "both" else (Side(source),)
    return entry, [Flow(source=side, protocol=protocol, ports=ports, peer=peer) for side in sources for ports in ranges]


def vpcs() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {
            "account_id": st.from_regex(r"[0-9]{12}", fullmatch=True),
            "region": st.sampled_from(["us-east-1", "eu-central-2", "us-gov-west-1"]),
            "vpc_id": st.from_regex(r"vpc-[0-9a-f]{17}", fullmatch=True),
        }
    )


def selectors(prefix: str) -> st.SearchStrategy[tuple[Any, Selector]]:
    """A selector of the item, and what it means."""
    resource_ids = st.lists(st.from_regex(rf"{prefix}-[0-9a-f]{{17}}", fullmatch=True), min_size=1, max_size=3)
    keys = st.text(st.characters(codec="ascii", exclude_characters="=\n\r", categories=["L", "N", "P"]), min_size=1, max_size=9)
    values = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=9)
    return st.one_of(
        st.just(("all", Selector(every=True))),
        resource_ids.map(lambda ids: (ids, Selector(ids=tuple(ids)))),
        st.tuples(keys, values).map(
            lambda tag: ({"tag": f"{tag[0]}={tag[1]}"}, Selector(tag_key=tag[0], tag_value=tag[1])),
        ),
    )


@given(
    vpc_pair=st.lists(vpcs(), min_size=2, max_size=2, unique_by=lambda vpc: vpc["vpc_id"]),
    allowed=st.lists(allows(), max_size=4),
    tables=st.tuples(selectors("rtb"), selectors("rtb")),
    groups=st.tuples(selectors("sg"), selectors("sg")),
    dns=st.tuples(st.booleans(), st.booleans()),
)
def test_whatever_a_valid_item_says_is_in_the_request(
    vpc_pair: list[dict[str, str]],
    allowed: list[tuple[dict[str, Any], list[Flow]]],
    tables: tuple[tuple[Any, Selector], tuple[Any, Selector]],
    groups: tuple[tuple[Any, Selector], tuple[Any, Selector]],
    dns: tuple[bool, bool],
) -> None:
    request = parse_request(
        {
            "request_id": "a",
            "requester": vpc_pair[0],
            "accepter": vpc_pair[1],
            "allow": [entry for entry, _ in allowed],
            "route_tables": {"requester": tables[0][0], "accepter": tables[1][0]},
            "security_groups": {"requester": groups[0][0], "accepter": groups[1][0]},
            "dns_resolution": {"requester": dns[0], "accepter": dns[1]},
        }
    )

    assert [request.requester, request.accepter] == [VpcRef(**vpc) for vpc in vpc_pair]
    assert set(request.flows) == {flow for _, flows in allowed for flow in flows}
    assert len(request.flows) == len(set(request.flows))
    assert request.route_tables == PerSide(requester=tables[0][1], accepter=tables[1][1])
    assert request.security_groups == PerSide(requester=groups[0][1], accepter=groups[1][1])
    assert request.dns_resolution == PerSide(requester=dns[0], accepter=dns[1])


def junk() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=20), st.binary(max_size=3),
        st.sets(st.text(max_size=3), max_size=2), st.sampled_from(["all", "both", "tcp", "22", "aws:{x}", "vpc-0aaaaaaa"]),
    )  # fmt: skip
    names = st.text(max_size=5) | st.sampled_from(["tag", "from", "protocol", "ports", "peer", "requester", "accepter", "{0}"])
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


@given(st.dictionaries(st.sampled_from(sorted(REQUEST_FIELDS)) | st.text(max_size=5), junk(), max_size=6))
def test_junk_is_malformed_and_nothing_worse(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedItem) as caught:
        parse_request({**fields, "requester": None})

    assert caught.value.findings
    assert str(caught.value)


@given(st.sampled_from(sorted(REQUEST_FIELDS - {"request_id", "requester", "accepter"})), junk())
def test_one_junk_field_is_taken_or_told(field: str, value: Any) -> None:
    try:
        parse_request(item(**{field: value}))
    except MalformedItem as malformed:
        assert all(finding.where.startswith(field) for finding in malformed.findings)  # noqa: PT017 - both ends are right
