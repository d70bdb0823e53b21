"""DetectDrift: one request in, a look at its network, and a run only where there is something to do or to tell.

1. Read what the request settled in. One that a run works on is left to that run; one whose run was ended from outside, its
   item gone or not, is taken up.
2. Observe both sides and plan, as a drift run would. Nothing is locked and nothing written.
3. Only if that is news, begin a generation with the occasion DRIFT and start the execution: it observes and plans again, and
   goes the way of every change. An edit of the item that came meanwhile wins; one that comes later supersedes.

Of a FAILED request nothing is repaired: a person has to look at it. But a connection of it that still waits for its acceptance
is told of before AWS drops it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from causeway.aws.ec2.reader import Reader
from causeway.aws.events import Bus
from causeway.aws.executions import Executions
from causeway.aws.store.generations import Generations
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.requests_table import RequestsTable
from causeway.aws.store.runs import Runs
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.drift import failing_since, needs_drift_run
from causeway.domain.lifecycle.recovery import RecoveryAction
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.watch import SettledRequest, expiry_warning
from causeway.domain.model.findings import Code
from causeway.steps.common.recover_run import recover_run

from .plan_peering import decide

NO_RULE = ApprovalRule()
"""Whether a person has to agree is the run's question: a look only asks what differs."""


class DriftCheckResult(StrEnum):
    """What a look at a request came to."""

    NOT_SETTLED = "not settled"
    """A run works on the request, or its item is gone."""
    RESUMED = "taken up"
    """A run that had ended without an outcome was begun again."""
    NOTHING_NEW = "nothing new"
    """All is as it should be, or what differs was told before."""
    BEGUN = "begun"
    """A drift run was started."""
    EXPIRY_WARNED = "expiry told"
    """A pending connection nears its end."""


_OF_UNFINISHED = {
    RecoveryAction.WAIT: DriftCheckResult.NOT_SETTLED,
    RecoveryAction.MARK_FINISHED: DriftCheckResult.NOT_SETTLED,
    RecoveryAction.START: DriftCheckResult.BEGUN,
    RecoveryAction.RESUME: DriftCheckResult.RESUMED,
}
"""How a look ends that found a run without an outcome."""


def detect_drift(
    request_id: str,
    now: datetime,
    *,
    requests: RequestsTable,
    generations: Generations,
    runs: Runs,
    holdings: HoldingsStore,
    reader: Reader,
    executions: Executions,
    bus: Bus,
) -> DriftCheckResult:
    """Look at one request's network.

    Raises:
        RetryNowError: AWS throttled or did not answer.
    """
    settled, unfinished = requests.settled(request_id), generations.unfinished(request_id)
    # A run that has just told its outcome is on the list a moment longer.
    if unfinished is not None and (settled is None or settled.generation < unfinished):
        step = recover_run(request_id, unfinished, now, generations=generations, runs=runs, executions=executions)
        return _OF_UNFINISHED[step]
    if settled is None:
        return DriftCheckResult.NOT_SETTLED
    run = runs.load(request_id, settled.generation)
    if settled.state is State.FAILED:
        return _warn_of_expiry(settled, run, now, requests=requests, reader=reader, bus=bus)
    drifted = Run(request=run.request, generation=run.generation + 1, occasion=Occasion.DRIFT)
    others = tuple(holdings.load_others(run.request.pair, request_id).values())
    observed = reader.observe_both(run.request, quotas=True)
    seen = decide(drifted, observed, holdings.load(request_id), others, NO_RULE)
    if not needs_drift_run(settled, run, seen, now):
        return DriftCheckResult.NOTHING_NEW
    if not generations.begin(msgspec.structs.replace(drifted, failing_since=failing_since(settled, run, seen))):
        return DriftCheckResult.NOT_SETTLED
    executions.start(request_id, drifted.generation)
    return DriftCheckResult.BEGUN


def _warn_of_expiry(
    settled: SettledRequest, run: Run, now: datetime, *, requests: RequestsTable, reader: Reader, bus: Bus
) -> DriftCheckResult:
    """On the item and the bus, once: the item is written last, so that a repetition after a fault tells it again."""
    if Code.PENDING_NEARS_EXPIRY in settled.codes or run.connection_so_far is None:
        return DriftCheckResult.NOTHING_NEW
    connection = reader.peering(run.request.requester, run.connection_so_far)
    finding = expiry_warning(connection, now) if connection else None
    if connection is None or finding is None:
        return DriftCheckResult.NOTHING_NEW
    bus.announce(
        Status(
            state=settled.state,
            request_id=settled.request_id,
            generation=settled.generation,
            updated_at=now.isoformat(timespec="milliseconds"),
            peering_connection_id=connection.connection_id,
            findings=(finding,),
        )
    )
    requests.add_finding(settled, finding)
    return DriftCheckResult.EXPIRY_WARNED
