"""PlanPeering: both sides' snapshots in, findings and a plan out, saved before anything is written."""

from causeway.aws.reader import Reader
from causeway.aws.tables import Ledger, Requests
from causeway.clock import timestamp
from causeway.domain.findings import Finding
from causeway.domain.network import Snapshot
from causeway.domain.plan import AcceptPeering, AuthorizeRule, CreatePeering, CreateRoute, Plan, SetDnsResolution
from causeway.domain.planner import plan_request, refuse
from causeway.domain.request import Request
from causeway.domain.status import State, Status
from causeway.domain.values import SIDES, Both, Side, Value

from .step_input import StepInput

UPDATE_STEPS: dict[str, type[CreateRoute | AuthorizeRule | SetDnsResolution]] = {
    "UpdateRouteTables": CreateRoute,
    "UpdateSecurityGroups": AuthorizeRule,
    "ConfigureDns": SetDnsResolution,
}
"""The state that makes each kind of change on a side."""


class Update(Value):
    """One update step that has something to do."""

    side: Side
    step: str


class PlanSummary(Value, omit_defaults=False):
    """What the state machine needs to know of a plan to choose its way."""

    blocked: bool
    request: bool
    accept: bool
    updates: tuple[Update, ...]


def plan_peering(step: StepInput, *, requests: Requests, ledger: Ledger, reader: Reader) -> PlanSummary:
    """Observe, plan, save the plan."""
    run = ledger.load_run(step.request_id, step.generation)
    observed = reader.observe_both(run.request)
    plan = decide(run.request, step.generation, observed)
    ledger.save_plan(plan)
    if not plan.is_blocked:
        requests.write_status(
            Status(
                state=State.APPLYING,
                request_id=step.request_id,
                generation=step.generation,
                updated_at=timestamp(),
                peering_connection_id=plan.connection_id,
            ),
        )
    return summarise(plan)


def decide(request: Request, generation: int, observed: Both[Snapshot | Finding]) -> Plan:
    """The plan; where a side cannot be observed, what is known of it, for both sides at once."""
    requester, accepter = observed.requester, observed.accepter
    if isinstance(requester, Snapshot) and isinstance(accepter, Snapshot):
        return plan_request(request, generation, Both(requester=requester, accepter=accepter))
    return refuse(request, generation, tuple(each for each in (requester, accepter) if isinstance(each, Finding)))


def summarise(plan: Plan) -> PlanSummary:
    if plan.is_blocked:
        return PlanSummary(blocked=True, request=False, accept=False, updates=())
    return PlanSummary(
        blocked=False,
        request=bool(plan.of(CreatePeering, Side.REQUESTER)),
        accept=bool(plan.of(AcceptPeering, Side.ACCEPTER)),
        updates=tuple(
            Update(side=side, step=step) for side in SIDES for step, kind in UPDATE_STEPS.items() if plan.of(kind, side)
        ),
    )
