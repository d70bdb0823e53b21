"""The ledger's generations: one for each change of an item, however often its record is delivered."""

from tests.ledger import Ledger


def test_each_change_of_an_item_has_its_own_generation_and_a_redelivery_the_same(ledger: Ledger) -> None:
    assert ledger.generations.of_change("one", "111100000000000000001") == 1
    assert ledger.generations.of_change("one", "111100000000000000001") == 1
    assert ledger.generations.of_change("one", "111100000000000000002") == 2
    assert ledger.generations.of_change("two", "111100000000000000003") == 1


def test_a_change_older_than_the_last_one_has_no_generation(ledger: Ledger) -> None:
    ledger.generations.of_change("one", "1000000000000000000000")

    assert ledger.generations.of_change("one", "999999999999999999999") is None
    assert ledger.generations.of_change("one", "1000000000000000000001") == 2


def test_the_newest_generation_is_that_of_the_newest_change(ledger: Ledger) -> None:
    assert ledger.generations.newest("one") == 0

    ledger.generations.of_change("one", "111100000000000000001")
    ledger.generations.of_change("one", "111100000000000000002")
    ledger.generations.of_change("two", "111100000000000000003")

    assert ledger.generations.newest("one") == 2
