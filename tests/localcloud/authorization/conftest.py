"""Moto's accounts behind the authorization check."""

from collections.abc import Callable, Iterator

import pytest
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud import ec2 as emulated_ec2
from localcloud.authorization.check import AuthorizationCheck
from localcloud.iam import managed_policies
from tests.localcloud.authorization.accounts import Accounts
from tests.localcloud.http_endpoint import HUB, MEMBER, serving


@pytest.fixture(scope="module")
def listeners() -> list[Callable[[str], None]]:
    return []


@pytest.fixture(scope="module")
def aws(listeners: list[Callable[[str], None]]) -> Iterator[Accounts]:
    managed_policies.install()
    emulated_ec2.install()
    with serving(AuthorizationCheck(DomainDispatcherApplication(create_backend_app), listeners)) as endpoint:
        yield Accounts(endpoint)


@pytest.fixture(autouse=True)
def no_roles_are_left(aws: Accounts) -> Iterator[None]:
    yield
    for account_id in (HUB, MEMBER):
        iam_backends[account_id]["aws"].roles.clear()
