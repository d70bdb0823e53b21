"""What preflight refuses is REJECTED, says why, and has changed nothing."""

from collections.abc import Callable

import pytest

from causeway.domain.model.findings import Code

from .network import EAST, PRODUCTION, TEST, WEST, Network, Networks
from .requests import PING, SSH, Hub, Item, an_item

NOT_BLOCKING = {Code.FLOW_UNKNOWN, Code.GROUPS_LEFT_OUT, Code.NOTHING_TO_CHECK, Code.OPEN_BEYOND_ALLOW, Code.WITNESSES_DISAGREE}
NOT_BEFORE_A_WRITE = {Code.STEP_FAILED, Code.UNDO_INCOMPLETE}
NOT_EMULATED = {Code.ENCRYPTION_ENFORCED}
"""The embedded AWS has no VPC encryption controls."""


def malformed(networks: Networks) -> Item:
    return {**an_item(*networks.pair()), "allow": [{"from": "nobody", "protocol": "tcp"}]}


def account_that_nobody_prepared(networks: Networks) -> Item:
    return {**an_item(*networks.pair()), "accepter": {**networks.make(PRODUCTION).ref, "account_id": "999999999999"}}


def vpc_that_is_not_there(networks: Networks) -> Item:
    return {**an_item(*networks.pair()), "accepter": {**networks.make(PRODUCTION).ref, "vpc_id": "vpc-0123456789abcdef0"}}


def same_block(networks: Networks) -> Item:
    block = networks.free_block()
    return an_item(networks.make(TEST, block=block), networks.make(PRODUCTION, block=block))


