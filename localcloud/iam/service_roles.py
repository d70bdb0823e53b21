"""Service roles: roles as which services act, where the roles trust them."""

from moto.iam.models import Role
from moto.sts.models import AssumedRole, sts_backends

from localcloud.iam.evaluation import Principal, evaluate
from localcloud.iam.principals import principal_context
from localcloud.iam.role_permissions import decide
from localcloud.iam.roles import ASSUME_ROLE, account_of, find_role, trust_policy


class RoleNotAssumableError(Exception):
    """A service cannot act as the role that it was given."""


def assume_role_as_service(role_arn: str, service: str, session_name: str, region: str, seconds: int = 3600) -> AssumedRole:
    """Credentials with which a service, for example ``lambda.amazonaws.com``, acts as a role that trusts it.

    Raises:
        RoleNotAssumableError: There is no such role, or its trust policy does not name the service.
    """
    role, account_id = find_role(role_arn), account_of(role_arn)
    if role is None or account_id is None:
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: there is no such role.")
    if not _trusts_service(role, account_id, service):
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: its trust policy does not allow the service.")
    return sts_backends[account_id]["aws"].assume_role(
        region_name=region,
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=seconds,
        external_id="",
    )


def service_may(service: str, role_arn: str, action: str, resource: str) -> bool:
    """Whether a service that acts as a role may do this: the role trusts the service, and its policies allow the action."""
    role, account_id = find_role(role_arn), account_of(role_arn)
    if role is None or account_id is None or not _trusts_service(role, account_id, service):
        return False
    return decide(role, action, resource, principal_context(account_id, role_arn)).allowed


def _trusts_service(role: Role, account_id: str, service: str) -> bool:
    principal, context = Principal("Service", frozenset({service})), {"aws:sourceaccount": (account_id,)}
    return evaluate([trust_policy(role)], ASSUME_ROLE, None, context, principal).allowed
