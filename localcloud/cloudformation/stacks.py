"""CloudFormation as it deploys a real template: the SAM transform, state machines from S3, nothing silently skipped."""

import json
from typing import Any

import boto3
import yaml
from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance
from moto.events.models import EventBus
from moto.s3.models import s3_backends
from moto.sns.models import Topic
from moto.stepfunctions.models import StateMachine
from moto.utilities.utils import get_partition
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from localcloud.cloudformation import resources
from localcloud.core.patching import replaces

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"

INERT_TYPES = {
    "AWS::ApplicationInsights::Application": "an observer of the other resources; it serves nobody here",
    "AWS::CloudFormation::WaitCondition": "nothing in an embedded stack is waited for",
    "AWS::CloudFormation::WaitConditionHandle": "nothing in an embedded stack is waited for",
    "AWS::ResourceGroups::Group": "a view of resources by their tags",
    "AWS::XRay::SamplingRule": "no traces are sampled",
}
"""Resource types that are accepted without effect, each with the reason."""


def install() -> None:
    resources.install()
    # `Ref` gives a bus's name and a layer version's ARN; moto would put the object itself into the template.
    EventBus.physical_resource_id = property(lambda bus: bus.name)
    LayerVersion.physical_resource_id = property(lambda layer: layer.arn)
    original = parsing.resource_class_from_type

    def resource_class_from_type(resource_type: str) -> Any:
        """AWS refuses a type that it does not know; moto skips it with a warning."""
        if resource_type in INERT_TYPES:
            return resources.InertResource
        if resource_type not in parsing.get_model_map() and not resource_type.startswith("Custom::"):
            raise ValidationError(message=f"Template format error: Unrecognized resource types: [{resource_type}]")
        return original(resource_type)

    parsing.resource_class_from_type = resource_class_from_type


@replaces(CloudFormationBackend, "create_stack")
@replaces(CloudFormationBackend, "update_stack")
@replaces(CloudFormationBackend, "create_change_set")
def sam_templates_are_transformed(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    """The transform runs before anything looks at the template."""
    template, parameters = kwargs["template"], kwargs["parameters"]
    return original(backend, *args, **{**kwargs, "template": transform(template, parameters, backend.region_name)})


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


@replaces(CloudFormationBackend, "execute_change_set")
def a_failed_deployment_is_a_failed_stack(
    original: Any, backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None
) -> None:
    """The call itself succeeds; the stack's status and its last event tell what went wrong. Nothing is rolled back."""
    change_set = backend.describe_change_set(change_set_name)
    try:
        original(backend, change_set_name, stack_name)
        _publish_outputs(backend, change_set.stack)
    except Exception as error:  # noqa: BLE001 -- whatever a resource raises is the stack's failure, and is reported there
        change_set.execution_status = "EXECUTE_FAILED"
        change_set.stack.status = "ROLLBACK_FAILED" if change_set.change_set_type == "CREATE" else "UPDATE_FAILED"
        change_set.stack._add_stack_event(change_set.stack.status, resource_status_reason=str(error))


def _publish_outputs(backend: CloudFormationBackend, stack: Stack) -> None:
    """After a change set: moto reads outputs and exports when a stack is made, before it has a template."""
    stack._parse_template()
    stack.parameters = stack.resource_map.input_parameters
    stack.output_map = stack._create_output_map()
    backend.exports.update({export.name: export for export in stack.exports})


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
    return resources.lambda_backend(account_id, region_name).create_function(_function_spec(resource_name, properties))


def _function_spec(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {**properties, "Code": resources.function_code(properties["Code"]), "FunctionName": name, "Tags": tags}


@replaces(LambdaFunction, "update_configuration")
def updated_functions_keep_their_configuration(original: Any, function: Any, config_updates: dict[str, Any]) -> Any:
    """As at creation."""
    function.dead_letter_config = config_updates.get("DeadLetterConfig", function.dead_letter_config)
    function.logging_config = config_updates.get("LoggingConfig", function.logging_config)
    return original(function, config_updates)


@replaces(Instance, "create_from_cloudformation_json")
def instances_are_in_their_security_groups(
    original: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
) -> Any:
    """`SecurityGroupIds` count; moto puts the instance into its VPC's default group."""
    instance = original(resource_name, cloudformation_json, account_id, region_name, **kwargs)
    if group_ids := cloudformation_json["Properties"].get("SecurityGroupIds"):
        backend = ec2_backends[account_id][region_name]
        backend.modify_instance_security_groups(instance.id, group_ids)
        for interface in instance.nics.values():
            backend.modify_network_interface_attribute(interface.id, group_ids)
    return instance


@replaces(Topic, "has_cfn_attr")
def a_topics_arn_is_an_attribute(original: Any, attribute: str) -> bool:
    """`GetAtt` gives a topic's ARN too, which moto only gives to `Ref`."""
    return attribute == "TopicArn" or bool(original(attribute))


@replaces(Topic, "get_cfn_attribute")
def a_topics_attribute(original: Any, topic: Topic, attribute_name: str) -> str:
    return str(topic.arn if attribute_name == "TopicArn" else original(topic, attribute_name))


@replaces(Table, "create_from_cloudformation_json")
def tables_have_recovery_and_expiry(
    original: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
) -> Any:
    """Point-in-time recovery and time to live, which moto leaves out."""
    table = original(resource_name, cloudformation_json, account_id, region_name, **kwargs)
    properties, backend = cloudformation_json["Properties"], dynamodb_backends[account_id][region_name]
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        backend.update_continuous_backups(table.name, recovery)
    if expiry := properties.get("TimeToLiveSpecification"):
        backend.update_time_to_live(table.name, expiry)
    return table
