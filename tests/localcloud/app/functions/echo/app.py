"""Does what its event asks for, so that a test can see the runtime from inside."""

import os
import time
from typing import Any

import boto3
from shared import greeting


class NotReady(Exception):  # noqa: N818 -- the name is the error type that Step Functions sees
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
        print(argument)
    return {"greeting": greeting(), "event": event, "function": context.function_name, "pid": os.getpid()}
