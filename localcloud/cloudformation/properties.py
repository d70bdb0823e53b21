"""Other resources in templates: properties and attributes that moto leaves out."""

from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance
from moto.sns.models import Topic

from localcloud.core.patching import replaces


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
