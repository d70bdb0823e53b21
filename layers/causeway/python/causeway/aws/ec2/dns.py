"""The DNS option of each side of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causeway.aws.errors import translated
from causeway.domain.model.errors import CausewayError, PeeringNotActive, PeeringNotVisible
from causeway.domain.model.values import Side

from .applied import Applied
from .writer import KindWriter, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2.type_defs import PeeringConnectionOptionsRequestTypeDef

    from causeway.domain.planning.kinds import SetDnsResolution

ERRORS: dict[str, type[CausewayError]] = {
    "InvalidVpcPeeringConnectionID.NotFound": PeeringNotVisible,
    "OperationNotPermitted": PeeringNotActive,
}


class DnsWriter(KindWriter):
    """Sets a side's own option."""

    def add(self, target: Target, changes: Sequence[SetDnsResolution]) -> Applied:
        """Sets the option.

        Raises:
            PeeringNotActive: The connection is still provisioning.
        """
        for change in changes:
            self._set(target, change)
        return Applied(done=tuple(changes))

    def _set(self, target: Target, change: SetDnsResolution) -> None:
        client, connection_id = self._client(target.vpc), target.known_connection_id
        options: PeeringConnectionOptionsRequestTypeDef = {"AllowDnsResolutionFromRemoteVpc": change.allow}
        with translated(f"{connection_id}, for {target.vpc}", ERRORS):
            if change.role is Side.REQUESTER:
                client.modify_vpc_peering_connection_options(
                    VpcPeeringConnectionId=connection_id, RequesterPeeringConnectionOptions=options
                )
            else:
                client.modify_vpc_peering_connection_options(
                    VpcPeeringConnectionId=connection_id, AccepterPeeringConnectionOptions=options
                )
