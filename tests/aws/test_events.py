import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.events.models import events_backends
from moto.sqs.models import sqs_backends

from causeway.aws.events import DETAIL_TYPES, Bus
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import CausewayError, InvalidRequest, ResourceNotFound, ServiceUnavailable
from causeway.domain.model.findings import Code, Finding
from tests.queues import letting_in

PATTERN = json.dumps({"source": ["causeway"]})
STATUS = Status(
    state=State.REJECTED,
    request_id="one",
    generation=2,
    updated_at="2026-01-01T00:00:00Z",
    findings=(Finding(code=Code.VPC_NOT_FOUND, message="It is not there.", where="vpc-1"),),
)


@pytest.fixture
def received(cloud: None) -> Iterator[Any]:
    """What a queue behind the bus has received so far."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    queue = sqs.create_queue(QueueName="outcomes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="causeway")
    rule = events.put_rule(Name="outcomes", EventBusName="causeway", EventPattern=PATTERN)["RuleArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(rule, arn)})
    events.put_targets(Rule="outcomes", EventBusName="causeway", Targets=[{"Id": "queue", "Arn": arn}])
    yield lambda: [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=queue).get("Messages", [])]
    events_backends.clear()
    sqs_backends.clear()


@pytest.mark.parametrize(
    ("state", "detail_type"),
    [
        (State.ACTIVE, "PeeringActive"),
        (State.DRIFTED, "PeeringDrifted"),
        (State.REMOVED, "PeeringRemoved"),
        (State.REJECTED, "PeeringRejected"),
        (State.FAILED, "PeeringFailed"),
    ],
)
def test_a_final_status_is_announced_on_the_bus(received: Any, state: State, detail_type: str) -> None:
    status = Status(state=state, request_id="one", generation=2, updated_at=STATUS.updated_at, findings=STATUS.findings)

    Bus("causeway", boto3.client("events")).announce(status)

    (event,) = received()
    assert (event["source"], event["detail-type"]) == ("causeway", detail_type)
    assert event["detail"]["request_id"] == "one"
    assert event["detail"]["generation"] == 2
    assert event["detail"]["state"] == state
    assert event["detail"]["findings"][0]["code"] == "VPC_NOT_FOUND"


def test_every_final_state_and_the_wait_for_a_person_have_their_event() -> None:
    assert set(DETAIL_TYPES) == {State.AWAITING_APPROVAL, *(state for state in State if state.is_final)}


@pytest.mark.parametrize(
    ("code", "kind"), [("InternalFailure", ServiceUnavailable), ("NotAuthorizedForSource", InvalidRequest)]
)
def test_an_event_that_the_bus_did_not_take_is_an_error(cloud: None, code: str, kind: type[CausewayError]) -> None:
    client = boto3.client("events")
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "Try again."}]}
    with Stubber(client) as stubber:
        stubber.add_response("put_events", refused)

        with pytest.raises(kind, match=rf"{code}: Try again\. Where: PutEvents on event bus causeway"):
            Bus("causeway", client).announce(STATUS)


def test_a_bus_that_is_not_there_is_named(cloud: None) -> None:
    client = boto3.client("events")
    with Stubber(client) as stubber:
        stubber.add_client_error("put_events", "ResourceNotFoundException", "No such bus.")

        with pytest.raises(ResourceNotFound, match="PutEvents on event bus causeway"):
            Bus("causeway", client).announce(STATUS)
