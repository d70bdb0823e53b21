"""Tags: of each account and region for itself, and only on what exists there.

moto keeps tags by account and region, so the two sides of a peering connection are tagged apart as on AWS; that a
connection must be visible on the side that tags it follows from the peering rules. Source: "Tag restrictions" in the
EC2 User Guide.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.responses.tags import TagResponse

from localcloud.core.patching import replaces
from localcloud.ec2.errors import invalid_parameter

_KEY_LENGTH, _VALUE_LENGTH = 128, 256


def described_tags(backend: Any, resource_id: str) -> list[dict[str, str]]:
    """A resource's tags, as a describe shows them."""
    return [{"Key": key, "Value": value} for key, value in backend.tags.get(resource_id, {}).items()]


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


def _refuse_malformed(tags: Sequence[Mapping[str, str]]) -> None:
    """Keys are apart from each other and not AWS's own; keys have up to 128 characters, values up to 256."""
    keys = [tag["Key"] for tag in tags]
    for key in keys:
        if key.lower().startswith("aws:"):
            raise invalid_parameter(f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if not 1 <= len(key) <= _KEY_LENGTH:
            raise invalid_parameter(f"Tag key is not between 1 and {_KEY_LENGTH} characters long: '{key}'")
        if keys.count(key) > 1:
            raise invalid_parameter(f"Duplicate tag key '{key}' specified.")
    for tag in tags:
        if len(tag.get("Value", "")) > _VALUE_LENGTH:
            raise invalid_parameter(f"Tag value exceeds the maximum length of {_VALUE_LENGTH} characters: '{tag['Value']}'")