def secondary_block_of_the_peer(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    accepter.add_cidr_block(secondary := networks.free_block())
    requester.add_cidr_block(secondary)
    return an_item(requester, accepter)


def region_of_another_partition(networks: Networks) -> Item:
    item = an_item(*networks.pair())
    return item | {"accepter": item["accepter"] | {"region": "us-gov-west-1"}}


def block_of_another_peer(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    networks.peer(requester, networks.make(PRODUCTION, block=accepter.block))
    return an_item(requester, accepter)


def pending_connection(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    networks.request_peering(requester, accepter)
    return an_item(requester, accepter)


def active_connection_the_other_way_round(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    networks.peer(accepter, requester)
    return an_item(requester, accepter)


def routed_to_a_gateway(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    requester.route_to_a_gateway(accepter.block)
    return an_item(requester, accepter)


def tag_that_no_table_has(networks: Networks) -> Item:
    return an_item(*networks.pair(), route_tables={"accepter": {"tag": "Tier=none"}})


def table_of_another_vpc(networks: Networks) -> Item:
    return an_item(*networks.pair(), route_tables={"requester": [networks.make(TEST).main_table]})


def tag_that_no_group_has(networks: Networks) -> Item:
    return an_item(*networks.pair(), security_groups={"accepter": {"tag": "App=none"}})


def group_of_another_vpc(networks: Networks) -> Item:
    return an_item(*networks.pair(), security_groups={"requester": [networks.make(TEST).default_group]})


def groups_across_regions(networks: Networks) -> Item:
    requester, accepter = networks.make(TEST, EAST), networks.make(PRODUCTION, WEST)
    return an_item(requester, accepter, allow=[{**SSH, "peer": "security_groups"}])


def names_without_dns(networks: Networks) -> Item:
    return an_item(*networks.pair(), dns_resolution=True)


def port_that_an_acl_denies(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    accepter.deny("6", 22)
    return an_item(requester, accepter)


def group_that_is_full(networks: Networks) -> Item:
    requester, accepter = networks.pair()
    accepter.fill(accepter.default_group)
    return an_item(requester, accepter)


REFUSALS: dict[Callable[[Networks], Item], Code] = {
    malformed: Code.MALFORMED_ITEM,
    account_that_nobody_prepared: Code.ACCOUNT_NOT_REACHABLE,
    vpc_that_is_not_there: Code.VPC_NOT_FOUND,
    region_of_another_partition: Code.OTHER_PARTITION,
    same_block: Code.CIDR_OVERLAP,
    secondary_block_of_the_peer: Code.CIDR_OVERLAP,
    block_of_another_peer: Code.CIDR_OVERLAP_WITH_PEER,
    pending_connection: Code.PEERING_EXISTS,
    active_connection_the_other_way_round: Code.PEERING_EXISTS,
    routed_to_a_gateway: Code.ROUTE_CONFLICT,
    tag_that_no_table_has: Code.NO_ROUTE_TABLE_SELECTED,
    table_of_another_vpc: Code.NO_ROUTE_TABLE_SELECTED,
    tag_that_no_group_has: Code.NO_SECURITY_GROUP_SELECTED,
    group_of_another_vpc: Code.NO_SECURITY_GROUP_SELECTED,
    groups_across_regions: Code.CROSS_REGION_GROUP_REFERENCE,
    names_without_dns: Code.DNS_NOT_ENABLED,
    group_that_is_full: Code.QUOTA_EXCEEDED,
    port_that_an_acl_denies: Code.FLOW_BLOCKED,
}


def test_each_code_that_blocks_has_a_refusal() -> None:
    # What a request meets after it was applied, or while a person is asked: test_life.py, test_drift.py, test_approval.py.
    drift = {Code.DRIFT, Code.DRIFT_REPAIRED, Code.PENDING_NEARS_EXPIRY}
    of_a_later_life = {Code.PAIR_CHANGED, Code.APPROVAL_DENIED, Code.APPROVAL_LAPSED} | drift
    assert set(REFUSALS.values()) == set(Code) - NOT_BLOCKING - NOT_BEFORE_A_WRITE - NOT_EMULATED - of_a_later_life


@pytest.mark.parametrize(("make", "code"), REFUSALS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_a_refusal(hub: Hub, networks: Networks, make: Callable[[Networks], Item], code: Code) -> None:
    item = make(networks)

    run = hub.run(item)

    assert run.status["state"] == "REJECTED"
    assert run.codes == {code}
    assert all(finding["blocking"] and finding["where"] and finding["message"] for finding in run.status["findings"])
    assert run.writes == []
    assert run.status["changes_made"] == []
    assert bool(run.status["verdicts"]) is (code is Code.FLOW_BLOCKED)
    assert hub.item(item["request_id"]) == {**item, "status": run.status}, "only the status is Causeway's"


def test_a_flow_that_would_not_work_is_refused_with_the_whole_way(hub: Hub, pair: tuple[Network, Network]) -> None:
    """On the network as it would be: what was not planned to be there is all that stops it."""
    acl_id = pair[1].deny("6", 22)

    run = hub.run(an_item(*pair, allow=[{"from": "requester", "protocol": "tcp", "ports": "22"}]))

    (verdict,) = run.status["verdicts"]
    assert [hop["resource_id"] for hop in verdict["hops"] if hop.get("cause")] == [acl_id]
    assert [hop["component"] for hop in verdict["hops"]].count("route table") == 2
    assert acl_id in verdict["remedies"][0]


def test_everything_at_once(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.pair()
    requester.route_to_a_gateway(accepter.block)
    networks.request_peering(accepter, requester)
    before = [network.everything() for network in (requester, accepter)]

    run = hub.run(
        an_item(
            requester,
            accepter,
            dns_resolution=True,
            route_tables={"accepter": {"tag": "Tier=none"}},
            security_groups={"requester": {"tag": "App=none"}},
        )
    )

    assert run.status["state"] == "REJECTED"
    assert run.codes == {
        "PEERING_EXISTS",
        "ROUTE_CONFLICT",
        "NO_ROUTE_TABLE_SELECTED",
        "NO_SECURITY_GROUP_SELECTED",
        "DNS_NOT_ENABLED",
    }
    assert [network.everything() for network in (requester, accepter)] == before


def test_both_sides_out_of_reach_are_told_together(hub: Hub, networks: Networks) -> None:
    item = vpc_that_is_not_there(networks)
    item["requester"]["account_id"] = "999999999999"

    assert hub.run(item).codes == {"ACCOUNT_NOT_REACHABLE", "VPC_NOT_FOUND"}


def test_a_refusal_is_an_outcome_not_a_failure(hub: Hub, networks: Networks) -> None:
    status = hub.run(routed_to_a_gateway(networks)).status

    assert hub.states_entered(status) == ["PlanPeering", "WhatIsNeeded", "RecordOutcome", "HasItFailed", "OutcomeRecorded"]
    assert hub.execution(status)["status"] == "SUCCEEDED"


def test_a_malformed_item_does_not_hold_up_the_next(hub: Hub, networks: Networks) -> None:
    wrong, right = malformed(networks), an_item(*networks.pair(), allow=[PING])

    hub.put(wrong)
    hub.put(right)

    assert hub.wait(right["request_id"])["state"] == "ACTIVE"
    status = hub.wait(wrong["request_id"])
    assert (status["state"], [finding["where"] for finding in status["findings"]]) == ("REJECTED", ["allow.0.from"])
    assert hub.execution_names(wrong["request_id"]) == []


def test_a_refused_item_that_is_corrected(hub: Hub, networks: Networks) -> None:
    item = tag_that_no_table_has(networks)
    assert hub.run(item).status["state"] == "REJECTED"

    corrected = hub.run({**item, "route_tables": {"accepter": "all"}})

    assert (corrected.status["state"], corrected.status["generation"]) == ("ACTIVE", 2)
