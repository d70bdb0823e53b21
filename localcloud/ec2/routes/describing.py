"""A route's state, and the filters of DescribeRouteTables."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import FilterNotImplementedError
from moto.ec2.models.route_tables import Route, RouteTable

from localcloud.core.patching import replaces
from localcloud.ec2.filters import unknown_filter
from localcloud.ec2.peering.connections import is_active


@replaces(Route, "state")
def a_route_without_an_active_connection_is_a_blackhole(original: Callable[..., str], self: Any) -> str:
    """`blackhole` while the peering connection is pending, and for ever after its deletion."""
    if self.vpc_pcx is not None and not is_active(self.vpc_pcx):
        return "blackhole"
    return original(self)


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
