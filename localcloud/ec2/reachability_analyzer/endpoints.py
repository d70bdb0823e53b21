"""Where a path begins and ends: a resource's id, or its ARN where it is in another account."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from moto.ec2.models import ec2_backends

from localcloud.ec2.errors import invalid_parameter

_HOLDERS = {
    "eni": ("network-interface", "enis"),
    "igw": ("internet-gateway", "internet_gateways"),
    "pcx": ("vpc-peering-connection", "vpc_pcxs"),
    "tgw": ("transit-gateway", "transit_gateways"),
    "vgw": ("vpn-gateway", "vpn_gateways"),
    "vpce": ("vpc-endpoint", "vpc_end_points"),
}
"""By the id's prefix the type in the ARN, and where moto keeps such resources."""

_INSTANCE = "i"
_TYPES = {_INSTANCE: "instance", **{prefix: kind for prefix, (kind, _) in _HOLDERS.items()}}
_ID = re.compile(rf"({'|'.join(_TYPES)})-[0-9a-f]{{8,17}}")
_ARN = re.compile(r"arn:aws:ec2:(?P<region>[\w-]+):(?P<account>\d{12}):(?P<type>[\w-]+)/(?P<id>[\w-]+)")


class Endpoint(msgspec.Struct, frozen=True):
    """A source or destination."""

    id: str
    account_id: str
    region: str

    @property
    def arn(self) -> str:
        return f"arn:aws:ec2:{self.region}:{self.account_id}:{_TYPES[_prefix(self.id)]}/{self.id}"

    @property
    def is_interface(self) -> bool:
        """Whether packets begin or end there; only between such ends paths are analysed here."""
        return _prefix(self.id) in {"eni", _INSTANCE}

    @property
    def exists(self) -> bool:
        backend, prefix = ec2_backends[self.account_id][self.region], _prefix(self.id)
        if prefix == _INSTANCE:
            return any(instance.id == self.id for instance in _instances(backend))
        return self.id in getattr(backend, _HOLDERS[prefix][1])

    def interfaces(self) -> list[Any]:
        """The resource's network interfaces, as moto has them."""
        enis = ec2_backends[self.account_id][self.region].enis.values()
        return [eni for eni in enis if self.id in {eni.id, eni.instance and eni.instance.id}]


def endpoint(given: str, backend: Any) -> Endpoint:
    """The resource that an id or an ARN names, seen from an account and region.

    Raises:
        EC2ClientError: InvalidParameterValue for what is neither, and for another region's ARN.
    """
    arn = _ARN.fullmatch(given)
    resource_id = arn["id"] if arn else given
    kind = _ID.fullmatch(resource_id)
    if kind is None or (arn and arn["type"] != _TYPES[kind[1]]):
        raise invalid_parameter(f"'{given}' is not the ID or ARN of a supported resource.")
    if arn and arn["region"] != backend.region_name:
        message = f"The source and destination must be in the same Region, {backend.region_name}: {given}"
        raise invalid_parameter(message)
    return Endpoint(resource_id, arn["account"] if arn else backend.account_id, backend.region_name)


def _instances(backend: Any) -> Iterator[Any]:
    for reservation in backend.all_reservations():
        yield from reservation.instances


def _prefix(resource_id: str) -> str:
    return resource_id.rpartition("-")[0]
