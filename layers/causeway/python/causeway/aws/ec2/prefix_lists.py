"""What prefix lists hold: a call for what all of them are called, and one for each list and page of its entries."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from causeway.domain.model.errors import AccessDenied, ResourceNotFound

from . import conversion
from .pages import MOST_FILTER_VALUES, describe_all, every_page

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Executor

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2 import type_defs as ec2

    from causeway.domain.model.network import PrefixList
    from causeway.domain.model.request import VpcRef


def read_prefix_lists(client: EC2Client, pool: Executor, vpc: VpcRef, ids: Collection[str]) -> tuple[PrefixList, ...]:
    """Those of the lists that may be read, in the order of their ids. Where none is named there is no call.

    A list that may not be read, or is no longer shared with the account, is left out, or is without its blocks: what it holds
    is unknown then, and nothing else of the side is.
    """
    wanted = sorted(ids)
    pending = {each: pool.submit(_blocks, client, vpc, each) for each in wanted}
    described = [raw for some in batched(wanted, MOST_FILTER_VALUES, strict=False) for raw in _described(client, vpc, some)]
    by_id = {raw["PrefixListId"]: raw for raw in described}
    blocks = {each: pending[each].result() for each in wanted}
    return tuple(conversion.prefix_list(by_id[each], blocks[each]) for each in wanted if each in by_id)


def _described(client: EC2Client, vpc: VpcRef, ids: Collection[str]) -> list[ec2.ManagedPrefixListTypeDef]:
    """By a filter: an id that is not visible is no error then."""
    filters: list[ec2.FilterTypeDef] = [{"Name": "prefix-list-id", "Values": list(ids)}]
    try:
        return describe_all(client, vpc, "describe_managed_prefix_lists", "PrefixLists", filters)
    except AccessDenied:
        return []


def _blocks(client: EC2Client, vpc: VpcRef, prefix_list_id: str) -> tuple[str, ...] | None:
    try:
        entries = every_page(client, vpc, "get_managed_prefix_list_entries", "Entries", PrefixListId=prefix_list_id)
    except (AccessDenied, ResourceNotFound):
        return None
    return tuple(conversion.canonical(each["Cidr"]) for each in entries)
