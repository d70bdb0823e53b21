"""Whole answers of calls that come in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causeway.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2 import type_defs as ec2

    from causeway.domain.model.request import VpcRef

MOST_FILTER_VALUES = 200
"""Of one call (EC2 API Reference, "Filter")."""

LARGEST_PAGE = 1000
LARGEST_PAGES = {
    "describe_managed_prefix_lists": 100,
    "describe_route_tables": 100,
    "get_managed_prefix_list_entries": 100,
}
"""Where an operation allows less than the others."""


def describe_all(client: EC2Client, vpc: VpcRef, operation: Any, key: str, filters: Sequence[ec2.FilterTypeDef]) -> list[Any]:
    """Every page of what the filters let through."""
    return every_page(client, vpc, operation, key, Filters=filters)


def every_page(client: EC2Client, vpc: VpcRef, operation: Any, key: str, **parameters: Any) -> list[Any]:
    """What all pages of an answer have under a key.

    Args:
        client: Of the VPC's account and region.
        vpc: What an error is said to be about.
        operation: As boto3's client names it.
        key: Of the answer.
        **parameters: Of the call.
    """
    page_size = LARGEST_PAGES.get(operation, LARGEST_PAGE)
    with translated(str(vpc)):
        pages = client.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": page_size})
        return [raw for page in pages for raw in page[key]]
