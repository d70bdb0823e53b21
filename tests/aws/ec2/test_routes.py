from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.routes import RouteWriter
from causeway.domain.model.errors import AccessDenied, PeeringNotActive, ResourceNotFound, RouteConflict
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateRoute, DeleteRoute
from tests.aws.conftest import PRODUCTION, WEST, World, target

IPV6 = "2600:1f18:1234:5600::/56"


@pytest.fixture
def writer(world: World) -> RouteWriter:
    return RouteWriter(world.sessions)


@pytest.fixture
def connection_id(world: World, requester: VpcRef, accepter: VpcRef) -> str:
    return world.peer(requester, accepter)


def route(table: str, destination: str = "192.168.0.0/16") -> CreateRoute:
    return CreateRoute(side=Side.REQUESTER, route_table_id=table, destination=destination)


def deletion(table: str, connection_id: str, destination: str = "192.168.0.0/16") -> DeleteRoute:
    return DeleteRoute(side=Side.REQUESTER, route_table_id=table, destination=destination, target=connection_id)


def targets(world: World, vpc: VpcRef, table: str) -> dict[str, str]:
    routes = world.ec2(vpc).describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return {
        each.get("DestinationCidrBlock") or each["DestinationIpv6CidrBlock"]: each["VpcPeeringConnectionId"]
        for each in routes
        if "VpcPeeringConnectionId" in each
    }


