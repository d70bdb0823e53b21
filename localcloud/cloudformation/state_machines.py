"""State machines in templates: their definition, wherever it is."""

import json
from typing import Any

from moto.s3.models import s3_backends
from moto.stepfunctions.models import StateMachine
from moto.utilities.utils import get_partition

from localcloud.cloudformation.definitions import definition_from_s3, substituted
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
    substitutions = properties.get("DefinitionSubstitutions", {})
    if location := properties.get("DefinitionS3Location"):
        content: bytes = s3_backends[account_id][get_partition(region)].get_object(location["Bucket"], location["Key"]).value
        definition = json.dumps(definition_from_s3(content.decode(), substitutions), default=str, ensure_ascii=False)
    elif "Definition" in properties:
        definition = substituted(json.dumps(properties["Definition"]), substitutions)
    else:
        definition = substituted(properties["DefinitionString"], substitutions)
    return {**resource, "Properties": {**properties, "DefinitionString": definition}}
