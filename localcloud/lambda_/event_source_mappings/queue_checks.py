"""When Lambda takes a queue as an event source, and when it refuses: the checks of CreateEventSourceMapping.

Source: Lambda API reference, "CreateEventSourceMapping", and developer guide, "Using Lambda with Amazon SQS".
"""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.sqs.models import Queue

from localcloud.iam.service_roles import service_may
from localcloud.lambda_.runtime import LAMBDA
from localcloud.messaging.queues import find_queue

_PERMISSIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_WITHOUT_WINDOW = 10
_LARGEST_WINDOW = 300
_CONCURRENCY_LIMITS = (2, 1000)


def checked_queue(backend: LambdaBackend, spec: dict[str, Any]) -> Queue:
    """The queue that a new mapping is about.

    Raises:
        InvalidParameterValueException: there is no such queue, the function's role may not read it, or the settings do
            not fit each other.
        LambdaClientError: ``ResourceConflictException``, where the function has a mapping of the queue.
    """
    queue = find_queue(spec["EventSourceArn"])
    if queue is None:
        raise InvalidParameterValueException(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    function = backend.get_function(spec["FunctionName"])
    _check_settings(spec, queue)
    _check_function(function, queue)
    _check_uniqueness(backend, function, queue)
    return queue


def _check_settings(spec: dict[str, Any], queue: Queue) -> None:
    """The documented limits of CreateEventSourceMapping for a queue."""
    size, window = int(spec.get("BatchSize", _WITHOUT_WINDOW)), int(spec.get("MaximumBatchingWindowInSeconds", 0))
    if not 0 <= window <= _LARGEST_WINDOW:
        raise InvalidParameterValueException(f"MaximumBatchingWindowInSeconds must be between 0 and {_LARGEST_WINDOW}.")
    if window and queue.fifo_queue:
        raise InvalidParameterValueException("Batching window is not supported for FIFO queues.")
    if size > _WITHOUT_WINDOW and not window:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
    lowest, highest = _CONCURRENCY_LIMITS
    concurrency = (spec.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if concurrency is not None and not lowest <= int(concurrency) <= highest:
        raise InvalidParameterValueException(f"MaximumConcurrency must be between {lowest} and {highest}.")


def _check_function(function: LambdaFunction, queue: Queue) -> None:
    for name in _PERMISSIONS:
        if not service_may(LAMBDA, function.role, f"sqs:{name}", queue.queue_arn):
            raise InvalidParameterValueException(f"The provided execution role does not have permissions to call {name} on SQS")
    if queue.visibility_timeout < int(function.timeout):
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
            f"Function timeout: {function.timeout} seconds"
        )


def _check_uniqueness(backend: LambdaBackend, function: LambdaFunction, queue: Queue) -> None:
    for mapping in backend.list_event_source_mappings(queue.queue_arn, ""):
        if mapping.function_arn == function.function_arn:
            raise LambdaClientError(
                "ResourceConflictException",
                f'An event source mapping with SQS arn (" {queue.queue_arn} ") and function (" {function.function_name} ") '
                f"already exists. Please update or delete the existing mapping with UUID {mapping.uuid}",
            )
