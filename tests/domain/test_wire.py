"""What release 0.1.0 wrote is read as it was meant, and would be written the same: the ledger's records outlive a release.

That release's own code wrote `wire_samples.json`, which is never written again: every kind of change, and every field of every
value that the ledger, an item or a saved network holds, with the checksums that approvals are bound to. Each sample is the
compact JSON of the wire. A new field with a default needs no new sample.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from causeway.domain.authority.approval import Approval
from causeway.domain.lifecycle.saved_network import SavedNetwork
from causeway.domain.lifecycle.status import Status
from causeway.domain.model.findings import Finding
from causeway.domain.model.request import Request
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Undo
from causeway.domain.reachability.verdicts import Verdict
from causeway.domain.witnesses.testimonies import Testimony, WitnessCall

SAMPLES = msgspec.json.decode(Path(__file__).with_name("wire_samples.json").read_bytes(), type=dict[str, msgspec.Raw])
CHECKSUMS = msgspec.json.decode(SAMPLES["checksums"], type=dict[str, str])
TYPES: dict[str, Any] = {
    "plan": Plan,
    "plan_of_a_new_connection": Plan,
    "changes": tuple[Change, ...],
    "request": Request,
    "request_with_defaults": Request,
    "holdings": Holdings,
    "holdings_of_none": Holdings,
    "undo": Undo,
    "approval_asked": Approval,
    "approval_lapsed": Approval,
    "verdicts": tuple[Verdict, ...],
    "findings": tuple[Finding, ...],
    "calls": tuple[WitnessCall, ...],
    "testimonies": tuple[Testimony, ...],
    "status": Status,
    "saved_network": SavedNetwork,
}


def test_every_sample_is_read_by_a_test() -> None:
    assert {*SAMPLES} == {"checksums", *TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_what_is_read_would_be_written_the_same(name: str) -> None:
    value = msgspec.json.decode(SAMPLES[name], type=TYPES[name])

    assert msgspec.json.encode(value).decode() == bytes(SAMPLES[name]).decode()


@pytest.mark.parametrize("name", ["plan", "plan_of_a_new_connection"])
def test_a_plan_has_the_checksum_that_was_approved(name: str) -> None:
    plan = msgspec.json.decode(SAMPLES[name], type=Plan)

    assert plan.checksum == CHECKSUMS[name]


def test_an_undo_comes_to_the_same_plan() -> None:
    undo = msgspec.json.decode(SAMPLES["undo"], type=Undo)

    assert undo.plan.checksum == CHECKSUMS["undo"]
