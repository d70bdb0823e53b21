"""The connection: requested, accepted and deleted. Each can be repeated: it ends in the same network and answers the same."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from causeway.aws.errors import REMEDIES, translated
from causeway.domain.model.errors import (
    CausewayError,
    PeeringConflict,
    PeeringNotActive,
    PeeringNotVisible,
    ResourceNotFound,
    ServiceUnavailable,
)
from causeway.domain.model.network import PeeringConnection, PeeringStatus
from causeway.domain.model.tags import REQUEST_ID_TAG

from . import conversion
from .pages import describe_all
from .reader import describe_peering
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

    from causeway.domain.model.request import VpcRef
    from causeway.domain.planning.kinds import (
        AcceptPeering,
        CreatePeering,
        DeletePeering,
    )

ACCEPT_ERRORS: dict[str, type[CausewayError]] = {
    "InvalidVpcPeeringConnectionID.NotFound": PeeringNotVisible,
    "InvalidStateTransition": PeeringNotActive,
    "VpcPeeringConnectionAlreadyExists": PeeringConflict,
}
"""A state that changed under our eyes is looked at again by the next attempt."""

DELETE_ERRORS: dict[str, type[CausewayError]] = {"InvalidStateTransition": ServiceUnavailable}
"""As with `ACCEPT_ERRORS`: somebody else deletes it, or it expired, since it was looked at."""


class ConnectionWriter(Writer):
    """Requests, accepts and deletes connections."""

    def request_peering(self, change: CreatePeering) -> str:
        """The connection's id. Asked again, AWS gives the connection that is there already, whosever it is: its tag tells.

        Raises:
            PeeringConflict: The connection failed at once, for example because CIDR blocks overlap, or somebody else made it.
            PeeringNotVisible: AWS says that there is one already, and does not show it yet.
        """
        client = self._client(change.vpc)
        try:
            connection = _create(client, change)
        except PeeringConflict:
            connection = _existing(client, change)
        connection_id = connection.connection_id
        if not connection.status.is_live:
            text = f"The connection is {connection.status}: {connection.status_message}."
            raise _conflict(text, connection_id, change.vpc)
        owner = connection.tags.get(REQUEST_ID_TAG)
        if owner != change.tags[REQUEST_ID_TAG]:
            whose = f"Request {owner} made this connection already." if owner else "This connection is somebody else's."
            raise _conflict(whose, connection_id, change.vpc)
        _add_missing_tags(client, connection_id, change.vpc, present=connection.tags, wanted=change.tags)
        return connection_id

    def accept_peering(self, change: AcceptPeering, connection_id: str) -> None:
        """Accepts the connection if it is the one that the plan means, and tags the accepter's side of it.

        Raises:
            PeeringNotVisible: The accepter cannot see it yet.
            PeeringConflict: It joins other VPCs, or is in a terminal state.
        """
        client = self._client(change.vpc)
        connection = describe_peering(client, change.vpc, connection_id) or self._ended_for_requester(change, connection_id)
        if connection is None or connection.status is PeeringStatus.INITIATING_REQUEST:
            raise PeeringNotVisible(
                "The connection is not there to be accepted yet.",
                where=f"{connection_id}, for {change.vpc}",
                remedy=REMEDIES[PeeringNotVisible],
            )
        _verify(connection, change)
        if connection.status is PeeringStatus.PENDING_ACCEPTANCE:
            with translated(f"{connection_id}, for {change.vpc}", ACCEPT_ERRORS):
                client.accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
        _add_missing_tags(client, connection_id, change.vpc, present=connection.tags, wanted=change.tags)

    def delete_peering(self, change: DeletePeering, connection_id: str, request_id: str) -> bool:
        """Deletes the connection, in the requester's account and region. One that is gone or in a terminal state is done.

        Returns:
            Whether EC2 shows the connection: it does for two hours after its deletion.

        Raises:
            PeeringConflict: It joins other VPCs, or was not made for this request.
        """
        client = self._client(change.vpc)
        connection = describe_peering(client, change.vpc, connection_id)
        if connection is None:
            return False
        if not connection.status.is_live:
            return True
        _verify_ours(connection, change, request_id)
        with suppress(ResourceNotFound), translated(f"{connection_id}, for {change.vpc}", DELETE_ERRORS):
            client.delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
        return True

    def _ended_for_requester(self, change: AcceptPeering, connection_id: str) -> PeeringConnection | None:
        """The connection if it ended before the accepter ever saw it: only the requester is told that it failed, and why."""
        connection = describe_peering(self._client(change.peer), change.peer, connection_id)
        return None if connection is None or connection.status.is_live else connection


def _create(client: EC2Client, change: CreatePeering) -> PeeringConnection:
    """Requests the connection, with its tags.

    Raises:
        PeeringConflict: AWS says that there is one already.
    """
    with translated(_pair_of(change), {"VpcPeeringConnectionAlreadyExists": PeeringConflict}):
        answer = client.create_vpc_peering_connection(
            VpcId=change.vpc.vpc_id,
            PeerVpcId=change.peer.vpc_id,
            PeerOwnerId=change.peer.account_id,
            PeerRegion=change.peer.region,
            TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": conversion.tag_list(change.tags)}],
        )
    return conversion.peering_connection(answer["VpcPeeringConnection"])


def _existing(client: EC2Client, change: CreatePeering) -> PeeringConnection:
    """The pair's live connection, in either direction: the one that carries the request's tag, if one does.

    AWS's refusal does not tell which connection is in the way.

    Raises:
        PeeringNotVisible: None is shown.
    """
    shown = [*_from_to(client, change.vpc, change.peer), *_from_to(client, change.peer, change.vpc, seen_by=change.vpc)]
    live = [connection for connection in shown if connection.status.is_live]
    ours = (each for each in live if each.tags.get(REQUEST_ID_TAG) == change.tags[REQUEST_ID_TAG])
    found = next(chain(ours, live), None)
    if found is None:
        raise PeeringNotVisible(
            "AWS says that a connection of the two VPCs exists, and does not show it yet.",
            where=_pair_of(change),
            remedy=REMEDIES[PeeringNotVisible],
        )
    return found


def _from_to(
    client: EC2Client, requester: VpcRef, accepter: VpcRef, *, seen_by: VpcRef | None = None
) -> Iterator[PeeringConnection]:
    filters: list[FilterTypeDef] = [
        {"Name": "requester-vpc-info.vpc-id", "Values": [requester.vpc_id]},
        {"Name": "accepter-vpc-info.vpc-id", "Values": [accepter.vpc_id]},
    ]
    operation, key = "describe_vpc_peering_connections", "VpcPeeringConnections"
    return map(conversion.peering_connection, describe_all(client, seen_by or requester, operation, key, filters))


def _pair_of(change: CreatePeering) -> str:
    return f"{change.vpc} with {change.peer}"


def _verify(connection: PeeringConnection, change: AcceptPeering) -> None:
    """Accepting lets another VPC in: it must be the one that the plan names, in the plan's direction."""
    if (connection.requester, connection.accepter) != (change.peer, change.vpc):
        raise _conflict(
            f"The connection joins {connection.requester} to {connection.accepter}, the plan {change.peer} to {change.vpc}.",
            connection.connection_id,
            change.vpc,
        )
    if not connection.status.is_live:
        raise _conflict(
            f"The connection is {connection.status}: {connection.status_message}.", connection.connection_id, change.vpc
        )


