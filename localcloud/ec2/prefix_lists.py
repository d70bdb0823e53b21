"""Managed prefix lists: what they hold, in versions; how they are found; what a reference to one counts.

Sources: "Managed prefix lists" and "AWS-managed prefix lists" in the VPC User Guide; CreateManagedPrefixList,
ModifyManagedPrefixList and GetManagedPrefixListEntries in the EC2 API Reference. Error codes are those that callers have met.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.responses.vpcs import VPCs

from localcloud.core.patching import replaces
from localcloud.ec2.cidr_blocks import network
from localcloud.ec2.selecting import Reader, paged_result, select

type Entry = dict[str, str]

_AWS = "AWS"
_VERSIONS = {"IPv4": 4, "IPv6": 6}
_MOST_ENTRIES = 1000
_MOST_AT_ONCE = 100
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
    return _VERSIONS[find(backend, prefix_list_id).address_family]


def size(backend: Any, prefix_list_id: str) -> int:
    """What a reference to it counts against a quota: its greatest number of entries; of one of AWS's own its weight."""
    held = find(backend, prefix_list_id)
    if held.max_entries is not None:
        return int(held.max_entries)
    return next((weight for name, weight in _WEIGHTS.items() if held.prefix_list_name.endswith(f".{name}")), 1)


# Making and changing


@replaces(VPCs, "create_managed_prefix_list")
def create_managed_prefix_list(original: Callable[..., Any], self: Any) -> Any:
    """CreateManagedPrefixList stores entries without host bits, all of one family, no more than fit.

    Raises:
        EC2ClientError: InvalidParameterValue, PrefixListMaxEntriesExceeded.
    """
    name, family_name = self._get_param("PrefixListName"), self._get_param("AddressFamily")
    if family_name not in _VERSIONS:
        raise _invalid(f"The address family {family_name} is not IPv4 or IPv6")
    _refuse_name(name)
    entries = _entries(self._get_param("Entries", []), _VERSIONS[family_name])
    _refuse_too_many(entries, _max_entries(self))
    held = original(self).result["PrefixList"]
    held.entries = {held.version: entries}
    return ActionResult({"PrefixList": held})


@replaces(VPCs, "modify_managed_prefix_list")
def modify_managed_prefix_list(_: Callable[..., Any], self: Any) -> Any:
    """ModifyManagedPrefixList makes a new version where entries change, and leaves the rest as it is where it is not named.

    Raises:
        EC2ClientError: InvalidPrefixListID.NotFound, UnauthorizedOperation for AWS's own, PrefixListVersionMismatch,
            InvalidParameterCombination for entries and size at once, InvalidParameterValue, PrefixListMaxEntriesExceeded.
    """
    held = _own(self)
    added, removed = self._get_param("AddEntries", []), [each["Cidr"] for each in self._get_param("RemoveEntries", [])]
    if self._get_param("MaxEntries") is not None:
        if added or removed:
            message = "You cannot modify the entries and the maximum entries for the prefix list in the same request."
            raise EC2ClientError("InvalidParameterCombination", message)
        _refuse_too_many(_held(held), _max_entries(self))
        held.max_entries = _max_entries(self)
    if name := self._get_param("PrefixListName"):
        _refuse_name(name)
        held.prefix_list_name = name
    if added or removed:
        _refuse_other_version(held, self._get_param("CurrentVersion"))
        _put(held, _changed(held, added, removed))
    held.state = "modify-complete"
    return ActionResult({"PrefixList": held})


@replaces(VPCs, "restore_managed_prefix_list_version")
def restore_managed_prefix_list_version(_: None, self: Any) -> Any:
    """RestoreManagedPrefixListVersion makes a new version with the entries of an earlier one."""
    held = _own(self)
    _refuse_other_version(held, self._get_param("CurrentVersion"))
    _put(held, _of_version(held, self._get_param("PreviousVersion")))
    held.state = "restore-complete"
    return ActionResult({"PrefixList": held})


@replaces(VPCs, "delete_managed_prefix_list")
def delete_managed_prefix_list(original: Callable[..., Any], self: Any) -> Any:
    """DeleteManagedPrefixList refuses a list that a route or a rule refers to: DependencyViolation."""
    held = _own(self)
    if held.id in _referenced(self.ec2_backend):
        raise EC2ClientError("DependencyViolation", f"The prefix list {held.id} is referenced, and cannot be deleted.")
    answer = original(self)
    del self.ec2_backend.managed_prefix_lists[held.id]
    return answer


# Finding


@replaces(VPCs, "describe_managed_prefix_lists")
def describe_managed_prefix_lists(_: Callable[..., Any], self: Any) -> Any:
    """DescribeManagedPrefixLists with filters and pages. Unknown id: InvalidPrefixListID.NotFound."""
    backend = self.ec2_backend
    ids = self._get_param("PrefixListIds", []) or backend.managed_prefix_lists
    lists = [find(backend, each) for each in ids]
    return paged_result(self, "PrefixLists", select(lists, self._filters_from_querystring(), _READERS, _tags))


