"""What needs a person's approval waits for it: nothing is written meanwhile, and a decision is about one plan."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.queues import letting_in

from .approvals import Approver, asked
from .network import Network, Rule
from .requests import PING, SSH, Hub, Item, Status, an_item, eventually

type Pair = tuple[Network, Network]


@pytest.fixture(scope="module")
def approver(hub: Hub) -> Approver:
    return Approver(hub, "network-approver")


def an_item_to_approve(pair: Pair, **fields: Any) -> Item:
    return an_item(*pair, **{"allow": [PING], "approval": True, **fields})


def everything(pair: Pair) -> list[Any]:
    return [network.everything() for network in pair]


def checksum(status: Status) -> str:
    return str(status["approval"]["checksum"])


def approved(hub: Hub, approver: Approver, item: Item) -> Status:
    """The item's first generation, approved and done."""
    hub.put(item)
    assert approver.decide(item["request_id"], checksum(asked(hub, item)), "approve").code == 200
    status = hub.wait(item["request_id"])
    assert status["state"] == "ACTIVE", status
    return status


def records(hub: Hub, item: Item) -> dict[str, Any]:
    """The ledger's records of the item's questions, by generation, number and what they tell."""
    pages = (
        hub.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=hub.outputs["LedgerTableName"],
            KeyConditionExpression="request_id = :id",
            ExpressionAttributeValues={":id": {"S": item["request_id"]}},
        )
    )
    found = {record["record"]["S"]: record for page in pages for record in page["Items"]}
    return {name.lstrip("0"): record for name, record in found.items() if "#APPROVAL#" in name}


def told_by_the_topic(hub: Hub, name: str) -> Callable[[], list[dict[str, Any]]]:
    """A queue that the topic of approvals fills, and a way to empty it."""
    sqs, topic = hub.client("sqs"), hub.outputs["ApprovalTopicArn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": letting_in(topic, arn, "sns")})
    hub.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return lambda: hub.heard(url)


def test_nothing_is_written_until_a_person_has_approved(hub: Hub, approver: Approver, pair: Pair) -> None:
    item = an_item_to_approve(pair, requested_by="payments team")
    before, told = everything(pair), told_by_the_topic(hub, f"{item['request_id']}-topic")
    bus = hub.listen(item["request_id"])

    hub.put(item)
    status = asked(hub, item)

    assert status["approval"]["reasons"] == ["The item asks for approval."]
    assert status["approval"]["decision"] is None
    assert any(pair[1].block in sentence for sentence in status["changes_planned"])
    assert everything(pair) == before
    (event,) = eventually(lambda: hub.heard(bus))
    assert event["detail-type"] == "PeeringApprovalRequested"
    assert event["detail"]["approval"]["checksum"] == checksum(status)
    (message,) = eventually(told)
    assert message["Subject"] == f"Approval needed: {item['request_id']}"
    for text in ("payments team", checksum(status), *status["changes_planned"]):
        assert text in message["Message"]

    reply = approver.decide(item["request_id"], checksum(status), "approve", reason="Change 4711")

    assert (reply.code, reply.content["decided_by"]) == (200, approver.arn), reply
    done = hub.wait(item["request_id"])
    assert done["state"] == "ACTIVE"
    assert (done["approval"]["decision"], done["approval"]["decided_by"]) == ("approved", approver.arn)
    assert done["approval"]["reason"] == "Change 4711"
    assert done["approval"]["asked_at"] < done["approval"]["decided_at"] < done["updated_at"]
    assert pair[0].routes(pair[0].main_table)[pair[1].block] == pair[0].connection()["VpcPeeringConnectionId"]
    assert hub.states_entered(done)[:4] == ["PlanPeering", "WhatIsNeeded", "AskApproval", "PlanPeering"]

    again = approver.decide(item["request_id"], checksum(status), "deny")
    assert (again.code, again.content["error"]) == (409, "ApprovalNotAsked")
    assert f"approved at {done['approval']['decided_at']} by {approver.arn}" in again.content["message"]


def test_the_task_token_is_on_the_ledger_and_nowhere_else(hub: Hub, approver: Approver, pair: Pair) -> None:
    item = an_item_to_approve(pair)
    bus, told = hub.listen(item["request_id"]), told_by_the_topic(hub, f"{item['request_id']}-topic")
    approved(hub, approver, item)

    token = records(hub, item)["1#APPROVAL#01#ASKED"]["token"]["S"]

    assert len(token) > 16
    said = [str(hub.item(item["request_id"])), str(eventually(told)), str(eventually(lambda: hub.heard(bus)))]
    assert [text for text in (*said, *(str(line) for line in hub.log_lines())) if token in text] == []


def test_a_denied_plan_is_rejected_and_nothing_is_written(hub: Hub, approver: Approver, pair: Pair) -> None:
    before, item = everything(pair), an_item_to_approve(pair)
    hub.put(item)

    reply = approver.decide(item["request_id"], checksum(asked(hub, item)), "deny", reason="Use the shared services VPC.")

    assert reply.code == 200
    status = hub.wait(item["request_id"])
    assert (status["state"], status["approval"]["decision"]) == ("REJECTED", "denied")
    (finding,) = [each for each in status["findings"] if each["code"] == "APPROVAL_DENIED"]
    assert approver.arn in finding["message"]
    assert "Use the shared services VPC." in finding["message"]
    assert everything(pair) == before
    assert hub.execution(status)["status"] == "SUCCEEDED"


