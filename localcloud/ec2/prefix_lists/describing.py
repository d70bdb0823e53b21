"""Finding prefix lists, and reading their entries."""

from collections.abc import Callable
from typing import Any

from moto.ec2.responses.vpcs import VPCs

from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.pages import paged_result
from localcloud.ec2.prefix_lists.lists import current_entries, entries_of, find


@replaces(VPCs, "describe_managed_prefix_lists")
def describe_managed_prefix_lists(_: Callable[..., Any], self: Any) -> Any:
    """DescribeManagedPrefixLists with filters and pages. Unknown id: InvalidPrefixListID.NotFound."""
    backend = self.ec2_backend
    ids = self._get_param("PrefixListIds", []) or backend.managed_prefix_lists
    lists = [find(backend, each) for each in ids]
    return paged_result(self, "PrefixLists", select("DescribeManagedPrefixLists", lists, self._filters_from_querystring()))


@replaces(VPCs, "get_managed_prefix_list_entries")
def get_managed_prefix_list_entries(_: Callable[..., Any], self: Any) -> Any:
    """GetManagedPrefixListEntries of the current version, or the one that is asked for, in pages.

    Raises:
        EC2ClientError: InvalidPrefixListID.NotFound, InvalidParameterValue for a version that there is not.
    """
    held = find(self.ec2_backend, self._get_param("PrefixListId"))
    version = self._get_param("TargetVersion")
    return paged_result(self, "Entries", current_entries(held) if version is None else entries_of(held, version))
