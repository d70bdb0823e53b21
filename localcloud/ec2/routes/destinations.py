"""A route's destination: a block without host bits, or a prefix list."""

from typing import Any

import msgspec
from moto.ec2.exceptions import MissingParameter

from localcloud.ec2.cidr_blocks import IpNetwork, canonical_of, network
from localcloud.ec2.errors import invalid_combination, invalid_parameter
from localcloud.ec2.prefix_lists import lists

type Parameters = dict[str, Any]
"""Keyword arguments of moto's methods."""

_DESTINATIONS = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
_POSITIONAL = (*_DESTINATIONS, "nat_gateway_id", "egress_only_igw_id", "transit_gateway_id")


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a route leads; exactly one of the three is given."""

    ipv4: str | None = None
    ipv6: str | None = None
    prefix_list_id: str | None = None

    @property
    def text(self) -> str:
        return str(self.ipv4 or self.ipv6 or self.prefix_list_id)

    @property
    def network(self) -> IpNetwork | None:
        return None if self.prefix_list_id else network(self.text)

    @property
    def parameters(self) -> Parameters:
        """The same as keyword arguments of moto's methods."""
        return dict(zip(_DESTINATIONS, (self.ipv4, self.ipv6, self.prefix_list_id), strict=True))


def destination_and_target(args: tuple[Any, ...], kwargs: Parameters) -> tuple[Destination, Parameters]:
    """Take apart what moto's responses and its CloudFormation pass, by position or by name."""
    given = dict(zip(_POSITIONAL, args, strict=False)) | kwargs
    ipv4, ipv6, prefix_list_id = (given.pop(name, None) for name in _DESTINATIONS)
    if ipv4 and ipv4.startswith("pl-"):  # as moto does when it deletes a gateway endpoint
        ipv4, prefix_list_id = None, ipv4
    return parse_destination(ipv4, ipv6, prefix_list_id), given


def parse_destination(ipv4: str | None, ipv6: str | None, prefix_list_id: str | None) -> Destination:
    """Exactly one destination, without host bits: 10.0.0.5/16 is 10.0.0.0/16."""
    given = [each for each in (ipv4, ipv6, prefix_list_id) if each]
    if not given:
        raise MissingParameter("The request must contain the parameter destinationCidrBlock")
    if len(given) > 1:
        raise invalid_combination("The request must contain exactly one destination")
    if prefix_list_id:
        return Destination(prefix_list_id=prefix_list_id)
    return Destination(ipv6=_block(ipv6, 6)) if ipv6 else Destination(ipv4=_block(given[0], 4))


def _block(cidr: str, version: int) -> str:
    try:
        return canonical_of(version, cidr)
    except ValueError as error:
        message = f"Value ({cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."
        raise invalid_parameter(message) from error


def destination_of(route: Any) -> Destination:
    return Destination(
        ipv4=route.destination_cidr_block,
        ipv6=route.destination_ipv6_cidr_block,
        prefix_list_id=route.destination_prefix_list_id,
    )


def route_to(table: Any, destination: Destination) -> Any | None:
    return next((route for route in table.routes if destination_of(route) == destination), None)


def family_of(backend: Any, destination: Destination) -> int:
    if destination.prefix_list_id:
        return lists.family(backend, destination.prefix_list_id)
    return 6 if destination.ipv6 else 4
