"""Managed prefix lists, one's own and AWS's."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc
from tests.conformance.expecting import eventually, refused, until

MISSING = "pl-0123456789abcdef0"
READY = {"create-complete", "modify-complete", "restore-complete"}


class PrefixLists:
    """The account's prefix lists."""

    def __init__(self, ec2: Any, unique: Callable[[], str]) -> None:
        self.ec2 = ec2
        self._unique = unique

    def make(self, *cidrs: str, max_entries: int = 10, family: str = "IPv4", name: str = "") -> str:
        """Make a list, and wait until it can be used; its id."""
        prefix_list_id: str = self.ec2.create_managed_prefix_list(
            PrefixListName=name or self._unique(),
            MaxEntries=max_entries,
            AddressFamily=family,
            Entries=[{"Cidr": each} for each in cidrs],
        )["PrefixList"]["PrefixListId"]
        self.settled(prefix_list_id)
        return prefix_list_id

    def settled(self, prefix_list_id: str) -> dict[str, Any]:
        """The list, once nothing is changed any more."""
        return until(lambda: self.described(prefix_list_id), lambda found: found["State"] in READY)

    def described(self, prefix_list_id: str) -> dict[str, Any]:
        (found,) = self.ec2.describe_managed_prefix_lists(PrefixListIds=[prefix_list_id])["PrefixLists"]
        described: dict[str, Any] = found
        return described

    def modify(self, prefix_list_id: str, **changes: Any) -> dict[str, Any]:
        """Change a list; what it is then."""
        self.ec2.modify_managed_prefix_list(PrefixListId=prefix_list_id, **changes)
        return self.settled(prefix_list_id)

    def entries(self, prefix_list_id: str, **version: int) -> list[str]:
        answer = self.ec2.get_managed_prefix_list_entries(PrefixListId=prefix_list_id, **version)
        return [each["Cidr"] for each in answer["Entries"]]

    def of_aws(self, service: str) -> dict[str, Any]:
        filters = [{"Name": "owner-id", "Values": ["AWS"]}, {"Name": "prefix-list-name", "Values": [f"*.{service}"]}]
        (found,) = self.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
        described: dict[str, Any] = found
        return described


@pytest.fixture
def lists(account: Account, unique: Callable[[], str]) -> PrefixLists:
    return PrefixLists(account.ec2, unique)


def test_a_list_is_made_with_its_entries(lists: PrefixLists) -> None:
    """VPC Guide: managed-prefix-lists; EC2 API: CreateManagedPrefixList."""
    made = lists.make("10.0.0.5/16", "192.0.2.0/24")
    found = lists.described(made)
    assert (found["MaxEntries"], found["Version"], found["AddressFamily"]) == (10, 1, "IPv4")
    assert lists.entries(made) == ["10.0.0.0/16", "192.0.2.0/24"]


@pytest.mark.parametrize(
    ("cidrs", "options", "code"),
    [
        (["10.0.0.0/8", "10.0.0.0/8"], {}, "InvalidParameterValue"),
        (["2600:1f00::/32"], {}, "InvalidParameterValue"),
        (["10.0.0.0/8"], {"family": "IPv6"}, "InvalidParameterValue"),
        (["somewhere"], {}, "InvalidParameterValue"),
        ([], {"family": "IPv5"}, "InvalidParameterValue"),
        ([], {"max_entries": 1001}, "InvalidParameterValue"),
        ([], {"name": "com.amazonaws.mine"}, "InvalidParameterValue"),
        (["10.0.0.0/16", "10.1.0.0/16"], {"max_entries": 1}, "PrefixListMaxEntriesExceeded"),
    ],
    ids=["twice", "family", "family of IPv6", "no block", "no family", "size", "name", "too many"],
)
def test_what_cannot_be_a_list_is_refused(lists: PrefixLists, cidrs: list[str], options: Any, code: str) -> None:
    """EC2 API: CreateManagedPrefixList; EC2 API: errors-overview."""
    with refused(code):
        lists.make(*cidrs, **options)


def test_changed_entries_are_a_new_version(lists: PrefixLists) -> None:
    """EC2 API: ModifyManagedPrefixList; EC2 API: GetManagedPrefixListEntries."""
    made = lists.make("10.0.0.0/16", "10.1.0.0/16")
    changes = {"AddEntries": [{"Cidr": "10.2.0.0/16"}], "RemoveEntries": [{"Cidr": "10.0.0.0/16"}]}
    assert lists.modify(made, CurrentVersion=1, **changes)["Version"] == 2
    assert lists.entries(made) == ["10.1.0.0/16", "10.2.0.0/16"]
    assert lists.entries(made, TargetVersion=1) == ["10.0.0.0/16", "10.1.0.0/16"]


def test_an_earlier_version_is_restored_as_a_new_one(lists: PrefixLists) -> None:
    """EC2 API: RestoreManagedPrefixListVersion."""
    made = lists.make("10.0.0.0/16")
    lists.modify(made, CurrentVersion=1, RemoveEntries=[{"Cidr": "10.0.0.0/16"}])
    lists.ec2.restore_managed_prefix_list_version(PrefixListId=made, CurrentVersion=2, PreviousVersion=1)
    assert lists.settled(made)["Version"] == 3
    assert lists.entries(made) == ["10.0.0.0/16"]


