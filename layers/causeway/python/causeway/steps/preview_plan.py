"""PreviewPlan: an item in, what Causeway would find and do out. Nothing is written, here or in the network.

It decides as PlanPeering does, from both sides as they are and from what the request holds. It takes no lock: a run that works
on the pair meanwhile may leave less to do.
"""

from collections.abc import Mapping
from typing import Any, Self

from causeway.aws.ec2.reader import Reader
from causeway.aws.store.generations import Generations
from causeway.aws.store.holdings import HoldingsStore
from causeway.boundary import MalformedItem, parse_request
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.run import Run
from causeway.domain.model.findings import Finding
from causeway.domain.model.values import Value
from causeway.domain.planning.plan import Plan

from .plan_peering import decide


class Preview(Value):
    """What putting the item would come to.

    Attributes:
        checksum: The plan's, as an approval would bind to it; None of a malformed item, which has no plan.
        peering_connection_id: The connection that is there already.
        approval_reasons: Why a person would be asked first; empty where nobody would.
        changes: The sentence of each change, in order.
    """

    request_id: str
    checksum: str | None = None
    peering_connection_id: str | None = None
    findings: tuple[Finding, ...] = ()
    approval_reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @classmethod
    def of_plan(cls, plan: Plan) -> Self:
        """What the plan comes to."""
        return cls(
            request_id=plan.request_id,
            checksum=plan.checksum,
            peering_connection_id=plan.connection_id,
            findings=plan.findings,
            approval_reasons=plan.approval_reasons,
            changes=tuple(change.sentence for change in plan.changes),
        )

    @classmethod
    def of_malformed(cls, item: Mapping[str, Any], malformed: MalformedItem) -> Self:
        """All that is wrong with an item that is no request."""
        return cls(request_id=str(item.get("request_id", "")), findings=malformed.findings)

    def as_map(self) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "blocked": any(finding.blocking for finding in self.findings),
            "checksum": self.checksum,
            "peering_connection_id": self.peering_connection_id,
            "findings": [finding.as_map() for finding in self.findings],
            "approval_reasons": list(self.approval_reasons),
            "changes": list(self.changes),
        }


def preview_plan(
    item: Mapping[str, Any], *, generations: Generations, holdings: HoldingsStore, reader: Reader, rule: ApprovalRule
) -> Preview:
    """Plan the item as if it had just been put."""
    try:
        request = parse_request(item)
    except MalformedItem as malformed:
        return Preview.of_malformed(item, malformed)
    run = Run(request=request, generation=generations.newest(request.request_id) + 1)
    others = tuple(holdings.load_others(request.pair, request.request_id).values())
    plan = decide(run, reader.observe_both(request, quotas=True), holdings.load(request.request_id), others, rule)
    return Preview.of_plan(plan)
