"""The VPC quotas: their defaults, and the values of an account in a region.

Sources: "Amazon VPC quotas" in the VPC User Guide, and "Quotas" in the VPC Peering Guide.
"""

import msgspec
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS


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


class OwnQuota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of a quota for one account in one region, as after an approved increase.

    Raises:
        ValueError: the code is not a VPC quota's.
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
    return int(applied_value(account_id, region, quota.code))


def applied_value(account_id: str, region: str, code: str) -> float:
    own = _OWN_QUOTAS.get((account_id, region, code))
    return float(own.value) if own else _DEFAULTS[code]
