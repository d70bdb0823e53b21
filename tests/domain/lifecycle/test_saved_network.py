"""A network that was written down is read as it was, and what is no such document says why."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given

from causeway.domain.lifecycle import saved_network as saved_network_module
from causeway.domain.lifecycle.saved_network import SavedNetwork, UnusableSnapshot, from_json, pack, to_json, unpack, whole
from causeway.domain.model.errors import SnapshotTooLarge
from causeway.domain.model.exclusion import without_excluded
from causeway.domain.model.network import NetworkInterface
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.planner import plan_request
from tests.domain.documents import saved_network, saved_situations
from tests.domain.networks import CIDR_BLOCKS, change, request, snapshots

WANTED = request()
DOCUMENT = saved_network(snapshots(), {"request_id": WANTED.request_id})
EVERYTHING = json.loads(to_json(DOCUMENT))


@given(saved_situations())
def test_what_is_written_is_read(situation: tuple[Request, SavedNetwork]) -> None:
    _, network = situation

    assert from_json(to_json(network)) == network
    assert unpack(pack(network)) == network
    assert to_json(from_json(to_json(network))) == to_json(network)


@given(saved_situations())
def test_a_plan_on_what_is_read_is_the_plan_on_what_was_seen(situation: tuple[Request, SavedNetwork]) -> None:
    wanted, network = situation
    read = from_json(to_json(network))

    plans = [
        plan_request(wanted, 1, each.seen_for(wanted), each.held_by(wanted.request_id), each.held_by_others(wanted.request_id))
        for each in (network, read)
    ]

    assert plans[0] == plans[1]
    assert plans[0].checksum == plans[1].checksum


def test_the_document_has_every_field() -> None:
    assert list(EVERYTHING) == [
        "version",
        "taken_at",
        "request",
        "requester",
        "accepter",
        "holdings",
        "approval_rule",
    ]
    assert EVERYTHING["version"] == 1


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({**EVERYTHING, "version": 2}, "It has version 2; this Causeway understands version 1"),
        ({"version": 2}, "It has version 2"),
        ({name: value for name, value in EVERYTHING.items() if name != "version"}, "`version`"),
        ({**EVERYTHING, "version": "1"}, r"\$\.version"),
        ({**EVERYTHING, "accepter": {}}, r"\$\.accepter"),
        ({name: value for name, value in EVERYTHING.items() if name != "holdings"}, "`holdings`"),
        ([], "It is no snapshot"),
    ],
)
def test_what_is_no_such_document_says_why(document: Any, says: str) -> None:
    with pytest.raises(UnusableSnapshot, match=says):
        from_json(json.dumps(document).encode())


@pytest.mark.parametrize("document", [b"", b"{", b"\xff", b'{"version": 1, "request": "\xff"}', to_json(DOCUMENT)[:-20]])
def test_what_is_no_json_says_so(document: bytes) -> None:
    with pytest.raises(UnusableSnapshot, match="It is no snapshot"):
        from_json(document)


@given(saved_situations())
def test_a_request_the_other_way_round_sees_the_same_two_vpcs(situation: tuple[Request, SavedNetwork]) -> None:
    wanted, network = situation
    straight = network.seen_for(wanted)
    as_if_asked_so = change(network, requester=network.accepter.swapped, accepter=network.requester.swapped)

    seen = network.seen_for(wanted.swapped)

    assert seen == as_if_asked_so.seen_for(wanted.swapped)
    assert [seen[side].side for side in SIDES] == list(SIDES)
    assert [seen[side].vpc for side in SIDES] == [straight[side.other].vpc for side in SIDES]
    assert [seen[side].peering_connections for side in SIDES] == [straight[side.other].peering_connections for side in SIDES]


NEIGHBOUR = change(WANTED, accepter=change(WANTED.accepter, vpc_id="vpc-c1"))


@pytest.mark.parametrize("other", [NEIGHBOUR, NEIGHBOUR.swapped, request(accepter_region="eu-west-1")])
def test_a_request_for_other_vpcs_is_refused(other: Request) -> None:
    with pytest.raises(UnusableSnapshot, match=r"It shows vpc-a1 .* and vpc-b1 .* the item is about "):
        DOCUMENT.seen_for(other)


def test_what_a_request_excludes_is_left_out_only_of_its_own_view() -> None:
    networks = snapshots()
    excluding = change(WANTED, excluded_cidr_blocks=(CIDR_BLOCKS.requester,))

    seen = DOCUMENT.seen_for(excluding)

    assert seen.requester.vpc.cidr_blocks == ()
    assert seen == PerSide(**{side.value: without_excluded(excluding, networks[side]) for side in SIDES})
    assert DOCUMENT.seen_for(WANTED) == networks


def test_to_look_at_all_is_to_exclude_nothing_and_to_read_the_dns_attributes() -> None:
    looking = whole(change(WANTED, excluded_cidr_blocks=("10.0.0.0/8",)))

    assert looking.excluded_cidr_blocks == ()
    assert [looking.dns_resolution[side] for side in SIDES] == [True, True]
    assert [looking.vpc(side) for side in SIDES] == [WANTED.vpc(side) for side in SIDES]


def test_each_request_knows_what_it_holds_and_what_the_others_do() -> None:
    own, others = Holdings(request=WANTED), Holdings(request=change(WANTED, request_id="another"))
    network = change(DOCUMENT, holdings={WANTED.request_id: own, "another": others, "gone": NOTHING_HELD})

    assert (network.held_by(WANTED.request_id), network.held_by_others(WANTED.request_id)) == (own, (others,))
    assert (network.held_by("new"), network.held_by_others("new")) == (NOTHING_HELD, (own, others))


def test_what_does_not_fit_an_answer_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(pack(DOCUMENT))
    monkeypatch.setattr(saved_network_module, "LARGEST_ANSWER", size)
    assert unpack(pack(DOCUMENT)) == DOCUMENT

    monkeypatch.setattr(saved_network_module, "LARGEST_ANSWER", size - 1)

    with pytest.raises(SnapshotTooLarge, match=f"{size} bytes.*room for {size - 1}.*vpc-a1 .* and vpc-b1 .*causeway plan"):
        pack(DOCUMENT)


def test_thousands_of_interfaces_fit() -> None:
    def named(kind: str, number: int) -> str:
        """As hard to compress as AWS's ids."""
        return f"{kind}-0{sha256(f'{kind}{number}'.encode()).hexdigest()[:16]}"

    interfaces = tuple(
        NetworkInterface(
            network_interface_id=named("eni", number),
            subnet_id=named("subnet", number % 100),
            addresses=(f"10.0.{number // 250}.{number % 250}",),
            security_group_ids=(named("sg", number % 200), named("sg", number * 7 % 200)),
            instance_id=named("i", number),
        )
        for number in range(5000)
    )
    full = (change(network, network_interfaces=interfaces) for network in (DOCUMENT.requester, DOCUMENT.accepter))

    packed = pack(change(DOCUMENT, **dict(zip(SIDES, full, strict=True))))

    assert len(packed) < saved_network_module.LARGEST_ANSWER / 5
