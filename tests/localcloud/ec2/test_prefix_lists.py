"""Managed prefix lists are as strict as EC2's."""

from typing import Any

import pytest

from tests.localcloud.ec2.conftest import World


@pytest.fixture
def ec2(world: World) -> Any:
    return world.ec2()


def made(ec2: Any, *cidrs: str, max_entries: int = 10, family: str = "IPv4", name: str = "offices") -> dict[str, Any]:
    held: dict[str, Any] = ec2.create_managed_prefix_list(
        PrefixListName=name, MaxEntries=max_entries, AddressFamily=family, Entries=[{"Cidr": each} for each in cidrs]
    )["PrefixList"]
    return held


def entries(ec2: Any, held: dict[str, Any], **given: Any) -> list[str]:
    return [each["Cidr"] for each in ec2.get_managed_prefix_list_entries(PrefixListId=held["PrefixListId"], **given)["Entries"]]


def aws_own(ec2: Any, service: str) -> dict[str, Any]:
    filters = [{"Name": "owner-id", "Values": ["AWS"]}, {"Name": "prefix-list-name", "Values": [f"*.{service}"]}]
    (held,) = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    described: dict[str, Any] = held
    return described


def test_a_list_is_made_with_its_entries(ec2: Any) -> None:
    held = made(ec2, "10.0.0.5/16", "192.0.2.0/24")

    assert (held["PrefixListName"], held["MaxEntries"], held["Version"], held["State"]) == ("offices", 10, 1, "create-complete")
    assert entries(ec2, held) == ["10.0.0.0/16", "192.0.2.0/24"]


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
def test_what_cannot_be_a_list_is_refused(ec2: Any, refused: Any, cidrs: list[str], options: Any, code: str) -> None:
    with refused(code):
        made(ec2, *cidrs, **options)


def test_changed_entries_are_a_new_version(ec2: Any) -> None:
    held = made(ec2, "10.0.0.0/16", "10.1.0.0/16")

    changed = ec2.modify_managed_prefix_list(
        PrefixListId=held["PrefixListId"],
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.2.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.0.0.0/16"}],
    )["PrefixList"]

    assert (changed["Version"], changed["PrefixListName"]) == (2, "offices")
    assert entries(ec2, held) == ["10.1.0.0/16", "10.2.0.0/16"]
    assert entries(ec2, held, TargetVersion=1) == ["10.0.0.0/16", "10.1.0.0/16"]


def test_an_earlier_version_is_restored_as_a_new_one(ec2: Any) -> None:
    held = made(ec2, "10.0.0.0/16")
    only = {"PrefixListId": held["PrefixListId"]}
    ec2.modify_managed_prefix_list(**only, CurrentVersion=1, RemoveEntries=[{"Cidr": "10.0.0.0/16"}])

    restored = ec2.restore_managed_prefix_list_version(**only, CurrentVersion=2, PreviousVersion=1)["PrefixList"]

    assert restored["Version"] == 3
    assert entries(ec2, held) == ["10.0.0.0/16"]


def test_a_new_name_or_size_is_no_new_version(ec2: Any) -> None:
    only = {"PrefixListId": made(ec2, "10.0.0.0/16")["PrefixListId"]}

    ec2.modify_managed_prefix_list(**only, PrefixListName="branches")
    changed = ec2.modify_managed_prefix_list(**only, MaxEntries=20)["PrefixList"]

    assert (changed["PrefixListName"], changed["MaxEntries"], changed["Version"]) == ("branches", 20, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CurrentVersion": 2, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}, "PrefixListVersionMismatch"),
        ({"MaxEntries": 20, "AddEntries": [{"Cidr": "10.2.0.0/16"}]}, "InvalidParameterCombination"),
        ({"AddEntries": [{"Cidr": "10.0.0.0/16"}]}, "InvalidParameterValue"),
        ({"RemoveEntries": [{"Cidr": "10.9.0.0/16"}]}, "InvalidParameterValue"),
        ({"AddEntries": [{"Cidr": "10.1.0.0/16"}, {"Cidr": "10.2.0.0/16"}]}, "PrefixListMaxEntriesExceeded"),
    ],
    ids=["another version", "size and entries", "there already", "not there", "too many"],
)
def test_what_cannot_be_changed_is_refused(ec2: Any, refused: Any, changes: Any, code: str) -> None:
    held = made(ec2, "10.0.0.0/16", max_entries=2)

    with refused(code):
        ec2.modify_managed_prefix_list(PrefixListId=held["PrefixListId"], **changes)

    assert entries(ec2, held) == ["10.0.0.0/16"]


def test_aws_own_lists_are_read_and_never_changed(ec2: Any, refused: Any) -> None:
    held = aws_own(ec2, "s3")

    assert entries(ec2, held)
    assert "MaxEntries" not in held
    assert held["PrefixListArn"].split(":")[4] == "aws"
    with refused("UnauthorizedOperation"):
        ec2.modify_managed_prefix_list(PrefixListId=held["PrefixListId"], PrefixListName="mine")


def test_an_unknown_list_is_not_found_by_its_id_and_no_error_of_a_filter(ec2: Any, refused: Any) -> None:
    missing = "pl-0123456789abcdef0"

    with refused("InvalidPrefixListID.NotFound"):
        ec2.describe_managed_prefix_lists(PrefixListIds=[missing])
    with refused("InvalidPrefixListID.NotFound"):
        ec2.get_managed_prefix_list_entries(PrefixListId=missing)
    with refused("InvalidParameterValue"):
        ec2.describe_managed_prefix_lists(Filters=[{"Name": "colour", "Values": ["red"]}])
    filters = [{"Name": "prefix-list-id", "Values": [missing]}]
    assert ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"] == []


def test_lists_and_their_entries_come_in_pages(ec2: Any) -> None:
    held = made(ec2, *(f"10.{number}.0.0/16" for number in range(5)))

    pages = list(
        ec2.get_paginator("get_managed_prefix_list_entries").paginate(
            PrefixListId=held["PrefixListId"], PaginationConfig={"PageSize": 2}
        )
    )
    lists = ec2.get_paginator("describe_managed_prefix_lists").paginate(PaginationConfig={"PageSize": 2})

    assert [len(page["Entries"]) for page in pages] == [2, 2, 1]
    assert held["PrefixListId"] in [each["PrefixListId"] for page in lists for each in page["PrefixLists"]]


def test_aws_own_lists_count_as_their_weight(world: World, ec2: Any, refused: Any) -> None:
    group = ec2.create_security_group(GroupName="app", Description="app", VpcId=world.vpc("10.0.0.0/16"))["GroupId"]
    rules = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": [{"PrefixListId": held["PrefixListId"]}]}
        for port in (80, 443)
        for held in [aws_own(ec2, "cloudfront.origin-facing")]
    ]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules[:1])

    with refused("RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules[1:])
