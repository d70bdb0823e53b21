"""What somebody changes by hand later: it is noticed, and repaired or told, as the item says; and an item's time runs out."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest

from localcloud.deploy.sam import PROJECT
from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Faults, Hold

from .approvals import Approver, asked
from .network import PRODUCTION, Network, Networks, Rule
from .requests import PING, SSH, Hub, Item, Run, Status, an_item, eventually
from .test_approval import approved
from .test_approval import checksum as checksum_of
from .test_undo import networks_of, refuse

REPAIR, REPORT = "repair", "report"
UNWATCHED = "333333333333"
"""An account of none of the other tests: a call in it concerns no request of theirs."""

type Pair = tuple[Network, Network]
type Hand = Callable[[Network, Network], None]


def look(hub: Hub, item: Item) -> None:
    """What a sweep asks of DetectDrift for each request: here for one, because other tests' items are there too."""
    queue = hub.resource("DriftChecks")
    hub.client("sqs").send_message(QueueUrl=queue, MessageBody=item["request_id"])


def looked_at(hub: Hub, item: Item) -> Run:
    """The outcome of the run that a look at a request starts."""
    return hub.recorded(lambda: look(hub, item), item["request_id"], hub.generation(item["request_id"]))


def looks(hub: Hub, item: Item) -> list[str]:
    """What DetectDrift has found at each look at the request."""
    lines = (line for _, line in hub.log_lines("DetectDrift") if line.get("message") == "Looked")
    return [line["found"] for line in lines if line["request_id"] == item["request_id"]]


def found(hub: Hub, item: Item) -> str:
    """What a look at a request comes to."""
    before = len(looks(hub, item))
    look(hub, item)
    return eventually(lambda: looks(hub, item)[before:])[0]


def told_of_removal(hub: Hub, queue: str) -> bool:
    return "PeeringRemoved" in {event["detail-type"] for event in hub.heard(queue)}


def let_time_pass(hub: Hub) -> None:
    """WatchRequests, told of a call where no request has a VPC: it does nothing but what is due."""
    event = json.loads((PROJECT / "events" / "watch_requests_call.json").read_text().replace("us-east-1", "eu-north-1"))
    name = hub.function("WatchRequests")["FunctionName"]
    answer = hub.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer["Payload"].read()


def active(hub: Hub, pair: Pair, drift: str, **fields: Any) -> Item:
    item = an_item(*pair, drift=drift, **{"allow": [SSH], **fields})
    assert hub.run(item).status["state"] == "ACTIVE"
    return item


def codes(status: Status) -> list[str]:
    return [finding["code"] for finding in status["findings"]]


@pytest.fixture
def waiting(hub: Hub) -> Iterator[Callable[[], list[str]]]:
    """Takes the ids that wait to be looked at. DetectDrift gets none of them: every other test's request would be there."""
    sqs, functions, queue = hub.client("sqs"), hub.client("lambda"), hub.resource("DriftChecks")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]

    def take() -> list[str]:
        return [each["Body"] for each in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]

    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield take
    sqs.purge_queue(QueueUrl=queue)
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


class Kept(NamedTuple):
    """A peering that is repaired again and again."""

    pair: Pair
    item: Item


@pytest.fixture(scope="module")
def kept(hub: Hub, networks: Networks) -> Kept:
    pair = networks.pair()
    return Kept(pair, active(hub, pair, REPAIR))


# --- By somebody's hand


def no_route(requester: Network, accepter: Network) -> None:
    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)


def no_rule(requester: Network, accepter: Network) -> None:
    answer = accepter.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [accepter.default_group]}])
    ours = [each for each in answer["SecurityGroupRules"] if "causeway:request-id" in {tag["Key"] for tag in each["Tags"]}]
    accepter.ec2.revoke_security_group_ingress(
        GroupId=accepter.default_group, SecurityGroupRuleIds=[ours[0]["SecurityGroupRuleId"]]
    )


def no_connection(requester: Network, accepter: Network) -> None:
    connection_id = requester.connection()["VpcPeeringConnectionId"]
    accepter.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    eventually(lambda: not requester.connections() and not accepter.connections())


def new_table(requester: Network, _accepter: Network) -> None:
    requester.add_subnet(requester.add_route_table())


def new_block(requester: Network, _accepter: Network) -> None:
    requester.add_cidr_block("100.65.0.0/24")


def new_block_of_the_accepter(_requester: Network, accepter: Network) -> None:
    accepter.add_cidr_block("100.66.0.0/24")


def all_of_these(requester: Network, accepter: Network) -> None:
    for hand in (no_route, no_rule, new_table, new_block, new_block_of_the_accepter):
        hand(requester, accepter)


