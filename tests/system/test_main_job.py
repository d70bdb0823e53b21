"""One item in, two VPCs that can talk: what EC2 says, on both sides, after the status says ACTIVE."""

import json

import pytest

from localcloud.deploy.demo import lab_item

from .conftest import Deployed
from .network import EAST, LOCAL, PRODUCTION, TEST, WEST, Network, Networks, Rule, resolves_dns, tags_of
from .requests import PING, SSH, Hub, Run, an_item


def assert_connected(run: Run, requester: Network, accepter: Network) -> str:
    """The status says so, and both sides see one active connection; its id."""
    assert run.status["state"] == "ACTIVE", json.dumps(run.status, default=str)
    assert not [finding for finding in run.status["findings"] if finding["blocking"]]
    for network in (requester, accepter):
        connection = network.connection()
        assert connection["VpcPeeringConnectionId"] == run.status["peering_connection_id"]
        assert connection["Status"]["Code"] == "active"
        assert connection["RequesterVpcInfo"]["VpcId"] == requester.vpc_id
        assert connection["AccepterVpcInfo"]["VpcId"] == accepter.vpc_id
    connection_id: str = run.status["peering_connection_id"]
    return connection_id


def test_the_walkthrough(deployed: Deployed) -> None:
    run = deployed.hub.run(lab_item(deployed.members))

    assert run.status["state"] == "ACTIVE", json.dumps(run.status, default=str)
    assert {verdict["flow"] for verdict in run.status["verdicts"]} == {
        "tcp/22 from requester to accepter",
        "tcp/22 from accepter to requester",
        "icmp from requester to accepter",
        "icmp from accepter to requester",
    }
    assert {verdict["source"]["address"] for verdict in run.status["verdicts"]} == {"10.0.0.183", "192.0.0.206"}
    assert all(verdict["reachable"] and verdict["source"]["instance_id"] for verdict in run.status["verdicts"])


def test_two_accounts(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    extra_table = requester.add_route_table()
    item = an_item(requester, accepter, tags={"Owner": "payments"})

    run = hub.run(item)

    connection_id = assert_connected(run, requester, accepter)
    owned = {"Owner": "payments", "causeway:request-id": item["request_id"]}
    for here, there in ((requester, accepter), (accepter, requester)):
        assert here.routes(here.main_table) == {here.block: LOCAL, there.block: connection_id}
        assert here.added_rules(here.default_group) == {
            Rule("ingress", "tcp", "22", there.block): owned,
            Rule("ingress", "icmp", "", there.block): owned,
        }
        assert tags_of(here.connection()) == {"Name": f"causeway {item['request_id']}", **owned}
    assert requester.routes(extra_table) == {requester.block: LOCAL, accepter.block: connection_id}
    assert len(run.status["verdicts"]) == 4
    assert hub.item(item["request_id"]) == {**item, "status": run.status}, "only the status is Causeway's"


def test_one_account(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.make(TEST), networks.make(TEST)

    run = hub.run(an_item(requester, accepter, allow=[PING]))

    connection_id = assert_connected(run, requester, accepter)
    for here, there in ((requester, accepter), (accepter, requester)):
        assert here.routes(here.main_table)[there.block] == connection_id
        assert set(here.added_rules(here.default_group)) == {Rule("ingress", "icmp", "", there.block)}


def test_two_regions_with_dns(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.make(TEST, EAST), networks.make(PRODUCTION, WEST)
    requester.enable_dns()
    accepter.enable_dns()

    run = hub.run(an_item(requester, accepter, dns_resolution=True))

    connection_id = assert_connected(run, requester, accepter)
    for here, there in ((requester, accepter), (accepter, requester)):
        assert here.routes(here.main_table)[there.block] == connection_id
        assert len(here.added_rules(here.default_group)) == 2
        assert tags_of(here.connection())["causeway:request-id"]
    assert resolves_dns(requester.connection(), "requester")
    assert resolves_dns(accepter.connection(), "accepter")


def test_dns_of_one_side_only(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    requester.enable_dns()
    accepter.enable_dns()

    assert_connected(hub.run(an_item(requester, accepter, dns_resolution={"accepter": True})), requester, accepter)

    assert resolves_dns(accepter.connection(), "accepter")
    assert not resolves_dns(requester.connection(), "requester")


def test_every_block_of_both_families(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.make(TEST, ipv6=True), networks.make(PRODUCTION, ipv6=True)
    secondary = networks.free_block()
    accepter.add_cidr_block(secondary)

    run = hub.run(an_item(requester, accepter, allow=[SSH, PING]))

    connection_id = assert_connected(run, requester, accepter)
    (ipv6,) = accepter.ipv6_blocks
    for block in (accepter.block, secondary, ipv6):
        assert requester.routes(requester.main_table)[block] == connection_id
    assert set(requester.added_rules(requester.default_group)) == {
        Rule("ingress", "tcp", "22", accepter.block),
        Rule("ingress", "tcp", "22", secondary),
        Rule("ingress", "tcp", "22", ipv6),
        Rule("ingress", "icmp", "", accepter.block),
        Rule("ingress", "icmp", "", secondary),
        Rule("ingress", "icmpv6", "", ipv6),
    }
    assert accepter.routes(accepter.main_table)[requester.ipv6_blocks[0]] == connection_id
    assert len({verdict["source"]["address"].count(":") > 0 for verdict in run.status["verdicts"]}) == 2, "both families"


def test_two_requests_at_once(hub: Hub, networks: Networks) -> None:
    pairs = [networks.pair(), networks.pair()]
    items = [an_item(*pair) for pair in pairs]

    for item in items:
        hub.put(item)

    for item, pair in zip(items, pairs, strict=True):
        assert_connected(Run(hub.wait(item["request_id"]), []), *pair)


def test_nothing_to_check_is_no_obstacle(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    accepter.ec2.delete_subnet(SubnetId=accepter.subnet)

    run = hub.run(an_item(requester, accepter, allow=[PING]))

    assert_connected(run, requester, accepter)
    assert run.codes == {"NOTHING_TO_CHECK"}


@pytest.mark.parametrize("allow", [[], [PING]], ids=["no flows", "one flow"])
def test_the_steps_in_the_order_of_the_flow(hub: Hub, pair: tuple[Network, Network], allow: list[dict[str, str]]) -> None:
    status = hub.run(an_item(*pair, allow=allow)).status

    entered = hub.states_entered(status)

    inside = {"WhichUpdate", "UpdateRouteTables", "UpdateSecurityGroups"}
    assert [state for state in entered if state not in inside] == [
        "PlanPeering",
        "WhatIsNeeded",
        "RequestPeering",
        "AcceptPeering",
        "WhatIsLeft",
        "UpdateSides",
        "WhatIsLeft",
        "CheckReachability",
        "IsItProved",
        "RecordOutcome",
        "HasItFailed",
        "OutcomeRecorded",
    ]
    first = entered.index("UpdateSides")
    last = entered.index("WhatIsLeft", first)
    updates = [state for state in entered[first + 1 : last] if state != "WhichUpdate"]
    assert sorted(updates) == ["UpdateRouteTables"] * 2 + ["UpdateSecurityGroups"] * (2 if allow else 0)
    assert hub.execution(status)["status"] == "SUCCEEDED"
