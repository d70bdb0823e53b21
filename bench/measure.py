"""What one way of peering costs: seconds and API calls, for the first run and for a second one on the same pair."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from bench.cloud import Cloud
from bench.networks import Pair
from localcloud.endpoint.calls import ApiCall, count_by_kind


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended, and after how many seconds its user had what was asked, or knew why not."""

    seconds: float
    ended: str
    succeeded: bool


class PeeringMethod(Protocol):
    """A way to peer two VPCs: Causeway, a script, or a tool."""

    @property
    def name(self) -> str: ...

    def prepare(self, pair: Pair) -> None:
        """Whatever comes before the clock starts."""

    def run(self, pair: Pair) -> Outcome:
        """Peer them, and come back only when no more calls follow."""


class Calls(msgspec.Struct, frozen=True):
    """API calls: EC2's, split into reads and mutating ones; STS's; and those to other services.

    The others are what it takes to be a service: calls to Causeway's tables, its state machine and its bus. What one service
    of AWS calls in another, such as a state machine its functions, is not counted.
    """

    ec2_reads: int
    ec2_mutating: int
    sts: int
    other: int
    kinds: dict[str, int]

    @classmethod
    def of(cls, calls: Iterable[ApiCall]) -> "Calls":
        calls = list(calls)
        ec2 = [call for call in calls if call.service == "ec2"]
        mutating = sum(call.mutating for call in ec2)
        sts = sum(call.service == "sts" for call in calls)
        return cls(
            ec2_reads=len(ec2) - mutating,
            ec2_mutating=mutating,
            sts=sts,
            other=len(calls) - len(ec2) - sts,
            kinds=count_by_kind(calls),
        )

    @property
    def network(self) -> int:
        """The calls that every way has to make: EC2's and STS's."""
        return self.ec2_reads + self.ec2_mutating + self.sts

    @property
    def total(self) -> int:
        return self.network + self.other


class Run(msgspec.Struct, frozen=True):
    outcome: Outcome
    calls: Calls


class Case(msgspec.Struct, frozen=True):
    """What is asked of each way: so many route tables on each side, so many milliseconds added to each API call."""

    route_tables: int
    latency_ms: int

    def __str__(self) -> str:
        return f"{self.route_tables} route tables a side, {self.latency_ms} ms added to each call"


class Measurement(msgspec.Struct, frozen=True):
    """One way in one case: a first and a second run for each sample, each on a pair of its own."""

    way: str
    case: Case
    first: tuple[Run, ...]
    second: tuple[Run, ...]


def take_sample(cloud: Cloud, way: PeeringMethod, pair: Pair, latency_ms: int) -> tuple[Run, Run]:
    """The first and the second run on a pair."""
    return timed_run(cloud, way, pair, latency_ms), timed_run(cloud, way, pair, latency_ms)


def timed_run(cloud: Cloud, way: PeeringMethod, pair: Pair, latency_ms: int = 0) -> Run:
    way.prepare(pair)
    with cloud.recorded(latency_ms) as calls:
        outcome = way.run(pair)
    return Run(outcome, Calls.of(calls))


def middle(runs: Iterable[Run]) -> Run:
    """The run with the median time; of an even number, the faster of the two in the middle."""
    ordered = sorted(runs, key=lambda run: run.outcome.seconds)
    return ordered[(len(ordered) - 1) // 2]
