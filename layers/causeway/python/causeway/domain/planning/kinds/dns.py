"""The DNS option of each side of the connection. All requests of a pair share it: it is on while any of them wants it."""

from collections.abc import Iterable, Iterator
from typing import Never

import msgspec
from msgspec.structs import replace

from causeway.domain.model.network import PeeringConnection
from causeway.domain.model.values import PerSide, Side

from .base import BaseChange, BaseGrant, Kind, Undoing, of_type
from .connection import DeletePeering, deletion
from .context import PlanContext, UndoContext


class DnsGrant(BaseGrant, tag_field="kind", tag="dns"):
    """A side's private names are resolved by the other side."""

    side: Side


class SetDnsResolution(BaseChange, tag_field="kind", tag="set_dns_resolution"):
    """Let the other side resolve this side's names, or stop letting it.

    Attributes:
        swapped: Whether the connection is the other way round than the request: AWS names the options after the connection's
            requester and accepter.
    """

    side: Side
    allow: bool
    swapped: bool = msgspec.field(default=False, name="turned")

    @property
    def role(self) -> Side:
        """What the side's VPC is in the connection."""
        return self.side.other if self.swapped else self.side

    @property
    def sentence(self) -> str:
        return f"{'Let' if self.allow else 'Stop letting'} the {self.side.other} resolve the {self.side}'s private DNS names"

    @property
    def grant(self) -> DnsGrant | None:
        return DnsGrant(side=self.side) if self.allow else None

    def undoing(self, context: UndoContext) -> "Undoing[DeletePeering | SetDnsResolution] | None":
        """The former value, which was the other one."""
        if context.connection is None or context.connection.dns_resolution[self.role] is not self.allow:
            return None
        return Undoing(deletion(context) or replace(self, allow=not self.allow))


class Dns(Kind[Never, SetDnsResolution, Never, DnsGrant]):
    """`AllowDnsResolutionFromRemoteVpc`, set by each side for itself."""

    name = "dns"
    step = "ConfigureDns"
    additions = (SetDnsResolution,)

    def grants(self, side: Side, context: PlanContext) -> Iterator[DnsGrant]:
        if _is_wanted(side, context):
            yield DnsGrant(side=side)

    def missing(self, side: Side, context: PlanContext) -> Iterator[SetDnsResolution]:
        """What sets the option as it is wanted; nothing where no request goes on using the connection."""
        connection, allow = context.connection, _is_wanted(side, context)
        is_on = connection is not None and connection.dns_resolution[context.side_of(side)]
        if context.claims and allow != is_on:
            yield SetDnsResolution(side=side, allow=allow, swapped=context.swapped)


DNS = Dns()


def projected_options(connection: PeeringConnection, changes: Iterable[BaseChange]) -> PeeringConnection:
    """The connection with the options that the plan's changes leave."""
    options = {change.role: change.allow for change in of_type(changes, SetDnsResolution)}
    now = connection.dns_resolution
    return replace(connection, dns_resolution=PerSide.of(lambda role: options.get(role, now[role])))


def _is_wanted(side: Side, context: PlanContext) -> bool:
    return any(claim.request.dns_resolution[side] for claim in context.claims)
