"""An account's quotas: its own values, one call, kept for an hour, and none where they may not be read."""

from collections.abc import Iterator

import pytest

from causeway.aws.ec2.quotas import KEPT_SECONDS, QuotaReader
from causeway.aws.ec2.reader import Reader
from causeway.domain.model.errors import AccessDenied
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request, VpcRef
from causeway.domain.planning.kinds import connection, routes, rules
from localcloud.servicequotas import vpc_quotas
from tests.aws.conftest import EAST, PRODUCTION, TEST, World


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def own_values() -> Iterator[None]:
    yield
    vpc_quotas.clear_overrides()


def asked(world: World) -> int:
    return world.calls.count("ListServiceQuotas")


def test_the_accounts_own_values_are_read(world: World, requester: VpcRef, accepter: VpcRef) -> None:
    vpc_quotas.override(vpc_quotas.OwnQuota(account_id=TEST, region=EAST, code=connection.ACTIVE_CONNECTIONS.code, value=125))
    reader = QuotaReader(world.sessions)

    assert reader.of(requester)[connection.ACTIVE_CONNECTIONS.code] == 125
    assert reader.of(accepter)[connection.ACTIVE_CONNECTIONS.code] == connection.ACTIVE_CONNECTIONS.default


def test_the_documented_defaults_are_those_that_aws_tells(world: World, requester: VpcRef) -> None:
    values = QuotaReader(world.sessions).of(requester)

    for quota in (connection.ACTIVE_CONNECTIONS, connection.OUTSTANDING_REQUESTS, routes.QUOTA, rules.QUOTA):
        assert values[quota.code] == quota.default


def test_they_are_kept_for_an_hour_for_each_account_and_region(world: World, requester: VpcRef, accepter: VpcRef) -> None:
    clock = Clock()
    reader = QuotaReader(world.sessions, clock)

    for vpc in (requester, accepter, requester, accepter):
        reader.of(vpc)
    assert asked(world) == 2

    clock.now = KEPT_SECONDS + 1
    reader.of(requester)
    assert asked(world) == 3


def test_where_they_may_not_be_read_the_defaults_have_to_do(
    world: World, request_of_both: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(vpc: VpcRef, access: object) -> object:
        raise AccessDenied("AccessDeniedException: no.", where=str(vpc), remedy="Allow it.")

    monkeypatch.setattr(world.sessions, "service_quotas", denied)

    observed = Reader(world.sessions).observe_both(request_of_both, quotas=True)

    for seen in (observed.requester, observed.accepter):
        assert isinstance(seen, Snapshot)
        assert seen.quotas == {}


def test_a_look_without_a_plan_needs_none(world: World, request_of_both: Request) -> None:
    Reader(world.sessions).observe_both(request_of_both)

    assert asked(world) == 0


def test_outstanding_requests_are_the_whole_accounts(world: World, request_of_both: Request) -> None:
    other, peer = world.vpc("172.16.0.0/16"), world.vpc("172.17.0.0/16", account=PRODUCTION)
    world.request_peering(other, peer)
    world.peer(other, world.vpc("172.18.0.0/16", account=PRODUCTION))

    observed = Reader(world.sessions).observe_both(request_of_both, quotas=True)

    assert isinstance(observed.requester, Snapshot)
    assert observed.requester.outstanding_requests == 1
