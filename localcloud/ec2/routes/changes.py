"""CreateRoute, ReplaceRoute and DeleteRoute."""

from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import InvalidRouteError, RouteAlreadyExistsError
from moto.ec2.models.route_tables import RouteBackend
from moto.ec2.responses.route_tables import RouteTables

from localcloud.core.patching import replaces
from localcloud.ec2 import quotas
from localcloud.ec2.cidr_blocks import IpNetwork, network
from localcloud.ec2.errors import invalid_parameter
from localcloud.ec2.prefix_lists import lists
from localcloud.ec2.routes.destinations import (
    Destination,
    Parameters,
    destination_and_target,
    destination_of,
    family_of,
    parse_destination,
    route_to,
)
from localcloud.ec2.routes.targets import is_inside_target, refuse_unusable_target
from localcloud.servicequotas.vpc_quotas import ROUTES


@replaces(RouteBackend, "create_route")
def create_route(
    original: Callable[..., Any],
    self: Any,
    route_table_id: str,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """CreateRoute never overwrites: a destination that is there, `local` too, is RouteAlreadyExists.

    The destination is stored without host bits. moto's own errors come after these.

    Raises:
        EC2ClientError: MissingParameter, InvalidParameterCombination, InvalidParameterValue,
            InvalidVpcPeeringConnectionID.NotFound, RouteAlreadyExists, RouteLimitExceeded.
    """
    destination, target = destination_and_target(args, kwargs)
    if target.get("local"):
        return original(self, route_table_id, **destination.parameters, local=True)
    table = self.get_route_table(route_table_id)
    refuse_unusable_target(self, table, target)
    _refuse_existing(table, destination)
    _refuse_inside_the_vpc(table, destination, target)
    _refuse_over_the_quota(self, table, destination)
    return original(self, route_table_id, **destination.parameters, **target)


@replaces(RouteBackend, "replace_route")
def replace_route(
    original: Callable[..., Any],
    self: Any,
    route_table_id: str,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """ReplaceRoute retargets an existing route. No route to there: InvalidRoute.NotFound. Targets: as CreateRoute."""
    destination, target = destination_and_target(args, kwargs)
    table = self.get_route_table(route_table_id)
    refuse_unusable_target(self, table, target)
    existing = route_to(table, destination)
    if existing is None:
        raise InvalidRouteError(route_table_id, destination.text)
    if existing.local and not is_inside_target(target):
        raise _only_inside_targets(destination)
    return original(self, route_table_id, **destination.parameters, **target)


@replaces(RouteBackend, "delete_route")
def delete_route(
    original: Callable[..., Any],
    self: Any,
    route_table_id: str,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """DeleteRoute finds the route by its canonical destination. Missing: InvalidRoute.NotFound."""
    destination, _ = destination_and_target(args, kwargs)
    return original(self, route_table_id, **destination.parameters)


@replaces(RouteTables, "delete_route")
def local_routes_stay(original: Callable[..., Any], self: Any) -> Any:
    """DeleteRoute refuses a `local` route: InvalidParameterValue. It goes with its CIDR block only."""
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    destination = parse_destination(
        self._get_param("DestinationCidrBlock"),
        self._get_param("DestinationIpv6CidrBlock"),
        self._get_param("DestinationPrefixListId"),
    )
    route = route_to(table, destination)
    if route is not None and route.local:
        raise invalid_parameter(f"cannot remove local route {destination.text} in route table {table.id}")
    original(self)
    return EmptyResult()


def _refuse_existing(table: Any, destination: Destination) -> None:
    if route_to(table, destination) is not None:
        raise RouteAlreadyExistsError(destination.text)


def _refuse_inside_the_vpc(table: Any, destination: Destination, target: Parameters) -> None:
    """Inside the VPC's own blocks only middleboxes may be targets: InvalidParameterValue."""
    inside = destination.network
    if inside is None or is_inside_target(target):
        return
    if any(_contains(local, inside) for local in _local_networks(table)):
        raise _only_inside_targets(destination)


def _only_inside_targets(destination: Destination) -> Exception:
    return invalid_parameter(
        f"The destination CIDR block {destination.text} is equal to or more specific than one of this VPC's CIDR "
        "blocks. This route can target only an interface or an instance."
    )


def _local_networks(table: Any) -> Iterable[IpNetwork]:
    for route in table.routes:
        if route.local:
            yield network(route.destination_cidr_block or route.destination_ipv6_cidr_block)


def _contains(outer: IpNetwork, inner: IpNetwork) -> bool:
    return outer.version == inner.version and outer.overlaps(inner) and outer.prefixlen <= inner.prefixlen


def _refuse_over_the_quota(backend: Any, table: Any, destination: Destination) -> None:
    """RouteLimitExceeded, IPv4 and IPv6 apart. `local` routes do not count; a prefix list counts as its size."""
    family = family_of(backend, destination)
    others = [destination_of(route) for route in table.routes if not route.local]
    of_family = [each for each in (*others, destination) if family_of(backend, each) == family]
    count = sum(lists.weight(backend, each.prefix_list_id) for each in of_family)
    quotas.enforce(ROUTES, backend, count, table.id)
