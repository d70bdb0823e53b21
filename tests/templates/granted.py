"""The statements of a template's policies as plain values: actions, ARNs and condition keys."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

type Document = dict[str, Any]

_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:r:1:table/x",
    "AWS::Events::EventBus": "arn:aws:events:r:1:event-bus/x",
    "AWS::Events::Rule": "arn:aws:events:r:1:rule/x",
    "AWS::Lambda::Function": "arn:aws:lambda:r:1:function:x",
    "AWS::SNS::Topic": "arn:aws:sns:r:1:x",
    "AWS::SQS::Queue": "arn:aws:sqs:r:1:x",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:r:1:stateMachine:x",
}
_PARAMETERS = {"EventBusArn": _ARNS["AWS::Events::EventBus"]}
_ROLE = "arn:aws:iam::1:role/x"


class Statement(NamedTuple):
    """One statement of a policy.

    Attributes:
        owner: The logical id of the role or of the resource whose policy it stands in.
    """

    owner: str
    allows: bool
    actions: tuple[str, ...]
    arns: tuple[str, ...]
    condition_keys: tuple[str, ...]


def role_statements(resources: Document) -> list[Statement]:
    """What the roles of a template may do."""
    return [
        _statement(name, each, resources)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", ())
        for each in listed(policy["PolicyDocument"]["Statement"])
    ]


def resource_statements(resources: Document) -> list[Statement]:
    """What the policies of a template's roles, buses and queues let others do to them."""
    return [_statement(name, each, resources) for name, each in _resource_policies(resources)]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resource_policies(resources: Document) -> Iterator[tuple[str, Document]]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Role":
                for each in listed(properties["AssumeRolePolicyDocument"]["Statement"]):
                    yield name, {**each, "Resource": _ROLE}
            case "AWS::Events::EventBusPolicy":
                yield name, properties["Statement"]
            case "AWS::SQS::QueuePolicy":
                for each in listed(properties["PolicyDocument"]["Statement"]):
                    yield name, each


def _statement(owner: str, statement: Document, resources: Document) -> Statement:
    return Statement(
        owner,
        statement["Effect"] == "Allow",
        tuple(listed(statement["Action"])),
        tuple(_arn(each, resources) for each in listed(statement["Resource"])),
        tuple(key for operator in statement.get("Condition", {}).values() for key in operator),
    )


def _arn(value: Any, resources: Document) -> str:
    """With something plausible in the place of what is only known when it is deployed."""
    match value:
        case str(text) | {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{\w[\w:]*\}", "x", text)
        case {"Ref": name} if name in _PARAMETERS:
            return _PARAMETERS[name]
        case {"Ref": name}:
            return _ARNS[resources[name]["Type"]]
        case {"Fn::GetAtt": [name, attribute]}:
            stream = "/stream/x" if attribute == "StreamArn" else ""
            return _ARNS[resources[name]["Type"]] + stream
    raise ValueError(f"no ARN: {value}")
