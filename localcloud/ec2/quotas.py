"""The VPC quotas that EC2 enforces."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError

from localcloud.servicequotas.vpc_quotas import Quota, limit


def enforce(quota: Quota, backend: Any, count: int, where: str) -> None:
    """Refuse to let `where` reach `count`, in the account and region of an EC2 backend.

    Raises:
        EC2ClientError: with the quota's own error code.
    """
    allowed = limit(backend.account_id, backend.region_name, quota)
    if count > allowed:
        raise EC2ClientError(quota.error, f"The maximum number of {quota.what} ({allowed}) is reached for {where}.")