@pytest.mark.parametrize("hand", [no_route, no_rule, no_connection, new_table, new_block, new_block_of_the_accepter])
def test_what_somebody_changes_is_repaired(hub: Hub, kept: Kept, hand: Hand) -> None:
    (requester, accepter), item = kept
    hand(requester, accepter)

    run = looked_at(hub, item)

    assert run.status["state"] == "ACTIVE", run.status
    assert set(codes(run.status)) == {"DRIFT_REPAIRED"}
    assert len(run.status["findings"]) == len(run.status["changes_made"])
    connection_id = requester.connection()["VpcPeeringConnectionId"]
    for table in requester.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [requester.vpc_id]}])["RouteTables"]:
        assert requester.routes(table["RouteTableId"])[accepter.block] == connection_id
    assert accepter.routes(accepter.main_table)[requester.block] == connection_id
    assert Rule("ingress", "tcp", "22", requester.block) in accepter.added_rules(accepter.default_group)


@pytest.mark.parametrize("hand", [no_connection, all_of_these])
def test_what_somebody_changes_is_told_and_left_alone(hub: Hub, pair: Pair, hand: Hand) -> None:
    item = active(hub, pair, REPORT)
    queue = hub.listen(item["request_id"])
    hand(*pair)
    before = [network.everything() for network in pair]

    status = looked_at(hub, item).status

    assert status["state"] == "DRIFTED"
    assert set(codes(status)) == {"DRIFT"}
    assert status["changes_made"] == []
    assert [network.everything() for network in pair] == before
    (event,) = eventually(lambda: hub.heard(queue))
    assert event["detail-type"] == "PeeringDrifted"
    assert event["detail"]["findings"] == [dict(finding) for finding in status["findings"]]


def test_a_route_that_leads_elsewhere_by_now_is_somebodys(hub: Hub, pair: Pair) -> None:
    requester, accepter = pair
    item = active(hub, pair, REPAIR)
    no_route(requester, accepter)
    gateway = requester.route_to_a_gateway(accepter.block)

    run = looked_at(hub, item)

    assert run.status["state"] == "DRIFTED"
    assert set(codes(run.status)) == {"ROUTE_CONFLICT"}
    assert run.writes == []
    assert requester.routes(requester.main_table)[accepter.block] == gateway


def test_a_block_that_begins_to_overlap_is_told_and_nothing_forced(hub: Hub, networks: Networks) -> None:
    """Here the peer of another peering gets addresses that the accepter has: AWS allows it, a route could not tell the two."""
    requester, accepter, other = networks.make(), networks.make(PRODUCTION), networks.make()
    item = active(hub, (requester, accepter), REPAIR)
    networks.peer(requester, other)
    shared = "100.67.0.0/24"
    other.add_cidr_block(shared)
    accepter.add_cidr_block(shared)
    before = [network.everything() for network in (requester, accepter)]

    run = looked_at(hub, item)

    assert run.status["state"] == "DRIFTED"
    assert "CIDR_OVERLAP_WITH_PEER" in codes(run.status)
    assert run.writes == []
    assert [network.everything() for network in (requester, accepter)] == before


def test_what_is_as_it_should_be_costs_no_write(hub: Hub, kept: Kept) -> None:
    item = kept.item
    status = hub.item(item["request_id"])["status"]

    with hub.aws.calls.record() as calls:
        assert found(hub, item) == "nothing new"

    ours = [call for call in calls if call.principal == "causeway-read" or "DetectDrift" in call.principal]
    assert "DescribeRouteTables" in {call.operation for call in ours}
    assert [
        call.kind for call in ours if call.mutating and call.service in {"ec2", "dynamodb", "events", "stepfunctions"}
    ] == []
    assert hub.item(item["request_id"])["status"] == status


def test_what_was_told_is_told_once_and_mended_by_hand_it_is_active_again(hub: Hub, pair: Pair) -> None:
    requester, accepter = pair
    item = active(hub, pair, REPORT)
    connection_id = requester.connection()["VpcPeeringConnectionId"]
    no_route(requester, accepter)
    told = looked_at(hub, item).status

    assert found(hub, item) == "nothing new"
    assert hub.item(item["request_id"])["status"] == told

    requester.ec2.create_route(
        RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block, VpcPeeringConnectionId=connection_id
    )
    status = looked_at(hub, item).status

    assert (status["state"], status["findings"], status["changes_made"]) == ("ACTIVE", [], [])


# --- What has a request looked at


