"""What a call needs to be allowed: IAM actions, the resources they are about, and the condition keys of the request.

Follows AWS's service authorization reference for the calls that Causeway and its users make. Where a resource cannot
be told from the request the check is about the action alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from moto.ec2.models import ec2_backends

from localcloud.endpoint.api_request import ApiRequest
from localcloud.iam import ec2_authorization
from localcloud.iam.policies import Context
from localcloud.lambda_.function_url_config import function_behind
from localcloud.stepfunctions import task_tokens

ORGANIZATION_ID = "o-embedded00"
"""The organization that all accounts of the embedded AWS belong to."""

type Resource = str | None
"""An ARN, ``*`` for an action without resources, or None where it cannot be told."""

_PREFIXES = {"monitoring": "cloudwatch"}
_ACTIONS = {
    "lambda:Invoke": "InvokeFunction",
    "s3:CompleteMultipartUpload": "PutObject",
    "s3:CopyObject": "PutObject",
    "s3:CreateMultipartUpload": "PutObject",
    "s3:DeleteObjects": "DeleteObject",
    "s3:HeadBucket": "ListBucket",
    "s3:HeadObject": "GetObject",
    "s3:ListBuckets": "ListAllMyBuckets",
    "s3:ListObjects": "ListBucket",
    "s3:ListObjectsV2": "ListBucket",
    "s3:UploadPart": "PutObject",
    "sns:PublishBatch": "Publish",
    "sqs:ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "DeleteMessage",
    "sqs:SendMessageBatch": "SendMessage",
}
_TRANSACTION_ACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_WITHOUT_RESOURCES = frozenset(
    {
        "cloudwatch:PutMetricData",
        "dynamodb:ListTables",
        "events:ListEventBuses",
        "lambda:ListFunctions",
        "s3:ListAllMyBuckets",
        "servicequotas:GetServiceQuota",
        "servicequotas:ListAWSDefaultServiceQuotas",
        "servicequotas:ListServiceQuotas",
        "sns:ListSubscriptions",
        "sns:ListTopics",
        "ssm:DescribeInstanceInformation",
        "ssm:GetCommandInvocation",
        "ssm:ListCommandInvocations",
        "ssm:ListCommands",
        "states:ListStateMachines",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)


class Need(msgspec.Struct, frozen=True):
    """One permission that a call needs."""

    action: str
    resource: Resource
    context: Context


def needs(request: ApiRequest) -> Iterator[Need]:
    """Every permission that the call needs; all of them, or it is refused."""
    context = request_context(request)
    if request.service == "ec2":
        for action, resource, keys in ec2_authorization.needs(request):
            yield Need(action, resource, {**context, **keys})
    elif request.protocol == "function-url":
        yield from _function_url_needs(request, context)
    elif request.service == "dynamodb" and request.operation.startswith("Transact"):
        for action, table in _transaction_members(request.document):
            yield Need(f"dynamodb:{action}", _table_arn(request, table), context)
    elif (request.service, request.operation) == ("ssm", "SendCommand"):
        yield from _send_command_needs(request, context)
    elif (request.service, request.operation) == ("events", "PutEvents"):
        for source, detail_type, bus in _event_entries(request.document):
            keys = {"events:source": (source,), "events:detail-type": (detail_type,)}
            yield Need("events:PutEvents", _named_arn(request, "events", "event-bus/", bus), {**context, **keys})
    else:
        action = iam_action(request)
        resources: Iterable[Resource] = ["*"] if action in _WITHOUT_RESOURCES else _resources(request)
        for resource in resources:
            yield Need(action, resource, context)


def iam_action(request: ApiRequest) -> str:
    """The IAM action of an operation; they differ for a few services."""
    operation = _ACTIONS.get(f"{request.service}:{request.operation}", request.operation)
    return f"{_PREFIXES.get(request.service, request.service)}:{operation}"


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


def principal_context(account_id: str, principal_arn: str) -> dict[str, tuple[str, ...]]:
    """The global condition keys that tell who asks; for a session the ARN is its role's."""
    return {
        "aws:principalaccount": (account_id,),
        "aws:principalarn": (principal_arn,),
        "aws:principalorgid": (ORGANIZATION_ID,),
    }


def _function_url_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    """Both permissions, as for every URL made since October 2025. Source: "Control access to Lambda function URLs"."""
    function = function_behind(request.path_parameters["UrlId"])
    resource = str(function.function_arn) if function else None
    yield Need("lambda:InvokeFunctionUrl", resource, {**context, "lambda:functionurlauthtype": ("AWS_IAM",)})
    yield Need("lambda:InvokeFunction", resource, {**context, "lambda:invokedviafunctionurl": ("true",)})


def _resources(request: ApiRequest) -> list[Resource]:
    read = _RESOURCES.get(request.service)
    return read(request) if read else [None]


def _lambda_resources(request: ApiRequest) -> list[Resource]:
    name = request.path_parameters.get("FunctionName")
    return [_named_arn(request, "lambda", "function:", name) if name else None]


