"""Tags: of each account and region for itself, and only on what exists there.

moto keeps tags by account and region, so the two sides of a peering connection are tagged apart as on AWS; that a
connection must be visible on the side that tags it follows from the peering rules.
"""

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.responses.tags import TagResponse

from localcloud.strict.patching import replaces
from localcloud.strict.selecting import paged_result


@replaces(EC2Backend, "do_resources_exist")
def a_rule_must_exist_to_be_tagged(original: Callable[..., bool], self: Any, resource_ids: list[str]) -> bool:
    """CreateTags on an unknown security-group rule: InvalidSecurityGroupRuleId.NotFound."""
    known = set(_rule_ids(self))
    for resource_id in resource_ids:
        if resource_id.startswith("sgr-") and resource_id not in known:
            raise InvalidSecurityGroupRuleIdNotFoundError(resource_id)
    return original(self, resource_ids)


@replaces(TagResponse, "create_tags")
def a_tag_without_a_value_has_an_empty_one(original: Callable[..., Any], self: Any) -> Any:
    """CreateTags takes a key alone; the value is the empty string."""
    for tag in self._get_param("Tags", []):
        tag.setdefault("Value", "")
    return original(self)


@replaces(TagResponse, "delete_tags")
def without_tags_all_of_them_are_deleted(original: Callable[..., Any], self: Any) -> Any:
    """DeleteTags without tags deletes every tag of the resources but AWS's own."""
    if self._get_param("Tags", []):
        return original(self)
    for resource_id in self._get_param("Resources", []):
        tags = self.ec2_backend.tags.get(resource_id, {})
        self.ec2_backend.delete_tag_keys([resource_id], [key for key in tags if not key.startswith("aws:")])
    return EmptyResult()


@replaces(TagResponse, "describe_tags")
def describe_tags(original: Callable[..., Any], self: Any) -> Any:
    """DescribeTags with pages."""
    return paged_result(self, "Tags", original(self).result["Tags"])


def _rule_ids(backend: Any) -> Iterator[str]:
    for groups in backend.groups.values():
        for group in groups.values():
            yield from (rule.id for rule in (*group.ingress_rules, *group.egress_rules))
