"""Peering connections: which there are, in which state, on whose side, and what happens to them."""

from collections.abc import Callable, Iterator
from typing import Any, Never

import msgspec
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2 import quotas
from localcloud.ec2.peering import lifecycle
from localcloud.ec2.peering.lifecycle import ESTABLISHED, Ending, Side, Status
from localcloud.servicequotas.vpc_quotas import ACTIVE_PEERINGS


def status_of(connection: Any) -> Status:
    return lifecycle.status(connection.lifecycle, timing.now(), timing.current())


def is_active(connection: Any) -> bool:
    return status_of(connection).code == "active"


def sides_of(connection: Any, backend: Any) -> list[Side]:
    """Which sides of the connection that account and region are: one, both (the same for both VPCs), or none."""
    here = (backend.account_id, backend.region_name)
    vpcs: dict[Side, Any] = {"requester": connection.vpc, "accepter": connection.peer_vpc}
    return [side for side, vpc in vpcs.items() if (vpc.owner_id, vpc.region) == here]


def visible_connections(backend: Any) -> Iterator[Any]:
    """What DescribeVpcPeeringConnections lists there, before any filter."""
    now, delays = timing.now(), timing.current()
    for connection in list(backend.vpc_pcxs.values()):
        sides = sides_of(connection, backend)
        if any(lifecycle.visible_to(connection.lifecycle, side, now, delays) for side in sides):
            yield connection


def active_between(one_vpc_id: str, other_vpc_id: str, backend: Any) -> Any | None:
    """The active connection of two VPCs of one region, or None."""
    pair = {one_vpc_id, other_vpc_id}
    for connection in backend.vpc_pcxs.values():
        if pair_of(connection) == pair and connection.vpc.region == connection.peer_vpc.region and is_active(connection):
            return connection
    return None


def anywhere(connection_id: str) -> Any | None:
    """The connection of any account, also one that has long been deleted, or None."""
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


def mark_accepted(connection: Any) -> None:
    connection.lifecycle = msgspec.structs.replace(connection.lifecycle, accepted_at=timing.now())


def end(connection: Any, ending: Ending) -> None:
    connection.lifecycle = msgspec.structs.replace(connection.lifecycle, ending=ending)


def refuse_another_active(vpc: Any) -> None:
    connections = vpc.ec2_backend.vpc_pcxs.values()
    count = sum(vpc.id in pair_of(each) and status_of(each).code in ESTABLISHED for each in connections)
    quotas.enforce(ACTIVE_PEERINGS, vpc.ec2_backend, count + 1, vpc.id)


def pair_of(connection: Any) -> set[str]:
    return {connection.vpc.id, connection.peer_vpc.id}
