"""The ledger's history: the records of every generation, in order."""

from causeway.domain.lifecycle.run import Occasion
from causeway.domain.model.request import Request
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import Change
from causeway.domain.planning.ownership import Holdings
from tests.ledger import Ledger

from .samples import REQUEST, ROUTE


def test_the_history_has_the_records_of_all_generations_and_no_others(ledger: Ledger) -> None:
    ledger.generations.of_change("one", "1")
    ledger.locks.acquire("one", "first")
    ledger.holdings.save("one", Holdings(request=REQUEST))
    ledger.runs.save_request(1, REQUEST)
    ledger.runs.save_superseded("one", 1)
    ledger.runs.save_request(12, REQUEST, Occasion.REMOVAL)
    ledger.runs.save_done("one", 12, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))

    records = ledger.history.records("one")

    assert [(record.generation, record.name) for record in records] == [
        (1, "REQUEST"),
        (1, "SUPERSEDED"),
        (12, "DONE#requester#UpdateRouteTables"),
        (12, "REQUEST"),
    ]
    assert records[2].payload(tuple[Change, ...]) == (ROUTE,)
    assert (records[3].payload(Request), records[3].fields["occasion"]) == (REQUEST, "removal")
    assert ledger.history.records("two") == ()
