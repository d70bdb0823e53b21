"""Every error that the calls of the functions can answer, by call, and what Causeway makes of it.

EC2's are those of "Error codes for the Amazon EC2 API" in its developer guide; its model names none. Those of the other
services are in their models, and in "Error handling with DynamoDB". What a call makes of a code that means something of its own
there is in that call's writer, and is tested with it.
"""

from collections.abc import Mapping

from causeway.domain.model.errors import (
    AccessDenied,
    CausewayError,
    InvalidRequest,
    QuotaExceeded,
    ResourceNotFound,
    ServiceUnavailable,
    Throttled,
)

type ErrorClass = type[CausewayError]

OF_EVERY_SERVICE: Mapping[ErrorClass, str] = {
    Throttled: "Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException "
    "TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded SlowDown PriorRequestNotComplete",
    ServiceUnavailable: "InternalFailure InternalError InternalServerError InternalServerErrorException InternalException "
    "ServiceException ServiceUnavailable ServiceUnavailableException RequestTimeout RequestTimeoutException RequestExpired",
    AccessDenied: "AccessDenied AccessDeniedException IncompleteSignature IncompleteSignatureException "
    "InvalidClientTokenId MissingAuthenticationToken MissingAuthenticationTokenException OptInRequired "
    "UnrecognizedClientException ExpiredToken ExpiredTokenException SignatureDoesNotMatch InvalidSignatureException",
    InvalidRequest: "ValidationError ValidationException MalformedQueryString MissingAction InvalidAction",
}

OF_EC2: Mapping[ErrorClass, str] = {
    Throttled: "EC2ThrottledException",
    ServiceUnavailable: "ServerInternal Unavailable RetryableError ConcurrentTagAccess IncorrectState InvalidState "
    "IncorrectStateException InvalidVpcState InvalidSecurity.RequestHasExpired",
    AccessDenied: "AuthFailure UnauthorizedOperation Blocked PendingVerification AccountDisabled",
    QuotaExceeded: "ActiveVpcPeeringConnectionPerVpcLimitExceeded NetworkAclEntryLimitExceeded "
    "OutstandingVpcPeeringConnectionLimitExceeded PendingVpcPeeringConnectionLimitExceeded ResourceCountLimitExceeded "
    "ResourceLimitExceeded RouteLimitExceeded RulesPerSecurityGroupLimitExceeded TagLimitExceeded "
    "VpcPeeringConnectionsPerVpcLimitExceeded",
    ResourceNotFound: "InvalidVpcID.NotFound InvalidRouteTableID.NotFound InvalidGroup.NotFound "
    "InvalidSecurityGroupRuleId.NotFound InvalidNetworkAclID.NotFound InvalidSubnetID.NotFound "
    "InvalidNetworkInterfaceID.NotFound InvalidVpcPeeringConnectionID.NotFound InvalidPrefixListID.NotFound "
    "InvalidRoute.NotFound InvalidPermission.NotFound InvalidNetworkAclEntry.NotFound "
    "InvalidNetworkInsightsPathId.NotFound InvalidNetworkInsightsAnalysisId.NotFound",
    InvalidRequest: "TagPolicyViolation FilterLimitExceeded InvalidFilter InvalidMaxResults InvalidNextToken "
    "InvalidPaginationToken InvalidParameter InvalidParameterCombination InvalidParameterDependency InvalidParameterValue "
    "InvalidQueryParameter MissingParameter UnknownParameter InvalidCharacter InvalidInput InvalidID InvalidRequest "
    "Unsupported UnsupportedOperation UnsupportedProtocol InvalidRegion DryRunOperation InvalidGroupId.Malformed "
    "InvalidSecurityGroupRuleId.Malformed InvalidNetworkAclId.Malformed InvalidPermission.Malformed "
    "InvalidRoute.Malformed InvalidRoute.InvalidState InvalidTagKey.Malformed InvalidGroup.Reserved DependencyViolation "
    "OperationNotPermitted InvalidStateTransition InvalidVpcPeeringConnectionState.DnsHostnamesDisabled "
    "VpcPeeringConnectionAlreadyExists RouteAlreadyExists InvalidPermission.Duplicate NetworkAclEntryAlreadyExists",
}