def _state_machine_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    if "taskToken" in document:
        return [task_tokens.state_machine_of(document["taskToken"])]
    return [document.get("stateMachineArn") or document.get("executionArn")]


def _topic_resources(request: ApiRequest) -> list[Resource]:
    form = request.form
    if request.operation == "CreateTopic":
        return [_named_arn(request, "sns", "", form["Name"])]
    subscription = form.get("SubscriptionArn")
    topic = subscription.rpartition(":")[0] if subscription else None
    return [form.get("TopicArn") or form.get("TargetArn") or topic]


def _queue_resources(request: ApiRequest) -> list[Resource]:
    url = request.document.get("QueueUrl")
    if not url:
        return [None]
    account_id, name = url.rsplit("/", 2)[1:]
    return [f"arn:aws:sqs:{request.region}:{account_id}:{name}"]


def _bucket_resources(request: ApiRequest) -> list[Resource]:
    path = request.path_parameters
    if "Bucket" not in path:
        return [None]
    return [f"arn:aws:s3:::{path['Bucket']}/{path['Key']}" if "Key" in path else f"arn:aws:s3:::{path['Bucket']}"]


def _log_resources(request: ApiRequest) -> list[Resource]:
    group, stream = request.document.get("logGroupName"), request.document.get("logStreamName")
    if not group:
        return [None]
    suffix = f":log-stream:{stream}" if stream else ""
    return [f"{_arn(request, 'logs')}:log-group:{group}{suffix}"]


def _send_command_needs(request: ApiRequest, context: Context) -> Iterator[Need]:
    """The document and every instance, which can be asked for by its tags; AWS's own documents are nobody's."""
    name = request.document.get("DocumentName", "")
    public = f"arn:aws:ssm:{request.region}::document/{name}"
    document = public if name.startswith("AWS-") else _named_arn(request, "ssm", "document/", name)
    yield Need("ssm:SendCommand", document, context)
    tags = ec2_backends[request.account_id][request.region].tags
    for instance_id in request.document.get("InstanceIds", ()):
        keys = {
            f"{kind}:resourcetag/{key}".lower(): (value,)
            for kind in ("aws", "ssm")
            for key, value in tags.get(instance_id, {}).items()
        }
        yield Need("ssm:SendCommand", f"{_arn(request, 'ec2')}:instance/{instance_id}", {**context, **keys})


def _ssm_resources(request: ApiRequest) -> list[Resource]:
    if "Document" in request.operation and (document := request.document.get("Name")):
        return [_named_arn(request, "ssm", "document/", document)]
    names = [*request.document.get("Names", ()), *filter(None, [request.document.get("Name")])]
    return [_named_arn(request, "ssm", "parameter/", name.removeprefix("/")) for name in names] or [None]


def _dynamodb_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    if "RequestItems" in document:
        return [_table_arn(request, table) for table in document["RequestItems"]]
    if "TableName" not in document:
        return [document.get("StreamArn") or document.get("ResourceArn")]
    table = _table_arn(request, document["TableName"])
    return [f"{table}/index/{document['IndexName']}" if "IndexName" in document else table]


def _event_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    rule = document.get("Name") or document.get("Rule")
    bus = document.get("EventBusName", "default")
    return [_named_arn(request, "events", "rule/", rule if bus == "default" else f"{bus}/{rule}")] if rule else [None]


def _transaction_members(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The action and table of each member: a transaction is authorised by its members' actions."""
    members = [(kind, item) for entry in document.get("TransactItems", ()) for kind, item in entry.items()]
    return sorted({(_TRANSACTION_ACTIONS[kind], item["TableName"]) for kind, item in members})


def _event_entries(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The source, the detail type and the bus of each event: a bus's policy can depend on the first two."""
    entries = document.get("Entries", ())
    return sorted(
        {(entry.get("Source", ""), entry.get("DetailType", ""), entry.get("EventBusName", "default")) for entry in entries}
    )


def _table_arn(request: ApiRequest, table: str) -> str:
    return _named_arn(request, "dynamodb", "table/", table)


def _named_arn(request: ApiRequest, service: str, kind: str, name: str) -> str:
    """The ARN of something in the caller's account and region that is given by name, or by its ARN."""
    return name if name.startswith("arn:") else f"{_arn(request, service)}:{kind}{name}"


def _arn(request: ApiRequest, service: str) -> str:
    return f"arn:aws:{service}:{request.region}:{request.account_id}"


_RESOURCES: Mapping[str, Callable[[ApiRequest], list[Resource]]] = {
    "dynamodb": _dynamodb_resources,
    "events": _event_resources,
    "lambda": _lambda_resources,
    "logs": _log_resources,
    "s3": _bucket_resources,
    "sns": _topic_resources,
    "sqs": _queue_resources,
    "ssm": _ssm_resources,
    "states": _state_machine_resources,
    "sts": lambda request: [request.form.get("RoleArn")],
}
