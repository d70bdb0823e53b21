"""Routes: what may be routed where, in which state a route is, and which route tables a describe finds."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from moto.core.responses import EmptyResult
from moto.ec2.exceptions import (
    EC2ClientError,
    FilterNotImplementedError,
    InvalidRouteError,
    MissingParameter,
    RouteAlreadyExistsError,
)
from moto.ec2.models.route_tables import Route, RouteBackend, RouteTable
from moto.ec2.responses.route_tables import RouteTables

from localcloud.core.patching import replaces
from localcloud.ec2 import prefix_lists, quotas
from localcloud.ec2.cidr_blocks import Network, network
from localcloud.ec2.lifecycle import LIVE
from localcloud.ec2.peering import is_active, not_found, status_of
from localcloud.ec2.selecting import unknown_filter

type Parameters = dict[str, Any]

_DESTINATIONS = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
_POSITIONAL = (*_DESTINATIONS, "nat_gateway_id", "egress_only_igw_id", "transit_gateway_id")
_TARGETS = (
    "gateway_id",
    "instance_id",
    "nat_gateway_id",
    "egress_only_igw_id",
    "transit_gateway_id",
    "interface_id",
    "vpc_peering_connection_id",
    "carrier_gateway_id",
    "vpc_endpoint_id",
)
_TARGETS_INSIDE_THE_VPC = frozenset({"instance_id", "interface_id", "nat_gateway_id", "vpc_endpoint_id"})
_NOT_FOUND_BY_TARGET = {
    "nat_gateway_id": ("nat_gateways", "InvalidNatGatewayID.NotFound"),
    "transit_gateway_id": ("transit_gateways", "InvalidTransitGatewayID.NotFound"),
}


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a route leads; exactly one of the three is given."""

    ipv4: str | None = None
    ipv6: str | None = None
    prefix_list_id: str | None = None

    @property
    def text(self) -> str:
        return str(self.ipv4 or self.ipv6 or self.prefix_list_id)

    @property
    def network(self) -> Network | None:
        return None if self.prefix_list_id else network(self.text)

    @property
    def parameters(self) -> Parameters:
        """The same as keyword arguments of moto's methods."""
        return dict(zip(_DESTINATIONS, (self.ipv4, self.ipv6, self.prefix_list_id), strict=True))


# Creating, replacing, deleting


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
    destination, target = _destination_and_target(args, kwargs)
    if target.get("local"):
        return original(self, route_table_id, **destination.parameters, local=True)
    table = self.get_route_table(route_table_id)
    _refuse_unusable_target(self, table, target)
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
    destination, target = _destination_and_target(args, kwargs)
    table = self.get_route_table(route_table_id)
    _refuse_unusable_target(self, table, target)
    existing = _route_to(table, destination)
    if existing is None:
        raise InvalidRouteError(route_table_id, destination.text)
    if existing.local and not _is_inside_target(target):
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
    destination, _ = _destination_and_target(args, kwargs)
    return original(self, route_table_id, **destination.parameters)


@replaces(RouteTables, "delete_route")
def local_routes_stay(original: Callable[..., Any], self: Any) -> Any:
    """DeleteRoute refuses a `local` route: InvalidParameterValue. It goes with its CIDR block only."""
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    destination = _destination(
        self._get_param("DestinationCidrBlock"),
        self._get_param("DestinationIpv6CidrBlock"),
        self._get_param("DestinationPrefixListId"),
    )
    route = _route_to(table, destination)
    if route is not None and route.local:
        message = f"cannot remove local route {destination.text} in route table {table.id}"
        raise EC2ClientError("InvalidParameterValue", message)
    original(self)
    return EmptyResult()


@replaces(Route, "state")
def a_route_without_an_active_connection_is_a_blackhole(original: Callable[..., str], self: Any) -> str:
    """`blackhole` while the peering connection is pending, and for ever after its deletion."""
    if self.vpc_pcx is not None and not is_active(self.vpc_pcx):
        return "blackhole"
    return original(self)


# Finding


