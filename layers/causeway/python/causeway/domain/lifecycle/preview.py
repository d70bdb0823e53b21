"""A preview: what an item would find and change, if it was put now."""

from typing import Any, Self

from causeway.domain.model.findings import Finding
from causeway.domain.model.values import Value
from causeway.domain.planning.plan import Plan


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
