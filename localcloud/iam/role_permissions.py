"""Role permissions: what a role may do, and which of it was ever asked for."""

from moto.iam.models import Role

from localcloud.iam.evaluation import Context, Decision, evaluate
from localcloud.iam.roles import identity_policies

_used: set[tuple[str, str]] = set()


def decide(role: Role, action: str, resource: str | None, context: Context) -> Decision:
    """Whether a role's policies allow an action. One that they allow counts as used from now on."""
    decision = evaluate(identity_policies(role), action, resource, context)
    if decision.allowed:
        _used.add((str(role.name), action))
    return decision


def used_permissions() -> frozenset[tuple[str, str]]:
    """Each role's name with an action that it was asked for, by a call of its session or a service that acts as it."""
    return frozenset(_used)
