"""RequestPeering and AcceptPeering: the connection is made as planned, and recorded."""

import pytest

from causeway.domain.model.errors import LedgerMissing, Throttled
from causeway.domain.model.network import PeeringStatus
from causeway.domain.model.tags import connection_tags
from causeway.domain.model.values import PerSide
from causeway.steps.accept_peering import accept_peering
from causeway.steps.request_peering import request_peering
from tests.domain.networks import CONNECTION_ID, change, connection
from tests.domain.situations import with_connection
from tests.ledger import Ledger

from .conftest import RecordingWriter
from .samples import MADE, NETWORKS, STEP, THROTTLED, WANTED, planned

pytestmark = pytest.mark.usefixtures("begun")


def test_the_connection_is_requested_and_then_accepted_as_planned(ledger: Ledger) -> None:
    planned(ledger)
    writer = RecordingWriter()

    assert request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer) == MADE
    assert ledger.holdings.load(WANTED.request_id).connection_ids == (MADE,)
    assert accept_peering(STEP, runs=ledger.runs, writer=writer) == MADE

    run = ledger.runs.load(WANTED.request_id, 1)
    create, accept = run.saved_plan.changes[:2]
    assert writer.asked == [(create,), (accept, MADE)]
    assert sorted(change.sentence for change in run.done) == [accept.sentence, create.sentence]
    assert run.known_connection_id == MADE


def test_a_repetition_leaves_the_same_records(ledger: Ledger) -> None:
    planned(ledger)
    writer = RecordingWriter()
    request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer)
    once = ledger.runs.load(WANTED.request_id, 1)

    request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=writer)

    again = ledger.runs.load(WANTED.request_id, 1)
    assert change(again, changed_at=once.changed_at) == once


def test_a_connection_that_the_plan_found_is_accepted(ledger: Ledger) -> None:
    pending = connection(NETWORKS, PeeringStatus.PENDING_ACCEPTANCE, tags=connection_tags(WANTED))
    planned(ledger, networks=PerSide.of(lambda side: with_connection(NETWORKS[side], pending)))
    writer = RecordingWriter()

    assert accept_peering(STEP, runs=ledger.runs, writer=writer) == CONNECTION_ID
    ((_, accepted),) = writer.asked
    assert accepted == CONNECTION_ID


def test_accepting_without_a_connection_gives_up(ledger: Ledger) -> None:
    planned(ledger)

    with pytest.raises(LedgerMissing, match="no connection"):
        accept_peering(STEP, runs=ledger.runs, writer=RecordingWriter())


def test_a_request_that_fails_records_nothing(ledger: Ledger) -> None:
    planned(ledger)

    with pytest.raises(Throttled):
        request_peering(STEP, runs=ledger.runs, holdings=ledger.holdings, writer=RecordingWriter(error=THROTTLED))

    run = ledger.runs.load(WANTED.request_id, 1)
    assert (run.done, run.connection_id) == ((), None)
