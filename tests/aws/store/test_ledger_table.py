"""What all records of the ledger have in common."""

from datetime import UTC, datetime, timedelta
from typing import Any

from causeway.aws.store.requests_table import RequestsTable
from causeway.domain.planning.ownership import Holdings
from tests.ledger import Ledger

from .samples import REQUEST
from .test_requests_table import put_from_event


def test_every_record_says_when_it_was_written(requests: RequestsTable, ledger: Ledger, client: Any) -> None:
    put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1")
    ledger.generations.of_change("one", "1")
    ledger.runs.save_request(1, REQUEST)
    ledger.holdings.save("one", Holdings())
    ledger.locks.acquire("one", "first")
    ledger.locks.take_over("one", "second", "first")

    items = client.scan(TableName="ledger")["Items"]
    assert {item["record"]["S"] for item in items} == {"EVENT#event-1", "HEAD", "0000000001#REQUEST", "HOLDINGS", "LOCK"}
    for item in items:
        assert datetime.now(UTC) - datetime.fromisoformat(item["at"]["S"]) < timedelta(minutes=1)
