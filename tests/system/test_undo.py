"""A run that fails leaves both networks as they were before it, at whatever step it fails."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Faults

from .network import PRODUCTION, Network, Networks
from .requests import Hub, Item, Run, an_item, eventually
from .test_life import delete, removed

ADDING = (
    "CreateRoute",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "CreateNetworkAclEntry",
    "ModifyVpcPeeringConnectionOptions",
)
REMOVING = ("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "DeleteNetworkAclEntry", "DeleteRoute")
HTTPS = {"from": "requester", "protocol": "tcp", "ports": "443"}
SSH = {"from": "both", "protocol": "tcp", "ports": "22"}

type Pair = tuple[Network, Network]


def refuse(gate: CallGate, operation: str, *, count: int = 1) -> None:
    """No repetition of a step helps against this: each one takes a fresh refusal, as long as there are some."""
    gate.fail(Failure(service="ec2", operation=operation, code="UnauthorizedOperation", status=403, count=count))


def networks_of(pair: Pair) -> str:
    """All that a request could change on both sides, rules' tags included, in an order that EC2 does not promise."""
    return json.dumps(
        [_ordered([network.everything(), _rules(network)]) for network in pair], default=str, sort_keys=True, indent=1
    )


def _rules(network: Network) -> list[Any]:
    here = [{"Name": "vpc-id", "Values": [network.vpc_id]}]
    groups = network.ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    return [[group["GroupId"], list(network.rules(group["GroupId"]).items())] for group in groups]


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted(map(_ordered, value), key=lambda each: json.dumps(each, default=str, sort_keys=True))
    return value


def close(pair: Pair) -> Pair:
    """Networks in which a flow needs something of everything: routes, ingress and egress rules, network ACL entries, names."""
    for network in pair:
        network.enable_dns()
        network.add_security_group("closed", open_egress=False)
        network.close()
    return pair


def item_of(pair: Pair, **fields: Any) -> Item:
    return an_item(*pair, allow=[SSH], network_acls="manage", dns_resolution=True, tags={"Owner": "payments"}, **fields)


@pytest.fixture(scope="module")
def unpeered(hub: Hub, networks: Networks) -> Iterator[tuple[Pair, Item]]:
    """Two networks for all creations: each leaves them as they were. In the end they are peered."""
    pair = close(networks.pair())
    yield pair, (item := item_of(pair))
    assert hub.run(item).status["state"] == "ACTIVE"


class Healthy(NamedTuple):
    """An active peering, what asks for it, and another route table that its requester could use instead."""

    pair: Pair
    item: Item
    other_table: str


@pytest.fixture(scope="module")
def healthy(hub: Hub, networks: Networks) -> Iterator[Healthy]:
    """One for all tests: each leaves it as it was. In the end it is removed without a trace."""
    pair = requester, _ = close(networks.pair())
    requester.add_subnet(other_table := requester.add_route_table())
    item, empty = item_of(pair, route_tables={"requester": [requester.main_table]}), networks_of(pair)
    assert hub.run(item).status["state"] == "ACTIVE"
    yield Healthy(pair, item, other_table)
    assert removed(hub, item, lambda: delete(hub, item))["detail-type"] == "PeeringRemoved"
    assert networks_of(pair) == empty


def assert_healthy(hub: Hub, item: Item) -> None:
    """It needs nothing."""
    again = hub.run(item)
    assert (again.status["state"], again.writes) == ("ACTIVE", [])


def assert_undone(run: Run, pair: Pair, before: str) -> None:
    assert run.status["state"] == "FAILED"
    assert (run.codes, run.status["changes_made"]) == ({"STEP_FAILED"}, [])
    assert networks_of(pair) == before


# --- At every step of a creation, a change and a removal


@pytest.mark.parametrize("operation", ["CreateVpcPeeringConnection", "AcceptVpcPeeringConnection", "CreateTags", *ADDING])
def test_a_creation(hub: Hub, unpeered: tuple[Pair, Item], gate: CallGate, operation: str) -> None:
    pair, item = unpeered
    before = networks_of(pair)
    refuse(gate, operation)

    run = hub.run(item)

    assert_undone(run, pair, before)
    assert run.status["peering_connection_id"] is None
    assert bool(run.status["changes_undone"]) is (operation != "CreateVpcPeeringConnection")


