"""Where each filter of a describe operation looks in what the operation lists.

It follows from botocore's model of EC2: `route.destination-cidr-block` looks at `Routes[].DestinationCidrBlock`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import get_service_model

from localcloud.ec2.documented import BY_TAG
from localcloud.ec2.filters import FilterReader, matches

type Path = tuple[str, ...]
"""The members that lead from a listed thing to what a filter looks at."""

_PERMISSION = {
    "cidr": "IpRanges.CidrIp",
    "from-port": "FromPort",
    "group-id": "UserIdGroupPairs.GroupId",
    "group-name": "UserIdGroupPairs.GroupName",
    "ipv6-cidr": "Ipv6Ranges.CidrIpv6",
    "prefix-list-id": "PrefixListIds.PrefixListId",
    "protocol": "IpProtocol",
    "to-port": "ToPort",
    "user-id": "UserIdGroupPairs.UserId",
}
_ELSEWHERE: dict[str, str] = {
    "DescribeNetworkAcls association.association-id": "Associations.NetworkAclAssociationId",
    "DescribeNetworkAcls entry.cidr": "Entries.CidrBlock",
    "DescribeNetworkAcls entry.icmp.code": "Entries.IcmpTypeCode.Code",
    "DescribeNetworkAcls entry.icmp.type": "Entries.IcmpTypeCode.Type",
    "DescribeNetworkAcls entry.ipv6-cidr": "Entries.Ipv6CidrBlock",
    "DescribeNetworkInsightsAnalyses path-found": "NetworkPathFound",
    "DescribeNetworkInterfaces addresses.association.owner-id": "PrivateIpAddresses.Association.IpOwnerId",
    "DescribeNetworkInterfaces addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
    "DescribeNetworkInterfaces addresses.primary": "PrivateIpAddresses.Primary",
    "DescribeNetworkInterfaces addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "DescribeNetworkInterfaces group-id": "Groups.GroupId",
    "DescribeSubnets ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
    "DescribeVpcPeeringConnections accepter-vpc-info.cidr-block": "AccepterVpcInfo.CidrBlockSet.CidrBlock",
    "DescribeVpcPeeringConnections requester-vpc-info.cidr-block": "RequesterVpcInfo.CidrBlockSet.CidrBlock",
    "DescribeVpcPeeringConnections status-code": "Status.Code",
    "DescribeVpcPeeringConnections status-message": "Status.Message",
    "DescribeVpcs cidr": "CidrBlock",
    "DescribeVpcs cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
    "DescribeVpcs ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
    **{f"DescribeSecurityGroups ip-permission.{name}": f"IpPermissions.{path}" for name, path in _PERMISSION.items()},
    **{
        f"DescribeSecurityGroups egress.ip-permission.{name}": f"IpPermissionsEgress.{path}"
        for name, path in _PERMISSION.items()
    },
}
"""Filters that are called otherwise than the members that they look at: operation and filter → members."""

_pick = XFormedAttributePicker()


def select[Item](operation: str, items: Iterable[Item], filters: Mapping[str, Sequence[str]]) -> list[Item]:
    """Those of the listed items that match every filter: moto's objects, or descriptions in the API's words."""
    chosen = [(_reader(operation, name), values) for name, values in filters.items()]
    return [item for item in items if all(matches(read(item), values) for read, values in chosen)]


@cache
def path_of(operation: str, name: str) -> Path:
    """The members that a filter looks at.

    Raises:
        LookupError: the filter is called like no member, and `_ELSEWHERE` does not name one.
    """
    if elsewhere := _ELSEWHERE.get(f"{operation} {name}"):
        return tuple(elsewhere.split("."))
    path, shape = list[str](), _listed(operation)
    for segment in name.split("."):
        path.append(_member(shape, segment))
        shape = _of_each(shape.members[path[-1]])
    return tuple(path)


def _reader(operation: str, name: str) -> FilterReader[Any]:
    shape = _listed(operation)
    if name.startswith(BY_TAG):
        return lambda item: [value for key, value in _tags(item, shape) if key == name.removeprefix(BY_TAG)]
    if name == "tag-key":
        return lambda item: [key for key, _ in _tags(item, shape)]
    return lambda item: _values(item, shape, path_of(operation, name))


def _tags(item: Any, shape: Any) -> Iterable[tuple[str, str]]:
    """The tags of a listed thing; DescribeTags lists tags themselves."""
    path = tuple(member for member in ("Tags", "TagSet") if member in shape.members)
    keys, values = (_values(item, shape, (*path, member)) for member in ("Key", "Value"))
    return zip(keys, values, strict=True)


def _values(value: Any, shape: Any, path: Path) -> Iterator[str]:
    """What stands at the members, of each item where there is a list, as text."""
    if shape.type_name == "list":
        for each in value:
            yield from _values(each, shape.member, path)
    elif not path:
        yield _text(value)
    else:
        member = shape.members[path[0]]
        member.parent = shape  # as moto's serializer does, whose rules for finding a value these are
        found = _pick(AttributePickerContext(value, path[0], member))
        if found is not None:
            yield from _values(found, member, path[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)


def _member(shape: Any, segment: str) -> str:
    """The member that a part of a filter's name means: `entry` is `Entries`, `default` is `IsDefault`."""
    word = segment.replace("-", "")
    possible = {word, f"{word}s", f"{word}set", f"{word[:-1]}ies", f"is{word}"}
    for name in shape.members:
        if name.lower() in possible:
            return str(name)
    raise LookupError(f"{shape.name} has no member for {segment}")


@cache
def _listed(operation: str) -> Any:
    """What the operation answers a list of."""
    members = _operation(operation).output_shape.members.values()
    (listed,) = (each.member for each in members if each.type_name == "list")
    return listed


def _of_each(shape: Any) -> Any:
    return shape.member if shape.type_name == "list" else shape


@cache
def _operation(name: str) -> Any:
    return get_service_model("ec2").operation_model(name)
