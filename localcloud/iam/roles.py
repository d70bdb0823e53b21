"""The IAM roles that moto keeps, as policies see them: who they trust, and what they may do."""

import json
from functools import lru_cache
from typing import Any

from moto.iam.models import ManagedPolicy, Role, iam_backends

from localcloud.iam.policies import Policy, parse_policy

ASSUME_ROLE = "sts:AssumeRole"
"""The action that a role's trust policy is about."""


def account_of(role_arn: str) -> str | None:
    """The account in a role's ARN; None where the text is not a role's ARN."""
    match role_arn.split(":"):
        case ["arn", _, "iam", "", account_id, name] if name.startswith("role/"):
            return account_id
        case _:
            return None


def find_role(role_arn: str) -> Role | None:
    """The role with this ARN, in whichever account, if there is one."""
    account_id = account_of(role_arn)
    if account_id is None:
        return None
    return next((role for role in list(iam_backends[account_id]["aws"].roles.values()) if role.arn == role_arn), None)


def trust_policy(role: Role) -> Policy:
    return _parse(_as_text(role.assume_role_policy_document))


def identity_policies(role: Role) -> list[Policy]:
    """The role's inline policies and the default versions of the managed policies that are attached to it."""
    inline = list(role.policies.values())
    attached = [_default_document(policy) for policy in list(role.managed_policies.values())]
    return [_parse(_as_text(document)) for document in [*inline, *attached]]


def _default_document(policy: ManagedPolicy) -> str:
    return next(str(version.document) for version in policy.versions if version.version_id == policy.default_version_id)


def _as_text(document: str | dict[str, Any]) -> str:
    """Moto keeps an inline policy from CloudFormation as an object, and one from the API as text."""
    return document if isinstance(document, str) else json.dumps(document)


@lru_cache(maxsize=1024)
def _parse(document: str) -> Policy:
    """Kept by the text itself: a changed policy is another text, so nothing has to be invalidated."""
    return parse_policy(json.loads(document))
