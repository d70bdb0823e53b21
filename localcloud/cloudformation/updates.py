"""The update of a stack, as CloudFormation does it: in place wherever the resource allows that, and removals come last.

What is new is created. What has changed is updated and keeps its physical id, or is replaced where AWS replaces it. Then what
is gone, or was replaced, is deleted, unless the template retains it. moto deletes first and retains nothing, gives many a new
name, and forgets those of a type that it cannot update.

Source: CloudFormation user guide, "Update behaviors of stack resources"; for each type, its reference.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap
from moto.events.models import Rule

from localcloud.endpoint.internal import client_for

type Properties = dict[str, Any]


class Definition(msgspec.Struct, frozen=True):
    """A resource as a template says it, with every reference resolved.

    Attributes:
        outlives_removal: Its `DeletionPolicy` retains it when it is gone from the template.
        outlives_replacement: Its `UpdateReplacePolicy` retains it when another one takes its place.
    """

    kind: str
    properties: Properties
    outlives_removal: bool
    outlives_replacement: bool


class InPlace(msgspec.Struct, frozen=True):
    """How a resource type is updated, with which service.

    Attributes:
        replacing: The properties of which a change replaces the resource.
        unsupported: The properties that AWS can change, and the embedded AWS cannot.
    """

    service: str
    update: Callable[[Any, Any, Properties], object]
    replacing: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


class End(msgspec.Struct, frozen=True):
    """A resource that the stack no longer has, and whether it stays all the same."""

    resource: Any
    definition: Definition
    retained: bool


def _set_retention(logs: Any, group: Any, properties: Properties) -> None:
    if days := properties.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=group.name, retentionInDays=int(days))
    else:
        logs.delete_retention_policy(logGroupName=group.name)


def _set_queue_attributes(sqs: Any, queue: Any, properties: Properties) -> None:
    attributes = {name: _as_text(value) for name, value in properties.items() if name not in {"QueueName", "Tags"}}
    sqs.set_queue_attributes(QueueUrl=queue.physical_resource_id, Attributes=attributes)


def _set_table(dynamodb: Any, table: Any, properties: Properties) -> None:
    dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=properties.get("DeletionProtectionEnabled", False))
    recovery = properties.get("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
    dynamodb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=recovery)
    if expiry := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=expiry)


def _put_rule(events: Any, rule: Rule, properties: Properties) -> None:
    settings = {name: _as_text(value) for name, value in properties.items() if name not in {"Name", "Targets"}}
    events.put_rule(Name=rule.name, **settings)
    bus, targets = properties.get("EventBusName", "default"), properties.get("Targets", [])
    gone = {target["Id"] for target in rule.targets} - {target["Id"] for target in targets}
    if gone:
        events.remove_targets(Rule=rule.name, EventBusName=bus, Ids=sorted(gone))
    if targets:
        events.put_targets(Rule=rule.name, EventBusName=bus, Targets=targets)


def _put_dashboard(cloudwatch: Any, dashboard: Any, properties: Properties) -> None:
    cloudwatch.put_dashboard(DashboardName=dashboard.name, DashboardBody=properties["DashboardBody"])


def _name_topic(sns: Any, topic: Any, properties: Properties) -> None:
    value = properties.get("DisplayName", "")
    sns.set_topic_attributes(TopicArn=topic.arn, AttributeName="DisplayName", AttributeValue=value)


def _describe_bus(_events: Any, _bus: Any, _properties: Properties) -> None:
    """A bus has nothing else that can change; moto keeps no description."""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


UPDATES = {
    "AWS::CloudWatch::Dashboard": InPlace("cloudwatch", _put_dashboard, ("DashboardName",)),
    "AWS::DynamoDB::Table": InPlace(
        "dynamodb",
        _set_table,
        ("KeySchema", "TableName"),
        ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "SSESpecification", "StreamSpecification"),
    ),
    "AWS::Events::EventBus": InPlace("events", _describe_bus, ("Name",)),
    "AWS::Events::Rule": InPlace("events", _put_rule, ("EventBusName", "Name")),
    "AWS::Logs::LogGroup": InPlace("logs", _set_retention, ("LogGroupName",)),
    "AWS::SNS::Topic": InPlace("sns", _name_topic, ("TopicName",)),
    "AWS::SQS::Queue": InPlace("sqs", _set_queue_attributes, ("FifoQueue", "QueueName")),
}
"""The types whose update is written here. Of the others, moto's own is used."""

