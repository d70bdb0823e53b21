"""What people's own rules open through a peering that no item asks for: told on the item, and nothing more."""

from .network import Network
from .requests import SSH, Hub, an_item


def test_a_rule_that_opens_more_than_the_item_asks_for_is_told_and_left_alone(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    databases = accepter.add_security_group("databases")
    client, database = requester.add_interface(requester.default_group), accepter.add_interface(databases)
    open_mysql(accepter, databases, requester.block)
    item = an_item(*pair, allow=[SSH])

    run = hub.run(item)

    assert (run.status["state"], run.codes) == ("ACTIVE", {"OPEN_BEYOND_ALLOW"})
    (finding,) = run.status["findings"]
    assert (finding["where"], finding["side"], finding["blocking"]) == (databases, "accepter", False)
    assert f"tcp 3306 from requester to accepter, for example {client} to {database}" in finding["message"]

    again = hub.run(item)
    assert (again.status["state"], again.codes, again.writes) == ("ACTIVE", {"OPEN_BEYOND_ALLOW"}, [])

    asked = hub.run({**item, "allow": [SSH, {"protocol": "tcp", "ports": "3306", "from": "requester"}]})
    assert (asked.status["state"], asked.codes) == ("ACTIVE", set())


def open_mysql(network: Network, group_id: str, block: str) -> None:
    mysql = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": block}]}
    network.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[mysql])
