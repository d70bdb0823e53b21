"""The small application, deployed by the real SAM CLI to the session's embedded AWS."""

import json
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud.deploy.sam import sam_build
from localcloud.deploy.stacks import Outputs, deploy, operator_session
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws

APP = Path(__file__).parent / "app"
PATIENCE = 20.0


def eventually[Value](read: Callable[[], Value | None], seconds: float = PATIENCE) -> Value:
    """The first value that is not empty; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := read()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


class App:
    """The deployed application and what a test does with it."""

    def __init__(self, aws: EmbeddedAws, outputs: Outputs) -> None:
        self.aws = aws
        self.outputs = outputs

    @cached_property
    def session(self) -> boto3.Session:
        return operator_session(self.aws, HUB_ACCOUNT_ID)

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.aws.endpoint_url)  # type: ignore[call-overload]

    @cached_property
    def table(self) -> Any:
        resource: Any = self.session.resource("dynamodb", endpoint_url=self.aws.endpoint_url)
        return resource.Table(self.outputs["TableName"])

    @cached_property
    def functions(self) -> Any:
        return self.client("lambda")

    def invoke(self, **event: Any) -> tuple[str | None, Any]:
        """The error (None or ``Unhandled``) and the document that the echo function answers."""
        answer = self.functions.invoke(FunctionName=self.outputs["EchoFunctionName"], Payload=json.dumps(event))
        return answer.get("FunctionError"), json.load(answer["Payload"])

    def mapping(self, function: str) -> dict[str, Any]:
        """The one event source mapping of a function."""
        mappings = self.functions.list_event_source_mappings()["EventSourceMappings"]
        name = self.outputs[function]
        (found,) = (mapping for mapping in mappings if mapping["FunctionArn"].endswith(f":function:{name}"))
        configuration: dict[str, Any] = found
        return configuration

    def messages(self, queue: str) -> list[Any]:
        """Take what is in a queue, parsed."""
        sqs = self.client("sqs")
        url = self.outputs[queue]
        taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in taken]

    def noted(self, prefix: str) -> list[dict[str, Any]]:
        """The items that functions wrote, whose id begins so, in the order of their ids."""
        items = self.table.scan(ConsistentRead=True)["Items"]
        return sorted((item for item in items if item["id"].startswith(prefix)), key=lambda item: str(item["id"]))


@pytest.fixture(scope="session")
def app(embedded_aws: EmbeddedAws) -> App:
    built = sam_build(APP / "template.yaml", (APP,), {})
    return App(embedded_aws, deploy(embedded_aws, built, "tiny", {"Greeting": "hi"}))
