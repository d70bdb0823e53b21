"""Recipes: resource types that moto lacks or gets wrong, as the API calls that they stand for."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

type Properties = dict[str, Any]


class Recipe(msgspec.Struct, frozen=True):
    """How the API makes and removes a resource type, and reads its attributes. ``create`` answers the physical id.

    Without ``update``, a changed resource is replaced.
    """

    service: str
    create: Callable[[Any, str, Properties], str]
    delete: Callable[[Any, str, Properties], object]
    name_property: str = ""
    attributes: Mapping[str, Callable[[Any, str], str]] = {}
    update: Callable[[Any, str, Properties], object] | None = None


def _put_alarm(cloudwatch: Any, name: str, properties: Properties) -> str:
    cloudwatch.put_metric_alarm(**{**properties, "AlarmName": name})
    return name


def _create_function_url(functions: Any, _name: str, properties: Properties) -> str:
    made = functions.create_function_url_config(
        FunctionName=properties["TargetFunctionArn"], **_without(properties, "TargetFunctionArn")
    )
    return str(made["FunctionArn"])


def _update_function_url(functions: Any, name: str, properties: Properties) -> None:
    functions.update_function_url_config(FunctionName=name, **_without(properties, "TargetFunctionArn"))


def _put_queue_policy(sqs: Any, name: str, properties: Properties) -> str:
    for queue in properties["Queues"]:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
    return name


def _clear_queue_policy(sqs: Any, _name: str, properties: Properties) -> None:
    for queue in properties["Queues"]:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})


def _put_topic_policy(sns: Any, name: str, properties: Properties) -> str:
    for topic in properties["Topics"]:
        sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(properties["PolicyDocument"])
        )
    return name


def _subscribe(sns: Any, _name: str, properties: Properties) -> str:
    settings = _without(properties, "TopicArn", "Protocol", "Endpoint")
    subscription = sns.subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties.get("Endpoint", ""),
        Attributes={name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()},
        ReturnSubscriptionArn=True,
    )
    return str(subscription["SubscriptionArn"])


def _put_bus_policy(events: Any, _name: str, properties: Properties) -> str:
    """Add a statement to the bus's policy, which the API replaces whole."""
    bus, sid = properties.get("EventBusName", "default"), str(properties["StatementId"])
    policy = json.loads(events.describe_event_bus(Name=bus).get("Policy", '{"Statement": []}'))
    others = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
    statements = [*others, {"Sid": sid, **properties["Statement"]}]
    events.put_permission(EventBusName=bus, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return sid


def _authorize_egress(ec2: Any, name: str, properties: Properties) -> str:
    ec2.authorize_security_group_egress(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])
    return name


def _revoke_egress(ec2: Any, _name: str, properties: Properties) -> None:
    ec2.revoke_security_group_egress(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])


def _associate_cidr(ec2: Any, _name: str, properties: Properties) -> str:
    answer = ec2.associate_vpc_cidr_block(**properties)
    association = answer.get("CidrBlockAssociation") or answer["Ipv6CidrBlockAssociation"]
    return str(association["AssociationId"])


def _associate_route_table(ec2: Any, _name: str, properties: Properties) -> str:
    return str(ec2.associate_route_table(**properties)["AssociationId"])


def _permission(properties: Properties) -> Properties:
    """A group rule in CloudFormation's words as an `IpPermission` of the API."""
    description = {"Description": properties["Description"]} if "Description" in properties else {}
    rule: Properties = {"IpProtocol": str(properties["IpProtocol"])}
    rule |= {name: int(properties[name]) for name in ("FromPort", "ToPort") if name in properties}
    if "CidrIp" in properties:
        rule["IpRanges"] = [{"CidrIp": properties["CidrIp"], **description}]
    if "CidrIpv6" in properties:
        rule["Ipv6Ranges"] = [{"CidrIpv6": properties["CidrIpv6"], **description}]
    if "DestinationSecurityGroupId" in properties:
        rule["UserIdGroupPairs"] = [{"GroupId": properties["DestinationSecurityGroupId"], **description}]
    return rule


def _without(properties: Properties, *names: str) -> Properties:
    return {key: value for key, value in properties.items() if key not in names}


RECIPES: dict[str, Recipe] = {
    "AWS::CloudWatch::Alarm": Recipe(
        "cloudwatch", _put_alarm, lambda api, name, _: api.delete_alarms(AlarmNames=[name]), "AlarmName", update=_put_alarm
    ),
    "AWS::EC2::SecurityGroupEgress": Recipe("ec2", _authorize_egress, _revoke_egress),
    # moto's own makes an object that no route table knows of.
    "AWS::EC2::SubnetRouteTableAssociation": Recipe(
        "ec2", _associate_route_table, lambda api, name, _: api.disassociate_route_table(AssociationId=name)
    ),
    "AWS::EC2::VPCCidrBlock": Recipe(
        "ec2", _associate_cidr, lambda api, name, _: api.disassociate_vpc_cidr_block(AssociationId=name)
    ),
    "AWS::Events::EventBusPolicy": Recipe(
        "events",
        _put_bus_policy,
        lambda api, name, properties: api.remove_permission(
            StatementId=name, EventBusName=properties.get("EventBusName", "default")
        ),
        update=_put_bus_policy,
    ),
    "AWS::Lambda::Url": Recipe(
        "lambda",
        _create_function_url,
        lambda api, name, _: api.delete_function_url_config(FunctionName=name),
        attributes={
            "FunctionArn": lambda _, name: name,
            "FunctionUrl": lambda api, name: str(api.get_function_url_config(FunctionName=name)["FunctionUrl"]),
        },
        update=_update_function_url,
    ),
    "AWS::SNS::Subscription": Recipe("sns", _subscribe, lambda api, name, _: api.unsubscribe(SubscriptionArn=name)),
    "AWS::SNS::TopicPolicy": Recipe("sns", _put_topic_policy, lambda *_: None, update=_put_topic_policy),
    "AWS::SQS::QueuePolicy": Recipe("sqs", _put_queue_policy, _clear_queue_policy, update=_put_queue_policy),
}
