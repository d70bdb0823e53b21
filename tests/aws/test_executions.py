import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.stepfunctions.models import stepfunctions_backends

from causeway.aws.executions import Executions, is_running
from causeway.domain.lifecycle.recovery import Execution
from causeway.domain.model.errors import AccessDenied, ResourceNotFound

DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
NAME = "arn:aws:states:us-east-1:123456789012:execution:peering:test-to-production-7"


@pytest.fixture
def client(cloud: None) -> Iterator[Any]:
    yield boto3.client("stepfunctions")
    stepfunctions_backends.clear()


@pytest.fixture
def executions(client: Any) -> Executions:
    role = "arn:aws:iam::123456789012:role/peering"
    return Executions(
        client.create_state_machine(name="peering", definition=DEFINITION, roleArn=role)["stateMachineArn"], client
    )


def test_an_execution_is_named_for_the_request_and_its_generation(executions: Executions, client: Any) -> None:
    arn = executions.start("test-to-production", 7)

    assert arn == NAME
    assert json.loads(client.describe_execution(executionArn=arn)["input"]) == {
        "request_id": "test-to-production",
        "generation": 7,
    }


def test_a_second_start_gives_the_same_execution(executions: Executions, client: Any) -> None:
    first = executions.start("test-to-production", 7)
    client.stop_execution(executionArn=first)

    assert executions.start("test-to-production", 7) == first


def test_an_execution_that_has_ended_is_not_started_again(client: Any) -> None:
    """AWS is idempotent only while the execution runs."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:peering"
    with Stubber(client) as stubber:
        stubber.add_client_error("start_execution", "ExecutionAlreadyExists")

        assert Executions(arn, client).start("test-to-production", 7) == NAME


def test_a_state_machine_that_is_not_there_is_named(client: Any) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:nowhere"

    with pytest.raises(ResourceNotFound, match=r"StartExecution on .*:nowhere, execution one-1"):
        Executions(arn, client).start("one", 1)


def test_an_execution_runs_until_it_has_ended(executions: Executions, client: Any) -> None:
    arn = executions.start("test-to-production", 7)
    assert is_running(client, arn)

    client.stop_execution(executionArn=arn)

    assert not is_running(client, arn)


def test_an_execution_that_is_no_longer_known_does_not_run(client: Any) -> None:
    assert not is_running(client, NAME)


def test_an_execution_is_found_by_its_request_and_generation(executions: Executions, client: Any) -> None:
    assert executions.find("test-to-production", 7) is None
    arn = executions.start("test-to-production", 7)
    assert executions.find("test-to-production", 7) == Execution(ended_at=None)
    before = datetime.now(UTC).replace(microsecond=0)

    client.stop_execution(executionArn=arn)

    found = executions.find("test-to-production", 7)
    assert found is not None
    assert found.ended_at is not None
    assert before <= found.ended_at <= datetime.now(UTC)


def test_an_execution_that_may_not_be_looked_at_is_named(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("describe_execution", "AccessDeniedException", "No.")

        with pytest.raises(AccessDenied, match=f"DescribeExecution on execution {NAME}"):
            is_running(client, NAME)
