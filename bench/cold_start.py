"""How long each function takes to start, beside a bare function that only makes an EC2 client.

A cold start is what the first invocation of a fresh sandbox takes longer than the second one with the same event. Every
step can run twice, so both do all that the step does in a request that was peered before.
"""

import io
import time
import zipfile
from datetime import UTC, datetime
from statistics import median
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeSerializer

from bench.cloud import Cloud
from bench.networks import Pair

BARE = "bare"
_BARE_CODE = """import boto3

ec2 = boto3.client("ec2")


def handler(event, context):
    return {}
"""


class ColdStart(msgspec.Struct, frozen=True):
    """One function's cold starts in seconds, and their median's ratio to the bare function's."""

    function: str
    samples: tuple[float, ...]
    median: float
    ratio: float


def measure_cold_starts(cloud: Cloud, pair: Pair, samples: int) -> tuple[ColdStart, ...]:
    """Start every function in turn, that many times.

    Args:
        cloud: Where they run.
        pair: A pair that Causeway has peered by the first generation of its request, and found right by the second.
        samples: How often each one starts.
    """
    functions = {BARE: _deploy_bare(cloud), **cloud.functions}
    events = {BARE: b"{}", **_events(pair)}
    lambdas = cloud.unseen_client("lambda")
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(samples):
        cloud.retire_sandboxes()
        for name, physical_name in functions.items():
            taken[name].append(_invoke(lambdas, physical_name, events[name]) - _invoke(lambdas, physical_name, events[name]))
    bare = median(taken[BARE])
    return tuple(ColdStart(name, tuple(each), median(each), median(each) / bare) for name, each in taken.items())


def _invoke(lambdas: Any, function: str, event: bytes) -> float:
    started = time.perf_counter()
    answer = lambdas.invoke(FunctionName=function, Payload=event)
    seconds = time.perf_counter() - started
    if "FunctionError" in answer:
        raise RuntimeError(f"{function} failed: {answer['Payload'].read().decode()}")
    return seconds


def _deploy_bare(cloud: Cloud) -> str:
    """Register the bare function with the memory and the role that a step has."""
    lambdas = cloud.client("lambda")
    step = lambdas.get_function_configuration(FunctionName=cloud.functions["PlanPeering"])
    name: str = lambdas.create_function(
        FunctionName="bench-bare",
        Runtime=step["Runtime"],
        Handler="app.handler",
        Role=step["Role"],
        MemorySize=step["MemorySize"],
        Timeout=step["Timeout"],
        Code={"ZipFile": _package(_BARE_CODE)},
    )["FunctionName"]
    return name


def _package(code: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", code)
    return package.getvalue()


def _events(pair: Pair) -> dict[str, bytes]:
    """What each function is given: a step its run, the others a repeated delivery of what they have dealt with."""
    step = {"request_id": pair.name, "generation": 1}
    update = {**step, "side": "requester"}
    events: dict[str, object] = {
        "ReceiveEvent": _bus_event(pair),
        "DispatchRequest": {"Records": [_stream_record(pair)]},
        # Planned anew, the first generation would have nothing to do any more.
        "PlanPeering": {**step, "generation": 2},
        "RequestPeering": step,
        "AcceptPeering": step,
        "UpdateRouteTables": update,
        "UpdateSecurityGroups": update,
        "ConfigureDns": update,
        "CheckReachability": step,
        "RecordOutcome": {**step, "error": None},
    }
    return {name: msgspec.json.encode(event) for name, event in events.items()}


def _bus_event(pair: Pair) -> dict[str, object]:
    return {
        "id": f"event-{pair.name}",
        "time": datetime.now(UTC).isoformat(),
        "account": pair.requester.account_id,
        "detail-type": "PeeringRequested",
        "detail": pair.request_item,
    }


def _stream_record(pair: Pair) -> dict[str, object]:
    """The item's insertion, with a sequence number before every other."""
    image = {name: TypeSerializer().serialize(value) for name, value in pair.request_item.items()}
    return {
        "eventID": f"insertion-{pair.name}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": {"request_id": image["request_id"]}, "SequenceNumber": "0", "NewImage": image},
    }
