"""PlanPeering: both snapshots in, findings and a plan out."""

from causeway import composition
from causeway.domain.planning.rounds import PlanSummary
from causeway.observability import step
from causeway.steps.common.step_input import StepInput
from causeway.steps.plan_peering import plan_peering


@step
def handler(given: StepInput) -> PlanSummary:
    return plan_peering(
        given,
        requests=composition.requests(),
        generations=composition.generations(),
        runs=composition.runs(),
        holdings=composition.holdings(),
        locks=composition.locks(),
        approvals=composition.approvals(),
        tasks=composition.tasks(),
        reader=composition.reader(),
        rule=composition.settings().approval_rule,
        is_running=composition.execution_is_running,
    )
