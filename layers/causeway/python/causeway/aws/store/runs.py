"""The ledger's records of one run: what it is about, what was planned, done, found and undone, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import Status
from causeway.domain.model.errors import LedgerMissing
from causeway.domain.model.findings import Finding
from causeway.domain.model.request import Request
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Undo
from causeway.domain.reachability.verdicts import Verdict
from causeway.domain.witnesses.testimonies import Testimony, WitnessCall

from .approvals import last_approval
from .codec import packed, unpacked
from .ledger_table import LedgerTable, prefix_of, record_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from causeway.domain.model.values import Side

    type Records = Mapping[str, Mapping[str, Any]]
    """A generation's records, by their names behind the generation."""

REQUEST = "REQUEST"
PLAN = "PLAN"
CONNECTION = "CONNECTION"
DONE = "DONE"
VERDICTS = "VERDICTS"
EXPOSURES = "EXPOSURES"
FORESEEN = "FORESEEN"
CALLS = "CALLS"
TESTIMONIES = "TESTIMONIES"
SUPERSEDED = "SUPERSEDED"
OUTCOME = "OUTCOME"
BEFORE = "BEFORE"
UNDO = "UNDO"
UNDONE = "UNDONE"


class Runs(LedgerTable):
    """What was planned and done, for each generation of each request."""

    def save_request(self, generation: int, request: Request, occasion: Occasion = Occasion.CHANGE) -> None:
        """Records what the generation is about."""
        self._save(request.request_id, generation, REQUEST, payload=packed(request), occasion=occasion.value)

    def save_plan(self, plan: Plan) -> None:
        self._save(plan.request_id, plan.generation, PLAN, payload=packed(plan))

    def save_foreseen(self, request_id: str, generation: int, verdicts: Sequence[Verdict]) -> None:
        """Records the verdicts that the plan is blocked by."""
        self._save(request_id, generation, FORESEEN, payload=packed(verdicts))

    def save_before(self, request_id: str, generation: int, holdings: Holdings) -> None:
        """Records what the request held before the run; said again, when it holds more, it changes nothing."""
        self._put_once(request_id, prefix_of(generation) + BEFORE, payload=packed(holdings))

    def save_superseded(self, request_id: str, generation: int) -> None:
        """Records that the generation does nothing, because a newer one was there when its turn came."""
        self._save(request_id, generation, SUPERSEDED)

    def save_connection(self, request_id: str, generation: int, connection_id: str) -> None:
        self._save(request_id, generation, CONNECTION, connection_id=connection_id)

    def save_done(self, request_id: str, generation: int, side: Side, step: str, changes: Sequence[Change]) -> None:
        """Records the changes of a step that are in the network now, in place of what its last attempt recorded."""
        self._save(request_id, generation, f"{DONE}#{side}#{step}", payload=packed(changes))

    def save_verdicts(self, request_id: str, generation: int, verdicts: Sequence[Verdict]) -> None:
        self._save(request_id, generation, VERDICTS, payload=packed(verdicts))

    def save_exposures(self, request_id: str, generation: int, findings: Sequence[Finding]) -> None:
        """Records what was found to be open beyond what is asked for."""
        self._save(request_id, generation, EXPOSURES, payload=packed(findings))

    def save_calls(self, request_id: str, generation: int, calls: Sequence[WitnessCall]) -> None:
        """Records the questions that were put so far, in place of what was recorded before."""
        self._save(request_id, generation, CALLS, payload=packed(calls))

    def save_testimonies(self, request_id: str, generation: int, testimonies: Sequence[Testimony]) -> None:
        """Records what the witnesses have said so far, in place of what was recorded before."""
        self._save(request_id, generation, TESTIMONIES, payload=packed(testimonies))

    def save_undo(self, undo: Undo) -> None:
        """Records one attempt to undo the run; the last one counts."""
        self._save(undo.request_id, undo.generation, f"{UNDO}#{undo.round}", payload=packed(undo))

    def save_undone(self, undo: Undo, side: Side, step: str, changes: Sequence[Change]) -> None:
        """Records the inverses of a step that are in the network now, as part of this attempt."""
        self._save(undo.request_id, undo.generation, f"{UNDONE}#{undo.round}#{side}#{step}", payload=packed(changes))

    def save_outcome(self, status: Status) -> None:
        """Records how the generation ended. An item that is gone cannot keep it."""
        self._save(status.request_id, status.generation, OUTCOME, payload=packed(status))

    def load_outcome(self, request_id: str, generation: int) -> Status | None:
        """How the generation ended; None while it has not."""
        record = self._get(request_id, prefix_of(generation) + OUTCOME)
        return unpacked(record, Status) if record else None

    def load(self, request_id: str, generation: int) -> Run:
        """Everything of one generation, in one consistent query.

        Raises:
            LedgerMissing: No step has saved the request.
        """
        records = self._query_prefix(request_id, prefix_of(generation))
        if REQUEST not in records:
            raise LedgerMissing(
                f"Generation {generation} of request {request_id} is not there.",
                where=self._place(request_id),
                remedy="Put the request again.",
            )
        return _run(generation, records)

    def _save(self, request_id: str, generation: int, record: str, **values: object) -> None:
        self._put(request_id, prefix_of(generation) + record, **values)


