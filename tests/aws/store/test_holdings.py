"""The ledger's holdings, and the requests that share a pair's connection."""

from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import OwnedRoute
from causeway.domain.planning.ownership import Holdings
from tests.ledger import Ledger

from .samples import REQUEST


def test_holdings_are_the_requests_whatever_the_generation(ledger: Ledger) -> None:
    route = OwnedRoute(side=Side.ACCEPTER, route_table_id="rtb-1", destination="10.0.0.0/16")
    held = Holdings(request=REQUEST, routes=(route,))
    ledger.holdings.save("one", Holdings(request=REQUEST))
    ledger.holdings.save("one", held)

    assert ledger.holdings.load("one") == held
    assert ledger.holdings.load("two") == Holdings()
    ledger.holdings.save("one", Holdings())
    assert ledger.holdings.load("one") == Holdings()


def test_holdings_of_thousands_of_routes_fit_an_item(ledger: Ledger) -> None:
    routes = tuple(
        OwnedRoute(side=side, route_table_id=f"rtb-{table:017x}", destination=f"10.{block}.0.0/16")
        for side in Side
        for table in range(500)
        for block in range(5)
    )

    ledger.holdings.save("one", Holdings(request=REQUEST, routes=routes))

    assert ledger.holdings.load("one").routes == routes


def test_a_pair_knows_who_uses_it_and_neither_lock_nor_others(ledger: Ledger) -> None:
    ledger.locks.acquire("vpc-a#vpc-b", "execution")
    for request_id in ("two", "one", "two"):
        ledger.holdings.add_user("vpc-a#vpc-b", request_id)
    ledger.holdings.add_user("vpc-a#vpc-c", "three")
    assert ledger.holdings.users("vpc-a#vpc-b") == ("one", "two")

    ledger.holdings.remove_user("vpc-a#vpc-b", "one")
    ledger.holdings.remove_user("vpc-a#vpc-b", "never")
    assert ledger.holdings.users("vpc-a#vpc-b") == ("two",)
