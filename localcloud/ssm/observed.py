"""The embedded AWS's networks, as the product observes them."""

from typing import TYPE_CHECKING

from causeway.aws.ec2.reader import Reader
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.network import PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import Side
from localcloud.endpoint.internal import client_for

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


class _OwnSessions(MemberSessions):
    """The embedded AWS's own clients in place of the members' roles: it sees every account, and no fault hits it."""

    def __init__(self) -> None:
        """Needs no role."""

    def ec2(self, vpc: VpcRef, access: Access) -> "EC2Client":  # noqa: ARG002 - it may do both
        client: EC2Client = client_for("ec2", vpc.account_id, vpc.region)
        return client


def observed_around(vpc: VpcRef) -> tuple[list[Snapshot], list[PeeringConnection]]:
    """A VPC with all that its interfaces can reach: its active peers, and the connections to them.

    Raises:
        ResourceNotFound: The VPC is not there.
    """
    reader = Reader(_OwnSessions())
    centre = reader.observe(Side.REQUESTER, vpc, dns=False)
    connections = [each for each in centre.peering_connections if each.status is PeeringStatus.ACTIVE]
    peers = [reader.observe(Side.ACCEPTER, each.peer_of(vpc)[0], dns=False) for each in connections]
    return [centre, *peers], connections
