"""The IAM action of each operation."""

from localcloud.endpoint.api_request import ApiRequest

_PREFIXES = {"monitoring": "cloudwatch"}
_NAMED_OTHERWISE = {
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


def iam_action(request: ApiRequest) -> str:
    """The IAM action of an operation; they differ for a few services."""
    operation = _NAMED_OTHERWISE.get(f"{request.service}:{request.operation}", request.operation)
    return f"{_PREFIXES.get(request.service, request.service)}:{operation}"
