"""The item is the desired state for as long as it exists: the network follows its changes, and its deletion."""

from collections.abc import Callable
from typing import Any

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Faults, Hold

from .network import Network, Rule
from .requests import PING, SSH, Hub, Item, an_item, eventually

REMOVALS = {"DeleteRoute", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "DeleteVpcPeeringConnection"}


def removed(hub: Hub, item: Item, ask: Callable[[], None]) -> dict[str, Any]:
    """Ask for a removal and wait for the event that tells of its end."""
    queue = hub.listen(item["request_id"])
    ask()
    ends = {"PeeringRemoved", "PeeringFailed"}
    heard: dict[str, Any] = eventually(lambda: next((each for each in hub.heard(queue) if each["detail-type"] in ends), None))
    return heard


def delete(hub: Hub, item: Item) -> None:
    hub.table.delete_item(Key={"request_id": item["request_id"]})


def lived_in(network: Network, gateway_block: str) -> None:
    """Somebody else's route and rule, which nothing may touch."""
    network.route_to_a_gateway(gateway_block)
    network.ec2.authorize_security_group_ingress(
        GroupId=network.default_group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.255.0.0/16"}]}],
    )


def test_a_deleted_item_leaves_no_trace(hub: Hub, pair: tuple[Network, Network]) -> None:
    for network in pair:
        lived_in(network, "0.0.0.0/0")
    before = [network.everything() for network in pair]
    item = an_item(*pair, tags={"Owner": "payments"})
    assert hub.run(item).status["state"] == "ACTIVE"

    event = removed(hub, item, lambda: delete(hub, item))

    assert event["detail-type"] == "PeeringRemoved", event
    assert [network.everything() for network in pair] == before
    assert hub.item(item["request_id"]) == {}


def test_a_removal_by_event(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair)
    hub.run(item)
    entry = {
        "EventBusName": hub.outputs["EventBusName"],
        "Source": "com.example.payments",
        "DetailType": "PeeringRemovalRequested",
        "Detail": f'{{"request_id": "{item["request_id"]}"}}',
    }

    event = removed(hub, item, lambda: hub.client("events").put_events(Entries=[entry]))

    assert event["detail-type"] == "PeeringRemoved", event
    assert pair[0].routes(pair[0].main_table).keys() == {pair[0].block}


def test_a_narrower_item_takes_away_after_it_has_added(hub: Hub, pair: tuple[Network, Network]) -> None:
    """Traffic that stays allowed is never interrupted: tcp/22 is there before tcp/20-30 goes."""
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[{"from": "requester", "protocol": "tcp", "ports": "20-30"}])
    hub.run(item)

    run = hub.run({**item, "allow": [{"from": "requester", "protocol": "tcp", "ports": "22"}]})

    assert run.status["state"] == "ACTIVE"
    assert run.writes == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    assert set(accepter.added_rules(accepter.default_group)) == {Rule("ingress", "tcp", "22", requester.block)}


def test_a_table_that_is_no_longer_selected_loses_its_route(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    other = requester.add_route_table(Tier="private")
    item = an_item(requester, accepter, allow=[PING])
    hub.run(item)
    assert accepter.block in requester.routes(other)

    run = hub.run({**item, "route_tables": {"requester": [requester.main_table]}})

    assert run.status["state"] == "ACTIVE"
    assert run.writes == ["DeleteRoute"]
    assert accepter.block not in requester.routes(other)
    assert accepter.block in requester.routes(requester.main_table)


def test_what_somebody_else_did_to_our_route_is_left_alone(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[PING])
    hub.run(item)
    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)
    gateway = requester.route_to_a_gateway(accepter.block)

    assert removed(hub, item, lambda: delete(hub, item))["detail-type"] == "PeeringRemoved"

    assert requester.routes(requester.main_table)[accepter.block] == gateway


def test_put_delete_put_ends_as_the_last_word_says(hub: Hub, pair: tuple[Network, Network]) -> None:
    """Runs on one pair wait for one another, and one that a newer change has overtaken does nothing."""
    item = an_item(*pair, allow=[SSH])
    hub.put(item)
    delete(hub, item)

    run = hub.run(item)

    assert run.status["state"] == "ACTIVE"
    assert pair[1].routes(pair[1].main_table)[pair[0].block] == pair[0].connection()["VpcPeeringConnectionId"]


def test_a_malformed_edit_hides_no_peering_from_the_deletion(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    """The first run looks at the networks while the item is edited and deleted: it is going to make what nobody wants."""
    before, item = [network.everything() for network in pair], an_item(*pair, allow=[SSH])
    gate.hold(Hold(service="ec2", operation="DescribeVpcs"))
    start = gate.cursor
    hub.put(item)
    eventually(lambda: any(call.operation == "DescribeRouteTables" for call in gate.since(start)))

    hub.put({**item, "priority": 1})
    assert hub.wait(item["request_id"])["findings"][0]["code"] == "MALFORMED_ITEM"
    event = removed(hub, item, lambda: deleted_and_let_go(hub, item, gate))

    assert event["detail-type"] == "PeeringRemoved", event
    assert [network.everything() for network in pair] == before


def deleted_and_let_go(hub: Hub, item: Item, gate: CallGate) -> None:
    delete(hub, item)
    hub.settle()
    gate.faults = Faults()


def test_a_connection_that_somebody_deleted_leaves_no_holes(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[PING])
    hub.run(item)
    connection_id = requester.connection()["VpcPeeringConnectionId"]
    requester.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    eventually(lambda: not requester.connections())

    assert removed(hub, item, lambda: delete(hub, item))["detail-type"] == "PeeringRemoved"

    assert accepter.routes(accepter.main_table).keys() == {accepter.block}
    assert accepter.added_rules(accepter.default_group) == {}


def test_another_pair_is_another_request(hub: Hub, pair: tuple[Network, Network], networks: Any) -> None:
    item = an_item(*pair, allow=[PING])
    hub.run(item)
    third = networks.make()

    run = hub.run({**item, "requester": third.ref})

    assert run.status["state"] == "REJECTED"
    assert run.codes == {"PAIR_CHANGED"}
    assert run.writes == []
