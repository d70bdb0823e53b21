"""The history of a request: an entry for each of the ledger's records, in the order of time, in words for people.

Every kind of record is rendered here, or named as one that another entry covers. A record of any other kind is an error, so
that nothing is left out in silence.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from causeway.domain.model.findings import Finding
from causeway.domain.model.request import Request
from causeway.domain.model.values import Value
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Undo
from causeway.domain.reachability.verdicts import Verdict
from causeway.domain.witnesses.testimonies import Testimony, WitnessCall

from .run import Occasion
from .status import Status


class EntryKind(StrEnum):
    """What an entry is about."""

    ASKED = "asked"
    SEEN = "seen"
    HEARD = "heard"
    PLANNED = "planned"
    APPROVAL = "approval"
    DONE = "done"
    UNDONE = "undone"
    SUPERSEDED = "superseded"
    OUTCOME = "outcome"


class Record(Value):
    """A record of one generation, as the ledger has it.

    Attributes:
        name: What stands behind the generation in its key, such as `DONE#requester#UpdateRouteTables`.
        at: When it was written; ISO 8601, UTC.
        fields: Its attributes as plain values, the payload decoded.
    """

    generation: int
    name: str
    at: str
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.name.partition("#")[0]

    def payload[T](self, kind: type[T]) -> T:
        return msgspec.convert(self.fields["payload"], kind)


class Entry(Value):
    """One thing that happened.

    Attributes:
        who: The person who asked or decided, if it is known; else the step, or Causeway.
        text: The first line says it; each further one is a change or a finding.
    """

    generation: int
    at: str
    what: EntryKind
    who: str
    text: str


class UnknownRecord(Exception):
    """The ledger has a record that the history cannot render: it is of a newer Causeway."""

    def __init__(self, record: Record) -> None:
        super().__init__(
            f"The history cannot tell the record {record.name} of generation {record.generation}. Use a newer Causeway."
        )


def render_history(records: Iterable[Record]) -> tuple[Entry, ...]:
    """The entries in the order of time; what is of one moment, in the order of a run.

    Raises:
        UnknownRecord: Neither rendered here nor known to be covered by another entry.
    """
    known = [record for record in records if _is_rendered(record)]
    known.sort(key=lambda record: (record.at, record.generation, _ORDER.index(record.kind)))
    return tuple(RENDERERS[record.kind](record) for record in known)


def _is_rendered(record: Record) -> bool:
    if record.kind not in RENDERERS and record.kind not in COVERED_BY_OTHERS:
        raise UnknownRecord(record)
    return record.kind in RENDERERS


def _request(record: Record) -> Entry:
    request, occasion = record.payload(Request), Occasion(record.fields["occasion"])
    pair = f"{request.requester} and {request.accepter}"
    if record.fields.get("takes_up"):
        what = f"The execution of generation {record.generation - 1} ended without an outcome. The same again."
        return _entry(record, EntryKind.SEEN, "DetectDrift", what)
    if occasion is Occasion.DRIFT:
        return _entry(record, EntryKind.SEEN, "DetectDrift", f"The network is no longer as asked between {pair}.")
    if occasion is Occasion.REMOVAL:
        return _entry(record, EntryKind.ASKED, "the item's deletion", f"Nothing between {pair}.")
    flows = (str(flow) for flow in request.flows)
    return _entry(record, EntryKind.ASKED, request.requested_by or "the item", f"A peering between {pair}.", *flows)


def _plan(record: Record) -> Entry:
    plan = record.payload(Plan)
    findings = _findings(plan.findings)
    if plan.is_blocked:
        return _entry(record, EntryKind.PLANNED, "PlanPeering", "Nothing, because something stands in the way.", *findings)
    changes = (change.sentence for change in plan.changes)
    return _entry(
        record, EntryKind.PLANNED, "PlanPeering", f"{_count(plan.changes)}, checksum {plan.checksum}.", *changes, *findings
    )


def _approval(record: Record) -> Entry:
    *_, what = record.name.split("#")
    return _APPROVAL_RENDERERS[what](record)


def _question(record: Record) -> Entry:
    plan, reasons = record.payload(Plan), record.fields["reasons"]
    told = (*reasons, *(change.sentence for change in plan.changes))
    return _entry(record, EntryKind.APPROVAL, "AskApproval", f"Is {record.fields['checksum']} approved?", *told)


def _decision(record: Record) -> Entry:
    decision, said = record.fields["decision"], record.fields["reason"]
    return _entry(
        record, EntryKind.APPROVAL, record.fields["decided_by"] or "PlanPeering", str(decision), *([said] if said else [])
    )


def _lapse(record: Record) -> Entry:
    return _entry(record, EntryKind.APPROVAL, "Causeway", "Lapsed: the network had changed, or nobody had decided in time.")


_APPROVAL_RENDERERS: dict[str, Callable[[Record], Entry]] = {"ASKED": _question, "DECIDED": _decision, "LAPSED": _lapse}
"""A question has up to three records."""


def _done(record: Record) -> Entry:
    changes = record.payload(tuple[Change, ...])
    _, side, step, *_ = record.name.split("#")
    return _entry(
        record, EntryKind.DONE, step, f"{_count(changes)} on the {side}'s side.", *(each.sentence for each in changes)
    )


def _verdicts(record: Record) -> Entry:
    verdicts = record.payload(tuple[Verdict, ...])
    reachable = sum(verdict.reachable for verdict in verdicts)
    assumed = sum(verdict.reachable and bool(verdict.assumes) for verdict in verdicts)
    with_assumed = f", {assumed} of them between assumed interfaces" if assumed else ""
    others = (verdict for verdict in verdicts if not verdict.reachable)
    told = dict.fromkeys(f"{verdict.result.title()}: {verdict.flow}" for verdict in others)
    text = f"{reachable} of {len(verdicts)} ways are reachable{with_assumed}."
    return _entry(record, EntryKind.SEEN, "CheckReachability", text, *told)


def _calls(record: Record) -> Entry:
    calls = record.payload(tuple[WitnessCall, ...])
    witnesses = dict.fromkeys(call.question.witness.value for call in calls)
    text = f"{len(calls)} questions to {' and '.join(witnesses)}."
    refusals = (f"{call.question.witness.words} was not asked: {call.refusal}" for call in calls if call.refusal)
    return _entry(record, EntryKind.ASKED, "CallWitnesses", text, *dict.fromkeys(refusals))


def _testimonies(record: Record) -> Entry:
    told = record.payload(tuple[Testimony, ...])
    text = f"{sum(each.reachable is True for each in told)} of {len(told)} answers say reachable."
    return _entry(record, EntryKind.HEARD, "HearWitnesses", text, *(each.sentence for each in told))


def _undo(record: Record) -> Entry:
    undo = record.payload(Undo)
    changes = undo.plan.changes
    for_good = (f"Cannot be undone: {each.change.sentence}" for each in undo.reversals if each.inverse is None)
    text = f"{_count(changes)} to undo the run, attempt {undo.round}."
    return _entry(record, EntryKind.PLANNED, "UndoChanges", text, *(each.sentence for each in changes), *for_good)


def _undone(record: Record) -> Entry:
    changes = record.payload(tuple[Change, ...])
    _, _, side, step, *_ = record.name.split("#")
    return _entry(
        record, EntryKind.UNDONE, step, f"{_count(changes)} on the {side}'s side.", *(each.sentence for each in changes)
    )


def _superseded(record: Record) -> Entry:
    return _entry(record, EntryKind.SUPERSEDED, "PlanPeering", "A newer change was there already, and has the last word.")


def _outcome(record: Record) -> Entry:
    status = record.payload(Status)
    return _entry(record, EntryKind.OUTCOME, "Causeway", str(status.state), *_findings(status.findings))


RENDERERS: dict[str, Callable[[Record], Entry]] = {
    "REQUEST": _request,
    "PLAN": _plan,
    "APPROVAL": _approval,
    "DONE": _done,
    "VERDICTS": _verdicts,
    "CALLS": _calls,
    "TESTIMONIES": _testimonies,
    "UNDO": _undo,
    "UNDONE": _undone,
    "SUPERSEDED": _superseded,
    "OUTCOME": _outcome,
}
"""How each kind of record is rendered, in the order in which a run writes them."""

_ORDER = tuple(RENDERERS)

COVERED_BY_OTHERS = frozenset({"CONNECTION", "BEFORE", "EXPOSURES", "FORESEEN"})
"""Records that another entry covers: the connection is among the changes done, what was held before a run among those before
it, what is open beyond what is asked for in the outcome, and what blocks the plan in that."""


def _entry(record: Record, what: EntryKind, who: str, *lines: str) -> Entry:
    return Entry(generation=record.generation, at=record.at, what=what, who=who, text="\n".join(lines))


def _count(changes: tuple[Change, ...]) -> str:
    return "1 change" if len(changes) == 1 else f"{len(changes)} changes"


def _findings(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.code}: {finding.message}" for finding in findings]
