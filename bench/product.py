"""Causeway as a way to peer two VPCs: put an item, wait until it is ACTIVE and verified."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.cloud import Cloud
from bench.measure import Outcome
from bench.networks import Pair, build_pair
from causeway.aws.executions import describe_execution, execution_arn
from causeway.aws.store.codec import attributes, plain

_POLL_SECONDS = 0.02
_HUNG = 300.0
_FINAL = {"ACTIVE", "REJECTED", "FAILED"}


class Causeway:
    """Causeway with warm sandboxes, as it leaves them after peering another pair, or with none.

    The clock runs from the put of the item until the item says how it ended. The calls that follow until the execution's
    end count too. Looking at the item is neither counted nor slowed.
    """

    def __init__(self, cloud: Cloud, *, cold: bool = False) -> None:
        self.name = "Causeway, cold" if cold else "Causeway, warm"
        self._cloud = cloud
        self._cold = cold
        self._user = cloud.client("dynamodb")
        self._items = cloud.unseen_client("dynamodb")
        self._executions = cloud.unseen_client("stepfunctions")

    def prepare(self, _pair: Pair) -> None:
        if self._cold:
            self._cloud.retire_sandboxes()
        elif not self._cloud.warm:
            self.run(build_pair(self._cloud, route_tables=1))
            self._cloud.warm = True

    def run(self, pair: Pair) -> Outcome:
        return self.ask(pair.request_item)

    def ask(self, wanted: Mapping[str, object]) -> Outcome:
        """Put this item."""
        name, item = str(wanted["request_id"]), attributes(**wanted)
        started = time.perf_counter()
        self._user.put_item(TableName=self._cloud.requests_table, Item=item)
        status = _wait_for(lambda: self._final_status(name), f"the outcome of {name}")
        seconds = time.perf_counter() - started
        _wait_for(lambda: self._ending(status["execution"]), f"the end of {status['execution']}")
        return Outcome(seconds, _ending(status), status["state"] == "ACTIVE" and _is_verified(status))

    def remove(self, pair: Pair, generation: int) -> Outcome:
        """Delete the item, and wait for the end of the execution that takes its peering away."""
        started = time.perf_counter()
        self._user.delete_item(TableName=self._cloud.requests_table, Key={"request_id": {"S": pair.name}})
        execution = f"{pair.name}-{generation}"
        ended = _wait_for(lambda: self._ending(execution), f"the end of {execution}")
        return Outcome(time.perf_counter() - started, ended, ended == "SUCCEEDED")

    def _final_status(self, request_id: str) -> dict[str, Any] | None:
        key = {"request_id": {"S": request_id}}
        item = self._items.get_item(TableName=self._cloud.requests_table, Key=key, ConsistentRead=True)["Item"]
        status: dict[str, Any] = plain(item).get("status", {})
        return status if status.get("state") in _FINAL else None

    def _ending(self, execution: str) -> str | None:
        """The status of an execution that has ended."""
        described = describe_execution(self._executions, execution_arn(self._cloud.state_machine_arn, execution))
        return None if described is None or described["status"] == "RUNNING" else described["status"]


def peer(cloud: Cloud, times: int) -> Pair:
    """A pair that is peered by the first generation of its request, and was found right by the others."""
    pair, causeway = build_pair(cloud, route_tables=1), Causeway(cloud)
    for _ in range(times):
        outcome = causeway.run(pair)
        if not outcome.succeeded:
            raise RuntimeError(f"{pair.name} ended as {outcome.ended}")
    return pair


def peer_and_remove(cloud: Cloud) -> Pair:
    """A pair that is peered by the first generation of its request, and no longer since the second."""
    pair = peer(cloud, times=1)
    Causeway(cloud).remove(pair, generation=2)
    return pair


def _wait_for[T](look: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + _HUNG
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_HUNG:.0f} s for {what}")
        time.sleep(_POLL_SECONDS)
    return found


def _is_verified(status: dict[str, Any]) -> bool:
    return bool(status["verdicts"]) and all(verdict["reachable"] for verdict in status["verdicts"])


def _ending(status: dict[str, Any]) -> str:
    if status["state"] == "ACTIVE":
        return "ACTIVE, verified" if _is_verified(status) else "ACTIVE, not verified"
    codes = dict.fromkeys(finding["code"] for finding in status["findings"])
    return f"{status['state']}: {', '.join(codes)}"
