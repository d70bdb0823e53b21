"""Routes: created at once, looked at together where a destination is taken already, and before they are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causeway.aws.errors import REMEDIES, translated
from causeway.domain.model.addressing import is_ipv6
from causeway.domain.model.errors import (
    CausewayError,
    PeeringNotActive,
    PeeringNotVisible,
    ResourceNotFound,
    RouteConflict,
    ServiceUnavailable,
)
from causeway.domain.planning.kinds import DeleteRoute

from . import conversion
from .applied import Applied
from .pages import describe_all
from .writer import KindWriter, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, RouteTableTypeDef

    from causeway.domain.model.network import Route
    from causeway.domain.model.request import VpcRef
    from causeway.domain.planning.kinds import CreateRoute

SPECIAL: dict[str, type[CausewayError]] = {
    "RouteAlreadyExists": RouteConflict,
    "InvalidVpcPeeringConnectionID.NotFound": PeeringNotVisible,
    "IncorrectState": PeeringNotActive,
}


class RouteWriter(KindWriter):
    """Creates and deletes routes, a side's at once."""

    def add(self, target: Target, changes: Sequence[CreateRoute]) -> Applied:
        """Makes the routes. One that leads to the connection already is done; one that does not is a conflict.

        What is in a route's place as a black hole of ours is deleted first: the write role may not replace routes.
        """
        client, vpc, connection_id = self._client(target.vpc), target.vpc, target.known_connection_id
        cleared = self.remove(target, [_hole(change, change.replaces) for change in changes if change.replaces])
        if cleared.error is not None:
            return Applied(done=(), error=cleared.error)
        with self._pool() as pool:
            errors = pool.map(lambda change: _create(client, vpc, connection_id, change), changes)
            outcomes = dict(zip(changes, errors, strict=True))
        taken = [change for change, error in outcomes.items() if isinstance(error, RouteConflict)]
        if taken:
            outcomes |= _look_at(client, vpc, connection_id, taken)
        return Applied.of(outcomes)

    def remove(self, target: Target, changes: Sequence[DeleteRoute]) -> Applied:
        """Deletes the routes that lead where the plan saw them lead. One that is not shown, or leads elsewhere by now, is done.

        IAM knows no condition on a route's target, so the tables are looked at first.
        """
        if not changes:
            return Applied(done=())
        client, vpc = self._client(target.vpc), target.vpc
        here: FilterTypeDef = {"Name": "vpc-id", "Values": [vpc.vpc_id]}
        try:
            routes = _routes(describe_all(client, vpc, "describe_route_tables", "RouteTables", [here]))
        except CausewayError as error:
            return Applied.of(dict.fromkeys(changes, error))
        ours = [change for change in changes if _leads_to(routes.get(_key(change)), change.target)]
        with self._pool() as pool:
            errors = dict(zip(ours, pool.map(lambda change: _delete(client, vpc, change), ours), strict=True))
        hidden = (change for change in changes if _key(change) not in routes)
        return Applied.of(dict.fromkeys(changes) | errors, hidden)


def _hole(change: CreateRoute, target: str) -> DeleteRoute:
    return DeleteRoute(side=change.side, route_table_id=change.route_table_id, destination=change.destination, target=target)


def _create(client: EC2Client, vpc: VpcRef, connection_id: str, change: CreateRoute) -> CausewayError | None:
    try:
        with translated(_place(vpc, change), SPECIAL):
            if is_ipv6(change.destination):
                client.create_route(
                    RouteTableId=change.route_table_id,
                    DestinationIpv6CidrBlock=change.destination,
                    VpcPeeringConnectionId=connection_id,
                )
            else:
                client.create_route(
                    RouteTableId=change.route_table_id,
                    DestinationCidrBlock=change.destination,
                    VpcPeeringConnectionId=connection_id,
                )
    except CausewayError as error:
        return error
    return None


def _delete(client: EC2Client, vpc: VpcRef, change: DeleteRoute) -> CausewayError | None:
    try:
        with translated(_place(vpc, change)):
            if is_ipv6(change.destination):
                client.delete_route(RouteTableId=change.route_table_id, DestinationIpv6CidrBlock=change.destination)
            else:
                client.delete_route(RouteTableId=change.route_table_id, DestinationCidrBlock=change.destination)
    except ResourceNotFound:
        return None
    except CausewayError as error:
        return error
    return None


def _look_at(
    client: EC2Client, vpc: VpcRef, connection_id: str, taken: Sequence[CreateRoute]
) -> dict[CreateRoute, CausewayError | None]:
    """AWS refuses a taken destination, also where the route would be the same: its target decides whose it is."""
    try:
        with translated(str(vpc)):
            answer = client.describe_route_tables(RouteTableIds=sorted({change.route_table_id for change in taken}))
    except CausewayError as error:
        return dict.fromkeys(taken, error)
    routes = _routes(answer["RouteTables"])
    return {change: _judge(vpc, connection_id, change, routes.get(_key(change))) for change in taken}


def _routes(raw: Iterable[RouteTableTypeDef]) -> dict[tuple[str, str], Route]:
    """The routes by table and destination."""
    tables = map(conversion.route_table, raw)
    return {(table.route_table_id, route.destination): route for table in tables for route in table.routes}


def _key(change: CreateRoute | DeleteRoute) -> tuple[str, str]:
    return change.route_table_id, change.destination


def _leads_to(route: Route | None, target: str) -> bool:
    return route is not None and route.leads_to(target)


def _judge(vpc: VpcRef, connection_id: str, change: CreateRoute, route: Route | None) -> CausewayError | None:
    if route is None:
        return ServiceUnavailable(
            f"AWS says that a route to {change.destination} exists, but does not show it yet.",
            where=_place(vpc, change),
            remedy=REMEDIES[ServiceUnavailable],
        )
    if route.leads_to(connection_id):
        return None
    return RouteConflict(
        f"{change.route_table_id} routes {change.destination} to {route.target} already.",
        where=_place(vpc, change),
        remedy=f"Remove that route or leave the table out, then put the request again. Wanted was {connection_id}.",
    )


def _place(vpc: VpcRef, change: CreateRoute | DeleteRoute) -> str:
    return f"{change.route_table_id} of {vpc}"
