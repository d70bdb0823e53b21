from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest

from causeway.aws import sessions
from causeway.aws.sessions import Access, Hub, MemberSessions
from causeway.domain.model.request import VpcRef

from .conftest import EAST, PRODUCTION, TEST, WEST, World


def ref(account: str, region: str = EAST) -> VpcRef:
    return VpcRef(account_id=account, region=region, vpc_id="vpc-1")


def test_a_client_acts_in_the_vpcs_account_and_region(world: World) -> None:
    vpc = world.vpc("10.0.0.0/16", account=PRODUCTION, region=WEST)

    seen = world.sessions.ec2(vpc, Access.READ).describe_vpcs(VpcIds=[vpc.vpc_id])["Vpcs"]

    assert [each["OwnerId"] for each in seen] == [PRODUCTION]


def test_a_role_is_assumed_once_for_all_regions(world: World) -> None:
    east = world.sessions.ec2(ref(TEST), Access.READ)

    assert world.sessions.ec2(ref(TEST), Access.READ) is east
    assert world.sessions.ec2(ref(TEST, WEST), Access.READ).meta.region_name == WEST
    assert world.calls == ["AssumeRole"]


def test_a_role_is_one_of_the_partition_that_the_functions_run_in(world: World) -> None:
    asked: list[dict[str, Any]] = []
    session = boto3.Session(region_name="us-gov-west-1")
    session.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: asked.append(params))
    members = MemberSessions(roles={Access.READ: "reader"}, external_id="id", session_name="tests", hub=Hub(session))

    members.ec2(ref(TEST, "us-gov-west-1"), Access.READ)

    assert [each["RoleArn"] for each in asked] == [f"arn:aws-us-gov:iam::{TEST}:role/reader"]


def test_reading_and_writing_are_two_roles(world: World) -> None:
    assert world.sessions.ec2(ref(TEST), Access.READ) is not world.sessions.ec2(ref(TEST), Access.WRITE)
    assert world.calls == ["AssumeRole", "AssumeRole"]


def test_a_role_is_assumed_anew_shortly_before_it_expires(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.sessions.ec2(ref(TEST), Access.READ)
    assert world.sessions.ec2(ref(TEST), Access.READ) is first

    monkeypatch.setattr(sessions, "EXPIRY_MARGIN", timedelta(minutes=61))

    assert world.sessions.ec2(ref(TEST), Access.READ) is not first


def test_calls_are_retried_in_standard_mode_and_time_out_soon(world: World) -> None:
    config: Any = world.sessions.ec2(ref(TEST), Access.READ).meta.config

    assert config.retries == {"mode": "standard", "total_max_attempts": 8}
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (3, 20, 16)


def test_two_threads_that_need_one_account_assume_its_role_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        clients = set(pool.map(lambda _: world.sessions.ec2(ref(TEST), Access.READ), range(8)))

    assert len(clients) == 1
    assert world.calls == ["AssumeRole"]
