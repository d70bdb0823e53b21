"""TakeSnapshot, and what is decided on its answer: the same as on the network itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from causeway.boundary import MalformedItem, parse_request
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.saved_network import SavedNetwork, UnusableSnapshot, from_json, to_json
from causeway.domain.model.errors import AccessDenied, ResourceNotFound
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.claims import connection_of
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.planner import holdings_after, plan_request
from causeway.domain.reachability.check import check
from causeway.steps.preview_plan import preview_plan
from causeway.steps.take_snapshot import take_snapshot
from cli.offline.saved_network import check_on, preview_on
from tests.domain.documents import networks_of
from tests.domain.networks import change_side
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import StillReader

ITEM: dict[str, Any] = json.loads((Path(__file__).parents[2] / "events" / "request.json").read_text())
WANTED = parse_request(ITEM)
OTHER = {**ITEM, "request_id": "another", "allow": [{"from": "both", "protocol": "icmp"}]}
NETWORKS: PerSide[Any] = networks_of(ITEM)
PLAN = plan_request(WANTED, 1, NETWORKS)
THERE = applied(WANTED, PLAN, NETWORKS)
RULE = ApprovalRule(accounts=("111111111111",))


class AskedReader(StillReader):
    """Keeps what it was asked."""

    asked: Request | None = None
    quotas = False

    def observe_both(self, request: Request, *, quotas: bool = False) -> PerSide[Snapshot | Finding]:
        self.asked, self.quotas = request, quotas
        return super().observe_both(request, quotas=quotas)


def taken(ledger: Ledger, networks: PerSide[Any], item: dict[str, Any] = ITEM) -> SavedNetwork:
    """The document, written and read."""
    return from_json(to_json(take_snapshot(item, holdings=ledger.holdings, reader=StillReader(networks), rule=RULE)))


def shared(ledger: Ledger) -> None:
    """Another request of the pair was there first, and has made the connection."""
    other = parse_request(OTHER)
    plan = plan_request(other, 1, NETWORKS)
    ledger.holdings.save(other.request_id, holdings_after(other, NOTHING_HELD, plan))
    ledger.holdings.add_user(other.pair, other.request_id)


@pytest.mark.parametrize("networks", [NETWORKS, THERE])
@pytest.mark.parametrize(
    "item", [ITEM, OTHER, {**ITEM, "allow": []}, {**ITEM, "excluded_cidr_blocks": ["100.64.0.0/10"]}, {"request_id": "odd"}]
)
def test_a_preview_on_a_snapshot_is_the_preview_there_was(ledger: Ledger, networks: PerSide[Any], item: dict[str, Any]) -> None:
    ledger.holdings.save(WANTED.request_id, holdings_after(WANTED, NOTHING_HELD, PLAN))
    ledger.holdings.add_user(WANTED.pair, WANTED.request_id)
    shared(ledger)

    offline = preview_on(taken(ledger, networks), item)

    assert offline == preview_plan(
        item, generations=ledger.generations, holdings=ledger.holdings, reader=StillReader(networks), rule=RULE
    )


@pytest.mark.parametrize("networks", [NETWORKS, THERE])
def test_a_preview_the_other_way_round_is_the_preview_there_was(ledger: Ledger, networks: PerSide[Any]) -> None:
    ledger.holdings.save(WANTED.request_id, holdings_after(WANTED, NOTHING_HELD, PLAN))
    ledger.holdings.add_user(WANTED.pair, WANTED.request_id)
    item = {**OTHER, "requester": ITEM["accepter"], "accepter": ITEM["requester"]}
    swapped = PerSide[Any](requester=networks.accepter.swapped, accepter=networks.requester.swapped)

    offline = preview_on(taken(ledger, networks), item)

    assert offline == preview_plan(
        item, generations=ledger.generations, holdings=ledger.holdings, reader=StillReader(swapped), rule=RULE
    )
    assert not offline.as_map()["blocked"]


def test_a_snapshot_is_about_all_of_both_sides_and_what_is_held(ledger: Ledger) -> None:
    shared(ledger)
    reader = AskedReader(NETWORKS)
    item = {**ITEM, "excluded_cidr_blocks": ["100.64.0.0/10"]}

    network = take_snapshot({**item, "status": {"state": "ACTIVE"}}, holdings=ledger.holdings, reader=reader, rule=RULE)

    assert reader.asked is not None
    assert (reader.asked.excluded_cidr_blocks, reader.quotas) == ((), True)
    assert network.request == item
    assert PerSide(requester=network.requester, accepter=network.accepter) == NETWORKS
    assert list(network.holdings) == [WANTED.request_id, "another"]
    assert network.approval_rule == RULE


def test_a_check_on_a_snapshot_judges_as_on_the_network(ledger: Ledger) -> None:
    there, before = check_on(taken(ledger, THERE)), check_on(taken(ledger, NETWORKS))

    assert there == check(WANTED, THERE, connection_of(WANTED, THERE))
    assert {verdict.reachable for verdict in there} == {True}
    assert {verdict.reachable for verdict in before} == {False}


def test_other_vpcs_are_refused(ledger: Ledger) -> None:
    network = taken(ledger, NETWORKS)

    with pytest.raises(UnusableSnapshot, match="the item is about"):
        preview_on(network, {**ITEM, "accepter": {**ITEM["accepter"], "vpc_id": "vpc-0cccccccccccccccc"}})


@pytest.mark.parametrize(
    ("code", "error"), [(Code.VPC_NOT_FOUND, ResourceNotFound), (Code.ACCOUNT_NOT_REACHABLE, AccessDenied)]
)
def test_a_side_that_cannot_be_seen_is_an_error(ledger: Ledger, code: Code, error: type[Exception]) -> None:
    finding = Finding(code=code, message="Not for you.", where="vpc-1", side=Side.ACCEPTER)

    with pytest.raises(error, match=r"cannot be observed.*vpc-1.*Not for you"):
        take_snapshot(
            ITEM, holdings=ledger.holdings, reader=StillReader(change_side(NETWORKS, Side.ACCEPTER, finding)), rule=RULE
        )


def test_what_is_no_request_is_not_looked_for(ledger: Ledger) -> None:
    with pytest.raises(MalformedItem, match="priority"):
        take_snapshot({**ITEM, "priority": 1}, holdings=ledger.holdings, reader=StillReader(NETWORKS), rule=RULE)
