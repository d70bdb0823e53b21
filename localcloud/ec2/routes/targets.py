"""A route's target: exactly one, which exists, and which the route table's VPC may use."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError, MissingParameter

from localcloud.ec2.errors import invalid_combination, invalid_parameter
from localcloud.ec2.peering.connections import not_found, status_of
from localcloud.ec2.peering.lifecycle import LIVE
from localcloud.ec2.routes.destinations import Parameters

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


def refuse_unusable_target(backend: Any, table: Any, target: Parameters) -> None:
    given = [name for name in _TARGETS if target.get(name)]
    if len(given) != 1:
        exactly_one = "The request must contain exactly one of gatewayId, natGatewayId, vpcPeeringConnectionId, ..."
        raise invalid_combination(exactly_one) if given else MissingParameter(exactly_one)
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
        raise invalid_parameter(f"route table {table.id} and network gateway {connection_id} belong to different networks")


def is_inside_target(target: Parameters) -> bool:
    """Whether the target is in the VPC itself."""
    return target.get("gateway_id") == "local" or any(target.get(name) for name in _TARGETS_INSIDE_THE_VPC)
