"""Roles of the two accounts."""

from collections.abc import Callable

import pytest

from tests.conformance.accounts import Account
from tests.conformance.policies import Roles


@pytest.fixture
def roles(account: Account, unique: Callable[[], str]) -> Roles:
    return Roles(account, unique)


@pytest.fixture
def peer_roles(peer: Account, unique: Callable[[], str]) -> Roles:
    return Roles(peer, unique)
