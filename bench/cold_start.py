"""How long each function takes to start, beside a bare function that only makes an EC2 client.

A start is what the first invocation of a fresh sandbox takes longer than the second one with the same event. It is taken with
an event that the handler refuses at once: that is the initialisation alone. And it is taken with a real one: that is
also what the function makes when it first needs it, such as clients, roles and connections. Every step can run twice, so a real
event does all that the step does in a request that was peered before.
"""

import io
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

import msgspec

from bench.cloud import Cloud
from bench.networks import Pair
from causeway.aws.store.codec import attributes

BARE = "bare"
_BARE_CODE = """import boto3

ec2 = boto3.client("ec2")


def handler(event, context):
    return {}
"""

_REFUSED = {"WatchRequests": b'{"Records": [{}]}'}
"""Where it is not the empty event: without records it is the schedule's, at which all requests are looked at."""


class Start(msgspec.Struct, frozen=True):
    """Starts in seconds, and their median's ratio to the bare function's."""

    samples: tuple[float, ...]
    median: float
    ratio: float


class ColdStart(msgspec.Struct, frozen=True):
    """One function's cold start: until its handler runs, and until its first answer to a real event."""

    function: str
    initialisation: Start
    first_answer: Start


class _Function(NamedTuple):
    name: str
    physical_name: str
    refused: bytes
    event: bytes


def measure_cold_starts(cloud: Cloud, names: Iterable[str], pair: Pair, removed: Pair, samples: int) -> tuple[ColdStart, ...]:
    """Start functions in turn, that many times.

    Args:
        cloud: Where they run.
        names: Which ones; the bare one is started in any case.
        pair: A pair that Causeway has peered by the first generation of its request, and found right by the second.
        removed: One that it has peered by the first generation of its request, and taken away again by the second.
        samples: How often each one starts.
    """
    lambdas, events = cloud.unseen_client("lambda"), events_of(pair, removed)
    functions = [
        _Function(BARE, _deploy_bare(cloud), b"{}", b"{}"),
        *(_Function(name, cloud.functions[name], _REFUSED.get(name, b"{}"), events[name]) for name in names),
    ]
    # Every other round goes backwards, so that no function is always the first.
    rounds = [_start_all(cloud, lambdas, functions[:: (-1) ** number]) for number in range(samples)]
    initialisations = _compare({each.name: [refused[each.name] for refused, _ in rounds] for each in functions})
    first_answers = _compare({each.name: [real[each.name] for _, real in rounds] for each in functions})
    return tuple(ColdStart(each.name, initialisations[each.name], first_answers[each.name]) for each in functions)


def _start_all(cloud: Cloud, lambdas: Any, functions: Iterable[_Function]) -> tuple[dict[str, float], dict[str, float]]:
    """Each function's start with an event that it refuses, and with a real one."""
    functions = list(functions)
    cloud.retire_sandboxes()
    refused = {each.name: _start(lambdas, each.physical_name, each.refused) for each in functions}
    cloud.retire_sandboxes()
    real = {each.name: _start(lambdas, each.physical_name, each.event, must_succeed=True) for each in functions}
    return refused, real


def _start(lambdas: Any, function: str, event: bytes, *, must_succeed: bool = False) -> float:
    first, second = (_invoke(lambdas, function, event, must_succeed=must_succeed) for _ in range(2))
    return first - second


def _invoke(lambdas: Any, function: str, event: bytes, *, must_succeed: bool) -> float:
    started = time.perf_counter()
    answer = lambdas.invoke(FunctionName=function, Payload=event)
    seconds = time.perf_counter() - started
    if must_succeed and "FunctionError" in answer:
        raise RuntimeError(f"{function} failed: {answer['Payload'].read().decode()}")
    return seconds


def _compare(samples: Mapping[str, Sequence[float]]) -> dict[str, Start]:
    bare = median(samples[BARE])
    return {name: Start(tuple(each), median(each), median(each) / bare) for name, each in samples.items()}


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


def events_of(pair: Pair, removed: Pair) -> dict[str, bytes]:
    """What each function is given: a step its run, the others a repeated delivery of what they have dealt with."""
    step = {"request_id": pair.name, "generation": 1}
    update = {**step, "side": "requester"}
    events: dict[str, object] = {
        "ReceiveEvent": _bus_event(pair),
        "DispatchRequest": {"Records": [_stream_record(pair)]},
        # The newest generation: an older one is superseded.
        "PlanPeering": {**step, "generation": 2},
        "AskApproval": {**step, "generation": 2, "token": "of no state"},
        "DecideApproval": _call_of_the_url(pair),
        "RequestPeering": step,
        "AcceptPeering": step,
        "UpdateRouteTables": update,
        "UpdateSecurityGroups": update,
        "UpdateNetworkAcls": update,
        "ConfigureDns": update,
        "UpdateTags": update,
        "DeletePeering": {"request_id": removed.name, "generation": 2},
        "CheckReachability": step,
        "CallWitnesses": step,
        "HearWitnesses": step,
        "UndoChanges": step,
        "RecordOutcome": {**step, "error": None},
        "PreviewPlan": pair.request_item,
        "TakeSnapshot": pair.request_item,
        "WatchRequests": {"Records": []},
        "DetectDrift": {"Records": [{"messageId": pair.name, "eventSource": "aws:sqs", "body": pair.name}]},
    }
    return {name: msgspec.json.encode(event) for name, event in events.items()}


def _call_of_the_url(pair: Pair) -> dict[str, object]:
    """A decision about a plan that nobody asks for: the answer says so."""
    decision = {"request_id": pair.name, "checksum": "0" * 16, "decision": "approve"}
    caller = {"userArn": "arn:aws:iam::123456789012:user/bench"}
    return {"requestContext": {"authorizer": {"iam": caller}}, "body": msgspec.json.encode(decision).decode()}


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
    image = attributes(**pair.request_item)
    return {
        "eventID": f"insertion-{pair.name}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": {"request_id": image["request_id"]}, "SequenceNumber": "0", "NewImage": image},
    }