def test_a_new_name_or_size_is_no_new_version(lists: PrefixLists, unique: Callable[[], str]) -> None:
    """EC2 API: ModifyManagedPrefixList."""
    made, name = lists.make("10.0.0.0/16"), unique()
    lists.modify(made, PrefixListName=name)
    changed = lists.modify(made, MaxEntries=20)
    assert (changed["PrefixListName"], changed["MaxEntries"], changed["Version"]) == (name, 20, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CurrentVersion": 2, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}, "PrefixListVersionMismatch"),
        ({"MaxEntries": 20, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}, "InvalidParameterCombination"),
        ({"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.0.0.0/16"}]}, "InvalidParameterValue"),
        ({"CurrentVersion": 1, "RemoveEntries": [{"Cidr": "10.9.0.0/16"}]}, "InvalidParameterValue"),
        (
            {"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.1.0.0/16"}, {"Cidr": "10.2.0.0/16"}]},
            "PrefixListMaxEntriesExceeded",
        ),
    ],
    ids=["another version", "size and entries", "there already", "not there", "too many"],
)
def test_what_cannot_be_changed_is_refused(lists: PrefixLists, changes: dict[str, Any], code: str) -> None:
    """EC2 API: ModifyManagedPrefixList; EC2 API: errors-overview."""
    made = lists.make("10.0.0.0/16", max_entries=2)
    with refused(code):
        lists.modify(made, **changes)
    assert lists.entries(made) == ["10.0.0.0/16"]


def test_aws_own_lists_are_read_and_never_changed(lists: PrefixLists) -> None:
    """VPC Guide: working-with-aws-managed-prefix-lists; EC2 API: ManagedPrefixList."""
    found = lists.of_aws("s3")
    assert lists.entries(found["PrefixListId"])
    assert "MaxEntries" not in found
    assert found["PrefixListArn"].split(":")[4] == "aws"
    with refused("UnauthorizedOperation"):
        lists.ec2.modify_managed_prefix_list(PrefixListId=found["PrefixListId"], PrefixListName="mine")


def test_an_unknown_list_is_not_found(lists: PrefixLists) -> None:
    """EC2 API: DescribeManagedPrefixLists; EC2 API: errors-overview."""
    with refused("InvalidPrefixListID.NotFound"):
        lists.described(MISSING)
    with refused("InvalidPrefixListID.NotFound"):
        lists.entries(MISSING)


def test_a_filter_that_no_list_matches_is_no_error(lists: PrefixLists) -> None:
    """EC2 API: DescribeManagedPrefixLists."""
    by_id = [{"Name": "prefix-list-id", "Values": [MISSING]}]
    assert lists.ec2.describe_managed_prefix_lists(Filters=by_id)["PrefixLists"] == []


def test_an_unknown_filter_of_lists_is_refused(lists: PrefixLists) -> None:
    """EC2 API: DescribeManagedPrefixLists; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        lists.ec2.describe_managed_prefix_lists(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_lists_and_their_entries_come_in_pages(lists: PrefixLists) -> None:
    """EC2 API: DescribeManagedPrefixLists; EC2 API: GetManagedPrefixListEntries."""
    made = lists.make(*(f"10.{number}.0.0/16" for number in range(5)))
    paged = {"PaginationConfig": {"PageSize": 2}}
    pages = lists.ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=made, **paged)
    assert [len(page["Entries"]) for page in pages] == [2, 2, 1]
    all_lists = lists.ec2.get_paginator("describe_managed_prefix_lists").paginate(**paged)
    assert made in [each["PrefixListId"] for page in all_lists for each in page["PrefixLists"]]


def test_a_deleted_list_is_not_found(lists: PrefixLists) -> None:
    """EC2 API: DeleteManagedPrefixList; EC2 API: errors-overview."""
    made = lists.make("172.16.0.0/12")
    lists.ec2.delete_managed_prefix_list(PrefixListId=made)
    by_id = [{"Name": "prefix-list-id", "Values": [made]}]
    eventually(lambda: lists.ec2.describe_managed_prefix_lists(Filters=by_id)["PrefixLists"], [])
    with refused("InvalidPrefixListID.NotFound"):
        lists.entries(made)


def test_aws_own_lists_count_as_their_weight(vpc: Vpc, lists: PrefixLists, unique: Callable[[], str]) -> None:
    """VPC Guide: working-with-aws-managed-prefix-lists; EC2 API: errors-overview."""
    group = vpc.ec2.create_security_group(GroupName=unique(), Description="app", VpcId=vpc.id)["GroupId"]
    origins = [{"PrefixListId": lists.of_aws("cloudfront.origin-facing")["PrefixListId"]}]
    http, https = ({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": origins} for port in (80, 443))
    vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
    with refused("RulesPerSecurityGroupLimitExceeded"):
        vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