def test_routes_of_both_families_are_made_with_one_call_each(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    changes = [route(table, block) for table in world.route_tables(requester, 20) for block in ("192.168.0.0/16", IPV6)]

    applied = writer.add(target(requester, connection_id=connection_id), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    for change in changes:
        assert targets(world, requester, change.route_table_id) == {"192.168.0.0/16": connection_id, IPV6: connection_id}
    assert Counter(world.calls)["CreateRoute"] == 40
    assert "DescribeRouteTables" not in world.calls


def test_a_repetition_makes_no_route_and_looks_at_all_tables_in_one_call(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    changes = [route(table) for table in world.route_tables(requester, 10)]
    first = writer.add(target(requester, connection_id=connection_id), changes)

    assert writer.add(target(requester, connection_id=connection_id), changes) == first
    assert Counter(world.calls)["DescribeRouteTables"] == 1


def test_somebody_elses_route_is_named_and_left_alone_and_the_others_are_made(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    first, taken, last = world.route_tables(requester, 3)
    elsewhere = world.peer(requester, world.vpc("172.16.0.0/16"))
    world.ec2(requester).create_route(
        RouteTableId=taken, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=elsewhere
    )

    applied = writer.add(target(requester, connection_id=connection_id), [route(first), route(taken), route(last)])

    assert applied.done == (route(first), route(last))
    assert isinstance(applied.error, RouteConflict)
    assert str(applied.error).startswith(f"{taken} routes 192.168.0.0/16 to {elsewhere} already.")
    assert targets(world, requester, taken) == {"192.168.0.0/16": elsewhere}


def test_a_hole_that_our_connection_left_is_replaced_and_a_repetition_finds_it_done(
    world: World, writer: RouteWriter, requester: VpcRef, accepter: VpcRef, connection_id: str
) -> None:
    (table,) = world.route_tables(requester, 1)
    writer.add(target(requester, connection_id=connection_id), [route(table)])
    world.ec2(requester).delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    anew = world.peer(requester, accepter)
    replacing = msgspec.structs.replace(route(table), replaces=connection_id)

    first = writer.add(target(requester, connection_id=anew), [replacing])

    assert (first.done, first.error) == ((replacing,), None)
    assert targets(world, requester, table) == {"192.168.0.0/16": anew}
    assert writer.add(target(requester, connection_id=anew), [replacing]) == first


def test_a_route_that_somebody_put_in_place_of_our_hole_is_left_alone(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    (table,) = world.route_tables(requester, 1)
    elsewhere = world.peer(requester, world.vpc("172.16.0.0/16"))
    world.ec2(requester).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=elsewhere
    )

    applied = writer.add(
        target(requester, connection_id=connection_id), [msgspec.structs.replace(route(table), replaces="pcx-gone")]
    )

    assert isinstance(applied.error, RouteConflict)
    assert targets(world, requester, table) == {"192.168.0.0/16": elsewhere}


def test_a_table_that_is_gone_is_an_error_and_the_others_are_done(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    gone, present = world.route_tables(requester, 2)
    world.ec2(requester).delete_route_table(RouteTableId=gone)

    applied = writer.add(target(requester, connection_id=connection_id), [route(gone), route(present)])

    assert applied.done == (route(present),)
    assert isinstance(applied.error, ResourceNotFound)
    assert gone in str(applied.error)


def test_no_changes_are_no_calls(world: World, writer: RouteWriter, requester: VpcRef) -> None:
    assert writer.add(target(requester, connection_id="pcx-1"), []).done == ()
    assert "CreateRoute" not in world.calls


def test_routes_of_both_families_are_deleted_after_one_look_at_all_tables(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    tables, blocks = world.route_tables(requester, 10), ("192.168.0.0/16", IPV6)
    writer.add(target(requester, connection_id=connection_id), [route(table, block) for table in tables for block in blocks])
    kept = world.route_tables(requester, 1)[0]
    writer.add(target(requester, connection_id=connection_id), [route(kept)])
    changes = [deletion(table, connection_id, block) for table in tables for block in blocks]

    applied = writer.remove(target(requester), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert all(targets(world, requester, table) == {} for table in tables)
    assert targets(world, requester, kept) == {"192.168.0.0/16": connection_id}
    assert Counter(world.calls)["DeleteRoute"] == 20
    assert Counter(world.calls)["DescribeRouteTables"] == 1


def test_a_half_done_deletion_of_routes_is_finished_and_repeated_without_a_call(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    tables = world.route_tables(requester, 4)
    writer.add(target(requester, connection_id=connection_id), [route(table) for table in tables])
    changes = [deletion(table, connection_id) for table in tables]
    writer.remove(target(requester), changes[:2])

    for _ in range(2):
        assert writer.remove(target(requester), changes).done == tuple(changes)

    assert Counter(world.calls)["DeleteRoute"] == 4


def test_more_tables_than_a_page_holds_are_all_looked_at(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    tables = world.route_tables(requester, 105)
    first, last = tables[0], tables[-1]
    writer.add(target(requester, connection_id=connection_id), [route(first), route(last)])

    applied = writer.remove(target(requester), [deletion(first, connection_id), deletion(last, connection_id)])

    assert applied.error is None
    assert targets(world, requester, first) == targets(world, requester, last) == {}
    assert Counter(world.calls)["DescribeRouteTables"] == 2


def test_a_route_that_leads_elsewhere_by_now_is_left_alone(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    retargeted, ours = world.route_tables(requester, 2)
    writer.add(target(requester, connection_id=connection_id), [route(retargeted), route(ours)])
    elsewhere = world.peer(requester, world.vpc("172.16.0.0/16"))
    world.ec2(requester).replace_route(
        RouteTableId=retargeted, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=elsewhere
    )
    changes = [deletion(retargeted, connection_id), deletion(ours, connection_id)]

    applied = writer.remove(target(requester), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert targets(world, requester, retargeted) == {"192.168.0.0/16": elsewhere}
    assert Counter(world.calls)["DeleteRoute"] == 1


def test_a_table_of_another_vpc_is_left_alone(world: World, writer: RouteWriter, requester: VpcRef, connection_id: str) -> None:
    other = world.vpc("172.16.0.0/16")
    (table,) = world.route_tables(other, 1)
    elsewhere = world.peer(other, world.vpc("192.168.0.0/16"))
    writer.add(target(other, connection_id=elsewhere), [route(table)])

    writer.remove(target(requester), [deletion(table, elsewhere)])

    assert targets(world, other, table) == {"192.168.0.0/16": elsewhere}


def test_a_route_whose_table_is_gone_is_deleted(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    gone, present = world.route_tables(requester, 2)
    writer.add(target(requester, connection_id=connection_id), [route(gone), route(present)])
    world.ec2(requester).delete_route_table(RouteTableId=gone)
    changes = [deletion(gone, connection_id), deletion(present, connection_id)]

    applied = writer.remove(target(requester), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert targets(world, requester, present) == {}


@pytest.mark.parametrize(
    "vanish",
    [
        lambda ec2, table: ec2.delete_route(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16"),
        lambda ec2, table: ec2.delete_route_table(RouteTableId=table),
    ],
    ids=["route", "table"],
)
def test_what_vanishes_between_the_look_and_the_deletion_is_deleted(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str, vanish: Callable[[Any, str], object]
) -> None:
    (table,) = world.route_tables(requester, 1)
    writer.add(target(requester, connection_id=connection_id), [route(table)])
    ec2 = world.ec2(requester)
    world.before("DeleteRoute", lambda: vanish(ec2, table))
    change = deletion(table, connection_id)

    assert writer.remove(target(requester), [change]) == Applied(done=(change,))
    assert Counter(world.calls)["DeleteRoute"] == 1


def test_the_hole_that_a_deleted_connection_left_is_closed_across_regions(
    world: World, writer: RouteWriter, requester: VpcRef
) -> None:
    west = world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST)
    connection_id = world.peer(requester, west)
    (table,) = world.route_tables(west, 1)
    writer.add(target(west, connection_id=connection_id), [route(table, "10.0.0.0/16")])
    world.ec2(requester).delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)

    writer.remove(target(west), [deletion(table, connection_id, "10.0.0.0/16")])

    assert targets(world, west, table) == {}


def test_a_route_that_is_not_shown_is_told_apart_from_one_that_leads_elsewhere(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    gone, taken = world.route_tables(requester, 2)
    writer.add(target(requester, connection_id=connection_id), [route(taken)])
    changes = (deletion(gone, connection_id), deletion(taken, "pcx-0123456789abcdef0"))

    assert writer.remove(target(requester), changes) == Applied(done=changes, hidden=changes[:1])
    assert targets(world, requester, taken) == {"192.168.0.0/16": connection_id}


def test_one_refused_deletion_does_not_stop_the_others(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    guarded, free = world.route_tables(requester, 2)
    writer.add(target(requester, connection_id=connection_id), [route(guarded), route(free)])
    world.deny("ec2", "DeleteRoute", about=guarded)

    applied = writer.remove(target(requester), [deletion(guarded, connection_id), deletion(free, connection_id)])

    assert applied.done == (deletion(free, connection_id),)
    assert isinstance(applied.error, AccessDenied)
    assert guarded in str(applied.error)


def test_tables_that_may_not_be_looked_at_keep_their_routes(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    (table,) = world.route_tables(requester, 1)
    writer.add(target(requester, connection_id=connection_id), [route(table)])
    world.deny("ec2", "DescribeRouteTables", about=requester.vpc_id)

    applied = writer.remove(target(requester), [deletion(table, connection_id)])

    assert applied.done == ()
    assert isinstance(applied.error, AccessDenied)
    assert targets(world, requester, table) == {"192.168.0.0/16": connection_id}


def test_a_connection_that_takes_no_routes_yet_is_tried_again_later(
    world: World, writer: RouteWriter, requester: VpcRef, connection_id: str
) -> None:
    world.deny("ec2", "CreateRoute", about=connection_id, code="IncorrectState")
    (table,) = world.route_tables(requester, 1)

    applied = writer.add(target(requester, connection_id=connection_id), [route(table)])

    assert isinstance(applied.error, PeeringNotActive)