def _verify_ours(connection: PeeringConnection, change: DeletePeering, request_id: str) -> None:
    """Deleting cuts traffic: it must be the connection that the plan names, and carry the request's tag."""
    if (connection.requester, connection.accepter) != (change.vpc, change.peer):
        raise _conflict(
            f"The connection joins {connection.requester} to {connection.accepter}, the plan {change.vpc} to {change.peer}.",
            connection.connection_id,
            change.vpc,
        )
    if connection.tags.get(REQUEST_ID_TAG) != request_id:
        raise _conflict(
            f"The connection does not carry the tag {REQUEST_ID_TAG}={request_id}.", connection.connection_id, change.vpc
        )


def _add_missing_tags(
    client: EC2Client, connection_id: str, vpc: VpcRef, *, present: Mapping[str, str], wanted: Mapping[str, str]
) -> None:
    if wanted.items() <= present.items():
        return
    with translated(f"{connection_id}, for {vpc}", {"InvalidVpcPeeringConnectionID.NotFound": PeeringNotVisible}):
        client.create_tags(Resources=[connection_id], Tags=conversion.tag_list(wanted))


def _conflict(what: str, connection_id: str, vpc: VpcRef) -> PeeringConflict:
    return PeeringConflict(what, where=f"{connection_id}, for {vpc}", remedy=REMEDIES[PeeringConflict])
