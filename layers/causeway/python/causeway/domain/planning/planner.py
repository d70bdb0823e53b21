"""The planner: a request and what was observed in, the plan out.

1. Find the connection that is already ours, or plan to request it.
2. Plan to accept it, unless it is accepted.
3. On each side plan what is missing, kind by kind: routes to every CIDR block of the peer, rules and network ACL entries for
   every flow, the DNS option, the tags of what is there.
4. Then, on each side, take away what is ours and no longer wanted: rules, entries, then routes.
5. Let preflight look at all of it, and at what the network would then be.

A resource that is right already is not in the plan, so a second run of the same request has an empty one. A removal is the same
with nothing wanted: the connection goes last.

Other requests of the same two VPCs share the connection. What one of them wants too is not taken away but handed over: routes
in the ledger, rules and the connection by their tags.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide

from .claims import claim_of, claims_of, connection_of
from .exposure import beyond_allow
from .kinds import KINDS, REMOVED, Change, ConnectionGrant, Grant, connection
from .kinds.context import Claim, PlanContext
from .ownership import NOTHING_HELD, Holdings
from .plan import Plan
from .preflight import preflight
from .projection import project


def plan_request(
    request: Request,
    generation: int,
    snapshots: PerSide[Snapshot],
    holdings: Holdings = NOTHING_HELD,
    others: tuple[Holdings, ...] = (),
) -> Plan:
    """Plan what makes the network as the request says.

    Args:
        request: The desired state.
        generation: Of the run.
        snapshots: Both sides.
        holdings: What the request holds.
        others: What the other requests of the same two VPCs hold, each in its own words.
    """
    joint = _joint(request, holdings, others)
    context = _context(request, snapshots, joint, others, claim_of(request, snapshots, joint))
    draft = replace(
        _plan(generation, context, *connection.missing(request, context), *_missing(context), *_surplus(context)),
        scope=tuple(_scope(context)),
    )
    plan = draft.with_findings(preflight(request, snapshots, draft, joint))
    return plan if plan.is_blocked else _with_exposures(plan, request, snapshots, others)


def _with_exposures(plan: Plan, request: Request, snapshots: PerSide[Snapshot], others: tuple[Holdings, ...]) -> Plan:
    """The plan, with a finding for what will be open beyond what the items allow."""
    return plan.with_findings((*plan.findings, *beyond_allow(request, others, *project(plan, snapshots))))


def plan_removal(
    request: Request, generation: int, snapshots: PerSide[Snapshot], holdings: Holdings, others: tuple[Holdings, ...] = ()
) -> Plan:
    """Plan what takes everything of the request out of the network that no other request of the pair wants."""
    context = _context(request, snapshots, _joint(request, holdings, others), others, None)
    return _plan(generation, context, *_missing(context), *_surplus(context), *connection.surplus(context))


def refuse(request: Request, generation: int, findings: tuple[Finding, ...]) -> Plan:
    """The plan of a request whose sides cannot even be observed: nothing but the findings."""
    return Plan(request_id=request.request_id, generation=generation, findings=findings)


def holdings_after(request: Request, holdings: Holdings, plan: Plan, others: tuple[Holdings, ...] = ()) -> Holdings:
    """What the request holds once the plan is begun: to be saved before the first write."""
    begun = Holdings(
        request=request,
        connection_ids=(plan.connection_id,) if plan.connection_id else (),
        tags=tuple(sorted(request.tags.items())),
    ).with_owned(owned for change in plan.changes if (owned := change.owned) is not None)
    return replace(_joint(request, holdings, (begun, *others)), request=request, approved=plan.scope)


def _joint(request: Request, holdings: Holdings, others: tuple[Holdings, ...]) -> Holdings:
    """What all of them hold, in the words of the request; it still says what that one held itself."""
    joint = replace(holdings, request=request)
    for other in others:
        joint = joint.merged_with(other)
    return replace(joint, request=holdings.request)


def _context(
    request: Request, snapshots: PerSide[Snapshot], joint: Holdings, others: tuple[Holdings, ...], claim: Claim | None
) -> PlanContext:
    own = () if claim is None else (claim,)
    return PlanContext(
        request_id=request.request_id,
        snapshots=snapshots,
        claim=claim,
        claims=(*own, *claims_of(others, snapshots, joint)),
        connection=connection_of(request, snapshots, others),
        owned=frozenset(joint.owned),
        connection_ids=frozenset(joint.connection_ids),
        tags=frozenset(joint.tags),
    )


def _plan(generation: int, context: PlanContext, *changes: Change) -> Plan:
    return Plan(request_id=context.request_id, generation=generation, connection_id=context.connection_id, changes=changes)


def _missing(context: PlanContext) -> Iterator[Change]:
    for side in SIDES:
        for kind in KINDS:
            yield from kind.missing(side, context)


def _surplus(context: PlanContext) -> Iterator[Change]:
    for side in SIDES:
        for kind in REMOVED:
            yield from kind.surplus(side, context)


def _scope(context: PlanContext) -> Iterator[Grant]:
    """What the request lets through on each side, each thing once; of what all requests share, what any of them wants."""
    yield ConnectionGrant()
    for side in SIDES:
        for kind in KINDS:
            yield from kind.grants(side, context)
