from collections import Counter

import pytest

from causeway.aws.writer import Writer
from causeway.domain.errors import ResourceNotFound, RouteConflict
from causeway.domain.plan import CreateRoute
from causeway.domain.request import VpcRef
from causeway.domain.values import Side

from .conftest import World

IPV6 = "2600:1f18:1234:5600::/56"


@pytest.fixture
def writer(world: World) -> Writer:
    return Writer(world.sessions)


@pytest.fixture
def connection_id(world: World, requester: VpcRef, accepter: VpcRef) -> str:
    return world.peer(requester, accepter)


def route(table: str, destination: str = "192.168.0.0/16") -> CreateRoute:
    return CreateRoute(side=Side.REQUESTER, route_table_id=table, destination=destination)


def targets(world: World, vpc: VpcRef, table: str) -> dict[str, str]:
    routes = world.ec2(vpc).describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return {
        each.get("DestinationCidrBlock") or each["DestinationIpv6CidrBlock"]: each["VpcPeeringConnectionId"]
        for each in routes
        if "VpcPeeringConnectionId" in each
    }


def test_routes_of_both_families_are_made_with_one_call_each(
    world: World, writer: Writer, requester: VpcRef, connection_id: str
) -> None:
    changes = [route(table, block) for table in world.route_tables(requester, 20) for block in ("192.168.0.0/16", IPV6)]

    applied = writer.create_routes(requester, connection_id, changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    for change in changes:
        assert targets(world, requester, change.route_table_id) == {"192.168.0.0/16": connection_id, IPV6: connection_id}
    assert Counter(world.calls)["CreateRoute"] == 40
    assert "DescribeRouteTables" not in world.calls


def test_a_repetition_makes_no_route_and_looks_at_all_tables_in_one_call(
    world: World, writer: Writer, requester: VpcRef, connection_id: str
) -> None:
    changes = [route(table) for table in world.route_tables(requester, 10)]
    first = writer.create_routes(requester, connection_id, changes)

    assert writer.create_routes(requester, connection_id, changes) == first
    assert Counter(world.calls)["DescribeRouteTables"] == 1


def test_somebody_elses_route_is_named_and_left_alone_and_the_others_are_made(
    world: World, writer: Writer, requester: VpcRef, connection_id: str
) -> None:
    first, taken, last = world.route_tables(requester, 3)
    elsewhere = world.peer(requester, world.vpc("172.16.0.0/16"))
    world.ec2(requester).create_route(
        RouteTableId=taken, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=elsewhere
    )

    applied = writer.create_routes(requester, connection_id, [route(first), route(taken), route(last)])

    assert applied.done == (route(first), route(last))
    assert isinstance(applied.error, RouteConflict)
    assert str(applied.error).startswith(f"{taken} routes 192.168.0.0/16 to {elsewhere} already.")
    assert targets(world, requester, taken) == {"192.168.0.0/16": elsewhere}


def test_a_table_that_is_gone_is_an_error_and_the_others_are_done(
    world: World, writer: Writer, requester: VpcRef, connection_id: str
) -> None:
    gone, present = world.route_tables(requester, 2)
    world.ec2(requester).delete_route_table(RouteTableId=gone)

    applied = writer.create_routes(requester, connection_id, [route(gone), route(present)])

    assert applied.done == (route(present),)
    assert isinstance(applied.error, ResourceNotFound)
    assert gone in str(applied.error)


def test_no_changes_are_no_calls(world: World, writer: Writer, requester: VpcRef) -> None:
    assert writer.create_routes(requester, "pcx-1", []).done == ()
    assert "CreateRoute" not in world.calls
