"""AWS's managed policies, and roles in templates that use them.

Moto can load AWS's managed policies only all at once, for every account and partition, which takes seconds; here each
is loaded when it is first attached. Moto's CloudFormation ignores a role's ManagedPolicyArns, and on an update also its
policies and its trust; here a role in a template is what the template says.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role, iam_backends

from localcloud.core.patching import install, replaces

__all__ = ["install"]

_AWS_POLICIES = "arn:aws:iam::aws:policy/"
_INLINE_FROM_TEMPLATE = "inline_policies_from_template"


@replaces(IAMBackend, "attach_role_policy")
def load_when_attached(original: Callable[..., None], backend: IAMBackend, policy_arn: str, role_name: str) -> None:
    if policy_arn.startswith(_AWS_POLICIES) and policy_arn not in backend.managed_policies:
        backend.managed_policies.update(_load(backend, policy_arn.rpartition("/")[2]))
    original(backend, policy_arn, role_name)


@replaces(Role, "create_from_cloudformation_json")
def create_with_its_policies(
    original: Callable[..., Role], resource_name: str, cloudformation_json: Mapping[str, Any], *args: Any, **kwargs: Any
) -> Role:
    role = original(resource_name, cloudformation_json, *args, **kwargs)
    _apply(role, cloudformation_json["Properties"])
    return role


@replaces(Role, "update_from_cloudformation_json")
def update_with_its_policies(
    original: Callable[..., Role], original_resource: Role, cloudformation_json: Mapping[str, Any], **others: Any
) -> Role:
    original(original_resource=original_resource, cloudformation_json=cloudformation_json, **others)
    _apply(original_resource, cloudformation_json["Properties"])
    return original_resource


@replaces(Role, "delete_from_cloudformation_json")
def detach_before_deletion(
    original: Callable[..., None],
    resource_name: str,
    cloudformation_json: Mapping[str, Any],
    account_id: str,
    region_name: str,
) -> None:
    for role in list(iam_backends[account_id]["aws"].roles.values()):
        if role.name == resource_name:
            _attach_exactly(role, [])
    original(resource_name, cloudformation_json, account_id, region_name)


def _apply(role: Role, properties: Mapping[str, Any]) -> None:
    role.assume_role_policy_document = json.dumps(properties["AssumeRolePolicyDocument"], default=str)
    inline = {policy["PolicyName"]: json.dumps(policy["PolicyDocument"], default=str) for policy in _listed(properties)}
    # Only those that the role's own resource made: an AWS::IAM::Policy adds to the same dictionary.
    for name in getattr(role, _INLINE_FROM_TEMPLATE, frozenset[str]()) - inline.keys():
        role.policies.pop(name, None)
    role.policies.update(inline)
    setattr(role, _INLINE_FROM_TEMPLATE, frozenset(inline))
    _attach_exactly(role, properties.get("ManagedPolicyArns", []))


def _listed(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    policies: list[Mapping[str, Any]] = properties.get("Policies", [])
    return policies


def _attach_exactly(role: Role, policy_arns: list[str]) -> None:
    backend = iam_backends[role.account_id]["aws"]
    for policy in [policy for arn, policy in role.managed_policies.items() if arn not in policy_arns]:
        policy.detach_from(role)
    for arn in policy_arns:
        if arn not in role.managed_policies:
            backend.attach_role_policy(arn, role.name)


def _load(backend: IAMBackend, name: str) -> dict[str, AWSManagedPolicy]:
    """The policy by its ARN; nothing where AWS has none of that name, which moto then answers as AWS does."""
    data = _known_policies().get(name)
    if data is None:
        return {}
    policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
    return {policy.arn: policy}


@cache
def _known_policies() -> dict[str, dict[str, Any]]:
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies
