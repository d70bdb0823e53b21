"""Does what its event asks for, so that a test can see the runtime from inside."""

import os
import sys
import time
from typing import Any

import boto3
from shared import greeting


class NotReady(Exception):
    """An error that a state machine matches by its name."""


attempts: dict[str, int] = {}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    action, argument = next(iter(event.items()), ("echo", None))
    if action == "fail":
        raise ValueError(argument)
    if action == "exit":
        os._exit(int(argument))
    if action == "sleep":
        time.sleep(float(argument))
    if action == "fail_times":
        attempts[argument["key"]] = attempts.get(argument["key"], 0) + 1
        if attempts[argument["key"]] <= argument["times"]:
            raise NotReady(f"attempt {attempts[argument['key']]}")
    if action == "import":
        __import__(argument)
    if action == "identity":
        return {"arn": boto3.client("sts").get_caller_identity()["Arn"]}
    if action == "environment":
        return dict(os.environ)
    if action == "log":
        sys.stdout.write(f"{argument}\n")
    return {"greeting": greeting(), "event": event, "function": context.function_name, "pid": os.getpid()}
