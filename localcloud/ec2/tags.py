"""Tags: of each account and region for itself, and only on what exists there.

moto keeps tags by account and region, so the two sides of a peering connection are tagged apart as on AWS; that a
connection must be visible on the side that tags it follows from the peering rules. Source: "Tag restrictions" in the
EC2 User Guide.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.responses.tags import TagResponse

from localcloud.core.patching import replaces
from localcloud.ec2.selecting import paged_result

_KEY_LENGTH, _VALUE_LENGTH = 128, 256


@replaces(EC2Backend, "do_resources_exist")
def a_rule_must_exist_to_be_tagged(original: Callable[..., bool], self: Any, resource_ids: list[str]) -> bool:
    """CreateTags on an unknown security-group rule: InvalidSecurityGroupRuleId.NotFound."""
    known = set(_rule_ids(self))
    for resource_id in resource_ids:
        if resource_id.startswith("sgr-") and resource_id not in known:
            raise InvalidSecurityGroupRuleIdNotFoundError(resource_id)
    return original(self, resource_ids)


@replaces(TagResponse, "create_tags")
def create_tags(original: Callable[..., Any], self: Any) -> Any:
    """CreateTags takes a key alone; the value is the empty string. It refuses what cannot be a tag."""
    tags = self._get_param("Tags", [])
    for tag in tags:
        tag.setdefault("Value", "")
    _refuse_malformed(tags)
    return original(self)


@replaces(TagResponse, "delete_tags")
def delete_tags(original: Callable[..., Any], self: Any) -> Any:
    """DeleteTags, only of what exists here. A tag with a value goes only where it has that value.

    Without tags it deletes every tag of the resources but AWS's own.
    """
    resource_ids, tags = self._get_param("Resources", []), self._get_param("Tags", [])
    _refuse_malformed(tags)
    self.ec2_backend.do_resources_exist(resource_ids)
    if tags:
        return original(self)
    for resource_id in resource_ids:
        present = self.ec2_backend.tags.get(resource_id, {})
        self.ec2_backend.delete_tag_keys([resource_id], [key for key in present if not key.startswith("aws:")])
    return EmptyResult()


@replaces(TagResponse, "describe_tags")
def describe_tags(original: Callable[..., Any], self: Any) -> Any:
    """DescribeTags with pages."""
    return paged_result(self, "Tags", original(self).result["Tags"])


def _refuse_malformed(tags: Sequence[Mapping[str, str]]) -> None:
    """Keys are apart from each other and not AWS's own; keys have up to 128 characters, values up to 256."""
    keys = [tag["Key"] for tag in tags]
    for key in keys:
        if key.lower().startswith("aws:"):
            raise _invalid(f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if not 1 <= len(key) <= _KEY_LENGTH:
            raise _invalid(f"Tag key is not between 1 and {_KEY_LENGTH} characters long: '{key}'")
        if keys.count(key) > 1:
            raise _invalid(f"Duplicate tag key '{key}' specified.")
    for tag in tags:
        if len(tag.get("Value", "")) > _VALUE_LENGTH:
            raise _invalid(f"Tag value exceeds the maximum length of {_VALUE_LENGTH} characters: '{tag['Value']}'")


def _invalid(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterValue", message)
    return error


def _rule_ids(backend: Any) -> Iterator[str]:
    for groups in backend.groups.values():
        for group in groups.values():
            yield from (rule.id for rule in (*group.ingress_rules, *group.egress_rules))
