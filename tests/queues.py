"""Queues that a service of AWS may fill."""

import json


def letting_in(source: str, queue: str, service: str = "events") -> str:
    """The policy of a queue that takes what comes from a rule or a topic, by their ARNs."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
