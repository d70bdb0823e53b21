"""The ledger's records of the questions that a generation asked a person: each one asked, decided, lapsed.

A record is written once, but for the task token, which is another one when the step that asks is tried again. No token leaves
the ledger but for Step Functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from causeway.aws.errors import translated
from causeway.clock import timestamp
from causeway.domain.authority.approval import Approval

from .codec import attributes, packed, plain, prefix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from causeway.domain.planning.plan import Plan

APPROVAL = "APPROVAL"
HEAD = "HEAD"
TOKEN = "token"  # noqa: S105 - the name of an attribute
ASKED, DECIDED, LAPSED = "ASKED", "DECIDED", "LAPSED"


class Approvals:
    """What was asked and decided, in the ledger's table."""

    def __init__(self, table_name: str, client: DynamoDBClient) -> None:
        self._table_name = table_name
        self._client = client

    def save_question(self, plan: Plan, approval: Approval, token: str) -> None:
        """Records what is asked, with the plan as it is shown; and at the request's head, which generation asked."""
        question = {"checksum": approval.checksum, "reasons": approval.reasons, "asked_at": approval.asked_at}
        item = self._item(plan.request_id, plan.generation, approval, ASKED, token=token, payload=packed(plan), **question)
        with translated(self._place(plan.request_id)):
            self._client.put_item(TableName=self._table_name, Item=item)
            self._client.update_item(
                TableName=self._table_name,
                Key=attributes(request_id=plan.request_id, record=HEAD),
                UpdateExpression="SET asked = :generation",
                ExpressionAttributeValues=attributes(**{":generation": plan.generation}),
            )

    def save_decision(self, request_id: str, generation: int, decided: Approval) -> bool:
        """Records what came of the question. False where that is on record already: the first word counts."""
        word = {"decision": decided.decision, "decided_by": decided.decided_by, "decided_at": decided.decided_at}
        item = self._item(request_id, generation, decided, DECIDED, reason=decided.reason, **word)
        with translated(self._place(request_id)):
            try:
                self._client.put_item(
                    TableName=self._table_name, Item=item, ConditionExpression="attribute_not_exists(request_id)"
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def save_lapse(self, request_id: str, generation: int, lapsed: Approval) -> None:
        """Records that the answer, or the wait for one, has lost its meaning."""
        item = self._item(request_id, generation, lapsed, LAPSED, lapsed_at=lapsed.lapsed_at)
        with translated(self._place(request_id)):
            self._client.put_item(TableName=self._table_name, Item=item)

    def load_last(self, request_id: str, generation: int) -> Approval | None:
        """The generation's last question, None where it asked none."""
        with translated(self._place(request_id)):
            answer = self._client.query(
                TableName=self._table_name,
                KeyConditionExpression="request_id = :id AND begins_with(#record, :prefix)",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues=attributes(**{":id": request_id, ":prefix": f"{prefix_of(generation)}{APPROVAL}#"}),
                ConsistentRead=True,
            )
        records = (plain(item) for item in answer["Items"])
        return last_approval({record["record"].removeprefix(prefix_of(generation)): record for record in records})

    def load_token(self, request_id: str, generation: int, approval: Approval) -> str:
        """The token that the state waits with for this question's answer."""
        key = attributes(request_id=request_id, record=_record(generation, approval.number, ASKED))
        with translated(self._place(request_id)):
            answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return str(plain(answer["Item"])[TOKEN])

    def _item(self, request_id: str, generation: int, approval: Approval, what: str, **values: object) -> dict[str, Any]:
        record = _record(generation, approval.number, what)
        return attributes(request_id=request_id, record=record, at=timestamp(), number=approval.number, **values)

    def _place(self, request_id: str) -> str:
        return f"table {self._table_name}, request {request_id}"


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
