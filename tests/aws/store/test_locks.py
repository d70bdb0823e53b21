"""The ledger's locks: one holder at a time."""

from tests.ledger import Ledger

PAIR = "PAIR#vpc-1#vpc-2"


def test_a_lock_has_one_holder_who_may_take_it_again(ledger: Ledger) -> None:
    assert ledger.locks.acquire(PAIR, "first") is None
    assert ledger.locks.acquire(PAIR, "first") is None
    assert ledger.locks.acquire(PAIR, "second") == "first"
    assert ledger.locks.acquire("PAIR#vpc-1#vpc-3", "second") is None


def test_only_the_holder_releases_a_lock(ledger: Ledger) -> None:
    ledger.locks.acquire(PAIR, "first")

    ledger.locks.release(PAIR, "second")
    assert ledger.locks.acquire(PAIR, "second") == "first"

    ledger.locks.release(PAIR, "first")
    ledger.locks.release(PAIR, "first")
    assert ledger.locks.acquire(PAIR, "second") is None


def test_a_lock_is_taken_over_from_the_holder_that_was_seen_and_no_other(ledger: Ledger) -> None:
    ledger.locks.acquire(PAIR, "dead")

    assert ledger.locks.take_over(PAIR, "second", "dead")
    assert ledger.locks.take_over(PAIR, "second", "dead"), "the first answer may have been lost"
    assert not ledger.locks.take_over(PAIR, "third", "dead")
    assert ledger.locks.acquire(PAIR, "third") == "second"


def test_a_lock_that_was_released_meanwhile_is_not_taken_over_but_locked(ledger: Ledger) -> None:
    assert not ledger.locks.take_over(PAIR, "second", "dead")
    assert ledger.locks.acquire(PAIR, "second") is None


def test_a_lock_taken_over_is_not_released_by_the_one_who_had_it(ledger: Ledger) -> None:
    ledger.locks.acquire(PAIR, "dead")
    ledger.locks.take_over(PAIR, "second", "dead")

    ledger.locks.release(PAIR, "dead")

    assert ledger.locks.acquire(PAIR, "third") == "second"