OF_DYNAMODB: Mapping[ErrorClass, str] = {
    Throttled: "ProvisionedThroughputExceededException ThrottlingException RequestLimitExceeded LimitExceededException",
    ServiceUnavailable: "InternalServerError TransactionConflictException TransactionInProgressException "
    "ReplicatedWriteConflictException",
    ResourceNotFound: "ResourceNotFoundException",
    InvalidRequest: "ConditionalCheckFailedException IdempotentParameterMismatchException TransactionCanceledException "
    "ItemCollectionSizeLimitExceededException ResourceInUseException",
}

OF_STEP_FUNCTIONS: Mapping[ErrorClass, str] = {
    Throttled: "ExecutionLimitExceeded KmsThrottlingException",
    ServiceUnavailable: "KmsInvalidStateException",
    AccessDenied: "KmsAccessDeniedException",
    ResourceNotFound: "StateMachineDoesNotExist StateMachineDeleting ExecutionDoesNotExist",
    InvalidRequest: "ExecutionAlreadyExists InvalidArn InvalidExecutionInput InvalidName InvalidOutput InvalidToken "
    "TaskDoesNotExist TaskTimedOut",
}

OF_SQS: Mapping[ErrorClass, str] = {
    Throttled: "RequestThrottled KmsThrottled",
    ServiceUnavailable: "KmsInvalidState",
    AccessDenied: "KmsAccessDenied InvalidSecurity",
    ResourceNotFound: "QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue",
    InvalidRequest: "KmsDisabled KmsNotFound KmsOptInRequired KmsInvalidKeyUsage TooManyEntriesInBatchRequest "
    "EmptyBatchRequest BatchEntryIdsNotDistinct BatchRequestTooLong InvalidBatchEntryId UnsupportedOperation InvalidAddress",
}

OF_SNS: Mapping[ErrorClass, str] = {
    Throttled: "KMSThrottling",
    ServiceUnavailable: "InternalError KMSInvalidState",
    AccessDenied: "AuthorizationError KMSAccessDenied InvalidSecurity",
    ResourceNotFound: "NotFound",
    InvalidRequest: "InvalidParameter ParameterValueInvalid ValidationException EndpointDisabled PlatformApplicationDisabled "
    "KMSDisabled KMSNotFound KMSOptInRequired",
}

OF_SSM: Mapping[ErrorClass, str] = {
    ServiceUnavailable: "InternalServerError",
    InvalidRequest: "InvalidInstanceId DuplicateInstanceId InvalidDocument InvalidDocumentVersion InvalidOutputFolder "
    "InvalidParameters UnsupportedPlatformType MaxDocumentSizeExceeded InvalidRole InvalidNotificationConfig "
    "InvocationDoesNotExist InvalidCommandId InvalidPluginName",
}

OF_SERVICE_QUOTAS: Mapping[ErrorClass, str] = {
    Throttled: "TooManyRequestsException",
    ServiceUnavailable: "ServiceException",
    AccessDenied: "AccessDeniedException",
    ResourceNotFound: "NoSuchResourceException",
    InvalidRequest: "IllegalArgumentException InvalidPaginationTokenException",
}

OF_STS: Mapping[ErrorClass, str] = {
    AccessDenied: "RegionDisabledException ExpiredTokenException",
    InvalidRequest: "MalformedPolicyDocument PackedPolicyTooLarge",
}

OF_EVENTS: Mapping[ErrorClass, str] = {ServiceUnavailable: "InternalException"}

BY_SERVICE: Mapping[str, Mapping[ErrorClass, str]] = {
    "dynamodb": OF_DYNAMODB,
    "ec2": OF_EC2,
    "events": OF_EVENTS,
    "service-quotas": OF_SERVICE_QUOTAS,
    "sns": OF_SNS,
    "sqs": OF_SQS,
    "ssm": OF_SSM,
    "stepfunctions": OF_STEP_FUNCTIONS,
    "sts": OF_STS,
}

CALLS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "TransactWriteItems"),
    "events": ("PutEvents",),
    "service-quotas": ("ListServiceQuotas",),
    "sns": ("Publish",),
    "sqs": ("SendMessageBatch",),
    "ssm": ("SendCommand", "GetCommandInvocation"),
    "stepfunctions": ("StartExecution", "DescribeExecution", "SendTaskSuccess", "SendTaskFailure"),
    "sts": ("AssumeRole",),
}
"""The calls whose errors botocore's models name."""


def codes_of(table: Mapping[ErrorClass, str]) -> dict[str, ErrorClass]:
    """What becomes of each code of a table."""
    return {code: kind for kind, codes in table.items() for code in codes.split()}
