"""Deliveries to a queue or a topic, in any account."""

import json
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition


def send_to_destination(arn: str, document: Any) -> None:
    """Send a JSON document to an SQS queue or an SNS topic.

    Raises:
        ValueError: the ARN is of another service.
    """
    _, _, service, region, account_id, name = arn.split(":", 5)
    body = document if isinstance(document, str) else json.dumps(document)
    if service == "sqs":
        sqs_backends[account_id][region].send_message(queue_name=name, message_body=body)
    elif service == "sns":
        sns_backends[account_id][region].publish(message=body, arn=arn)
    else:
        raise ValueError(f"{arn} can be no destination: only queues and topics are supported in {get_partition(region)}")
