"""Creating, modifying, restoring and deleting prefix lists."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.vpcs import VPCs

from localcloud.core.patching import replaces
from localcloud.ec2.cidr_blocks import canonical, canonical_of
from localcloud.ec2.errors import invalid_combination, invalid_parameter
from localcloud.ec2.groups import groups_of, rules_of
from localcloud.ec2.prefix_lists.lists import AWS, VERSIONS, Entry, current_entries, entries_of, find

_MOST_ENTRIES = 1000
_MOST_AT_ONCE = 100


@replaces(VPCs, "create_managed_prefix_list")
def create_managed_prefix_list(original: Callable[..., Any], self: Any) -> Any:
    """CreateManagedPrefixList stores entries without host bits, all of one family, no more than fit.

    Raises:
        EC2ClientError: InvalidParameterValue, PrefixListMaxEntriesExceeded.
    """
    name, family_name = self._get_param("PrefixListName"), self._get_param("AddressFamily")
    if family_name not in VERSIONS:
        raise invalid_parameter(f"The address family {family_name} is not IPv4 or IPv6")
    _refuse_name(name)
    entries = _entries(self._get_param("Entries", []), VERSIONS[family_name])
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
            raise invalid_combination(
                "You cannot modify the entries and the maximum entries for the prefix list in the same request."
            )
        _refuse_too_many(current_entries(held), _max_entries(self))
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
    _put(held, entries_of(held, self._get_param("PreviousVersion")))
    held.state = "restore-complete"
    return ActionResult({"PrefixList": held})


@replaces(VPCs, "delete_managed_prefix_list")
def delete_managed_prefix_list(_: Callable[..., Any], self: Any) -> Any:
    """DeleteManagedPrefixList begins: the deletion of a list that a route or a rule refers to ends in `delete-failed`."""
    held = _own(self)
    if held.id in _referenced(self.ec2_backend):
        held.state = "delete-failed"
    else:
        del self.ec2_backend.managed_prefix_lists[held.id]
    return ActionResult({"PrefixList": {**_described(held), "State": "delete-in-progress"}})


def _described(held: Any) -> dict[str, Any]:
    return {
        "PrefixListId": held.id,
        "AddressFamily": held.address_family,
        "PrefixListName": held.prefix_list_name,
        "MaxEntries": held.max_entries,
        "Version": held.version,
        "OwnerId": held.owner_id,
    }


def _own(response: Any) -> Any:
    """The list that a call is to change: not one of AWS's own."""
    held = find(response.ec2_backend, response._get_param("PrefixListId"))
    if held.owner_id == AWS:
        raise EC2ClientError("UnauthorizedOperation", "You are not authorized to perform this operation.")
    return held


def _put(held: Any, entries: list[Entry]) -> None:
    held.version += 1
    held.entries[held.version] = entries


def _changed(held: Any, added: Sequence[Entry], removed: Sequence[str]) -> list[Entry]:
    present = {each["Cidr"]: each for each in current_entries(held)}
    for cidr in removed:
        if present.pop(canonical(cidr), None) is None:
            raise invalid_parameter(f"The prefix list {held.id} has no entry {cidr}")
    made = [*present.values(), *_entries(added, VERSIONS[held.address_family])]
    _refuse_twice(made)
    _refuse_too_many(made, held.max_entries)
    return made


def _entries(given: Sequence[Entry], version: int) -> list[Entry]:
    if len(given) > _MOST_AT_ONCE:
        raise invalid_parameter(f"The number of entries per request cannot exceeds limit ({_MOST_AT_ONCE}).")
    made = [{**each, "Cidr": _block(each["Cidr"], version)} for each in given]
    _refuse_twice(made)
    return made


def _block(cidr: str, version: int) -> str:
    try:
        return canonical_of(version, cidr)
    except ValueError as error:
        raise invalid_parameter(f"The CIDR {cidr} is invalid, or not of the prefix list's address family.") from error


def _max_entries(response: Any) -> int:
    given = int(response._get_param("MaxEntries"))
    if not 1 <= given <= _MOST_ENTRIES:
        raise invalid_parameter(f"Must specify a max size between 1 and {_MOST_ENTRIES}")
    return given


def _refuse_name(name: str) -> None:
    if name.startswith("com.amazonaws"):
        raise invalid_parameter("A prefix list name cannot start with com.amazonaws.")


def _refuse_twice(entries: Iterable[Entry]) -> None:
    blocks = [each["Cidr"] for each in entries]
    if len(blocks) != len(set(blocks)):
        raise invalid_parameter("Duplicate entries are not allowed.")


def _refuse_too_many(entries: Sequence[Entry], allowed: Any) -> None:
    if len(entries) > int(allowed):
        message = f"The maximum number of entries ({allowed}) of the prefix list is exceeded."
        raise EC2ClientError("PrefixListMaxEntriesExceeded", message)


def _refuse_other_version(held: Any, current: Any) -> None:
    if current is not None and int(current) != held.version:
        raise EC2ClientError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")


def _referenced(backend: Any) -> set[str]:
    routed = {route.destination_prefix_list_id for table in backend.route_tables.values() for route in table.routes}
    return routed | {rule.prefix_list_id for group in groups_of(backend) for rule in rules_of(group)}
