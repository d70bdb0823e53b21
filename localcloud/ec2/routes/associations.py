"""Associations of route tables: one for each subnet, within a VPC; the main one moves, and never goes.

Sources: AssociateRouteTable, DisassociateRouteTable and DeleteRouteTable in the EC2 API Reference. Error codes are those that
callers have met.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.route_tables import RouteBackend
from moto.ec2.responses.route_tables import RouteTables

from localcloud.core.patching import replaces
from localcloud.ec2.errors import in_use, invalid_parameter


@replaces(RouteBackend, "associate_route_table")
def associate_route_table(
    original: Callable[..., str], self: Any, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
) -> str:
    """AssociateRouteTable of a subnet that has another table: Resource.AlreadyAssociated.

    A subnet of another VPC: InvalidParameterValue.
    """
    table = self.get_route_table(route_table_id)
    if subnet_id is not None:
        if self.get_subnet(subnet_id).vpc_id != table.vpc_id:
            raise invalid_parameter(f"route table {table.id} and subnet {subnet_id} belong to different networks")
        if any(subnet_id in other._associations.values() for other in self.route_tables.values() if other is not table):
            message = f"the specified association for route table {table.id} conflicts with an existing association"
            raise EC2ClientError("Resource.AlreadyAssociated", message)
    return original(self, route_table_id, gateway_id, subnet_id)


@replaces(RouteBackend, "disassociate_route_table")
def the_main_association_stays(original: Callable[..., Any], self: Any, association_id: str) -> Any:
    """DisassociateRouteTable of a main association: InvalidParameterValue. Unknown: InvalidAssociationID.NotFound."""
    if any(table.main_association_id == association_id for table in self.route_tables.values()):
        raise invalid_parameter(f"cannot disassociate the main route table association {association_id}")
    return original(self, association_id)


@replaces(RouteTables, "delete_route_table")
def the_main_table_stays(original: Callable[..., Any], self: Any) -> Any:
    """DeleteRouteTable of a main table: DependencyViolation. It goes with its VPC."""
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    if table.main_association_id is not None:
        raise in_use("routeTable", table.id)
    return original(self)


@replaces(RouteBackend, "create_route_table")
def no_gateway_propagates(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """A table shows its propagating gateways, also where there are none."""
    table = original(self, *args, **kwargs)
    table.propagating_vgws = []
    return table
