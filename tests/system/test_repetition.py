"""A request that is made true again: nothing is made twice, and what is new is all that is made."""

from .network import Network, Rule
from .requests import PING, SSH, Hub, an_item


def test_a_second_run_writes_nothing(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, tags={"Owner": "payments"})
    first = hub.run(item)
    before = [network.everything() for network in pair]

    second = hub.run(item)

    assert (second.status["state"], second.status["generation"]) == ("ACTIVE", 2)
    assert second.writes == []
    assert second.status["changes_made"] == []
    assert second.status["peering_connection_id"] == first.status["peering_connection_id"]
    assert second.status["verdicts"] == first.status["verdicts"]
    assert [network.everything() for network in pair] == before


def test_a_run_makes_the_fewest_writes_there_are(hub: Hub, pair: tuple[Network, Network]) -> None:
    """One request and one acceptance, a tag for the accepter's side, a route a table, a call a group: nothing else."""
    run = hub.run(an_item(*pair))

    assert sorted(run.writes) == [
        "AcceptVpcPeeringConnection",
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupIngress",
        "CreateRoute",
        "CreateRoute",
        "CreateTags",
        "CreateVpcPeeringConnection",
    ]


def test_a_new_flow_adds_its_rules_only(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[PING])
    hub.run(item)

    def add_a_flow() -> None:
        hub.table.update_item(
            Key={"request_id": item["request_id"]},
            UpdateExpression="SET allow = :allow",
            ExpressionAttributeValues={":allow": [PING, {**SSH, "from": "requester"}]},
        )

    run = hub.recorded(add_a_flow, item["request_id"], before=1)

    assert run.status["state"] == "ACTIVE"
    assert run.writes == ["AuthorizeSecurityGroupIngress"]
    assert run.status["changes_made"] == [f"Allow tcp/22 from {requester.block} in {accepter.default_group}"]
    assert set(accepter.added_rules(accepter.default_group)) == {
        Rule("ingress", "icmp", "", requester.block),
        Rule("ingress", "tcp", "22", requester.block),
    }


def test_an_attribute_of_the_status_asks_for_nothing(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[PING])
    hub.run(item)

    hub.table.update_item(
        Key={"request_id": item["request_id"]},
        UpdateExpression="SET #status.updated_at = :now",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":now": "later"},
    )
    hub.settle()

    assert hub.execution_names(item["request_id"]) == [f"{item['request_id']}-1"]


def test_what_somebody_removed_is_made_again(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter)
    first = hub.run(item)
    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)

    run = hub.run(item)

    assert (run.status["state"], run.writes) == ("ACTIVE", ["CreateRoute"])
    assert requester.routes(requester.main_table)[accepter.block] == first.status["peering_connection_id"]


def test_an_item_that_changes_while_it_is_made_true(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[PING])

    hub.put(item)
    hub.put({**item, "allow": [PING, SSH]})

    status = hub.wait(item["request_id"], before=1)
    assert status["state"] == "ACTIVE", status
    assert requester.connection()["VpcPeeringConnectionId"] == status["peering_connection_id"]
    assert set(accepter.added_rules(accepter.default_group)) == {
        Rule("ingress", "icmp", "", requester.block),
        Rule("ingress", "tcp", "22", requester.block),
    }