def request_record(run: Run) -> dict[str, AttributeValueTypeDef]:
    """What a run is about that no change of the item asks for."""
    since = {} if run.failing_since is None else {"in_vain_since": run.failing_since.isoformat()}
    return record_item(
        run.request.request_id,
        prefix_of(run.generation) + REQUEST,
        payload=packed(run.request),
        occasion=run.occasion.value,
        takes_up=run.resumes,
        **since,
    )


def _run(generation: int, records: Records) -> Run:
    about = records[REQUEST]
    undos = (unpacked(item, Undo) for name, item in records.items() if name.startswith(f"{UNDO}#"))
    undo = max(undos, key=lambda each: each.round, default=None)
    return Run(
        request=unpacked(about, Request),
        generation=generation,
        occasion=Occasion(about["occasion"]),
        plan=_unpacked_or(None, records, PLAN, Plan),
        connection_id=records[CONNECTION]["connection_id"] if CONNECTION in records else None,
        done=_changes(records, f"{DONE}#"),
        verdicts=_unpacked_or(None, records, VERDICTS, tuple[Verdict, ...]),
        foreseen=_unpacked_or((), records, FORESEEN, tuple[Verdict, ...]),
        exposures=_unpacked_or((), records, EXPOSURES, tuple[Finding, ...]),
        calls=_unpacked_or((), records, CALLS, tuple[WitnessCall, ...]),
        heard=_unpacked_or((), records, TESTIMONIES, tuple[Testimony, ...]),
        before=_unpacked_or(NOTHING_HELD, records, BEFORE, Holdings),
        undo=undo,
        undone=_changes(records, f"{UNDONE}#{undo.round}#") if undo else (),
        approval=last_approval(records),
        looked_at=_newest(records, PLAN, f"{UNDO}#"),
        changed_at=_newest(records, f"{DONE}#", f"{UNDONE}#"),
        failing_since=datetime.fromisoformat(since) if (since := about.get("in_vain_since")) else None,
        resumes=about.get("takes_up", False),
    )


def _newest(records: Records, *names: str) -> datetime | None:
    """When the last of the records was written whose names begin so."""
    times = (datetime.fromisoformat(item["at"]) for name, item in records.items() if name.startswith(names))
    return max(times, default=None)


def _unpacked_or[T, D](default: D, records: Records, name: str, kind: type[T]) -> T | D:
    return unpacked(records[name], kind) if name in records else default


def _changes(records: Records, prefix: str) -> tuple[Change, ...]:
    """The changes of every record whose name begins so."""
    found = (unpacked(item, tuple[Change, ...]) for name, item in records.items() if name.startswith(prefix))
    return tuple(change for changes in found for change in changes)
