"""Only what a request selects is changed, and only by what its flows need."""

import pytest

from .network import EAST, LOCAL, PRODUCTION, TEST, Network, Networks, Rule
from .requests import PING, Hub, an_item

PORTS = ("22", "443", "8000-8010")


def test_ids_on_one_side_and_a_tag_on_the_other(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    chosen_table, tagged_table = requester.add_route_table(), accepter.add_route_table(Tier="private")
    chosen_group, tagged_group = requester.add_security_group("chosen"), accepter.add_security_group("api", App="api")
    requester.add_subnet(chosen_table)
    accepter.add_subnet(tagged_table)
    left_out = {
        requester: (requester.main_table, requester.add_route_table(), requester.default_group),
        accepter: (accepter.main_table, accepter.add_route_table(Tier="public"), accepter.default_group),
    }
    before = {network: network.described(*ids) for network, ids in left_out.items()}

    run = hub.run(
        an_item(
            requester,
            accepter,
            allow=[PING],
            route_tables={"requester": [chosen_table], "accepter": {"tag": "Tier=private"}},
            security_groups={"requester": [chosen_group], "accepter": {"tag": "App=api"}},
        )
    )

    connection_id = run.status["peering_connection_id"]
    assert run.status["state"] == "ACTIVE", run.status
    assert requester.routes(chosen_table) == {requester.block: LOCAL, accepter.block: connection_id}
    assert accepter.routes(tagged_table) == {accepter.block: LOCAL, requester.block: connection_id}
    assert set(requester.added_rules(chosen_group)) == {Rule("ingress", "icmp", "", accepter.block)}
    assert set(accepter.added_rules(tagged_group)) == {Rule("ingress", "icmp", "", requester.block)}
    assert {network: network.described(*ids) for network, ids in left_out.items()} == before


@pytest.mark.parametrize("source", ["requester", "accepter"])
def test_a_flow_from_one_side_only(hub: Hub, pair: tuple[Network, Network], source: str) -> None:
    """Groups that let nothing out need a rule to start a flow; the answers need none."""
    closed = [network.add_security_group("closed", open_egress=False) for network in pair]
    sides = dict(zip(("requester", "accepter"), zip(pair, closed, strict=True), strict=True))
    (here, start), (there, end) = sides.pop(source), *sides.values()
    groups = dict(zip(("requester", "accepter"), ([group] for group in closed), strict=True))
    allow = [{"from": source, "protocol": "tcp", "ports": "5432"}]

    run = hub.run(an_item(*pair, allow=allow, security_groups=groups))

    assert run.status["state"] == "ACTIVE", run.status
    assert set(here.rules(start)) == {Rule("egress", "tcp", "5432", there.block)}
    assert set(there.rules(end)) == {Rule("ingress", "tcp", "5432", here.block)}
    assert [verdict["reachable"] for verdict in run.status["verdicts"]] == [True]


def test_several_ports(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    allow = [{"from": "requester", "protocol": "tcp", "ports": ", ".join(PORTS)}]

    run = hub.run(an_item(requester, accepter, allow=allow))

    assert set(accepter.added_rules(accepter.default_group)) == {
        Rule("ingress", "tcp", ports, requester.block) for ports in PORTS
    }
    assert requester.added_rules(requester.default_group) == {}
    assert {verdict["flow"] for verdict in run.status["verdicts"]} == {
        f"tcp/{ports} from requester to accepter" for ports in PORTS
    }


def test_groups_that_name_each_other_across_accounts(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.make(TEST, EAST), networks.make(PRODUCTION, EAST)
    client, server = requester.add_security_group("client", open_egress=False), accepter.add_security_group("server")
    address, served_at = requester.add_interface(client), accepter.add_interface(server)

    run = hub.run(
        an_item(
            requester,
            accepter,
            allow=[{"from": "requester", "protocol": "tcp", "ports": "443", "peer": "security_groups"}],
            security_groups={"requester": [client], "accepter": [server]},
        )
    )

    assert run.status["state"] == "ACTIVE", run.status
    assert set(requester.rules(client)) == {Rule("egress", "tcp", "443", server)}
    assert set(accepter.added_rules(server)) == {Rule("ingress", "tcp", "443", client)}
    (verdict,) = run.status["verdicts"]
    assert (verdict["reachable"], verdict["source"]["address"], verdict["destination"]["address"]) == (True, address, served_at)


def test_a_block_that_several_vpcs_share_is_left_out(hub: Hub, networks: Networks) -> None:
    """Not routed, not in a rule, not checked; and no overlap with another peer that has the block too."""
    requester, accepter, other_peer = networks.make(TEST), networks.make(PRODUCTION), networks.make(PRODUCTION)
    accepter.add_cidr_block("100.64.0.0/20")
    other_peer.add_cidr_block("100.64.0.0/16")
    networks.peer(requester, other_peer)
    item = an_item(requester, accepter, allow=[PING])

    assert [finding["code"] for finding in hub.run(item).status["findings"]] == ["CIDR_OVERLAP_WITH_PEER"]
    run = hub.run({**item, "excluded_cidr_blocks": ["100.64.0.0/10"]})

    assert run.status["state"] == "ACTIVE", run.status
    connection_id = run.status["peering_connection_id"]
    assert requester.routes(requester.main_table) == {requester.block: LOCAL, accepter.block: connection_id}
    assert set(requester.added_rules(requester.default_group)) == {Rule("ingress", "icmp", "", accepter.block)}
    assert {verdict["reachable"] for verdict in run.status["verdicts"]} == {True}
