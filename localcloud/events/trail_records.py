"""What CloudTrail records of an EC2 call: the ``detail`` of its event. Nothing here reads a clock or an account.

Shapes: CloudTrail user guide, "CloudTrail record contents" and "userIdentity element", and EC2 user guide, "Log Amazon
EC2 API calls using AWS CloudTrail". CloudTrail spells EC2's names in lower camel case and puts lists under ``items``.
"""

import functools
from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import botocore.session
import msgspec
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from localcloud.endpoint.callers import Caller

_SPELLED_OTHERWISE = {
    "Protocol": "aclProtocol",
    "Resources": "resourcesSet",
    "TagSpecifications": "tagSpecificationSet",
    "Tags": "tagSet",
}
"""A call's own parameters whose name follows no rule; nested ones have their usual names."""


class Ec2Call(msgspec.Struct, frozen=True):
    """A call that succeeded.

    Attributes:
        caller: who called.
        role_id: the unique id of the caller's role; empty where it has none.
        operation: for example ``CreateRoute``.
        region: where it was called.
        moment: when, as ``2026-01-31T12:00:00Z``.
        form: the request's parameters, by their flattened names.
        answer: the response's XML.
    """

    caller: Caller
    role_id: str
    operation: str
    region: str
    moment: str
    form: Mapping[str, str]
    answer: bytes


def trail_record(call: Ec2Call) -> dict[str, Any]:
    """The record of a call, as the ``detail`` of its event."""
    model = _ec2().operation_model(call.operation)
    answered = _strip_namespaces(ET.fromstring(call.answer))  # noqa: S314 -- it is the embedded AWS's own answer
    return {
        "eventVersion": "1.10",
        "userIdentity": user_identity(call.caller, call.role_id),
        "eventTime": call.moment,
        "eventSource": "ec2.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "localcloud",
        "requestParameters": _structure_asked(model.input_shape, "", call.form, top=True),
        "responseElements": {
            "requestId": answered.findtext("requestId", ""),
            **_structure_answered(model.output_shape, answered),
        },
        "requestID": answered.findtext("requestId", ""),
        "eventID": str(uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.caller.account_id,
        "eventCategory": "Management",
    }


def user_identity(caller: Caller, role_id: str) -> dict[str, Any]:
    """A role's session with the role that issued it, or an account's root, which here is its operator."""
    common = {"arn": caller.arn, "accountId": caller.account_id, "accessKeyId": caller.access_key}
    if caller.role_arn is None:
        return {"type": "Root", "principalId": caller.account_id, **common}
    issuer = {
        "type": "Role",
        "principalId": role_id,
        "arn": caller.role_arn,
        "accountId": caller.account_id,
        "userName": caller.role_name,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{caller.session_name}",
        **common,
        "sessionContext": {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": "false"}},
    }


@functools.cache
def _ec2() -> ServiceModel:
    return botocore.session.get_session().get_service_model("ec2")


def _structure_asked(shape: Shape | None, prefix: str, form: Mapping[str, str], *, top: bool = False) -> dict[str, Any]:
    """The given members of a structure in a flattened request; a nested one shows its empty lists, as CloudTrail does."""
    if not isinstance(shape, StructureShape):
        return {}
    found = {}
    exceptions = _SPELLED_OTHERWISE if top else {}
    for name, member in shape.members.items():
        value = _asked(member, f"{prefix}{_query_name(name, member)}", form)
        if value is None and not top and isinstance(member, ListShape):
            value = {}
        if value is not None:
            found[exceptions.get(name) or _spelling(name, member)] = value
    return found


def _asked(shape: Shape, name: str, form: Mapping[str, str]) -> Any:
    if isinstance(shape, StructureShape):
        return _structure_asked(shape, f"{name}.", form) if any(key.startswith(f"{name}.") for key in form) else None
    if isinstance(shape, ListShape):
        return _list_asked(shape, name, form)
    return _scalar(shape, form[name]) if name in form else None


def _list_asked(shape: ListShape, name: str, form: Mapping[str, str]) -> Any:
    numbers = {int(key.removeprefix(f"{name}.").partition(".")[0]) for key in form if key.startswith(f"{name}.")}
    if not numbers:
        return None
    values = [_asked(shape.member, f"{name}.{number}", form) for number in sorted(numbers)]
    if isinstance(shape.member, StructureShape):
        return values if shape.name == "TagList" and "TagSpecification" in name else {"items": values}
    item = _lower(shape.serialization.get("name", shape.member.name))
    return {"items": [{item: value} for value in values]}


def _structure_answered(shape: Shape | None, element: ET.Element) -> dict[str, Any]:
    """What the shape knows of an element; a call without an output shape answers ``return`` alone."""
    found: dict[str, Any] = {}
    if (success := element.findtext("return")) is not None:
        found["_return"] = success == "true"
    members = shape.members if isinstance(shape, StructureShape) else {}
    for name, member in members.items():
        tag = member.serialization.get("name", name)
        child = element.find(tag)
        if child is not None and tag != "return":
            found[tag] = _answered(member, child)
    return found


def _answered(shape: Shape, element: ET.Element) -> Any:
    if isinstance(shape, StructureShape):
        return _structure_answered(shape, element)
    if isinstance(shape, ListShape):
        items = [_answered(shape.member, item) for item in element.findall("item")]
        return {"items": items} if items else {}
    return _scalar(shape, element.text or "")


def _scalar(shape: Shape, text: str) -> Any:
    match shape.type_name:
        case "boolean":
            return text.lower() == "true"
        case "integer" | "long":
            return int(text)
        case _:
            return text


def _query_name(name: str, shape: Shape) -> str:
    """A member's name in a request, by the rules of EC2's query protocol."""
    given = shape.serialization.get("queryName") or shape.serialization.get("name")
    return given[0].upper() + given[1:] if given else name


def _spelling(name: str, shape: Shape) -> str:
    given = shape.serialization.get("name", name)
    return given if given[0].islower() else _lower(name)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _strip_namespaces(root: ET.Element) -> ET.Element:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
