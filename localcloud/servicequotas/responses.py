"""What Service Quotas answers about VPCs. Source: the Service Quotas API Reference."""

import base64
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS
from moto.servicequotas.responses import ServiceQuotasResponse

from localcloud.core.patching import replaces
from localcloud.servicequotas.vpc_quotas import applied_value

_PAGE_SIZE = 10
"""Quotas on a page where the caller names no size: fewer than there are, so that a caller who reads one page is found out."""


@replaces(ServiceQuotasResponse, "get_service_quota")
def get_service_quota(_: Callable[..., str], self: Any) -> str:
    """GetServiceQuota answers the value that applies in the account and region. Unknown: NoSuchResourceException."""
    request = _vpc_request(self)
    for quota in _applied(self):
        if quota["QuotaCode"] == request.get("QuotaCode"):
            return json.dumps({"Quota": quota})
    raise NoSuchResource


@replaces(ServiceQuotasResponse, "list_service_quotas")
def list_service_quotas(_: None, self: Any) -> str:
    """ListServiceQuotas answers the values that apply in the account and region, page by page."""
    return _page(_vpc_request(self), _applied(self))


def _vpc_request(response: Any) -> dict[str, Any]:
    """The parameters of a request, which has to be about VPCs."""
    request: dict[str, Any] = json.loads(response.body)
    if request.get("ServiceCode") != "vpc":
        raise NoSuchResource
    return request


def _applied(response: Any) -> list[dict[str, Any]]:
    account_id, region = response.current_account, response.region
    return [
        {
            **quota,
            "Value": applied_value(account_id, region, quota["QuotaCode"]),
            "QuotaArn": f"arn:aws:servicequotas:{region}:{account_id}:vpc/{quota['QuotaCode']}",
        }
        for quota in VPC_DEFAULT_QUOTAS
    ]


def _page(request: dict[str, Any], quotas: list[dict[str, Any]]) -> str:
    """The page that a request asks for. A token that no page gave: InvalidPaginationTokenException."""
    tokens = {base64.b64encode(quota["QuotaCode"].encode()).decode(): place for place, quota in enumerate(quotas)}
    token = request.get("NextToken")
    if token is not None and token not in tokens:
        raise JsonRESTError("InvalidPaginationTokenException", "The pagination token is invalid.")
    start = tokens[token] if token else 0
    end = start + request.get("MaxResults", _PAGE_SIZE)
    following = next((token for token, place in tokens.items() if place == end), None)
    return json.dumps({"Quotas": quotas[start:end], **({"NextToken": following} if following else {})})
