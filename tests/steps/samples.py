"""One run of one request, with its network, as the tests of the steps begin it."""

from typing import Any

from causeway.domain.model.errors import RouteConflict, Throttled
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringStatus, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.planner import plan_request
from causeway.steps.common.step_input import StepInput
from tests.domain.networks import change, request, snapshots
from tests.domain.situations import applied
from tests.ledger import Ledger

WANTED = request(dns_resolution=PerSide(requester=True, accepter=False), tags={"Owner": "payments"})
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:flow:test-to-production-1"
STEP = StepInput(request_id=WANTED.request_id, generation=1, execution=EXECUTION)
UNREADABLE = Finding(code=Code.ACCOUNT_NOT_REACHABLE, where="222222222222", message="No role.", side=Side.ACCEPTER)
NETWORKS = snapshots()
MADE = "pcx-1"
"""The connection that the stand-in for the writer makes."""
CONFLICT = RouteConflict("It is taken.", where="rtb-a1", remedy="Remove it.")
THROTTLED = Throttled("Too fast.", where="rtb-a1", remedy="It is tried again.")


def on(side: Side) -> StepInput:
    return change(STEP, side=side)


def planned(ledger: Ledger, wanted: Request = WANTED, networks: PerSide[Snapshot] = NETWORKS) -> None:
    ledger.runs.save_request(1, wanted)
    ledger.runs.save_plan(plan_request(wanted, 1, networks))


def connected(ledger: Ledger) -> None:
    planned(ledger)
    ledger.runs.save_connection(WANTED.request_id, 1, MADE)


def with_status(status: PeeringStatus) -> PerSide[Snapshot]:
    there = applied(WANTED, plan_request(WANTED, 1, NETWORKS), NETWORKS)
    ours = change(there.requester.peering_connections[0], status=status)
    return PerSide.of(lambda side: change(there[side], peering_connections=(ours,)))


def found_connection(ledger: Ledger, networks: PerSide[Snapshot]) -> None:
    planned(ledger)
    ledger.runs.save_connection(WANTED.request_id, 1, networks.requester.peering_connections[0].connection_id)


def status_on(table: Any) -> dict[str, Any] | None:
    status: dict[str, Any] | None = table.get_item(Key={"request_id": WANTED.request_id})["Item"].get("status")
    return status
