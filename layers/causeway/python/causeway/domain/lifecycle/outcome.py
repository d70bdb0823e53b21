"""How a run ended: what its plan, its verdicts and its error come to."""

from collections.abc import Iterator

from causeway.domain.authority.approval import Approval
from causeway.domain.model.errors import ApprovalDenied
from causeway.domain.model.findings import Code, Finding
from causeway.domain.planning.kinds import CreatePeering
from causeway.domain.reachability.blocked_flows import blocked_flows
from causeway.domain.reachability.unknown_flows import unknown_flows
from causeway.domain.reachability.verdicts import WORST_FIRST, Verdict
from causeway.domain.witnesses.questions import plan_questions
from causeway.domain.witnesses.testimonies import Testimony, disagreements, testimonies

from .drift import drift_findings, repair_findings
from .run import Occasion, Run
from .status import MAX_LISTED, State, Status
from .step_error import StepError

ASKING = "AskApproval"
"""The state that waits for a person."""

TIMEOUT = "States.Timeout"
"""Step Functions' own name for a state whose time is over."""

REFUSALS = frozenset({Code.APPROVAL_DENIED, Code.APPROVAL_LAPSED})

TOLD_AS_SEEN = frozenset({Code.OPEN_BEYOND_ALLOW, Code.FLOW_UNKNOWN})
"""What the plan foresees, and the check sees once the plan is carried out: only the latter is told then."""


def status_of(run: Run, error: StepError | None, *, undo_error: StepError | None = None, now: str) -> Status:
    """The final status of a run.

    A blocked plan is REJECTED, and so is one that no person has approved: nothing was written. An error, or a flow that does
    not work though everything was done, is FAILED, with what was undone of the run and what is left of it. The rest is ACTIVE,
    or REMOVED where nothing was wanted any more. A removal that is blocked is FAILED: there is no item left that could be
    corrected. A drift run that does not end ACTIVE is DRIFTED, whatever stopped it, a person too: the peering is there, and
    the watch goes on looking.

    A flow of which nobody can tell whether it works leaves a request ACTIVE, and is told by a finding. To take the peering away
    would say that the flow does not work, and that is not known either.

    Args:
        run: The run.
        error: What stopped it, if something did.
        undo_error: What stopped the last attempt to undo it, if something did.
        now: ISO 8601, UTC.
    """
    findings = tuple(dict.fromkeys(_findings(run, error, undo_error)))
    verdicts = sorted(run.foreseen if run.verdicts is None else run.verdicts, key=_worst_first)
    return Status(
        state=_state(run, error, findings),
        request_id=run.request.request_id,
        generation=run.generation,
        updated_at=now,
        peering_connection_id=_connection_id(run),
        findings=findings[:MAX_LISTED],
        verdicts=tuple(verdicts[:MAX_LISTED]),
        testimonies=_testimonies(run)[:MAX_LISTED],
        approval=run.approval,
        changes_made=tuple(change.sentence for change in run.made[:MAX_LISTED]),
        changes_undone=tuple(change.sentence for change in run.taken_back[:MAX_LISTED]),
        vpcs=None if run.plan is None else run.plan.vpcs,
    )


def _state(run: Run, error: StepError | None, findings: tuple[Finding, ...]) -> State:
    blocked = any(finding.blocking for finding in findings)
    if run.occasion is Occasion.DRIFT:
        return State.DRIFTED if blocked else State.ACTIVE
    if any(finding.code in REFUSALS for finding in findings):
        return State.REJECTED
    if error is None and not run.removal and run.plan is not None and run.plan.is_blocked:
        return State.REJECTED
    if blocked:
        return State.FAILED
    return State.REMOVED if run.removal else State.ACTIVE


def _connection_id(run: Run) -> str | None:
    """The connection; one that the run made and the undo deleted is none."""
    was_made = run.plan is not None and run.plan.connection_id is None
    return None if was_made and any(isinstance(change, CreatePeering) for change in run.taken_back) else run.connection_so_far


def _findings(run: Run, error: StepError | None, undo_error: StepError | None) -> Iterator[Finding]:
    for each in (error, undo_error):
        if each is not None:
            yield _stopped_by(run, each)
    if run.plan is not None:
        if run.occasion is Occasion.DRIFT and run.approval is not None and run.approval.is_refused:
            yield from drift_findings(run.request, run.plan.changes)
        yield from (finding for finding in run.plan.findings if run.plan.is_blocked or finding.code not in TOLD_AS_SEEN)
    if run.verdicts is not None:
        yield from blocked_flows(run.verdicts)
        yield from unknown_flows(run.verdicts)
        yield from disagreements(_testimonies(run), run.verdicts)
    if run.undo is None:
        yield from run.exposures
    if run.undo is not None or undo_error is not None:
        yield from _not_undone(run)
    elif run.occasion is Occasion.DRIFT:
        yield from repair_findings(run.request, run.made)


def _testimonies(run: Run) -> tuple[Testimony, ...]:
    """Nobody is asked about flows of which the check finds one that does not work: the run is undone."""
    if run.undo is not None or not run.verdicts or any(verdict.blocked_by for verdict in run.verdicts):
        return ()
    return testimonies(plan_questions(run.request, run.verdicts), run.calls, run.heard)


def _not_undone(run: Run) -> Iterator[Finding]:
    """One for each change that is left."""
    for change in run.made:
        yield Finding(
            code=Code.UNDO_INCOMPLETE,
            side=change.side,
            where=run.request.vpc(change.side).vpc_id,
            message=f"Done, and not undone: {change.sentence}. Put the item again to go on from here, or delete it.",
        )
    if run.undo is None:
        yield Finding(
            code=Code.UNDO_INCOMPLETE,
            where=run.request.request_id,
            message="Nobody could look at what the run has changed, so there can be more than its steps have reported. Put the "
            "item again to go on from here, or delete it.",
        )


def _stopped_by(run: Run, error: StepError) -> Finding:
    if run.approval is not None and error.error == ApprovalDenied.__name__:
        return _denied(run.approval)
    if run.approval is not None and (error.error, error.state) == (TIMEOUT, ASKING):
        return _lapsed(run.approval)
    return Finding(
        code=Code.STEP_FAILED, where=error.state, message=f"{error.state} failed with {error.error}: {error.message}"
    )


def _denied(approval: Approval) -> Finding:
    said = f", who said: {approval.reason}" if approval.reason else ""
    return Finding(
        code=Code.APPROVAL_DENIED,
        where=approval.checksum,
        message=f"The plan {approval.checksum} was denied by {approval.decided_by}{said}. Nothing was changed. Change the "
        "item, or put it again to ask again.",
    )


def _lapsed(approval: Approval) -> Finding:
    return Finding(
        code=Code.APPROVAL_LAPSED,
        where=approval.checksum,
        message=f"Nobody has decided about the plan {approval.checksum} since {approval.asked_at}. Nothing was changed. Put "
        "the item again to ask again.",
    )


def _worst_first(verdict: Verdict) -> int:
    return WORST_FIRST.index(verdict.result)
