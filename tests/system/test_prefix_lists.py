"""Managed prefix lists on the whole product: what they hold is read, judged, planned around, and watched."""

from typing import Any

from .network import PRODUCTION, Network, Networks, Rule
from .requests import SSH, Hub, Item, an_item
from .test_drift import UNWATCHED, codes, found

ONE_WAY = [{**SSH, "from": "requester"}]


def test_a_group_that_lets_in_by_a_prefix_list_needs_no_rule(hub: Hub, pair: tuple[Network, Network]) -> None:
    """Beside an S3 gateway endpoint, which has its route by one of AWS's own lists."""
    requester, accepter = pair
    requester.ec2.create_vpc_endpoint(
        VpcId=requester.vpc_id, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[requester.main_table]
    )
    offices = accepter.add_prefix_list("offices", "172.16.0.0/12", requester.block)
    accepter.allow_prefix_list(accepter.default_group, offices, 22)
    for network in pair:
        network.add_interface(network.default_group)

    run = hub.run(an_item(*pair, allow=ONE_WAY))

    assert run.status["state"] == "ACTIVE", run.status
    assert [verdict["reachable"] for verdict in run.status["verdicts"]] == [True]
    assert not [each for each in run.writes if each.startswith("AuthorizeSecurityGroup")]
    assert accepter.added_rules(accepter.default_group) == {}
    assert run.reads.count("DescribeManagedPrefixLists") == run.reads.count("GetManagedPrefixListEntries")
    assert "GetManagedPrefixListEntries" in run.reads


def test_a_prefix_list_may_route_to_the_connection_in_place_of_our_route(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    item = an_item(*pair, allow=ONE_WAY, drift="report")
    connection_id = hub.run(item).status["peering_connection_id"]
    branches = requester.add_prefix_list("branches", accepter.block)
    route = {"RouteTableId": requester.main_table}
    requester.ec2.create_route(**route, DestinationPrefixListId=branches, VpcPeeringConnectionId=connection_id)
    requester.ec2.delete_route(**route, DestinationCidrBlock=accepter.block)

    assert found(hub, item) == "nothing new"

    assert requester.routes(requester.main_table)[branches] == connection_id
    assert accepter.block not in requester.routes(requester.main_table)


def test_a_longer_prefix_in_a_list_is_told_before_the_first_write(hub: Hub, pair: tuple[Network, Network]) -> None:
    """The peer's whole block is in the list too: alone it would stand behind the request's own route."""
    requester, accepter = pair
    gateway = requester.route_to_a_gateway("203.0.113.0/24")
    (part,) = accepter.ec2.describe_subnets(SubnetIds=[accepter.subnet])["Subnets"]
    branches = requester.add_prefix_list("branches", accepter.block, part["CidrBlock"])
    requester.ec2.create_route(RouteTableId=requester.main_table, DestinationPrefixListId=branches, GatewayId=gateway)
    before = requester.everything(), accepter.everything()
    item = an_item(*pair, allow=ONE_WAY)

    run = hub.run(item)

    assert (run.status["state"], codes(run.status), run.writes) == ("REJECTED", ["FLOW_BLOCKED"], [])
    assert f"{branches} (branches) holding {part['CidrBlock']} → {gateway}" in run.status["findings"][0]["message"]
    assert (requester.everything(), accepter.everything()) == before

    requester.ec2.modify_managed_prefix_list(
        PrefixListId=branches, CurrentVersion=1, RemoveEntries=[{"Cidr": part["CidrBlock"]}]
    )
    run = hub.run({**item, "tags": {"Owner": "payments"}})
    assert (run.status["state"], [each["reachable"] for each in run.status["verdicts"]]) == ("ACTIVE", [True])


def test_what_is_taken_out_of_a_prefix_list_is_heard_of_and_made_good(hub: Hub, networks: Networks, awake: Any) -> None:
    requester, accepter = networks.make(PRODUCTION), networks.make(UNWATCHED)
    offices = accepter.add_prefix_list("offices", requester.block)
    accepter.allow_prefix_list(accepter.default_group, offices, 22)
    item: Item = an_item(requester, accepter, allow=ONE_WAY, drift="repair")
    assert hub.run(item).status["state"] == "ACTIVE"
    awake("NetworkChanged")

    def take_out() -> None:
        accepter.ec2.modify_managed_prefix_list(
            PrefixListId=offices, CurrentVersion=1, RemoveEntries=[{"Cidr": requester.block}]
        )

    run = hub.recorded(take_out, item["request_id"], hub.generation(item["request_id"]))

    assert (run.status["state"], codes(run.status)) == ("ACTIVE", ["DRIFT_REPAIRED"])
    assert list(accepter.added_rules(accepter.default_group)) == [Rule("ingress", "tcp", "22", requester.block)]
