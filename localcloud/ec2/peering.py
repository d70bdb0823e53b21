"""VPC peering connections: who may do what, when, and in which state.

A connection is moto's object with a `lifecycle` beside it; its status is computed from that and the clock. Both sides'
backends hold the same object, except where the peer VPC does not exist.
"""

from collections.abc import Callable, Iterator
from typing import Any, Never

import msgspec
from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidVPCPeeringConnectionStateTransitionError,
    OperationNotPermitted2,
    OperationNotPermitted3,
    OperationNotPermitted5,
)
from moto.ec2.models import ec2_backends
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections
from moto.ec2.utils import random_vpc_peering_connection_id

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2 import lifecycle, quotas
from localcloud.ec2.cidr_blocks import all_blocks, overlapping
from localcloud.ec2.lifecycle import ESTABLISHED, LIVE, PENDING, Ending, Lifecycle, Role, Status
from localcloud.ec2.peering_description import describe, select_connections
from localcloud.ec2.selecting import paged_result

_DNS = "AllowDnsResolutionFromRemoteVpc"


class AbsentVpc(msgspec.Struct, frozen=True):
    """The peer VPC that a request names and that does not exist there."""

    owner_id: str
    region: str
    id: str


# Looking up


def status_of(connection: Any) -> Status:
    return lifecycle.status(connection.lifecycle, timing.now(), timing.current())


def is_active(connection: Any) -> bool:
    return status_of(connection).code == "active"


def roles_of(connection: Any, backend: Any) -> list[Role]:
    """Which sides of the connection that account and region are: one, both (the same for both VPCs), or none."""
    here = (backend.account_id, backend.region_name)
    vpcs: dict[Role, Any] = {"requester": connection.vpc, "accepter": connection.peer_vpc}
    return [role for role, vpc in vpcs.items() if (vpc.owner_id, vpc.region) == here]


def visible_connections(backend: Any) -> Iterator[Any]:
    """What DescribeVpcPeeringConnections lists there, before any filter."""
    now, delays = timing.now(), timing.current()
    for connection in list(backend.vpc_pcxs.values()):
        roles = roles_of(connection, backend)
        if any(lifecycle.visible_to(connection.lifecycle, role, now, delays) for role in roles):
            yield connection


def active_between(one_vpc_id: str, other_vpc_id: str, backend: Any) -> Any | None:
    """The active connection of two VPCs of one region, or None."""
    pair = {one_vpc_id, other_vpc_id}
    for connection in backend.vpc_pcxs.values():
        if _pair(connection) == pair and connection.vpc.region == connection.peer_vpc.region and is_active(connection):
            return connection
    return None


def anywhere(connection_id: str) -> Any | None:
    """The connection, whoever's it is and however long it has been gone, or None."""
    for regions in list(ec2_backends.values()):
        for backend in list(regions.values()):
            if connection_id in backend.vpc_pcxs:
                return backend.vpc_pcxs[connection_id]
    return None


def not_found(connection_id: str) -> Never:
    """The code is spelled with a capital ID: InvalidVpcPeeringConnectionID.NotFound."""
    message = f"The vpcPeeringConnection ID '{connection_id}' does not exist"
    raise EC2ClientError("InvalidVpcPeeringConnectionID.NotFound", message)


