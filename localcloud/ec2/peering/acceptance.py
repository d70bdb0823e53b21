"""Accepting and rejecting: by the accepter alone, in its own region, and one connection for each pair of VPCs."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidVPCPeeringConnectionStateTransitionError,
    OperationNotPermitted2,
    OperationNotPermitted3,
    OperationNotPermitted5,
)
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.peering import lifecycle
from localcloud.ec2.peering.connections import (
    anywhere,
    end,
    mark_accepted,
    not_found,
    pair_of,
    refuse_another_active,
    sides_of,
    status_of,
    visible_connections,
)
from localcloud.ec2.peering.describing import answer
from localcloud.ec2.peering.lifecycle import ESTABLISHED, PENDING, Ending, Status


@replaces(VPCPeeringConnections, "accept_vpc_peering_connection")
def accept(_: Callable[..., Any], self: Any) -> Any:
    """AcceptVpcPeeringConnection answers `provisioning`; `active` comes a little later."""
    connection = self.ec2_backend.accept_vpc_peering_connection(self._get_param("VpcPeeringConnectionId"))
    return answer(self.ec2_backend, connection, Status("provisioning", "Provisioning"))


@replaces(VPCPeeringConnectionBackend, "accept_vpc_peering_connection")
def accept_on_the_accepters_side(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Only the accepter accepts, in its own region, a pending request, and one per pair of VPCs.

    Raises:
        EC2ClientError: InvalidVpcPeeringConnectionID.NotFound, OperationNotPermitted, InvalidStateTransition,
            VpcPeeringConnectionAlreadyExists, VpcPeeringConnectionsPerVpcLimitExceeded.
    """
    connection = _pending_at_the_accepter(self, vpc_pcx_id, "accept", OperationNotPermitted2)
    _refuse_a_second_of_the_pair(connection)
    for vpc in (connection.vpc, connection.peer_vpc):
        refuse_another_active(vpc)
    mark_accepted(connection)
    return connection


@replaces(VPCPeeringConnectionBackend, "reject_vpc_peering_connection")
def reject_on_the_accepters_side(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Only the accepter rejects, in its own region, a pending request. Errors as for the acceptance."""
    connection = _pending_at_the_accepter(self, vpc_pcx_id, "reject", OperationNotPermitted3)
    end(connection, Ending("rejected", timing.now(), "accepter", self.account_id))
    return connection


def _pending_at_the_accepter(backend: Any, connection_id: str, verb: str, wrong_region: Any) -> Any:
    connection = anywhere(connection_id)
    if connection is None:
        not_found(connection_id)
    _refuse_if_not_the_accepter(connection, backend, verb, wrong_region)
    hidden = lifecycle.is_hidden(connection.lifecycle, timing.now(), timing.current())
    if hidden or connection not in visible_connections(backend):
        not_found(connection_id)
    if status_of(connection).code != "pending-acceptance":
        raise InvalidVPCPeeringConnectionStateTransitionError(connection_id)
    return connection


def _refuse_if_not_the_accepter(connection: Any, backend: Any, verb: str, wrong_region: Any) -> None:
    """The requester may not (OperationNotPermitted); the accepter may, elsewhere (OperationNotPermitted)."""
    requester, accepter = connection.vpc, connection.peer_vpc
    if "accepter" in sides_of(connection, backend):
        return
    if backend.account_id == accepter.owner_id and backend.region_name == requester.region:
        raise wrong_region(backend.region_name, connection.id, accepter.region)
    if "requester" in sides_of(connection, backend):
        raise OperationNotPermitted5(backend.account_id, connection.id, verb)
    not_found(connection.id)


def _refuse_a_second_of_the_pair(connection: Any) -> None:
    """VpcPeeringConnectionAlreadyExists: another connection of the two VPCs is established, or was asked for before."""
    of_the_pair = [other for other in connection.ec2_backend.vpc_pcxs.values() if pair_of(other) == pair_of(connection)]
    earlier = of_the_pair[: of_the_pair.index(connection)]
    for other in of_the_pair:
        code = status_of(other).code
        if code in ESTABLISHED or (code in PENDING and other in earlier):
            message = f"A VPC peering connection already exists between these VPCs: {other.id}"
            raise EC2ClientError("VpcPeeringConnectionAlreadyExists", message)
