"""DNS options: each side sets its own, once the connection is active."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections

from localcloud.core.patching import replaces
from localcloud.ec2.peering.connections import is_active, sides_of

if TYPE_CHECKING:
    from localcloud.ec2.peering.lifecycle import Side

_DNS = "AllowDnsResolutionFromRemoteVpc"


@replaces(VPCPeeringConnections, "modify_vpc_peering_connection_options")
def modify_options(_: Callable[..., Any], self: Any) -> Any:
    """ModifyVpcPeeringConnectionOptions answers the sides that it was given."""
    asked = {key: self._get_param(key, {}) for key in ("AccepterPeeringConnectionOptions", "RequesterPeeringConnectionOptions")}
    connection = self.ec2_backend.modify_vpc_peering_connection_options(
        self._get_param("VpcPeeringConnectionId"), *asked.values()
    )
    now = dict(zip(asked, (connection.accepter_options, connection.requester_options), strict=True))
    return ActionResult({key: now[key] for key, options in asked.items() if options})


@replaces(VPCPeeringConnectionBackend, "modify_vpc_peering_connection_options")
def options_of_ones_own_side_once_active(
    original: Callable[..., Any],
    self: Any,
    vpc_pcx_id: str,
    accepter_options: dict[str, Any] | None = None,
    requester_options: dict[str, Any] | None = None,
) -> Any:
    """Each side sets its own options, in its account and region, once the connection is active.

    Raises:
        EC2ClientError: InvalidVpcPeeringConnectionID.NotFound, OperationNotPermitted, or, where DNS resolution is
            asked for and a VPC has no DNS support or hostnames, InvalidVpcPeeringConnectionState.DnsHostnamesDisabled.
    """
    connection = self.get_vpc_peering_connection(vpc_pcx_id)
    asked: dict[Side, dict[str, Any] | None] = {"accepter": accepter_options, "requester": requester_options}
    for side, options in asked.items():
        if options and side not in sides_of(connection, self):
            message = f"User {self.account_id} cannot modify {side} peering options of {vpc_pcx_id}"
            raise EC2ClientError("OperationNotPermitted", message)
    if not is_active(connection):
        message = f"Peering {vpc_pcx_id} is not active. Peering options can be added only to active peerings."
        raise EC2ClientError("OperationNotPermitted", message)
    if any(options and options.get(_DNS) for options in asked.values()):
        _refuse_without_dns(connection)
    return original(self, vpc_pcx_id, accepter_options, requester_options)


def _refuse_without_dns(connection: Any) -> None:
    for vpc in (connection.vpc, connection.peer_vpc):
        if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            message = f"DNS support and DNS hostnames must be enabled for {vpc.id}"
            raise EC2ClientError("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled", message)