def test_cloudtrail_tells_of_a_change_and_the_schedule_is_not_waited_for(hub: Hub, networks: Networks, awake: Any) -> None:
    pair = networks.make(UNWATCHED), networks.make(PRODUCTION)
    item = active(hub, pair, REPAIR)
    awake("NetworkChanged")

    run = hub.recorded(lambda: no_route(*pair), item["request_id"], hub.generation(item["request_id"]))

    assert run.status["state"] == "ACTIVE"
    assert codes(run.status) == ["DRIFT_REPAIRED"]
    assert pair[1].block in pair[0].routes(pair[0].main_table)
    assert hub.generation(item["request_id"]) == 2, "Causeway's own repair is nobody's drift"


def test_the_schedule_has_every_settled_request_looked_at(hub: Hub, kept: Kept, awake: Any, waiting: Any) -> None:
    before, sent = len(looks(hub, kept.item)), set[str]()
    awake("WatchRequestsSweep")

    hub.aws.fire_schedule(hub.place_of_rule("WatchRequestsSweep")["Name"])

    def asked_for() -> bool:
        sent.update(waiting())
        return kept.item["request_id"] in sent or len(looks(hub, kept.item)) > before

    assert eventually(asked_for)


# --- A drift run is a run


def test_a_repair_that_fails_is_undone_and_tried_again(hub: Hub, pair: Pair, gate: CallGate) -> None:
    item = active(hub, pair, REPAIR)
    new_block(*pair)
    before = networks_of(pair)
    queue = hub.listen(item["request_id"])
    refuse(gate, "AuthorizeSecurityGroupIngress")

    failed = looked_at(hub, item)

    assert failed.status["state"] == "DRIFTED"
    assert failed.codes == {"STEP_FAILED"}
    assert "CreateRoute" in failed.writes
    assert failed.status["changes_made"] == []
    assert failed.status["changes_undone"] == ["Route 100.65.0.0/24 to the peering in " + pair[1].main_table]
    assert networks_of(pair) == before
    (event,) = eventually(lambda: hub.heard(queue))
    assert event["detail-type"] == "PeeringDrifted"

    repaired = looked_at(hub, item)

    assert (repaired.status["state"], repaired.codes) == ("ACTIVE", {"DRIFT_REPAIRED"})
    assert "100.65.0.0/24" in pair[1].routes(pair[1].main_table)


def test_what_comes_back_asks_nobody_and_what_grows_waits_for_a_person(hub: Hub, pair: Pair) -> None:
    approver = Approver(hub, "drift-approver")
    item = an_item(*pair, allow=[SSH], approval=True)
    approved(hub, approver, item)
    no_route(*pair)
    assert looked_at(hub, item).status["state"] == "ACTIVE"
    new_block(*pair)
    before = networks_of(pair)

    look(hub, item)
    status = asked(hub, item, generation=3)

    assert any("100.65.0.0/24" in sentence for sentence in status["changes_planned"])
    assert found(hub, item) == "not settled"
    assert networks_of(pair) == before
    assert approver.decide(item["request_id"], checksum_of(status), "approve").code == 200
    done = hub.wait(item["request_id"], 2)
    assert (done["state"], done["approval"]["decided_by"]) == ("ACTIVE", approver.arn)
    assert set(codes(done)) == {"DRIFT_REPAIRED"}
    assert "100.65.0.0/24" in pair[1].routes(pair[1].main_table)


def test_a_repair_that_fails_again_waits_until_something_else_is_seen(hub: Hub, pair: Pair, gate: CallGate) -> None:
    item = active(hub, pair, REPAIR)
    new_block(*pair)
    refuse(gate, "AuthorizeSecurityGroupIngress", count=99)
    told = [looked_at(hub, item).status]

    while (look_found := found(hub, item)) == "begun":
        told.append(hub.wait(item["request_id"], told[-1]["generation"]))

    assert look_found == "nothing new"
    assert {(status["state"], *codes(status)) for status in told} == {("DRIFTED", "STEP_FAILED")}
    assert len(told) > 1, "a fault that passes is not waited for"
    assert hub.item(item["request_id"])["status"] == told[-1]

    no_route(*pair)
    assert looked_at(hub, item).codes == {"STEP_FAILED"}
    gate.faults = Faults()
    no_rule(*pair)
    assert looked_at(hub, item).status["state"] == "ACTIVE"
    assert "100.65.0.0/24" in pair[1].routes(pair[1].main_table)