def test_an_approval_lapses_when_the_network_has_changed(hub: Hub, approver: Approver, pair: Pair, networks: Any) -> None:
    item = an_item_to_approve(pair)
    hub.put(item)
    first = asked(hub, item)
    pair[1].add_cidr_block(block := networks.free_block())

    assert approver.decide(item["request_id"], checksum(first), "approve").code == 200

    second = asked(hub, item, number=2)
    assert checksum(second) != checksum(first)
    assert any(block in sentence for sentence in second["changes_planned"])
    assert pair[0].connections() == []
    assert "1#APPROVAL#01#LAPSED" in records(hub, item)
    assert approver.decide(item["request_id"], checksum(first), "approve").code == 409
    assert approver.decide(item["request_id"], checksum(second), "approve").code == 200
    assert hub.wait(item["request_id"])["state"] == "ACTIVE"
    assert block in pair[0].routes(pair[0].main_table)


def test_an_edit_withdraws_the_question_and_asks_its_own(hub: Hub, approver: Approver, pair: Pair) -> None:
    item = an_item_to_approve(pair)
    hub.put(item)
    first = asked(hub, item)

    hub.put({**item, "allow": [SSH]})
    second = asked(hub, item, generation=2)

    assert hub.execution(first)["status"] == "SUCCEEDED"
    assert records(hub, item)["1#APPROVAL#01#DECIDED"]["decision"]["S"] == "withdrawn"
    assert approver.decide(item["request_id"], checksum(first), "approve").code == 409
    assert pair[0].connections() == []
    assert approver.decide(item["request_id"], checksum(second), "approve").code == 200
    assert hub.wait(item["request_id"])["state"] == "ACTIVE"
    assert {rule.protocol for rule in pair[1].added_rules(pair[1].default_group)} == {"tcp"}


def test_a_deletion_withdraws_the_question_and_asks_nobody(hub: Hub, pair: Pair) -> None:
    before, item = everything(pair), an_item_to_approve(pair)
    bus = hub.listen(item["request_id"])
    hub.put(item)
    first = asked(hub, item)

    hub.table.delete_item(Key={"request_id": item["request_id"]})

    eventually(lambda: "PeeringRemoved" in {event["detail-type"] for event in hub.heard(bus)})
    assert hub.execution(first)["status"] == "SUCCEEDED"
    assert everything(pair) == before


def test_a_narrowing_and_a_removal_ask_nobody(hub: Hub, approver: Approver, pair: Pair) -> None:
    before = everything(pair)
    item = an_item_to_approve(pair, allow=[PING, {"from": "requester", "protocol": "tcp", "ports": "20-30"}])
    approved(hub, approver, item)
    narrow = {**item, "allow": [{"from": "requester", "protocol": "tcp", "ports": "22"}]}

    run = hub.run(narrow)

    assert (run.status["state"], run.status["approval"]) == ("ACTIVE", None)
    assert set(pair[1].added_rules(pair[1].default_group)) == {Rule("ingress", "tcp", "22", pair[0].block)}
    bus = hub.listen(item["request_id"])
    hub.table.delete_item(Key={"request_id": item["request_id"]})
    (event,) = eventually(lambda: hub.heard(bus))
    assert event["detail-type"] == "PeeringRemoved"
    assert everything(pair) == before


def test_a_later_growth_is_asked_for_and_the_peering_stays_as_it_is(hub: Hub, approver: Approver, pair: Pair) -> None:
    item = an_item_to_approve(pair)
    approved(hub, approver, item)
    before = everything(pair)

    hub.put({**item, "allow": [PING, SSH]})
    status = asked(hub, item, generation=2)

    assert all("tcp/22" in sentence for sentence in status["changes_planned"])
    assert everything(pair) == before
    assert approver.decide(item["request_id"], checksum(status), "deny").code == 200
    assert hub.wait(item["request_id"], before=1)["state"] == "REJECTED"
    assert everything(pair) == before


def test_the_stacks_rule_asks_for_a_tagged_vpc_whatever_the_item_says(hub: Hub, approver: Approver, pair: Pair) -> None:
    pair[1].ec2.create_tags(Resources=[pair[1].vpc_id], Tags=[{"Key": "Approval", "Value": "needed"}])
    item = an_item(*pair, allow=[PING])
    hub.put(item)

    status = asked(hub, item)

    (reason,) = status["approval"]["reasons"]
    assert pair[1].vpc_id in reason
    assert "Approval=needed" in reason
    assert approver.decide(item["request_id"], checksum(status), "approve").code == 200
    assert hub.wait(item["request_id"])["state"] == "ACTIVE"


def test_a_decision_that_nobody_asked_for_is_refused(hub: Hub, approver: Approver) -> None:
    nothing = approver.decide("no-such-request", "0" * 16, "approve")
    malformed = approver.send({"request_id": "x", "decision": "perhaps", "decided_by": "somebody else"})

    assert (nothing.code, nothing.content["error"]) == (409, "ApprovalNotAsked")
    assert malformed.code == 400
    assert {word for word in ("checksum", "decision", "decided_by") if word in malformed.content["message"]} == {
        "checksum",
        "decision",
        "decided_by",
    }


def test_who_may_not_call_the_url_decides_nothing(hub: Hub, pair: Pair) -> None:
    item = an_item_to_approve(pair)
    hub.put(item)
    status = asked(hub, item)

    reply = Approver(hub, "bystander", allowed=False).decide(item["request_id"], checksum(status), "approve")

    assert reply.code == 403
    assert "1#APPROVAL#01#DECIDED" not in records(hub, item)
    hub.table.delete_item(Key={"request_id": item["request_id"]})
