"""The ledger's records of the questions that a generation asked a person: each one asked, decided, lapsed.

A record is written once, but for the task token, which is another one when the step that asks is tried again. No token leaves
the ledger but for Step Functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from causeway.aws.errors import translated
from causeway.domain.authority.approval import Approval

from .codec import attributes, packed
from .ledger_table import HEAD, LedgerTable, prefix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from causeway.domain.planning.plan import Plan

APPROVAL = "APPROVAL"
TOKEN = "token"  # noqa: S105 - the name of an attribute
ASKED, DECIDED, LAPSED = "ASKED", "DECIDED", "LAPSED"


class Approvals(LedgerTable):
    """What was asked and decided."""

    def save_question(self, plan: Plan, approval: Approval, token: str) -> None:
        """Records what is asked, with the plan as it is shown; and at the request's head, which generation asked."""
        question = {"checksum": approval.checksum, "reasons": approval.reasons, "asked_at": approval.asked_at}
        record = _record(plan.generation, approval.number, ASKED)
        self._put(plan.request_id, record, number=approval.number, token=token, payload=packed(plan), **question)
        with translated(self._place(plan.request_id)):
            self._client.update_item(
                TableName=self._table_name,
                Key=attributes(request_id=plan.request_id, record=HEAD),
                UpdateExpression="SET asked = :generation",
                ExpressionAttributeValues=attributes(**{":generation": plan.generation}),
            )

    def save_decision(self, request_id: str, generation: int, decided: Approval) -> bool:
        """Records what came of the question. False where that is on record already: the first word counts."""
        word = {"decision": decided.decision, "decided_by": decided.decided_by, "decided_at": decided.decided_at}
        record = _record(generation, decided.number, DECIDED)
        return self._put_once(request_id, record, number=decided.number, reason=decided.reason, **word)

    def save_lapse(self, request_id: str, generation: int, lapsed: Approval) -> None:
        """Records that the answer, or the wait for one, has lost its meaning."""
        record = _record(generation, lapsed.number, LAPSED)
        self._put(request_id, record, number=lapsed.number, lapsed_at=lapsed.lapsed_at)

    def load_last(self, request_id: str, generation: int) -> Approval | None:
        """The generation's last question, None where it asked none."""
        records = self._query_prefix(request_id, f"{prefix_of(generation)}{APPROVAL}#")
        return last_approval({f"{APPROVAL}#{name}": record for name, record in records.items()})

    def load_token(self, request_id: str, generation: int, approval: Approval) -> str:
        """The token that the state waits with for this question's answer."""
        record = self._get(request_id, _record(generation, approval.number, ASKED))
        return str((record or {})[TOKEN])


def _record(generation: int, number: int, what: str) -> str:
    return f"{prefix_of(generation)}{APPROVAL}#{number:02d}#{what}"


def last_approval(records: Mapping[str, Mapping[str, Any]]) -> Approval | None:
    """The last question among a generation's records, by their names behind the generation."""
    numbers = [name.split("#")[1] for name in records if name.startswith(f"{APPROVAL}#")]
    if not numbers:
        return None
    parts = (records.get(f"{APPROVAL}#{max(numbers)}#{what}", {}) for what in (ASKED, DECIDED, LAPSED))
    known = {field: value for part in parts for field, value in part.items() if field in Approval.__struct_fields__}
    return msgspec.convert({**known, "number": int(known["number"])}, Approval)
