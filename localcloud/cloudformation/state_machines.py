"""State machines in templates: their definition, wherever it is."""

import json
from typing import Any

import yaml
from moto.s3.models import s3_backends
from moto.stepfunctions.models import StateMachine
from moto.utilities.utils import get_partition

from localcloud.core.patching import replaces


@replaces(StateMachine, "create_from_cloudformation_json")
def state_machine_definition_is_resolved(
    original: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
) -> Any:
    """`DefinitionS3Location`, `Definition` and `DefinitionSubstitutions` are CloudFormation's to resolve."""
    resolved = _with_definition_string(cloudformation_json, account_id, region_name)
    return original(resource_name, resolved, account_id, region_name, **kwargs)


@replaces(StateMachine, "update_from_cloudformation_json")
def updated_state_machine_definition_is_resolved(original: Any, **update: Any) -> Any:
    """As at creation."""
    resolved = _with_definition_string(update["cloudformation_json"], update["account_id"], update["region_name"])
    return original(**{**update, "cloudformation_json": resolved})


def _with_definition_string(resource: dict[str, Any], account_id: str, region: str) -> dict[str, Any]:
    properties = dict(resource["Properties"])
    text = _definition_text(properties, account_id, region)
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    definition = json.dumps(yaml.safe_load(text), default=str, ensure_ascii=False)
    return {**resource, "Properties": {**properties, "DefinitionString": definition}}


def _definition_text(properties: dict[str, Any], account_id: str, region: str) -> str:
    if location := properties.get("DefinitionS3Location"):
        bucket = s3_backends[account_id][get_partition(region)]
        content: bytes = bucket.get_object(location["Bucket"], location["Key"]).value
        return content.decode()
    if definition := properties.get("Definition"):
        return json.dumps(definition)
    return str(properties["DefinitionString"])
