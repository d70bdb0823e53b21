"""The VPC quotas: their defaults, the values of an account in a region, and what Service Quotas answers for them.

Sources: "Amazon VPC quotas" in the VPC User Guide, "Quotas" in the VPC Peering Guide, and the Service Quotas API Reference.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
from moto.core.exceptions import JsonRESTError
from moto.ec2.exceptions import EC2ClientError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS
from moto.servicequotas.responses import ServiceQuotasResponse

from localcloud.core.patching import replaces


class Quota(msgspec.Struct, frozen=True):
    """A quota that EC2 enforces.

    Attributes:
        code: its code in Service Quotas.
        default: its value unless an account has its own in the region.
        error: the code of the error for going over it.
        what: what is counted, for the message.
    """

    code: str
    default: int
    error: str
    what: str


ACTIVE_PEERINGS = Quota("L-7E9ECCDB", 50, "VpcPeeringConnectionsPerVpcLimitExceeded", "active VPC peering connections per VPC")
OUTSTANDING_PEERINGS = Quota(
    "L-DC9F7029", 25, "OutstandingVpcPeeringConnectionLimitExceeded", "outstanding VPC peering connection requests"
)
ROUTES = Quota("L-93826ACB", 500, "RouteLimitExceeded", "routes per route table")
GROUP_RULES = Quota("L-0EA8095F", 60, "RulesPerSecurityGroupLimitExceeded", "rules per security group")
ACL_RULES = Quota("L-2AEEBF1A", 20, "NetworkAclEntryLimitExceeded", "rules per network ACL")

ENFORCED = (ACTIVE_PEERINGS, OUTSTANDING_PEERINGS, ROUTES, GROUP_RULES, ACL_RULES)

_DEFAULTS = {quota["QuotaCode"]: float(quota["Value"]) for quota in VPC_DEFAULT_QUOTAS} | {
    quota.code: float(quota.default) for quota in ENFORCED
}
_NAMED = ", ".join(f"{quota.code} ({quota.what})" for quota in ENFORCED)
_PAGE_SIZE = 10
"""Quotas on a page where the caller names no size: fewer than there are, so that a caller who reads one page is found out."""


class OwnQuota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of a quota for one account in one region, as after an approved increase.

    Raises:
        ValueError: the code is no VPC quota's.
    """

    account_id: str
    region: str
    code: str
    value: int

    def __post_init__(self) -> None:
        if self.code not in _DEFAULTS:
            raise ValueError(f"{self.code} is no quota of Amazon VPC. Enforced are {_NAMED}.")


_OWN_QUOTAS: dict[tuple[str, str, str], OwnQuota] = {}


def override(*quotas: OwnQuota) -> None:
    """From now on these apply, and are what Service Quotas answers."""
    _OWN_QUOTAS.update({(quota.account_id, quota.region, quota.code): quota for quota in quotas})


def overrides() -> tuple[OwnQuota, ...]:
    return tuple(_OWN_QUOTAS.values())


def clear_overrides() -> None:
    _OWN_QUOTAS.clear()


def limit(account_id: str, region: str, quota: Quota) -> int:
    return int(_applied_value(account_id, region, quota.code))


def enforce(quota: Quota, backend: Any, count: int, where: str) -> None:
    """Refuse to let `where` reach `count`, in the account and region of an EC2 backend.

    Raises:
        EC2ClientError: with the quota's own error code.
    """
    allowed = limit(backend.account_id, backend.region_name, quota)
    if count > allowed:
        raise EC2ClientError(quota.error, f"The maximum number of {quota.what} ({allowed}) is reached for {where}.")


def _applied_value(account_id: str, region: str, code: str) -> float:
    own = _OWN_QUOTAS.get((account_id, region, code))
    return float(own.value) if own else _DEFAULTS[code]


@replaces(ServiceQuotasResponse, "get_service_quota")
def get_service_quota(_: Callable[..., str], self: Any) -> str:
    """GetServiceQuota answers the value that applies in the account and region. Unknown: NoSuchResourceException."""
    request = _request_of(self, "vpc")
    for quota in _applied(self):
        if quota["QuotaCode"] == request.get("QuotaCode"):
            return json.dumps({"Quota": quota})
    raise NoSuchResource


@replaces(ServiceQuotasResponse, "list_service_quotas")
def list_service_quotas(_: None, self: Any) -> str:
    """ListServiceQuotas answers the values that apply in the account and region, page by page."""
    return _page(_request_of(self, "vpc"), _applied(self))


@replaces(ServiceQuotasResponse, "list_aws_default_service_quotas")
def list_aws_default_service_quotas(_: Callable[..., str], self: Any) -> str:
    """ListAWSDefaultServiceQuotas answers AWS's values, whatever the account has, page by page."""
    defaults = [{**quota, "Value": _DEFAULTS[quota["QuotaCode"]]} for quota in VPC_DEFAULT_QUOTAS]
    return _page(_request_of(self, "vpc"), defaults)


def _request_of(response: Any, service_code: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(response.body)
    if request.get("ServiceCode") != service_code:
        raise NoSuchResource
    return request


def _applied(response: Any) -> list[dict[str, Any]]:
    account_id, region = response.current_account, response.region
    return [
        {
            **quota,
            "Value": _applied_value(account_id, region, quota["QuotaCode"]),
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
