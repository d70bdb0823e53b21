"""What a call needs to be allowed: IAM actions, the resources they are about, and the condition keys of the request.

Follows AWS's Service Authorization Reference for the calls that Causeway and its users make.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from moto.ec2.models import ec2_backends

from localcloud.authorization import ec2_needs
from localcloud.authorization.actions import iam_action
from localcloud.authorization.resources import Resource, arn, named_arn, resources_of, table_arn
from localcloud.endpoint.api_request import ApiRequest
from localcloud.iam.evaluation import Context
from localcloud.iam.principals import principal_context
from localcloud.lambda_.function_url_config import function_behind

_TRANSACTION_ACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


class Need(msgspec.Struct, frozen=True):
    """One permission that a call needs."""

    action: str
    resource: Resource
    context: Context


def needs(request: ApiRequest) -> Iterator[Need]:
    """Every permission that the call needs; all of them, or it is refused."""
    context = request_context(request)
    match request.service, request.operation:
        case "ec2", _:
            for action, resource, keys in ec2_needs.needs(request):
                yield Need(action, resource, {**context, **keys})
        case _ if request.protocol == "function-url":
            yield from _function_url_needs(request, context)
        case "dynamodb", operation if operation.startswith("Transact"):
            yield from _transaction_needs(request, context)
        case "ssm", "SendCommand":
            yield from _send_command_needs(request, context)
        case "events", "PutEvents":
            yield from _put_events_needs(request, context)
        case _:
            action = iam_action(request)
            for resource in resources_of(request, action):
                yield Need(action, resource, context)


def request_context(request: ApiRequest) -> Context:
    """The global condition keys, and those of the request's service that any of its actions can have."""
    caller = request.caller
    context = {
        **principal_context(caller.account_id, caller.role_arn or caller.arn),
        "aws:requestedregion": (request.region,),
    }
    if external_id := request.form.get("ExternalId"):
        context["sts:externalid"] = (external_id,)
    if session_name := request.form.get("RoleSessionName"):
        context["sts:rolesessionname"] = (session_name,)
    if request.service == "monitoring" and (namespace := request.document.get("Namespace")):
        context["cloudwatch:namespace"] = (namespace,)
    return context


def _function_url_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    """Both permissions, as for every URL made since October 2025. Source: "Control access to Lambda function URLs"."""
    function = function_behind(request.path_parameters["UrlId"])
    resource = str(function.function_arn) if function else None
    yield Need("lambda:InvokeFunctionUrl", resource, {**context, "lambda:functionurlauthtype": ("AWS_IAM",)})
    yield Need("lambda:InvokeFunction", resource, {**context, "lambda:invokedviafunctionurl": ("true",)})


def _transaction_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    """A transaction is authorised by its members' actions on their tables."""
    members = [(kind, item) for entry in request.document.get("TransactItems", ()) for kind, item in entry.items()]
    for action, table in sorted({(_TRANSACTION_ACTIONS[kind], item["TableName"]) for kind, item in members}):
        yield Need(f"dynamodb:{action}", table_arn(request, table), context)


def _send_command_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    """The document and every instance, which can be asked for by its tags; AWS's own documents are nobody's."""
    name = request.document.get("DocumentName", "")
    public = f"arn:aws:ssm:{request.region}::document/{name}"
    document = public if name.startswith("AWS-") else named_arn(request, "ssm", "document/", name)
    yield Need("ssm:SendCommand", document, context)
    tags = ec2_backends[request.account_id][request.region].tags
    for instance_id in request.document.get("InstanceIds", ()):
        keys = {
            f"{kind}:resourcetag/{key}".lower(): (value,)
            for kind in ("aws", "ssm")
            for key, value in tags.get(instance_id, {}).items()
        }
        yield Need("ssm:SendCommand", f"{arn(request, 'ec2')}:instance/{instance_id}", {**context, **keys})


def _put_events_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    for source, detail_type, bus in _event_entries(request.document):
        keys = {"events:source": (source,), "events:detail-type": (detail_type,)}
        yield Need("events:PutEvents", named_arn(request, "events", "event-bus/", bus), {**context, **keys})


def _event_entries(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The source, the detail type and the bus of each event: a bus's policy can depend on the first two."""
    entries = document.get("Entries", ())
    return sorted(
        {(entry.get("Source", ""), entry.get("DetailType", ""), entry.get("EventBusName", "default")) for entry in entries}
    )
