"""Lambda functions in templates: with every property that moto leaves out or forgets."""

import base64
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends

from localcloud.core.patching import replaces


@replaces(LambdaFunction, "__init__")
def functions_keep_their_configuration(original: Any, function: Any, **kwargs: Any) -> None:
    """The dead-letter queue and where the logs go, which moto forgets."""
    original(function, **kwargs)
    spec = kwargs["spec"]
    function.dead_letter_config = spec.get("DeadLetterConfig", {})
    function.logging_config = spec.get("LoggingConfig", {})


@replaces(LambdaFunction, "create_from_cloudformation_json")
def functions_are_created_with_all_properties(
    _original: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
) -> Any:
    """With layers, architecture, tracing, dead-letter queue and logging, which moto leaves out."""
    properties = cloudformation_json["Properties"]
    return lambda_backends[account_id][region_name].create_function(_function_spec(resource_name, properties))


def _function_spec(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {**properties, "Code": _code(properties["Code"]), "FunctionName": name, "Tags": tags}


@replaces(LambdaFunction, "update_configuration")
def updated_functions_keep_their_configuration(original: Any, function: Any, config_updates: dict[str, Any]) -> Any:
    """As at creation."""
    function.dead_letter_config = config_updates.get("DeadLetterConfig", function.dead_letter_config)
    function.logging_config = config_updates.get("LoggingConfig", function.logging_config)
    return original(function, config_updates)


def _code(code: dict[str, Any]) -> dict[str, Any]:
    """Inline code is plain text in a template and a package for the API."""
    if "ZipFile" not in code:
        return code
    package: bytes = LambdaFunction._create_zipfile_from_plaintext_code(code["ZipFile"])
    return {"ZipFile": base64.b64encode(package)}
