"""Queues, by which tests see what a service delivers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from tests.conformance.accounts import Account
from tests.conformance.expecting import until
from tests.conformance.policies import policy


@dataclass(frozen=True)
class Queue:
    """A new queue, with its account's SQS client."""

    sqs: Any
    url: str
    arn: str

    @classmethod
    def make(cls, account: Account, name: str, **attributes: str) -> Self:
        sqs = account.client("sqs")
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return cls(sqs, url, found["Attributes"]["QueueArn"])

    def let_in(self, *statements: dict[str, Any]) -> None:
        """Make these the queue's policy."""
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy(*statements)})

    def send(self, body: object, **more: Any) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(body), **more)

    def take(self) -> list[Any]:
        """Take what is there: the parsed bodies."""
        messages = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def arrived(self, count: int = 1, wanted: Callable[[Any], bool] = lambda _: True) -> list[Any]:
        """The wanted bodies of what arrives, once they are so many or the suite's patience is over."""
        taken: list[Any] = []

        def more() -> list[Any]:
            taken.extend(body for body in self.take() if wanted(body))
            return taken

        return until(more, lambda bodies: len(bodies) >= count)

    def counts(self) -> tuple[int, int]:
        """How many messages wait, and how many are being worked on."""
        waiting, taken = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[waiting, taken])["Attributes"]
        return int(found[waiting]), int(found[taken])