def test_what_a_person_denies_stays_watched_and_is_asked_once(hub: Hub, pair: Pair) -> None:
    approver = Approver(hub, "drift-denier")
    item = an_item(*pair, allow=[SSH], approval=True)
    approved(hub, approver, item)
    new_block(*pair)
    before = networks_of(pair)
    look(hub, item)
    assert approver.decide(item["request_id"], checksum_of(asked(hub, item, generation=2)), "deny").code == 200

    denied = hub.wait(item["request_id"], 1)

    assert (denied["state"], set(codes(denied))) == ("DRIFTED", {"APPROVAL_DENIED", "DRIFT"})
    assert networks_of(pair) == before
    assert found(hub, item) == "nothing new"
    assert hub.item(item["request_id"])["status"] == denied

    new_block_of_the_accepter(*pair)
    look(hub, item)
    status = asked(hub, item, generation=3)
    assert approver.decide(item["request_id"], checksum_of(status), "approve").code == 200
    assert hub.wait(item["request_id"], 2)["state"] == "ACTIVE"


# --- A run that somebody stops


type Stop = Callable[[Item, int, Callable[[], None]], None]


@pytest.fixture
def stopped(hub: Hub, gate: CallGate) -> Stop:
    """Asks for a generation of an item, and stops its execution while that works on the route tables."""

    def stop(item: Item, generation: int, ask: Callable[[], None]) -> None:
        gate.hold(Hold(service="ec2", operation="*Route"))
        ask()
        status = {"execution": f"{item['request_id']}-{generation}"}
        eventually(lambda: "UpdateRouteTables" in hub.states_entered_so_far(status))
        hub.stop(status)
        gate.faults = Faults()

    return stop


def test_a_change_and_a_repair_that_somebody_stopped_are_taken_up(hub: Hub, pair: Pair, stopped: Stop) -> None:
    item = an_item(*pair, drift=REPORT, allow=[SSH])
    stopped(item, 1, lambda: hub.put(item))
    assert hub.item(item["request_id"])["status"]["state"] == "APPLYING"

    assert found(hub, item) == "taken up"

    status = hub.wait(item["request_id"], 1)
    assert (status["state"], status["generation"]) == ("ACTIVE", 2)
    assert pair[1].block in pair[0].routes(pair[0].main_table)

    hub.run({**item, "drift": REPAIR})
    no_route(*pair)
    stopped(item, 4, lambda: look(hub, item))

    assert found(hub, item) == "taken up"

    status = hub.wait(item["request_id"], 4)
    assert (status["state"], status["generation"]) == ("ACTIVE", 5)
    assert pair[1].block in pair[0].routes(pair[0].main_table)


def test_a_removal_that_somebody_stopped_is_taken_up(hub: Hub, pair: Pair, stopped: Stop) -> None:
    before = networks_of(pair)
    item = active(hub, pair, REPAIR)
    queue = hub.listen(item["request_id"])
    stopped(item, 2, lambda: hub.table.delete_item(Key={"request_id": item["request_id"]}))

    assert found(hub, item) == "taken up"

    eventually(partial(told_of_removal, hub, queue))
    assert networks_of(pair) == before
    assert found(hub, item) == "not settled"


def test_an_edit_during_a_drift_run_has_the_last_word(hub: Hub, pair: Pair) -> None:
    item = active(hub, pair, REPAIR, allow=[SSH])
    no_route(*pair)
    look(hub, item)
    eventually(lambda: hub.execution_names(item["request_id"])[1:])

    hub.put({**item, "allow": [PING]})
    status = hub.wait(item["request_id"], 2)

    assert (status["state"], status["generation"]) == ("ACTIVE", 3)
    assert pair[1].block in pair[0].routes(pair[0].main_table)
    assert {rule.protocol for rule in pair[1].added_rules(pair[1].default_group)} == {"icmp"}


def test_items_whose_time_is_over_go_and_their_peerings_with_them(hub: Hub, networks: Networks) -> None:
    now, pairs = datetime.now(UTC), [networks.pair() for _ in range(3)]
    before = [networks_of(pair) for pair in pairs]
    times = [now + ahead for ahead in (timedelta(days=-1), timedelta(seconds=1), timedelta(days=1))]
    items = [an_item(*pair, allow=[SSH], expires_at=time.isoformat()) for pair, time in zip(pairs, times, strict=True)]
    queues = [hub.listen(item["request_id"]) for item in items]
    for item in items:
        hub.put(item)
    assert {hub.wait(item["request_id"])["state"] for item in items} == {"ACTIVE"}
    eventually(lambda: datetime.now(UTC) > times[1])

    let_time_pass(hub)

    for item, queue, pair, untouched in list(zip(items, queues, pairs, before, strict=True))[:2]:
        eventually(partial(told_of_removal, hub, queue))
        assert hub.item(item["request_id"]) == {}
        assert networks_of(pair) == untouched
    assert hub.item(items[2]["request_id"])["status"]["generation"] == 1
