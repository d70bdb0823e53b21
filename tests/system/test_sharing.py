"""Two requests for one pair of VPCs, from either side: one connection, and each leaves what the other one needs."""

from typing import Any

import pytest

from .network import LOCAL, Network, Rule, resolves_dns, tags_of
from .requests import PING, SSH, Hub, Item, an_item
from .test_life import delete, lived_in, removed

HTTPS = {"from": "requester", "protocol": "tcp", "ports": "443"}

type Pair = tuple[Network, Network]


def two_items(pair: Pair, *, swapped: bool) -> list[Item]:
    """Both want SSH in both directions; each wants something of its own, the second perhaps from the other side."""
    first = an_item(*pair, allow=[SSH, PING], tags={"Owner": "payments"})
    second = an_item(*(reversed(pair) if swapped else pair), allow=[SSH, HTTPS], tags={"Team": "ledger"})
    return [first, second]


def owners(network: Network) -> dict[Rule, str]:
    rules = network.added_rules(network.default_group)
    return {rule: tags["causeway:request-id"] for rule, tags in rules.items()}


def foreign(network: Network) -> list[Any]:
    """What Causeway did not make: the routes that lead elsewhere, and the rules without its tag."""
    routes = {block: target for block, target in network.routes(network.main_table).items() if not target.startswith("pcx-")}
    rules = network.rules(network.default_group)
    return [routes, {rule: tags for rule, tags in rules.items() if "causeway:request-id" not in tags}]


@pytest.mark.parametrize("swapped", [False, True], ids=["alike", "swapped"])
@pytest.mark.parametrize("leaving", [0, 1], ids=["the first leaves", "the second leaves"])
def test_two_at_once_share_and_each_leaves_the_others(hub: Hub, pair: Pair, swapped: bool, leaving: int) -> None:
    for network in pair:
        lived_in(network, "0.0.0.0/0")
    before, of_others = [network.everything() for network in pair], [foreign(network) for network in pair]
    items = two_items(pair, swapped=swapped)
    for item in items:
        hub.put(item)
    assert [hub.wait(item["request_id"])["state"] for item in items] == ["ACTIVE", "ACTIVE"]
    connection = pair[0].connection()["VpcPeeringConnectionId"]
    for here, there in (pair, pair[::-1]):
        assert Rule("ingress", "tcp", "22", there.block) in owners(here)
        assert Rule("ingress", "icmp", "", there.block) in owners(here)

    leaver, stayer = items[leaving], items[1 - leaving]
    event = removed(hub, leaver, lambda: delete(hub, leaver))

    assert event["detail-type"] == "PeeringRemoved", event
    for here, there in (pair, pair[::-1]):
        assert here.routes(here.main_table)[there.block] == connection
        assert set(owners(here).values()) == {stayer["request_id"]}
        assert tags_of(here.connection()) == {
            "Name": f"causeway {stayer['request_id']}",
            "causeway:request-id": stayer["request_id"],
            **stayer["tags"],
        }
    assert [foreign(network) for network in pair] == of_others
    again = hub.run({**stayer, "requested_by": "me"})
    assert (again.status["state"], again.writes) == ("ACTIVE", []), "all that it needs is there"

    event = removed(hub, stayer, lambda: delete(hub, stayer))

    assert event["detail-type"] == "PeeringRemoved", event
    assert [network.everything() for network in pair] == before


def test_dns_is_the_option_of_the_connections_side(hub: Hub, pair: Pair) -> None:
    """The second request asks from the other side, and AWS names the options after the connection's sides."""
    for network in pair:
        network.enable_dns()
    hub.run(an_item(*pair, allow=[PING]))
    second = an_item(pair[1], pair[0], allow=[PING], dns_resolution={"requester": True})

    assert hub.run(second).status["state"] == "ACTIVE"

    connection = pair[0].connection()
    assert (resolves_dns(connection, "requester"), resolves_dns(connection, "accepter")) == (False, True)
    removed(hub, second, lambda: delete(hub, second))
    assert not resolves_dns(pair[0].connection(), "accepter")


def test_edited_tags_reach_both_sides_and_the_rules_and_those_taken_out_go(hub: Hub, pair: Pair) -> None:
    item = an_item(*pair, allow=[SSH], tags={"Owner": "payments", "Stage": "test"})
    hub.run(item)
    for network in pair:
        by_hand = [{"Key": "Cost", "Value": "1"}]
        connection = network.connection()["VpcPeeringConnectionId"]
        network.ec2.create_tags(Resources=[connection, network.default_group], Tags=by_hand)
    untouched = [network.described(network.main_table)[0] for network in pair]

    run = hub.run({**item, "tags": {"Owner": "ledger", "Team": "core"}})

    assert run.status["state"] == "ACTIVE", run.status
    assert set(run.writes) == {"CreateTags", "DeleteTags"}
    assert any("Owner=ledger, Team=core, no Stage" in sentence for sentence in run.status["changes_made"])
    owned = {"Owner": "ledger", "Team": "core", "causeway:request-id": item["request_id"]}
    for here, there in (pair, pair[::-1]):
        assert tags_of(here.connection()) == {"Name": f"causeway {item['request_id']}", "Cost": "1", **owned}
        assert here.added_rules(here.default_group) == {Rule("ingress", "tcp", "22", there.block): owned}
        assert here.routes(here.main_table)[here.block] == LOCAL
    assert [network.described(network.main_table)[0] for network in pair] == untouched
    assert hub.run({**item, "tags": {"Owner": "ledger", "Team": "core"}}).writes == []
