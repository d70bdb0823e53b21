"""`network_acls: manage` on the whole product, by what EC2 says of the ACLs before, meanwhile and afterwards."""

from typing import Any

import pytest

from .network import Network
from .requests import PING, SSH, Hub, an_item
from .test_drift import looked_at
from .test_life import delete, removed

EPHEMERAL = {"From": 1024, "To": 65535}
ALL_TYPES = {"Type": -1, "Code": -1}
HTTPS = {"from": "requester", "protocol": "tcp", "ports": "443"}

type Entries = dict[Network, list[dict[str, Any]]]

type Content = tuple[bool, int, str, str, dict[str, int]]


def content(raw: dict[str, Any]) -> Content:
    """Egress or not, number, protocol, CIDR block, and ports or ICMP types."""
    more = raw.get("PortRange") or raw.get("IcmpTypeCode") or {}
    return raw["Egress"], raw["RuleNumber"], raw["Protocol"], raw["CidrBlock"], more


@pytest.fixture
def acls(pair: tuple[Network, Network]) -> dict[Network, str]:
    """The ACL of each side, which lets nothing through by itself."""
    return {network: network.close() for network in pair}


def entries_of(acls: dict[Network, str]) -> Entries:
    return {network: network.acl_entries(acl_id) for network, acl_id in acls.items()}


def needed(peer: Network, *, starts: bool) -> list[Content]:
    """What SSH from one side and pings both ways come to."""
    ssh = {"From": 22, "To": 22}
    return [
        (False, 20000, "6", peer.block, EPHEMERAL if starts else ssh),
        (False, 20001, "1", peer.block, ALL_TYPES),
        (True, 20000, "6", peer.block, ssh if starts else EPHEMERAL),
        (True, 20001, "1", peer.block, ALL_TYPES),
    ]


def test_closed_acls_are_opened_for_the_flows_and_closed_again(
    hub: Hub, pair: tuple[Network, Network], acls: dict[Network, str]
) -> None:
    requester, accepter = pair
    for network in pair:
        network.add_interface(network.default_group)
    before = entries_of(acls)
    item = an_item(requester, accepter, allow=[{**SSH, "from": "requester"}, PING], network_acls="manage")

    run = hub.run(item)

    assert run.status["state"] == "ACTIVE", run.status
    assert all(verdict["reachable"] for verdict in run.status["verdicts"])
    for network, peer in ((requester, accepter), (accepter, requester)):
        entries = network.acl_entries(acls[network])
        assert [each for each in entries if each in before[network]] == before[network]
        added = sorted((content(each) for each in entries if each not in before[network]), key=lambda each: each[:2])
        assert added == needed(peer, starts=network is requester)

    narrowed = hub.run({**item, "allow": [PING]})
    assert (narrowed.status["state"], narrowed.writes.count("DeleteNetworkAclEntry")) == ("ACTIVE", 4)

    ended = removed(hub, item, lambda: delete(hub, item))
    assert ended["detail-type"] == "PeeringRemoved", ended
    assert entries_of(acls) == before


def test_a_deny_that_comes_first_still_decides(hub: Hub, pair: tuple[Network, Network]) -> None:
    requester, accepter = pair
    acl_id = accepter.deny("6", 22)
    before = accepter.everything()

    run = hub.run(an_item(requester, accepter, allow=[SSH], network_acls="manage"))

    assert (run.status["state"], run.codes, run.writes) == ("REJECTED", {"FLOW_BLOCKED"}, [])
    assert {finding["where"] for finding in run.status["findings"]} == {acl_id}
    assert accepter.everything() == before


@pytest.mark.parametrize("swapped", [False, True], ids=["alike", "swapped"])
def test_two_requests_share_the_entries_that_both_want(
    hub: Hub, pair: tuple[Network, Network], acls: dict[Network, str], swapped: bool
) -> None:
    empty = entries_of(acls)
    leaver = an_item(*pair, allow=[SSH, PING], network_acls="manage")
    stayer = an_item(*(reversed(pair) if swapped else pair), allow=[SSH, HTTPS], network_acls="manage")
    assert hub.run(leaver).status["state"] == "ACTIVE"
    shared = entries_of(acls)

    second = hub.run(stayer)

    assert (second.status["state"], second.writes.count("CreateNetworkAclEntry")) == ("ACTIVE", 2), "HTTPS alone is new"
    assert removed(hub, leaver, lambda: delete(hub, leaver))["detail-type"] == "PeeringRemoved"
    for network, entries in entries_of(acls).items():
        assert [each for each in shared[network] if each["Protocol"] != "1"] == [
            each for each in entries if each.get("PortRange", {}).get("To") != 443
        ]
    again = hub.run({**stayer, "requested_by": "me"})
    assert (again.status["state"], again.writes) == ("ACTIVE", [])

    assert removed(hub, stayer, lambda: delete(hub, stayer))["detail-type"] == "PeeringRemoved"
    assert entries_of(acls) == empty


def test_an_entry_that_somebody_deletes_by_hand_is_put_back(
    hub: Hub, pair: tuple[Network, Network], acls: dict[Network, str]
) -> None:
    item = an_item(*pair, allow=[SSH], network_acls="manage")
    assert hub.run(item).status["state"] == "ACTIVE"
    before, accepter = entries_of(acls), pair[1]
    accepter.ec2.delete_network_acl_entry(NetworkAclId=acls[accepter], RuleNumber=20000, Egress=False)

    run = looked_at(hub, item)

    (finding,) = run.status["findings"]
    assert (run.status["state"], finding["code"], finding["where"]) == ("ACTIVE", "DRIFT_REPAIRED", acls[accepter])
    assert (run.writes, entries_of(acls)) == (["CreateNetworkAclEntry"], before)