REPLACED = {"AWS::Lambda::LayerVersion", "AWS::Lambda::Permission"}
"""The types of which nothing can be changed."""


def install() -> None:
    ResourceMap.update = _update_stack


def _update_stack(resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
    """Make a stack what the template says: an update, or the creation by a change set."""
    before = {name: _defined(resources, name) for name in list(resources._parsed_resources) if name in resources.resources}
    _take(resources, template, parameters)
    gone = [name for name in before if not _is_wanted(resources, name)]
    ends = [_take_out(resources, name, before[name], retained=before[name].outlives_removal) for name in gone]
    for name in resources._ResourceMap__get_resources_in_dependency_order():
        # Reading a resource that is not there creates it, and what it refers to.
        if name in before and name in resources._parsed_resources:
            ends += _updated(resources, name, before[name])
        resources[name]
    for end in reversed(ends):
        if not end.retained:
            resources._delete_resource(end.resource, {"Type": end.definition.kind, "Properties": end.definition.properties})


def _take(resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None) -> None:
    """Take over the template and the parameters, before anything is made of them."""
    resources._template = template
    resources._resource_json_map = template["Resources"]
    if parameters:
        resources.input_parameters = parameters
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()


def _is_wanted(resources: ResourceMap, name: str) -> bool:
    definition = resources._resource_json_map.get(name)
    if definition is None:
        return False
    condition = definition.get("Condition")
    return condition is None or bool(resources.lazy_condition_map[condition])


def _defined(resources: ResourceMap, name: str) -> Definition:
    raw = resources._resource_json_map[name]
    resolved = parsing.clean_json(raw.get("Properties", {}), resources)
    return Definition(
        raw["Type"],
        resolved,
        outlives_removal=raw.get("DeletionPolicy") == "Retain",
        outlives_replacement=raw.get("UpdateReplacePolicy") == "Retain",
    )


def _take_out(resources: ResourceMap, name: str, definition: Definition, *, retained: bool) -> End:
    return End(resources._parsed_resources.pop(name), definition, retained)


def _updated(resources: ResourceMap, name: str, before: Definition) -> list[End]:
    """Update a resource where it has changed; what is to be deleted in its place, if it has to be created anew."""
    after = _defined(resources, name)
    if (after.kind, after.properties) == (before.kind, before.properties):
        return []
    changed = {
        key for key in {*before.properties, *after.properties} if before.properties.get(key) != after.properties.get(key)
    }
    known = UPDATES.get(after.kind)
    if after.kind != before.kind or after.kind in REPLACED or (known and changed.intersection(known.replacing)):
        return [_take_out(resources, name, before, retained=before.outlives_replacement)]
    if known is None:
        _update_as_moto_does(resources, name, after)
    elif impossible := changed.intersection(known.unsupported):
        raise ValidationError(
            message=f"{name}: the embedded AWS cannot change the {', '.join(sorted(impossible))} of a {after.kind}"
        )
    else:
        client = client_for(known.service, resources._account_id, resources._region_name)
        known.update(client, resources._parsed_resources[name], after.properties)
    return []


def _update_as_moto_does(resources: ResourceMap, name: str, after: Definition) -> None:
    place = {"account_id": resources._account_id, "region_name": resources._region_name}
    updated = parsing.parse_and_update_resource(name, resources._resource_json_map[name], resources, **place)
    if updated is None:
        raise ValidationError(message=f"{name}: the embedded AWS cannot update a {after.kind}")
    resources._parsed_resources[name] = updated
