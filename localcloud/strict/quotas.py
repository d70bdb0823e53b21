"""The VPC quotas: their defaults, an account's own values, and what Service Quotas answers for them.

Sources: "Amazon VPC quotas" in the VPC User Guide and "Quotas" in the VPC Peering Guide.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from moto.ec2.exceptions import EC2ClientError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS
from moto.servicequotas.responses import ServiceQuotasResponse

from localcloud.strict.patching import replaces


class Quota(msgspec.Struct, frozen=True):
    """A quota that EC2 enforces.

    Attributes:
        code: its code in Service Quotas.
        default: its value unless an account has its own.
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

_DEFAULTS = {quota.code: quota.default for quota in ENFORCED}
_OWN_VALUES: dict[tuple[str, str], int] = {}


def override(account_id: str, code: str, value: int) -> None:
    """Give one account a value of its own, as an approved quota increase does."""
    _OWN_VALUES[account_id, code] = value


def clear_overrides() -> None:
    _OWN_VALUES.clear()


def limit(account_id: str, quota: Quota) -> int:
    return _OWN_VALUES.get((account_id, quota.code), quota.default)


def enforce(quota: Quota, account_id: str, count: int, where: str) -> None:
    """Refuse to let `where` reach `count`.

    Raises:
        EC2ClientError: with the quota's own error code.
    """
    allowed = limit(account_id, quota)
    if count > allowed:
        raise EC2ClientError(quota.error, f"The maximum number of {quota.what} ({allowed}) is reached for {where}.")


@replaces(ServiceQuotasResponse, "get_service_quota")
def get_service_quota(_: Callable[..., str], self: Any) -> str:
    """GetServiceQuota answers the value that applies to the account. Unknown: NoSuchResourceException."""
    request = _request_of(self, "vpc")
    for quota in _applied(self):
        if quota["QuotaCode"] == request.get("QuotaCode"):
            return json.dumps({"Quota": quota})
    raise NoSuchResource


@replaces(ServiceQuotasResponse, "list_service_quotas")
def list_service_quotas(_: None, self: Any) -> str:
    """ListServiceQuotas answers the values that apply to the account."""
    _request_of(self, "vpc")
    return json.dumps({"Quotas": _applied(self)})


@replaces(ServiceQuotasResponse, "list_aws_default_service_quotas")
def list_aws_default_service_quotas(_: Callable[..., str], self: Any) -> str:
    """ListAWSDefaultServiceQuotas answers AWS's values, whatever the account has."""
    _request_of(self, "vpc")
    return json.dumps({"Quotas": [_with_value(quota, _default(quota)) for quota in VPC_DEFAULT_QUOTAS]})


def _request_of(response: Any, service_code: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(response.body)
    if request.get("ServiceCode") != service_code:
        raise NoSuchResource
    return request


def _applied(response: Any) -> list[dict[str, Any]]:
    account_id, region = response.current_account, response.region
    return [
        _with_value(quota, _OWN_VALUES.get((account_id, quota["QuotaCode"]), _default(quota)))
        | {"QuotaArn": f"arn:aws:servicequotas:{region}:{account_id}:vpc/{quota['QuotaCode']}"}
        for quota in VPC_DEFAULT_QUOTAS
    ]


def _default(quota: dict[str, Any]) -> float:
    return float(_DEFAULTS.get(quota["QuotaCode"], quota["Value"]))


def _with_value(quota: dict[str, Any], value: float) -> dict[str, Any]:
    return quota | {"Value": value}