@replaces(VPCs, "get_managed_prefix_list_entries")
def get_managed_prefix_list_entries(_: Callable[..., Any], self: Any) -> Any:
    """GetManagedPrefixListEntries of the current version, or the one that is asked for, in pages.

    Raises:
        EC2ClientError: InvalidPrefixListID.NotFound, InvalidParameterValue for a version that there is not.
    """
    held = find(self.ec2_backend, self._get_param("PrefixListId"))
    version = self._get_param("TargetVersion")
    return paged_result(self, "Entries", _held(held) if version is None else _of_version(held, version))


@replaces(ManagedPrefixList, "arn")
def aws_own_lists_are_of_the_account_aws(original: Callable[..., str], self: Any, region: str, owner_id: str) -> str:
    """`arn:aws:ec2:us-east-1:aws:prefix-list/pl-…`."""
    return original(self, region, "aws" if owner_id == _AWS else owner_id)


_READERS: dict[str, Reader[Any]] = {
    "owner-id": lambda held: [held.owner_id],
    "prefix-list-id": lambda held: [held.id],
    "prefix-list-name": lambda held: [held.prefix_list_name],
}


def _tags(held: Any) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in held.get_tags()}


# The rules


def _own(response: Any) -> Any:
    """The list that a call is to change: not one of AWS's own."""
    held = find(response.ec2_backend, response._get_param("PrefixListId"))
    if held.owner_id == _AWS:
        raise EC2ClientError("UnauthorizedOperation", "You are not authorized to perform this operation.")
    return held


def _held(held: Any) -> list[Entry]:
    """The current entries; AWS's own lists show no version."""
    return list(held.entries.values())[-1] if held.entries else []


def _of_version(held: Any, version: Any) -> list[Entry]:
    if held.version is None or int(version) not in held.entries:
        raise _invalid(f"The prefix list {held.id} has no version {version}")
    entries: list[Entry] = held.entries[int(version)]
    return entries


def _put(held: Any, entries: list[Entry]) -> None:
    held.version += 1
    held.entries[held.version] = entries


def _changed(held: Any, added: Sequence[Entry], removed: Sequence[str]) -> list[Entry]:
    present = {each["Cidr"]: each for each in _held(held)}
    for cidr in removed:
        if present.pop(str(network(cidr)), None) is None:
            raise _invalid(f"The prefix list {held.id} has no entry {cidr}")
    made = [*present.values(), *_entries(added, _VERSIONS[held.address_family])]
    _refuse_twice(made)
    _refuse_too_many(made, held.max_entries)
    return made


def _entries(given: Sequence[Entry], version: int) -> list[Entry]:
    if len(given) > _MOST_AT_ONCE:
        raise _invalid(f"The number of entries per request cannot exceeds limit ({_MOST_AT_ONCE}).")
    made = [{**each, "Cidr": _block(each["Cidr"], version)} for each in given]
    _refuse_twice(made)
    return made


def _block(cidr: str, version: int) -> str:
    try:
        block = network(cidr)
    except ValueError as error:
        raise _invalid(f"The CIDR {cidr} is invalid.") from error
    if block.version != version:
        raise _invalid(f"The CIDR {cidr} is not of the prefix list's address family.")
    return str(block)


def _max_entries(response: Any) -> int:
    given = int(response._get_param("MaxEntries"))
    if not 1 <= given <= _MOST_ENTRIES:
        raise _invalid(f"Must specify a max size between 1 and {_MOST_ENTRIES}")
    return given


def _refuse_name(name: str) -> None:
    if name.startswith("com.amazonaws"):
        raise _invalid("A prefix list name cannot start with com.amazonaws.")


def _refuse_twice(entries: Iterable[Entry]) -> None:
    blocks = [each["Cidr"] for each in entries]
    if len(blocks) != len(set(blocks)):
        raise _invalid("Duplicate entries are not allowed.")


def _refuse_too_many(entries: Sequence[Entry], allowed: Any) -> None:
    if len(entries) > int(allowed):
        message = f"The maximum number of entries ({allowed}) of the prefix list is exceeded."
        raise EC2ClientError("PrefixListMaxEntriesExceeded", message)


def _refuse_other_version(held: Any, current: Any) -> None:
    if current is not None and int(current) != held.version:
        raise EC2ClientError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")


def _referenced(backend: Any) -> set[str]:
    routed = {route.destination_prefix_list_id for table in backend.route_tables.values() for route in table.routes}
    groups = (group for of_vpc in backend.groups.values() for group in of_vpc.values())
    return routed | {rule.prefix_list_id for group in groups for rule in (*group.ingress_rules, *group.egress_rules)}


def _invalid(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterValue", message)
    return error
