"""What Service Quotas answers about VPCs."""

import pytest

from tests.conformance.accounts import Account
from tests.conformance.expecting import refused

DEFAULTS = {"L-7E9ECCDB": 50, "L-DC9F7029": 25, "L-93826ACB": 500, "L-0EA8095F": 60, "L-2AEEBF1A": 20}


def listed(account: Account) -> dict[str, float]:
    pages = account.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="vpc")
    return {quota["QuotaCode"]: quota["Value"] for page in pages for quota in page["Quotas"]}


@pytest.mark.parametrize("code", DEFAULTS)
def test_service_quotas_answers_the_accounts_and_regions_value(account: Account, code: str) -> None:
    """VPC Guide: amazon-vpc-limits; Service Quotas API: GetServiceQuota."""
    quota = account.client("service-quotas").get_service_quota(ServiceCode="vpc", QuotaCode=code)["Quota"]
    assert quota["Value"] == listed(account)[code] >= DEFAULTS[code]
    assert quota["QuotaArn"].split(":")[3:] == [account.region, account.id, f"vpc/{code}"]


def test_quotas_come_in_pages(account: Account) -> None:
    """Service Quotas API: ListServiceQuotas."""
    quotas = account.client("service-quotas")
    first = quotas.list_service_quotas(ServiceCode="vpc", MaxResults=2)
    second = quotas.list_service_quotas(ServiceCode="vpc", MaxResults=2, NextToken=first["NextToken"])
    codes = [quota["QuotaCode"] for page in (first, second) for quota in page["Quotas"]]
    assert len(set(codes)) == 4
    assert listed(account).keys() > {*codes}


def test_an_invented_token_of_quotas_is_refused(account: Account) -> None:
    """Service Quotas API: ListServiceQuotas."""
    with refused("InvalidPaginationTokenException"):
        account.client("service-quotas").list_service_quotas(ServiceCode="vpc", NextToken="nowhere")


@pytest.mark.parametrize(("service", "code"), [("vpc", "L-00000000"), ("nothing", "L-93826ACB")], ids=["quota", "service"])
def test_an_unknown_quota_is_not_found(account: Account, service: str, code: str) -> None:
    """Service Quotas API: GetServiceQuota."""
    with refused("NoSuchResourceException"):
        account.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
