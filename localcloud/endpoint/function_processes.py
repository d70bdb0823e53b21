"""The processes of Lambda functions, each known by the calls that it makes.

A process is started with a name of its own for AWS's SDK, which sends it with each call, whichever role it calls as
("Application ID" in the AWS SDKs and Tools Reference Guide).
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

NAME_VARIABLE = "AWS_SDK_UA_APP_ID"
_NAME = re.compile(r"(?:^| )app/([\w-]+)")


@dataclass(frozen=True, slots=True)
class FunctionProcess:
    """What runs a function. ``kill`` ends it at once, whatever it does."""

    function: str
    kill: Callable[[], None]
    name: str = field(default_factory=lambda: secrets.token_hex(12))


_running: dict[str, FunctionProcess] = {}


def started(process: FunctionProcess) -> None:
    """Its calls are known as its own from now on."""
    _running[process.name] = process


def ended(process: FunctionProcess) -> None:
    """It makes no more calls. A second time changes nothing."""
    _running.pop(process.name, None)


def process_behind(user_agent: str) -> FunctionProcess | None:
    """Who calls with this ``User-Agent``; None where it is no function."""
    match = _NAME.search(user_agent)
    return _running.get(match.group(1)) if match else None
