"""SQS queues: found by their ARN, and safe for several callers at once."""

from typing import Any

from moto.sqs.models import Queue, SQSBackend, sqs_backends

from localcloud.core.patching import replaces


def find_queue(arn: str) -> Queue | None:
    _, _, _, region, account_id, name = arn.split(":")
    return sqs_backends[account_id][region].queues.get(name)


@replaces(SQSBackend, "receive_message")
def messages_are_received_one_caller_at_a_time(
    original: Any, backend: SQSBackend, queue_name: str, *args: Any, **more: Any
) -> Any:
    """Moto lets two callers take the same message. Waiting for messages gives the lock back meanwhile."""
    with backend.get_queue(queue_name)._messages_lock:
        return original(backend, queue_name, *args, **more)


@replaces(Queue, "delete_message")
def a_deletion_loses_no_other_message(original: Any, queue: Queue, receipt_handle: str) -> None:
    """Moto replaces the list of messages, and with it one that is sent meanwhile."""
    with queue._messages_lock:
        original(queue, receipt_handle)
