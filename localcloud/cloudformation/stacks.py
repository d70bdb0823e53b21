"""Stacks: an unknown type is refused, a failed change set is a failed stack, and outputs are there after each."""

from typing import Any

from moto.awslambda.models import LayerVersion
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.events.models import EventBus

from localcloud.cloudformation import api_resources, updates
from localcloud.core.patching import replaces


def install() -> None:
    api_resources.install()
    updates.install()
    # `Ref` gives a bus's name and a layer version's ARN; moto would put the object itself into the template.
    EventBus.physical_resource_id = property(lambda bus: bus.name)
    LayerVersion.physical_resource_id = property(lambda layer: layer.arn)
    original = parsing.resource_class_from_type

    def resource_class_from_type(resource_type: str) -> Any:
        """AWS refuses a type that it does not know; moto skips it with a warning."""
        if resource_type not in parsing.get_model_map() and not resource_type.startswith("Custom::"):
            raise ValidationError(message=f"Template format error: Unrecognized resource types: [{resource_type}]")
        return original(resource_type)

    parsing.resource_class_from_type = resource_class_from_type


@replaces(CloudFormationBackend, "execute_change_set")
def a_failed_deployment_is_a_failed_stack(
    original: Any, backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None
) -> None:
    """The call itself succeeds; the stack's status and its last event say what went wrong. Nothing is rolled back."""
    change_set = backend.describe_change_set(change_set_name)
    try:
        original(backend, change_set_name, stack_name)
        _publish_outputs(backend, change_set.stack)
    except Exception as error:  # noqa: BLE001 -- whatever a resource raises is the stack's failure, and is reported there
        change_set.execution_status = "EXECUTE_FAILED"
        change_set.stack.status = "ROLLBACK_FAILED" if change_set.change_set_type == "CREATE" else "UPDATE_FAILED"
        change_set.stack._add_stack_event(change_set.stack.status, resource_status_reason=str(error))


@replaces(Stack, "stack_resources")
def what_its_condition_leaves_out_is_no_resource(original: Any, stack: Stack) -> list[Any]:
    """Moto has None in its place, and then asks that for its id."""
    return [resource for resource in original(stack) if resource is not None]


def _publish_outputs(backend: CloudFormationBackend, stack: Stack) -> None:
    """After a change set: moto reads outputs and exports when a stack is made, before it has a template."""
    stack._parse_template()
    stack.parameters = stack.resource_map.input_parameters
    stack.output_map = stack._create_output_map()
    backend.exports.update({export.name: export for export in stack.exports})
