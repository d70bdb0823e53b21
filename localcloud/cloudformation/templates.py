"""Templates: the SAM transform, which moto does not have, and no aliases, which CloudFormation does not have."""

import json
from typing import Any

import boto3
import yaml
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.utilities.utils import get_partition
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from localcloud.core.patching import replaces

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"


@replaces(CloudFormationBackend, "create_stack")
@replaces(CloudFormationBackend, "update_stack")
@replaces(CloudFormationBackend, "create_change_set")
def sam_templates_are_transformed(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    """The transform runs before anything looks at the template."""
    template, parameters = kwargs["template"], kwargs["parameters"]
    _refuse_aliases(template)
    return original(backend, *args, **{**kwargs, "template": transform(template, parameters, backend.region_name)})


def _refuse_aliases(template: str) -> None:
    """CloudFormation's YAML has none (user guide, "CloudFormation template format")."""
    if not template.lstrip().startswith("{") and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(template)):
        raise ValidationError(message="Template error: YAML aliases are not allowed in CloudFormation templates.")


def transform(template: str, parameters: Any, region: str) -> str:
    """The CloudFormation template (JSON) that a SAM template stands for; any other template as it is."""
    document = Stack.parse_template(template)
    transforms = document.get("Transform", [])
    if SAM_TRANSFORM not in ([transforms] if isinstance(transforms, str) else transforms):
        return template
    values = {**_by_name(parameters), "AWS::Region": region}
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        transformed = translator.translate(
            json.loads(json.dumps(document, default=str)),
            parameter_values=values,
            get_managed_policy_map=lambda: get_bundled_managed_policy_map(get_partition(region)),
        )
    except InvalidDocumentException as error:
        raise ValidationError(message=error.message) from error
    transformed.pop("Transform", None)
    return json.dumps(transformed, default=str)


def _by_name(parameters: Any) -> dict[str, Any]:
    """The parameters of a new stack are a mapping, those of an update a list."""
    if isinstance(parameters, dict):
        return parameters
    return {item["ParameterKey"]: item["ParameterValue"] for item in parameters if "ParameterValue" in item}
