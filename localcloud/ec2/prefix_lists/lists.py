"""Prefix lists and their entries, as moto keeps them."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixList

from localcloud.core.patching import replaces
from localcloud.ec2.errors import invalid_parameter

type Entry = dict[str, str]

AWS = "AWS"
"""The owner of AWS's own lists."""

VERSIONS = {"IPv4": 4, "IPv6": 6}
_WEIGHTS = {"cloudfront.origin-facing": 55, "groundstation": 5, "vpc-lattice": 10}
"""Of those of AWS's own lists that moto has; the others weigh one."""


def find(backend: Any, prefix_list_id: str) -> Any:
    """Moto's prefix list. Unknown: InvalidPrefixListID.NotFound."""
    if prefix_list_id not in backend.managed_prefix_lists:
        message = f"The prefix list ID '{prefix_list_id}' does not exist"
        raise EC2ClientError("InvalidPrefixListID.NotFound", message)
    return backend.managed_prefix_lists[prefix_list_id]


def family(backend: Any, prefix_list_id: str) -> int:
    """The IP version of its entries."""
    return VERSIONS[find(backend, prefix_list_id).address_family]


def size(backend: Any, prefix_list_id: str) -> int:
    """What a reference to it counts against a quota: its greatest number of entries; of one of AWS's own its weight."""
    held = find(backend, prefix_list_id)
    if held.max_entries is not None:
        return int(held.max_entries)
    return next((weight for name, weight in _WEIGHTS.items() if held.prefix_list_name.endswith(f".{name}")), 1)


def weight(backend: Any, prefix_list_id: str | None) -> int:
    """What a destination counts against a quota: a prefix list its size, anything else one."""
    return size(backend, prefix_list_id) if prefix_list_id else 1


def current_entries(held: Any) -> list[Entry]:
    """The current entries; AWS's own lists show no version."""
    return list(held.entries.values())[-1] if held.entries else []


def entries_of(held: Any, version: Any) -> list[Entry]:
    if held.version is None or int(version) not in held.entries:
        raise invalid_parameter(f"The prefix list {held.id} has no version {version}")
    entries: list[Entry] = held.entries[int(version)]
    return entries


@replaces(ManagedPrefixList, "arn")
def aws_own_lists_are_of_the_account_aws(original: Callable[..., str], self: Any, region: str, owner_id: str) -> str:
    """`arn:aws:ec2:us-east-1:aws:prefix-list/pl-…`."""
    return original(self, region, "aws" if owner_id == AWS else owner_id)
