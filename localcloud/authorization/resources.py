"""The resources that a call is about, as ARNs. Where the request does not say which, the resource is None."""

from collections.abc import Callable, Mapping

from localcloud.endpoint.api_request import ApiRequest
from localcloud.stepfunctions import task_tokens

type Resource = str | None
"""An ARN, ``*`` for an action without resources, or None where the request does not say which."""

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


def resources_of(request: ApiRequest, action: str) -> list[Resource]:
    """The resources that the action needs a permission for; an action without resources is for ``*``."""
    if action in _WITHOUT_RESOURCES:
        return ["*"]
    read = _READERS.get(request.service)
    return read(request) if read else [None]


def table_arn(request: ApiRequest, table: str) -> str:
    return named_arn(request, "dynamodb", "table/", table)


def named_arn(request: ApiRequest, service: str, kind: str, name: str) -> str:
    """The ARN of something in the caller's account and region that is given by name, or by its ARN."""
    return name if name.startswith("arn:") else f"{arn(request, service)}:{kind}{name}"


def arn(request: ApiRequest, service: str) -> str:
    return f"arn:aws:{service}:{request.region}:{request.account_id}"


def _lambda_resources(request: ApiRequest) -> list[Resource]:
    name = request.path_parameters.get("FunctionName")
    return [named_arn(request, "lambda", "function:", name) if name else None]


def _state_machine_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    if "taskToken" in document:
        return [task_tokens.state_machine_of(document["taskToken"])]
    return [document.get("stateMachineArn") or document.get("executionArn")]


def _topic_resources(request: ApiRequest) -> list[Resource]:
    form = request.form
    if request.operation == "CreateTopic":
        return [named_arn(request, "sns", "", form["Name"])]
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
    return [f"{arn(request, 'logs')}:log-group:{group}{suffix}"]


def _ssm_resources(request: ApiRequest) -> list[Resource]:
    if "Document" in request.operation and (document := request.document.get("Name")):
        return [named_arn(request, "ssm", "document/", document)]
    names = [*request.document.get("Names", ()), *filter(None, [request.document.get("Name")])]
    return [named_arn(request, "ssm", "parameter/", name.removeprefix("/")) for name in names] or [None]


def _dynamodb_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    if "RequestItems" in document:
        return [table_arn(request, table) for table in document["RequestItems"]]
    if "TableName" not in document:
        return [document.get("StreamArn") or document.get("ResourceArn")]
    table = table_arn(request, document["TableName"])
    return [f"{table}/index/{document['IndexName']}" if "IndexName" in document else table]


def _event_resources(request: ApiRequest) -> list[Resource]:
    document = request.document
    rule = document.get("Name") or document.get("Rule")
    bus = document.get("EventBusName", "default")
    return [named_arn(request, "events", "rule/", rule if bus == "default" else f"{bus}/{rule}")] if rule else [None]


_READERS: Mapping[str, Callable[[ApiRequest], list[Resource]]] = {
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
