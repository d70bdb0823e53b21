"""Managed prefix lists, as far as routes and security-group rules refer to them."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError


def find(backend: Any, prefix_list_id: str) -> Any:
    """Moto's prefix list. Unknown: InvalidPrefixListID.NotFound."""
    if prefix_list_id not in backend.managed_prefix_lists:
        message = f"The prefix list ID '{prefix_list_id}' does not exist"
        raise EC2ClientError("InvalidPrefixListID.NotFound", message)
    return backend.managed_prefix_lists[prefix_list_id]


def family(backend: Any, prefix_list_id: str) -> int:
    """The IP version of its entries."""
    return 6 if find(backend, prefix_list_id).address_family == "IPv6" else 4


def size(backend: Any, prefix_list_id: str) -> int:
    """What a reference to it counts against a quota: its greatest number of entries. AWS's own lists have none."""
    return int(find(backend, prefix_list_id).max_entries or 1)
