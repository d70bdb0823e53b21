"""The last release, at work, becomes this one: its stacks are updated, and what it has begun goes on.

Before the update one request is ACTIVE, one waits for a person, one was stopped half way, one has drifted and is only reported,
one was removed, and one came as an event. The update is between the fixtures `before` and `upgraded`.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest

from causeway.domain.lifecycle.history import Entry, EntryKind
from cli import work
from cli.hub import Hub as Command
from localcloud.deploy.stacks import Outputs, operator_session
from localcloud.endpoint.faults import Faults, Hold
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws

from .approvals import Approver, asked
from .network import Network, Networks, Rule
from .release import HUB, MEMBERS, Deployment, Resources
from .requests import PING, SSH, Hub, Item, Status, an_item, eventually
from .test_drift import looks

DNS = {"from": "requester", "protocol": "udp", "ports": "53"}
NOT_KEPT = {"AWS::Lambda::LayerVersion", "AWS::Logs::LogGroup"}
"""A layer's version is made anew for each content. Of the log groups the functions' have become one: `docs/operations.md`."""


class Asked(NamedTuple):
    """A request of the release, and its two networks as they were before it."""

    item: Item
    pair: tuple[Network, Network]
    untouched: list[Any]

    @property
    def request_id(self) -> str:
        return str(self.item["request_id"])

    def everything(self) -> list[Any]:
        return [network.everything() for network in self.pair]

    def assert_connected(self, status: Status) -> None:
        """Each side routes to the other through the connection, and lets SSH in."""
        for here, there in (self.pair, self.pair[::-1]):
            assert here.routes(here.main_table)[there.block] == status["peering_connection_id"]
            assert Rule("ingress", "tcp", "22", there.block) in here.added_rules(here.default_group)


class Before(NamedTuple):
    """What the release has come to."""

    hub: Hub
    approver: Approver
    resources: Resources
    outputs: Outputs
    active: Asked
    waiting: Asked
    half_done: Asked
    drifted: Asked
    removed: Asked
    sent: Asked
    event: dict[str, Any]
    statuses: dict[str, Status]


class Office:
    """Asks the release for peerings."""

    def __init__(self, hub: Hub, networks: Networks) -> None:
        self.hub = hub
        self._networks = networks

    def item(self, **fields: Any) -> Asked:
        """An item about two new networks, whose ACLs let nothing through and whose names can be resolved."""
        pair = self._networks.make(MEMBERS[0]), self._networks.make(MEMBERS[1])
        for network in pair:
            network.enable_dns()
            network.close()
        wanted: Item = {"network_acls": "manage", "dns_resolution": True, "tags": {"Owner": "payments"}, **fields}
        return Asked(an_item(*pair, allow=[SSH], **wanted), pair, [network.everything() for network in pair])

    def active(self, **fields: Any) -> Asked:
        made = self.item(**fields)
        assert self.hub.run(made.item).status["state"] == "ACTIVE"
        return made

    def waiting(self) -> Asked:
        """The stack asks a person about VPCs with a certain tag."""
        made = self.item()
        requester = made.pair[0]
        requester.ec2.create_tags(Resources=[requester.vpc_id], Tags=[{"Key": "Approval", "Value": "needed"}])
        self.hub.put(made.item)
        asked(self.hub, made.item)
        return made

    def half_done(self) -> Asked:
        """Somebody stops its execution, while one side has its route and the other has not."""
        made = self.item()
        requester, accepter = made.pair
        self.hub.aws.calls.hold(Hold(service="ec2", operation="CreateRoute", account_id=accepter.account_id))
        self.hub.put(made.item)
        eventually(lambda: accepter.block in requester.routes(requester.main_table))
        self.hub.stop({"execution": f"{made.request_id}-1"})
        self.hub.aws.calls.faults = Faults()
        return made

    def drifted(self) -> Asked:
        made = self.active(drift="report")
        requester, accepter = made.pair
        requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)
        sweep(self.hub)
        assert self.hub.wait(made.request_id, 1)["state"] == "DRIFTED"
        return made

    def removed(self) -> Asked:
        made = self.active()
        assert self.hub.remove(made.request_id)["detail-type"] == "PeeringRemoved"
        return made

    def sent(self) -> tuple[Asked, dict[str, Any]]:
        """A request by an event, and the event as EventBridge delivers it."""
        made = self.item()
        queue = self.hub.listen(made.request_id)
        entry = {"EventBusName": self.hub.outputs["EventBusName"], "Source": "com.example.payments"}
        detail = {"DetailType": "PeeringRequested", "Detail": json.dumps(made.item)}
        self.hub.client("events").put_events(Entries=[entry | detail])
        assert self.hub.wait(made.request_id)["state"] == "ACTIVE"
        heard = eventually(lambda: [each for each in self.hub.heard(queue) if each["detail-type"] == "PeeringRequested"])
        return made, heard[0]


def sweep(hub: Hub) -> None:
    """The watch looks at every request, as it does on its schedule."""
    place, events = hub.place_of_rule("WatchRequestsSweep"), hub.client("events")
    events.enable_rule(**place)
    hub.aws.fire_schedule(place["Name"])
    events.disable_rule(**place)


def sleep(hub: Hub) -> None:
    """The watch does nothing until it is told to sweep."""
    for place in map(hub.place_of_rule, ("NetworkChanged", "WatchRequestsSweep")):
        hub.client("events").disable_rule(**place)


@pytest.fixture(scope="module")
def deployment(embedded_aws: EmbeddedAws) -> Deployment:
    return Deployment(embedded_aws, ApprovalTags="Approval=needed")


@pytest.fixture(scope="module")
def before(embedded_aws: EmbeddedAws, deployment: Deployment) -> Before:
    """The release at work."""
    hub = Hub(embedded_aws, deployment.begin(), HUB)
    sleep(hub)
    office = Office(hub, Networks(embedded_aws))
    drifted, half_done = office.drifted(), office.half_done()
    active, removed, (sent, event), waiting = office.active(), office.removed(), office.sent(), office.waiting()
    requests = (active, waiting, half_done, drifted, sent)
    return Before(
        hub=hub,
        approver=Approver(hub, "upgrade-approver"),
        resources=deployment.resources(),
        outputs=hub.outputs,
        active=active,
        waiting=waiting,
        half_done=half_done,
        drifted=drifted,
        removed=removed,
        sent=sent,
        event=event,
        statuses={made.request_id: hub.item(made.request_id)["status"] for made in requests},
    )


@pytest.fixture(scope="module")
def upgraded(embedded_aws: EmbeddedAws, deployment: Deployment, before: Before) -> Iterator[Hub]:
    """The same stacks, updated to the present templates. In the end every record of the ledger can be told."""
    hub = Hub(embedded_aws, deployment.upgrade(), HUB)
    sleep(hub)
    yield hub
    for made in (before.active, before.waiting, before.half_done, before.drifted, before.removed, before.sent):
        assert told(hub, made)


@pytest.fixture(scope="module")
def swept(upgraded: Hub, before: Before) -> Hub:
    """After the update the watch has looked at every request."""
    watched = (before.active, before.half_done, before.drifted, before.sent)
    looked_at = [len(looks(upgraded, made.item)) for made in watched]
    sweep(upgraded)
    for made, count in zip(watched, looked_at, strict=True):
        eventually(partial(_looks_after, upgraded, made, count))
    return upgraded


def _looks_after(hub: Hub, made: Asked, count: int) -> list[str]:
    return looks(hub, made.item)[count:]


def told(hub: Hub, made: Asked) -> tuple[Entry, ...]:
    """The history of a request, by the present command."""
    command = Command(HUB, operator_session(hub.aws, HUB_ACCOUNT_ID), endpoint_url=hub.aws.endpoint_url)
    return work.history(command, made.request_id)


def test_every_resource_stays_the_same_one(upgraded: Hub, before: Before, deployment: Deployment) -> None:
    after = deployment.resources()
    not_kept = {name: resource for name, resource in before.resources.items() if after.get(name) != resource}

    assert deployment.status() == "UPDATE_COMPLETE"
    assert {kind for kind, _ in not_kept.values()} <= NOT_KEPT, not_kept
    assert "StateMachineLogs" not in not_kept
    assert {name: upgraded.outputs.get(name) for name in before.outputs} == before.outputs


@pytest.mark.parametrize("name", ["active", "drifted", "sent"])
def test_a_look_at_what_has_settled_finds_nothing_new(swept: Hub, before: Before, name: str) -> None:
    made: Asked = getattr(before, name)

    assert looks(swept, made.item)[-1] == "nothing new"
    assert swept.item(made.request_id) == {**made.item, "status": before.statuses[made.request_id]}


def test_an_active_request_follows_its_item_and_leaves_no_trace(swept: Hub, before: Before) -> None:
    made = before.active

    run = swept.run({**made.item, "allow": [SSH, PING, DNS], "tags": {"Owner": "network"}})

    assert (run.status["state"], run.status["generation"]) == ("ACTIVE", 2), run.status
    assert run.status["peering_connection_id"] == before.statuses[made.request_id]["peering_connection_id"]
    assert not {"CreateVpcPeeringConnection", "CreateRoute", "DeleteRoute"}.intersection(run.writes)
    made.assert_connected(run.status)
    assert swept.remove(made.request_id)["detail-type"] == "PeeringRemoved"
    assert made.everything() == made.untouched


def test_a_plan_that_waits_for_a_person_is_approved_as_it_was_shown(swept: Hub, before: Before) -> None:
    """Its execution goes on by the old definition, with the new functions."""
    made = before.waiting
    question = before.statuses[made.request_id]
    assert swept.item(made.request_id)["status"] == question

    reply = before.approver.decide(made.request_id, question["approval"]["checksum"], "approve")

    assert reply.code == 200, reply
    status = swept.wait(made.request_id)
    assert (status["state"], status["generation"]) == ("ACTIVE", 1), status
    assert (status["approval"]["number"], status["approval"]["decision"]) == (1, "approved")
    assert swept.states_entered(status).count("AskApproval") == 1
    made.assert_connected(status)


def test_what_was_half_done_is_taken_up(swept: Hub, before: Before) -> None:
    made = before.half_done
    assert before.statuses[made.request_id]["state"] == "APPLYING"

    status = swept.wait(made.request_id, 1)

    assert (status["state"], status["generation"]) == ("ACTIVE", 2), status
    assert len(made.pair[0].connections()) == 1
    made.assert_connected(status)
    assert swept.remove(made.request_id)["detail-type"] == "PeeringRemoved"
    assert made.everything() == made.untouched


def test_an_event_that_was_taken_before_changes_nothing(swept: Hub, before: Before) -> None:
    function, made = swept.function("ReceiveEvent")["FunctionName"], before.sent

    again = swept.client("lambda").invoke(FunctionName=function, Payload=json.dumps(before.event))

    assert json.load(again["Payload"]) == {"written": False}
    swept.settle()
    assert swept.item(made.request_id) == {**made.item, "status": before.statuses[made.request_id]}
    assert swept.execution_names(made.request_id) == [f"{made.request_id}-1"]


def test_the_history_of_a_request_that_is_gone_is_told(upgraded: Hub, before: Before) -> None:
    entries = told(upgraded, before.removed)

    assert [entry.text for entry in entries if entry.what is EntryKind.OUTCOME] == ["ACTIVE", "REMOVED"]
    plans = [entry.text.partition(",")[0] for entry in entries if entry.what is EntryKind.PLANNED]
    assert plans == ["16 changes", "13 changes"]
