"""What a map shows of items as they stand in the table, however odd."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.lifecycle.status import State as RequestState
from cli.map.model import Map, State, map_of

from .samples import ANALYTICS, DRAWN_AT, PRODUCTION, TEST, Document, item, three

FIELDS = ("requester", "accepter", "allow", "tags", "status", "expires_at", "drift", "excluded_cidr_blocks")
IN_STATUS = (
    "state",
    "cidr_blocks",
    "vpc_names",
    "verdicts",
    "testimonies",
    "findings",
    "updated_at",
    "generation",
    "changes_planned",
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["vpc_id", "account_id", "region", "from"]), inner)
    ),
    max_leaves=6,
)


def drawn(*items: Document) -> Map:
    return map_of(items, source="a test", drawn_at=DRAWN_AT)


def test_vpcs_peerings_and_what_is_known_of_them() -> None:
    whole = drawn(*three())

    assert whole.summary == "3 VPCs, 3 accounts, 2 regions, 3 peerings"
    assert [(vpc.name, vpc.cidr_blocks) for vpc in whole.vpcs] == [
        ("Test", ("10.0.0.0/16",)),
        ("Production", ("192.0.0.0/16", "2600:1f00:b::/56")),
        ("", ("10.64.0.0/20", "10.65.0.0/20", "10.66.0.0/20")),
    ]
    assert [request.request_id for request in whole.unplaced] == ["nonsense"]


def test_requests_of_the_same_two_vpcs_are_one_peering() -> None:
    pair = drawn(*three()[:2])

    assert [[request.request_id for request in peering.requests] for peering in pair.peerings] == [
        ["test-to-production", "the-way-back"]
    ]


def test_a_peering_shows_the_state_that_most_needs_a_look() -> None:
    (peering,) = drawn(item("a", TEST, PRODUCTION, "ACTIVE"), item("b", PRODUCTION, TEST, "DRIFTED")).peerings

    assert peering.state is State.DRIFTED


def test_every_state_of_an_item_is_shown_as_it_is() -> None:
    on_items = set(RequestState) - {RequestState.REMOVED}
    shown = {state: drawn(item("a", TEST, PRODUCTION, state)).peerings[0].state for state in on_items}

    assert {state.value: drawn_as.value for state, drawn_as in shown.items()} == {
        state.value: state.value for state in on_items
    }


def test_an_item_that_nobody_has_looked_at_is_on_the_map() -> None:
    fresh = {name: value for name, value in item("a", TEST, PRODUCTION).items() if name != "status"}

    (peering,) = drawn(fresh).peerings
    assert (peering.state, peering.requests[0].verdicts) == (State.UNSEEN, ())


def test_a_verdict_tells_what_stops_it_and_what_would_help() -> None:
    (peering,) = drawn(item("a", TEST, PRODUCTION, "FAILED")).peerings

    stopped = peering.requests[0].verdicts[0]
    assert (stopped.reachable, stopped.source, stopped.destination) == (False, "i-0a1 10.0.0.183", "subnet-0b1 192.0.0.206")
    assert stopped.causes == ("NO_ROUTE_TO_DESTINATION rtb-0b1",)
    assert stopped.remedies == ("Route 10.0.0.0/16 to the peering in rtb-0b1.",)


def test_what_other_witnesses_said_is_kept() -> None:
    said = {"witness": "probe", "flow": "tcp/22 from requester to accepter", "reachable": None, "said": "No instance."}
    (peering,) = drawn(item("a", TEST, PRODUCTION, testimonies=[said])).peerings

    assert [(each.witness, each.reachable, each.said) for each in peering.requests[0].testimonies] == [
        ("probe", None, "No instance.")
    ]


def test_what_was_seen_last_counts_and_seeing_nothing_does_not() -> None:
    old = item("a", TEST, PRODUCTION, blocks=(["10.0.0.0/16"], []), updated_at="2026-01-01")
    new = item("b", TEST, ANALYTICS, blocks=(["10.0.0.0/16", "10.9.0.0/16"], []), updated_at="2026-01-02")
    blind = item("c", PRODUCTION, TEST, updated_at="2026-01-03")

    vpcs = {vpc.vpc_id: vpc.cidr_blocks for vpc in drawn(new, blind, old).vpcs}
    assert vpcs[TEST["vpc_id"]] == ("10.0.0.0/16", "10.9.0.0/16")


def test_one_vpc_id_in_two_accounts_is_two_vpcs() -> None:
    assert len(drawn(item("a", TEST, {**TEST, "account_id": "999999999999"})).vpcs) == 2


def test_the_order_of_the_items_does_not_matter() -> None:
    assert drawn(*three()) == drawn(*reversed(three()))


@given(st.sampled_from(FIELDS), st.sampled_from(IN_STATUS), JUNK, JUNK)
def test_whatever_stands_in_an_item_it_is_shown(field: str, in_status: str, given_field: Any, given_status: Any) -> None:
    whole = item("odd", TEST, PRODUCTION)
    odd = {**whole, "status": {**whole["status"], in_status: given_status}} | {field: given_field}

    assert [request.request_id for request in drawn(odd).requests] == ["odd"]
