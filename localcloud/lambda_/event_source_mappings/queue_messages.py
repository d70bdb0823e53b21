"""A queue's messages as Lambda hands them over."""

import json
from typing import Any

from moto.sqs.models import Message, Queue


def as_record(queue: Queue, message: Message) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    given = {key[0].lower() + key[1:]: value[key] for key in ("StringValue", "BinaryValue") if key in value}
    return {**given, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


def as_filtered(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a filter sees it: a body that is JSON is looked into."""
    try:
        return {**record, "body": json.loads(record["body"])}
    except json.JSONDecodeError:
        return record
