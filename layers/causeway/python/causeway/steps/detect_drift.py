"""DetectDrift: one request in, a drift check of its network, and a run where the check has found something that needs one.

1. Read the state that the request has settled in. A request with a run is left to that run; a run whose execution ended without
   an outcome is recovered, whether the item is there or not.
2. Observe both sides and plan, as a drift run would. Nothing is locked and nothing written.
3. If a run is needed, begin a generation with the occasion DRIFT and start the execution: it observes and plans again, and goes
   the way of every change. An edit of the item that came meanwhile wins; one that comes later supersedes.

A FAILED request is not repaired: a person has to see to it. But people are warned before AWS drops its pending connection.
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
from causeway.domain.lifecycle.run_plan import plan_run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.lifecycle.watch import SettledRequest, expiry_warning
from causeway.domain.model.findings import Code

from .common.recover_run import recover_run

NO_RULE = ApprovalRule()
"""Whether a person has to agree is up to the run: a drift check only asks what differs."""


class DriftCheckResult(StrEnum):
    """What a drift check of a request came to."""

    NOT_SETTLED = "not settled"
    """A run works on the request, or its item is gone."""
    RESUMED = "taken up"
    """A run without an outcome was begun again."""
    NOTHING_NEW = "nothing new"
    """There is no drift, or it was reported before."""
    BEGUN = "begun"
    """A drift run was started."""
    EXPIRY_WARNED = "expiry told"
    """People were warned of a pending connection that is about to expire."""


_RESULT_OF = {
    RecoveryAction.WAIT: DriftCheckResult.NOT_SETTLED,
    RecoveryAction.MARK_FINISHED: DriftCheckResult.NOT_SETTLED,
    RecoveryAction.START: DriftCheckResult.BEGUN,
    RecoveryAction.RESUME: DriftCheckResult.RESUMED,
}
"""What a drift check comes to that finds a run without an outcome."""


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
    """Check one request's network.

    Raises:
        RetryNowError: AWS throttled or did not answer.
    """
    settled, unfinished = requests.settled(request_id), generations.unfinished(request_id)
    # A run that has just recorded its outcome is on the list a moment longer.
    if unfinished is not None and (settled is None or settled.generation < unfinished):
        action = recover_run(request_id, unfinished, now, generations=generations, runs=runs, executions=executions)
        return _RESULT_OF[action]
    if settled is None:
        return DriftCheckResult.NOT_SETTLED
    run = runs.load(request_id, settled.generation)
    if settled.state is State.FAILED:
        return _warn_of_expiry(settled, run, now, requests=requests, reader=reader, bus=bus)
    drifted = Run(request=run.request, generation=run.generation + 1, occasion=Occasion.DRIFT)
    others = tuple(holdings.load_others(run.request.pair, request_id).values())
    observed = reader.observe_both(run.request, quotas=True)
    seen = plan_run(drifted, observed, holdings.load(request_id), others, NO_RULE)
    if not needs_drift_run(settled, run, seen, now):
        return DriftCheckResult.NOTHING_NEW
    if not generations.begin(msgspec.structs.replace(drifted, failing_since=failing_since(settled, run, seen))):
        return DriftCheckResult.NOT_SETTLED
    executions.start(request_id, drifted.generation)
    return DriftCheckResult.BEGUN


def _warn_of_expiry(
    settled: SettledRequest, run: Run, now: datetime, *, requests: RequestsTable, reader: Reader, bus: Bus
) -> DriftCheckResult:
    """Add the warning to the item and send it to the bus, once. The item is last: a repetition after a fault warns again."""
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
