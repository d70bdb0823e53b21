"""A function is killed at one of its calls, after the effect: its step is tried again, and the network shows nothing of it."""

import os
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Faults, Kill

from .approvals import Approver, asked
from .network import PRODUCTION, Network, Networks, Rule
from .requests import SSH, Hub, Item, Status, an_item
from .test_events import send

ON_THE_WAY = {
    "ReceiveEvent",
    "DispatchRequest",
    "PlanPeering",
    "AskApproval",
    "DecideApproval",
    "RequestPeering",
    "AcceptPeering",
    "UpdateRouteTables",
    "UpdateSecurityGroups",
    "UpdateNetworkAcls",
    "ConfigureDns",
    "UpdateTags",
    "CheckReachability",
    "CallWitnesses",
    "HearWitnesses",
    "UndoChanges",
    "DeletePeering",
    "RecordOutcome",
}
HTTPS = {"from": "requester", "protocol": "tcp", "ports": "443"}


class Life:
    """A request with everything that a request can have, stage by stage."""

    def __init__(self, hub: Hub, gate: CallGate, approver: Approver, pair: tuple[Network, Network]) -> None:
        self._hub, self._gate, self._approver = hub, gate, approver
        self._requester, self._accepter = pair
        for network in pair:
            network.enable_dns()
            network.close()
            network.add_instance()
        self._untouched = [network.everything() for network in pair]
        self._item: Item = an_item(
            *pair,
            allow=[SSH],
            network_acls="manage",
            dns_resolution=True,
            tags={"Owner": "payments"},
            approval=True,
            witnesses=["reachability_analyzer"],
        )

    @property
    def stages(self) -> tuple[Callable[[], None], ...]:
        return self.create, self.change, self.fail, self.remove

    def create(self) -> None:
        send(self._hub, self._item)
        checksum = str(asked(self._hub, self._item)["approval"]["checksum"])
        # A person whose decision was not answered takes it again.
        while self._approver.decide(self._item["request_id"], checksum, "approve").code != 200:
            pass
        status = self._hub.wait(self._item["request_id"])
        assert [testimony["reachable"] for testimony in status["testimonies"]] == [True, True], status
        self._assert_the_network(status, owner="payments")

    def change(self) -> None:
        self._item |= {"tags": {"Owner": "orders"}, "approval": False, "witnesses": []}
        self._assert_the_network(self._hub.run(self._item).status, owner="orders")

    def fail(self) -> None:
        """The requester's part of a new flow is made, the accepter's is refused: all of it is undone."""
        before = [network.everything() for network in (self._requester, self._accepter)]
        adding, refused = "AuthorizeSecurityGroupIngress", "UnauthorizedOperation"
        self._gate.fail(Failure(operation=adding, account_id=PRODUCTION, code=refused, status=403, count=1_000))
        status = self._hub.run(self._item | {"allow": [SSH, HTTPS]}).status
        assert (status["state"], status["changes_made"]) == ("FAILED", []), status
        assert [network.everything() for network in (self._requester, self._accepter)] == before

    def remove(self) -> None:
        ended = self._hub.remove(self._item["request_id"])
        assert ended["detail-type"] == "PeeringRemoved", ended
        assert [network.everything() for network in (self._requester, self._accepter)] == self._untouched

    def _assert_the_network(self, status: Status, owner: str) -> None:
        assert status["state"] == "ACTIVE", status
        for here, there in ((self._requester, self._accepter), (self._accepter, self._requester)):
            connection = here.connection()
            assert connection["VpcPeeringConnectionId"] == status["peering_connection_id"]
            assert {"Key": "Owner", "Value": owner} in connection["Tags"]
            side = "Requester" if here is self._requester else "Accepter"
            assert connection[f"{side}VpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
            assert here.routes(here.main_table)[there.block] == status["peering_connection_id"]
            rules = here.added_rules(here.default_group)
            assert {rule: tags["Owner"] for rule, tags in rules.items()} == {Rule("ingress", "tcp", "22", there.block): owner}
            numbers = [(entry["Egress"], entry["RuleNumber"]) for entry in here.acl_entries(here.default_acl)]
            ours = [20_000, 20_001]
            assert numbers == [(egress, number) for egress in (False, True) for number in (*ours, 32_767)]


@pytest.fixture(scope="module")
def approver(hub: Hub) -> Approver:
    return Approver(hub, "approver-of-the-killed")


def ordered(gate: CallGate, **which: Any) -> None:
    """Every function dies at the call of its own that this is about."""
    for name in sorted(ON_THE_WAY):
        gate.kill(Kill(function=f"causeway-{name}-*", **which))


def spared(gate: CallGate) -> set[str]:
    """The functions that have not made the call that they were to die of."""
    return {kill.function.split("-")[1] for kill in gate.faults.kills}


def test_a_function_that_dies_at_its_first_write_is_tried_again(
    hub: Hub, gate: CallGate, approver: Approver, pair: tuple[Network, Network]
) -> None:
    ordered(gate, writes=True)
    for stage in Life(hub, gate, approver, pair).stages:
        stage()
    assert spared(gate) == set()


if os.environ.get("KILLED_AT") == "every call":

    def test_a_function_that_dies_at_any_of_its_calls_is_tried_again(
        hub: Hub, gate: CallGate, approver: Approver, networks: Networks
    ) -> None:
        """In each stage of a life, from cold functions on; as many lives as a function makes calls in a stage."""
        for number in count(1):
            life, died = Life(hub, gate, approver, networks.pair()), set[str]()
            for stage in life.stages:
                hub.aws.retire_sandboxes()
                ordered(gate, number=number)
                stage()
                died |= ON_THE_WAY - spared(gate)
                gate.faults = Faults()
            print(f"call {number}: {', '.join(sorted(died)) or 'none'}")  # noqa: T201 - it takes long
            assert number > 1 or died == ON_THE_WAY
            if not died:
                break