@replaces(VPCPeeringConnectionBackend, "get_vpc_peering_connection")
def only_what_is_visible_is_found(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Unknown, not yet visible on this side, or gone since long: InvalidVpcPeeringConnectionID.NotFound."""
    for connection in visible_connections(self):
        if connection.id == vpc_pcx_id:
            return connection
    not_found(vpc_pcx_id)


@replaces(VPCPeeringConnection, "status")
def status_follows_the_clock(_: Callable[..., Any], self: Any) -> dict[str, str]:
    status = status_of(self)
    return {"Code": status.code, "Message": status.message}


# Creating


@replaces(VPCPeeringConnections, "create_vpc_peering_connection")
def create(_: Callable[..., Any], self: Any) -> Any:
    """CreateVpcPeeringConnection answers `initiating-request`, or the live connection of the same direction."""
    backend = self.ec2_backend
    vpc = backend.get_vpc(self._get_param("VpcId"))
    peer_vpc = _peer_vpc(
        backend,
        self._get_param("PeerOwnerId") or backend.account_id,
        self._get_param("PeerRegion") or backend.region_name,
        self._get_param("PeerVpcId"),
    )
    if existing := _same_direction(backend, vpc, peer_vpc):
        return _answer(backend, existing, status_of(existing))
    tags = self._parse_tag_specification().get("vpc-peering-connection", {})
    connection = backend.create_vpc_peering_connection(vpc, peer_vpc, tags)
    return _answer(backend, connection, lifecycle.initiating(connection.lifecycle))


@replaces(VPCPeeringConnectionBackend, "create_vpc_peering_connection")
def create_within_the_quotas(
    _: Callable[..., Any], self: Any, vpc: Any, peer_vpc: Any, tags: dict[str, str] | None = None
) -> Any:
    """Overlapping blocks, one VPC with itself or a missing peer VPC end in `failed`, not in an API error.

    Raises:
        EC2ClientError: VpcPeeringConnectionsPerVpcLimitExceeded, OutstandingVpcPeeringConnectionLimitExceeded.
    """
    _refuse_another_active(vpc)
    _refuse_another_outstanding(self)
    connection = VPCPeeringConnection(self, random_vpc_peering_connection_id(), vpc, peer_vpc, tags)
    now = timing.now()
    ending = None if _can_be_peered(vpc, peer_vpc) else Ending("failed", now, "requester", self.account_id)
    connection.lifecycle = Lifecycle(accepter_account=peer_vpc.owner_id, created_at=now, ending=ending)
    self.vpc_pcxs[connection.id] = connection
    if not isinstance(peer_vpc, AbsentVpc):
        peer_vpc.ec2_backend.vpc_pcxs[connection.id] = connection
    return connection


@replaces(VPCPeeringConnection, "create_from_cloudformation_json")
def cloudformation_accepts_for_its_own_account(
    _: Callable[..., Any],
    resource_name: str,  # noqa: ARG001 - moto's signature
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **__: Any,
) -> Any:
    """AWS::EC2::VPCPeeringConnection accepts in its own account, and in another one where PeerRoleArn says how."""
    properties = cloudformation_json["Properties"]
    backend = ec2_backends[account_id][region_name]
    owner = properties.get("PeerOwnerId") or account_id
    peer_vpc = _peer_vpc(backend, owner, properties.get("PeerRegion") or region_name, properties["PeerVpcId"])
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    connection = backend.create_vpc_peering_connection(backend.get_vpc(properties["VpcId"]), peer_vpc, tags)
    can_accept = owner == account_id or "PeerRoleArn" in properties
    if can_accept and connection.lifecycle.ending is None:
        _mark_accepted(connection)
    return connection


def _peer_vpc(backend: Any, owner_id: str, region: str, vpc_id: str) -> Any:
    """One's own account and region know at once that a VPC is missing (InvalidVpcID.NotFound); others do not tell."""
    if (owner_id, region) == (backend.account_id, backend.region_name):
        return backend.get_vpc(vpc_id)
    if region not in ec2_backends[owner_id]:
        raise EC2ClientError("InvalidParameterValue", f"Value ({region}) for parameter peerRegion is invalid.")
    return ec2_backends[owner_id][region].vpcs.get(vpc_id) or AbsentVpc(owner_id, region, vpc_id)


def _can_be_peered(vpc: Any, peer_vpc: Any) -> bool:
    if isinstance(peer_vpc, AbsentVpc) or vpc is peer_vpc:
        return False
    return overlapping(all_blocks(vpc), all_blocks(peer_vpc)) is None


def _same_direction(backend: Any, vpc: Any, peer_vpc: Any) -> Any | None:
    for connection in backend.vpc_pcxs.values():
        same = (connection.vpc.id, connection.peer_vpc.id) == (vpc.id, peer_vpc.id)
        if same and status_of(connection).code in LIVE:
            return connection
    return None


def _refuse_another_active(vpc: Any) -> None:
    connections = vpc.ec2_backend.vpc_pcxs.values()
    count = sum(vpc.id in _pair(each) and status_of(each).code in ESTABLISHED for each in connections)
    quotas.enforce(quotas.ACTIVE_PEERINGS, vpc.ec2_backend, count + 1, vpc.id)


def _refuse_another_outstanding(backend: Any) -> None:
    sent = [each for each in backend.vpc_pcxs.values() if "requester" in roles_of(each, backend)]
    count = sum(status_of(each).code in PENDING for each in sent)
    quotas.enforce(quotas.OUTSTANDING_PEERINGS, backend, count + 1, f"account {backend.account_id}")


# Accepting and rejecting


@replaces(VPCPeeringConnections, "accept_vpc_peering_connection")
def accept(_: Callable[..., Any], self: Any) -> Any:
    """AcceptVpcPeeringConnection answers `provisioning`; `active` comes a little later."""
    connection = self.ec2_backend.accept_vpc_peering_connection(self._get_param("VpcPeeringConnectionId"))
    return _answer(self.ec2_backend, connection, Status("provisioning", "Provisioning"))


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
        _refuse_another_active(vpc)
    _mark_accepted(connection)
    return connection


@replaces(VPCPeeringConnectionBackend, "reject_vpc_peering_connection")
def reject_on_the_accepters_side(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Only the accepter rejects, in its own region, a pending request. Errors as for the acceptance."""
    connection = _pending_at_the_accepter(self, vpc_pcx_id, "reject", OperationNotPermitted3)
    _end(connection, Ending("rejected", timing.now(), "accepter", self.account_id))
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
    if "accepter" in roles_of(connection, backend):
        return
    if backend.account_id == accepter.owner_id and backend.region_name == requester.region:
        raise wrong_region(backend.region_name, connection.id, accepter.region)
    if "requester" in roles_of(connection, backend):
        raise OperationNotPermitted5(backend.account_id, connection.id, verb)
    not_found(connection.id)


def _refuse_a_second_of_the_pair(connection: Any) -> None:
    """VpcPeeringConnectionAlreadyExists: another connection of the two VPCs is established, or was asked for before."""
    of_the_pair = [other for other in connection.ec2_backend.vpc_pcxs.values() if _pair(other) == _pair(connection)]
    earlier = of_the_pair[: of_the_pair.index(connection)]
    for other in of_the_pair:
        code = status_of(other).code
        if code in ESTABLISHED or (code in PENDING and other in earlier):
            message = f"A VPC peering connection already exists between these VPCs: {other.id}"
            raise EC2ClientError("VpcPeeringConnectionAlreadyExists", message)


def _mark_accepted(connection: Any) -> None:
    connection.lifecycle = msgspec.structs.replace(connection.lifecycle, accepted_at=timing.now())


# Deleting


@replaces(VPCPeeringConnectionBackend, "delete_vpc_peering_connection")
def delete_what_may_be_deleted(_: Callable[..., Any], self: Any, vpc_pcx_id: str) -> Any:
    """Either owner deletes an established connection, only the requester a pending one; nothing else can be deleted.

    Raises:
        EC2ClientError: InvalidVpcPeeringConnectionID.NotFound, OperationNotPermitted, InvalidStateTransition.
    """
    connection = self.get_vpc_peering_connection(vpc_pcx_id)
    role = roles_of(connection, self)[0]
    code = status_of(connection).code
    if code not in LIVE:
        raise InvalidVPCPeeringConnectionStateTransitionError(vpc_pcx_id)
    if code in PENDING and role != "requester":
        raise OperationNotPermitted5(self.account_id, vpc_pcx_id, "delete")
    _end(connection, Ending("deleted", timing.now(), role, self.account_id))
    return connection


def _end(connection: Any, ending: Ending) -> None:
    connection.lifecycle = msgspec.structs.replace(connection.lifecycle, ending=ending)


# Describing


@replaces(VPCPeeringConnections, "describe_vpc_peering_connections")
def describe_as_seen_from_here(_: Callable[..., Any], self: Any) -> Any:
    """DescribeVpcPeeringConnections with filters and pages. An unknown id: InvalidVpcPeeringConnectionID.NotFound."""
    backend = self.ec2_backend
    visible = {connection.id: connection for connection in visible_connections(backend)}
    wanted = self._get_param("VpcPeeringConnectionIds", []) or list(visible)
    for connection_id in wanted:
        if connection_id not in visible:
            not_found(connection_id)
    descriptions = [_describe(backend, visible[each], status_of(visible[each])) for each in wanted]
    return paged_result(self, "VpcPeeringConnections", select_connections(descriptions, self._filters_from_querystring()))


def _describe(backend: Any, connection: Any, status: Status) -> dict[str, Any]:
    return describe(connection, status, own_side=roles_of(connection, backend)[0], tags=backend.tags.get(connection.id, {}))


def _answer(backend: Any, connection: Any, status: Status) -> Any:
    return ActionResult({"VpcPeeringConnection": _describe(backend, connection, status)})


# DNS options


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
    asked: dict[Role, dict[str, Any] | None] = {"accepter": accepter_options, "requester": requester_options}
    for role, options in asked.items():
        if options and role not in roles_of(connection, self):
            message = f"User {self.account_id} cannot modify {role} peering options of {vpc_pcx_id}"
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


def _pair(connection: Any) -> set[str]:
    return {connection.vpc.id, connection.peer_vpc.id}
