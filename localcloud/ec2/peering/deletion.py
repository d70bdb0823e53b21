"""Deleting: either owner an established connection, only the requester a pending one."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidVPCPeeringConnectionStateTransitionError, OperationNotPermitted5
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.peering.connections import end, sides_of, status_of
from localcloud.ec2.peering.lifecycle import LIVE, PENDING, Ending, Side


@replaces(VPCPeeringConnectionBackend, "delete_vpc_peering_connection")
def delete_what_may_be_deleted(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Either owner deletes an established connection, only the requester a pending one; nothing else can be deleted.

    Raises:
        EC2ClientError: InvalidVpcPeeringConnectionID.NotFound, OperationNotPermitted, InvalidStateTransition.
    """
    connection = self.get_vpc_peering_connection(vpc_pcx_id)
    side = sides_of(connection, self)[0]
    code = status_of(connection).code
    if code not in LIVE:
        raise InvalidVPCPeeringConnectionStateTransitionError(vpc_pcx_id)
    if code in PENDING and side != "requester":
        raise OperationNotPermitted5(self.account_id, vpc_pcx_id, "delete")
    end_by(connection, self, side)
    return connection


def end_by(connection: Any, backend: Any, side: Side) -> None:
    """The account of a side has deleted the connection, or its VPC."""
    end(connection, Ending("deleted", timing.now(), side, backend.account_id))
