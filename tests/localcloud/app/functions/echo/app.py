"""Does what its event asks for, so that a test can see the runtime from inside."""

import os
import sys
import time
from typing import Any

import boto3
from shared import count, greeting


class NotReady(Exception):
    """An error that a state machine matches by its name."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    action: str
    argument: Any
    action, argument = next(iter(event.items()), ("echo", None))
    if action == "fail":
        raise ValueError(argument)
    if action == "exit":
        os._exit(int(argument))
    if action == "sleep":
        time.sleep(float(argument))
    if action == "fail_times":
        attempt = count(argument["key"])
        if attempt <= argument["times"]:
            raise NotReady(f"attempt {attempt}")
    if action == "import":
        __import__(argument)
    if action == "identity":
        return {"arn": boto3.client("sts").get_caller_identity()["Arn"]}
    if action == "environment":
        return dict(os.environ)
    if action == "log":
        sys.stdout.write(f"{argument}\n")
    return {"greeting": greeting(), "event": event, "function": context.function_name, "pid": os.getpid()}