@pytest.mark.parametrize("operation", [*ADDING, *REMOVING])
def test_a_change(hub: Hub, healthy: Healthy, gate: CallGate, operation: str) -> None:
    pair, item, other_table = healthy
    before, connection_id = networks_of(pair), pair[0].connection()["VpcPeeringConnectionId"]
    refuse(gate, operation)

    edited = {**item, "allow": [HTTPS], "route_tables": {"requester": [other_table]}}
    del edited["dns_resolution"]
    run = hub.run(edited)

    assert_undone(run, pair, before)
    assert run.status["peering_connection_id"] == connection_id
    assert run.status["changes_undone"]
    assert_healthy(hub, item)


@pytest.mark.parametrize("operation", [*REMOVING, "DeleteVpcPeeringConnection"])
def test_a_removal(hub: Hub, healthy: Healthy, gate: CallGate, operation: str) -> None:
    pair, item, _ = healthy
    before = networks_of(pair)
    refuse(gate, operation)

    event = removed(hub, item, lambda: delete(hub, item))

    assert event["detail-type"] == "PeeringFailed"
    assert event["detail"]["changes_made"] == []
    assert event["detail"]["changes_undone"]
    assert networks_of(pair) == before
    assert_healthy(hub, item)


def test_a_proof_that_fails(hub: Hub, pair: Pair, gate: CallGate) -> None:
    """Somebody denies the flow after it was planned: the peering that does not work does not stay."""
    requester, accepter = pair
    acl_id = accepter.deny("6", 443)
    before = networks_of(pair)
    accepter.ec2.delete_network_acl_entry(NetworkAclId=acl_id, RuleNumber=50, Egress=False)
    item = an_item(requester, accepter, allow=[HTTPS])
    gate.fail(Failure(service="ec2", operation="CreateRoute", code="RequestLimitExceeded", status=503, count=1000))
    hub.put(item)
    eventually(requester.connections)
    accepter.deny("6", 443)
    gate.faults = Faults()

    status = hub.wait(item["request_id"])

    assert status["state"] == "FAILED"
    assert {finding["code"] for finding in status["findings"]} == {"FLOW_BLOCKED"}
    assert status["changes_made"] == []
    assert [verdict["reachable"] for verdict in status["verdicts"]] == [False]
    assert networks_of(pair) == before
    assert hub.execution(status)["error"] == "PeeringFailed"


# --- When the undo fails


def test_an_undo_that_works_at_its_second_attempt(hub: Hub, pair: Pair, gate: CallGate) -> None:
    item, before = an_item(*pair, allow=[SSH]), networks_of(pair)
    gate.fail(Failure(service="ec2", operation="CreateRoute", account_id=PRODUCTION, code="UnauthorizedOperation", status=403))
    refuse(gate, "DeleteRoute")

    run = hub.run(item)

    assert_undone(run, pair, before)
    assert hub.states_entered(run.status).count("UndoChanges") == 2
    assert len(run.status["changes_undone"]) == 5


def test_an_undo_that_never_works_names_what_is_left(hub: Hub, pair: Pair, gate: CallGate) -> None:
    item, before = an_item(*pair, allow=[SSH]), networks_of(pair)
    requester, accepter = pair
    gate.fail(Failure(service="ec2", operation="CreateRoute", account_id=PRODUCTION, code="UnauthorizedOperation", status=403))
    refuse(gate, "DeleteVpcPeeringConnection", count=1000)

    run = hub.run(item)

    connection_id = requester.connection()["VpcPeeringConnectionId"]
    assert (run.status["state"], run.status["peering_connection_id"]) == ("FAILED", connection_id)
    left = [
        f"Request a peering from {_named(requester)} to {_named(accepter)}",
        f"Accept the peering of {_named(accepter)} with {_named(requester)}",
    ]
    assert run.status["changes_made"] == left
    assert run.status["changes_undone"] == [
        f"Route {accepter.block} to the peering in {requester.main_table}",
        f"Allow tcp/22 from {accepter.block} in {requester.default_group}",
        f"Allow tcp/22 from {requester.block} in {accepter.default_group}",
    ]
    told = [(finding["code"], finding["where"]) for finding in run.status["findings"]]
    assert told == [
        ("STEP_FAILED", "UpdateRouteTables"),
        ("STEP_FAILED", "DeletePeering"),
        ("UNDO_INCOMPLETE", requester.vpc_id),
        ("UNDO_INCOMPLETE", accepter.vpc_id),
    ]
    assert all(sentence in finding["message"] for sentence, finding in zip(left, run.status["findings"][2:], strict=True))
    assert hub.states_entered(run.status).count("UndoChanges") == 3
    gate.faults = Faults()
    assert removed(hub, item, lambda: delete(hub, item))["detail-type"] == "PeeringRemoved"
    assert networks_of(pair) == before


def _named(network: Network) -> str:
    return f"{network.vpc_id} ({network.account_id}, {network.region})"
