"""The accounts that the suite runs in; see `settings`. What a test makes is taken away when it ends."""

import uuid
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.conformance.accounts import Account, accounts
from tests.conformance.cleanup import Cleanup
from tests.conformance.embedded import embedded_aws
from tests.conformance.settings import SETTINGS


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests share networks, so they stay on one worker."""
    for item in items:
        if "conformance" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group(f"conformance-{item.path.stem}"))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    if SETTINGS.endpoint:
        yield SETTINGS.endpoint
    else:
        with embedded_aws() as url:
            yield url


@pytest.fixture(scope="session")
def _cleanup() -> Cleanup:
    return Cleanup()


@pytest.fixture(scope="session")
def _accounts(endpoint: str, _cleanup: Cleanup) -> tuple[Account, Account]:
    return accounts(SETTINGS, endpoint, _cleanup)


@pytest.fixture(scope="session")
def account(_accounts: tuple[Account, Account]) -> Account:
    """The account that most of the calls are made in."""
    return _accounts[0]


@pytest.fixture(scope="session")
def peer(_accounts: tuple[Account, Account]) -> Account:
    """The other account."""
    return _accounts[1]


@pytest.fixture(scope="session")
def other_region() -> str:
    return SETTINGS.regions[1]


@pytest.fixture(scope="session")
def unique() -> Callable[[], str]:
    """A name that nothing else has."""
    run, numbers = uuid.uuid4().hex[:8], count(1)
    return lambda: f"conformance-{run}-{next(numbers)}"


@pytest.fixture(scope="module", autouse=True)
def _module_is_cleaned_up(_cleanup: Cleanup) -> Iterator[None]:
    with _cleanup.scope():
        yield


@pytest.fixture(autouse=True)
def _test_is_cleaned_up(_module_is_cleaned_up: None, _cleanup: Cleanup) -> Iterator[None]:
    with _cleanup.scope():
        yield