@replaces(RouteTable, "get_filter_value")
def filters_that_moto_lacks(original: Callable[..., Any], self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """DescribeRouteTables filters by every part of a route. An unknown filter: InvalidParameterValue."""
    by_route = {
        "route.state": "state",
        "route.origin": "origin",
        "route.destination-ipv6-cidr-block": "destination_ipv6_cidr_block",
        "route.destination-prefix-list-id": "destination_prefix_list_id",
        "route.instance-id": "instance_id",
        "route.egress-only-internet-gateway-id": "egress_only_internet_gateway_id",
        "route.gateway-id": "gateway_id",
    }
    if filter_name in by_route:
        values = (getattr(route, by_route[filter_name]) for route in self.routes)
        return [value for value in values if value is not None]
    if filter_name == "association.main":
        return [str(association["Main"]).lower() for association in self.associations]
    if filter_name == "association.gateway-id":
        return [target for target in self._associations.values() if target.startswith("igw-")]
    try:
        return original(self, filter_name, method_name)
    except FilterNotImplementedError as error:
        raise unknown_filter(filter_name) from error


# The rules


def _destination_and_target(args: tuple[Any, ...], kwargs: Parameters) -> tuple[Destination, Parameters]:
    """Take apart what moto's responses and its CloudFormation pass, by position or by name."""
    given = dict(zip(_POSITIONAL, args, strict=False)) | kwargs
    ipv4, ipv6, prefix_list_id = (given.pop(name, None) for name in _DESTINATIONS)
    if ipv4 and ipv4.startswith("pl-"):  # as moto does when it deletes a gateway endpoint
        ipv4, prefix_list_id = None, ipv4
    return _destination(ipv4, ipv6, prefix_list_id), given


def _destination(ipv4: str | None, ipv6: str | None, prefix_list_id: str | None) -> Destination:
    """Exactly one destination, without host bits: 10.0.0.5/16 is 10.0.0.0/16."""
    given = [each for each in (ipv4, ipv6, prefix_list_id) if each]
    if not given:
        raise MissingParameter("The request must contain the parameter destinationCidrBlock")
    if len(given) > 1:
        raise EC2ClientError("InvalidParameterCombination", "The request must contain exactly one destination")
    if prefix_list_id:
        return Destination(prefix_list_id=prefix_list_id)
    return Destination(ipv6=_block(ipv6, 6)) if ipv6 else Destination(ipv4=_block(given[0], 4))


def _block(cidr: str, version: int) -> str:
    message = f"Value ({cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."
    try:
        block = network(cidr)
    except ValueError as error:
        raise EC2ClientError("InvalidParameterValue", message) from error
    if block.version != version:
        raise EC2ClientError("InvalidParameterValue", message)
    return str(block)


def _refuse_unusable_target(backend: Any, table: Any, target: Parameters) -> None:
    given = [name for name in _TARGETS if target.get(name)]
    if len(given) != 1:
        code = "InvalidParameterCombination" if given else "MissingParameter"
        message = "The request must contain exactly one of gatewayId, natGatewayId, vpcPeeringConnectionId, ..."
        raise EC2ClientError(code, message)
    name = given[0]
    if name == "vpc_peering_connection_id":
        _refuse_unusable_connection(backend, table, target[name])
    if name in _NOT_FOUND_BY_TARGET:
        collection, code = _NOT_FOUND_BY_TARGET[name]
        if target[name] not in getattr(backend, collection):
            raise EC2ClientError(code, f"The ID '{target[name]}' does not exist")


def _refuse_unusable_connection(backend: Any, table: Any, connection_id: str) -> None:
    """A pending connection may be routed to; one that has ended is not found; nor may another VPC's be used."""
    connection = backend.get_vpc_peering_connection(connection_id)
    if status_of(connection).code not in LIVE:
        not_found(connection_id)
    if table.vpc_id not in {connection.vpc.id, connection.peer_vpc.id}:
        message = f"route table {table.id} and network gateway {connection_id} belong to different networks"
        raise EC2ClientError("InvalidParameterValue", message)


def _refuse_existing(table: Any, destination: Destination) -> None:
    if _route_to(table, destination) is not None:
        raise RouteAlreadyExistsError(destination.text)


def _refuse_inside_the_vpc(table: Any, destination: Destination, target: Parameters) -> None:
    """Inside the VPC's own blocks only middleboxes may be targets: InvalidParameterValue."""
    inside = destination.network
    if inside is None or _is_inside_target(target):
        return
    if any(_contains(local, inside) for local in _local_networks(table)):
        raise _only_inside_targets(destination)


def _only_inside_targets(destination: Destination) -> Exception:
    error: Exception = EC2ClientError(
        "InvalidParameterValue",
        f"The destination CIDR block {destination.text} is equal to or more specific than one of this VPC's CIDR "
        "blocks. This route can target only an interface or an instance.",
    )
    return error


def _is_inside_target(target: Parameters) -> bool:
    return target.get("gateway_id") == "local" or any(target.get(name) for name in _TARGETS_INSIDE_THE_VPC)


def _local_networks(table: Any) -> Iterable[Network]:
    for route in table.routes:
        if route.local:
            yield network(route.destination_cidr_block or route.destination_ipv6_cidr_block)


def _contains(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and outer.overlaps(inner) and outer.prefixlen <= inner.prefixlen


def _refuse_over_the_quota(backend: Any, table: Any, destination: Destination) -> None:
    """RouteLimitExceeded, IPv4 and IPv6 apart. `local` routes do not count; a prefix list counts as its size."""
    family = _family(backend, destination)
    routes = [Destination(**_parts(route)) for route in table.routes if not route.local]
    count = sum(_weight(backend, each) for each in [*routes, destination] if _family(backend, each) == family)
    quotas.enforce(quotas.ROUTES, backend, count, table.id)


def _parts(route: Any) -> dict[str, str | None]:
    return {
        "ipv4": route.destination_cidr_block,
        "ipv6": route.destination_ipv6_cidr_block,
        "prefix_list_id": route.destination_prefix_list_id,
    }


def _family(backend: Any, destination: Destination) -> int:
    if destination.prefix_list_id:
        return prefix_lists.family(backend, destination.prefix_list_id)
    return 6 if destination.ipv6 else 4


def _weight(backend: Any, destination: Destination) -> int:
    return prefix_lists.size(backend, destination.prefix_list_id) if destination.prefix_list_id else 1


def _route_to(table: Any, destination: Destination) -> Any | None:
    return next((route for route in table.routes if Destination(**_parts(route)) == destination), None)
