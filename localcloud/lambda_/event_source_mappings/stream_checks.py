"""When Lambda takes a table's stream as an event source, and when it refuses: what CreateEventSourceMapping checks.

Source: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", execution role permissions.
"""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException

from localcloud.iam.service_roles import service_may
from localcloud.lambda_.runtime import LAMBDA

_PERMISSIONS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")


def check_role(role: str, spec: dict[str, Any]) -> None:
    """Whether a function's role is enough for a new mapping of a stream.

    Raises:
        InvalidParameterValueException: the role may not read the stream, or not send to the mapping's queue for failures.
    """
    stream = spec["EventSourceArn"]
    if not all(service_may(LAMBDA, role, f"dynamodb:{name}", stream) for name in _PERMISSIONS):
        raise InvalidParameterValueException(
            f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, "
            "DescribeStream, and ListStreams Actions on your stream in IAM."
        )
    destination = (spec.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination", "")
    if ":sqs:" in destination and not service_may(LAMBDA, role, "sqs:SendMessage", destination):
        raise InvalidParameterValueException("The provided execution role does not have permissions to call SendMessage on SQS")
