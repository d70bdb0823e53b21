"""From the errors of AWS to the errors of the domain.

The codes are those of "Error codes for the Amazon EC2 API" and of each service's "Common errors".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnectedError

from causeway.domain.model.errors import (
    AccessDenied,
    AclEntryConflict,
    CausewayError,
    InvalidRequest,
    NetworkNotSettled,
    PeeringConflict,
    PeeringNotActive,
    PeeringNotVisible,
    QuotaExceeded,
    ResourceNotFound,
    RouteConflict,
    ServiceUnavailable,
    Throttled,
    WitnessesNotReady,
)

type ErrorClass = type[CausewayError]

SERVER_FAULT = 500
"""The lowest HTTP status that says the fault is the server's."""

CODES: Mapping[ErrorClass, str] = {
    # Retry now: it passes by itself.
    Throttled: """
        BandwidthLimitExceeded EC2ThrottledException ExecutionLimitExceeded KMSThrottling KmsThrottled KmsThrottlingException
        LimitExceededException PriorRequestNotComplete ProvisionedThroughputExceededException RequestLimitExceeded
        RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling ThrottlingException
        TooManyRequestsException
    """,
    ServiceUnavailable: """
        ConcurrentTagAccess IncorrectState IncorrectStateException InternalError InternalException InternalFailure
        InternalServerError InternalServerErrorException InvalidSecurity.RequestHasExpired InvalidState InvalidVpcState
        KMSInvalidState KmsInvalidState KmsInvalidStateException ReplicatedWriteConflictException RequestExpired RequestTimeout
        RequestTimeoutException RetryableError ServerInternal ServiceException ServiceUnavailable ServiceUnavailableException
        TransactionConflictException TransactionInProgressException Unavailable
    """,
    # Give up: a person has to change something.
    AccessDenied: """
        AccessDenied AccessDeniedException AccountDisabled AuthFailure AuthorizationError Blocked ExpiredToken
        ExpiredTokenException IncompleteSignature IncompleteSignatureException InvalidClientTokenId InvalidSecurity
        InvalidSignatureException KMSAccessDenied KmsAccessDenied KmsAccessDeniedException MissingAuthenticationToken
        MissingAuthenticationTokenException OptInRequired PendingVerification RegionDisabledException SignatureDoesNotMatch
        UnauthorizedOperation UnrecognizedClientException
    """,
    ResourceNotFound: """
        AWS.SimpleQueueService.NonExistentQueue ExecutionDoesNotExist NoSuchResourceException NotFound QueueDoesNotExist
        ResourceNotFoundException StateMachineDeleting StateMachineDoesNotExist
    """,
    # Named like quotas, and nothing that could be raised.
    InvalidRequest: "FilterLimitExceeded ItemCollectionSizeLimitExceededException",
}
"""What is to be done about each code that is in no family. `ExecutionLimitExceeded` passes when a running execution ends."""

FAMILIES: tuple[tuple[re.Pattern[str], ErrorClass], ...] = (
    (re.compile(r"Invalid\w+\.NotFound"), ResourceNotFound),
    (re.compile(r"\w+LimitExceeded(Exception)?"), QuotaExceeded),
)
"""Codes that EC2 forms alike, for each kind of resource and each quota."""

REMEDIES: dict[ErrorClass, str] = {
    Throttled: "It is tried again; if it lasts, ask for a higher rate in the account.",
    ServiceUnavailable: "It is tried again; if it lasts, see the AWS Health Dashboard.",
    PeeringNotVisible: "It is tried again.",
    PeeringNotActive: "It is tried again.",
    NetworkNotSettled: "It is tried again.",
    WitnessesNotReady: "It is tried again.",
    AccessDenied: "Let the account's Causeway role do this, and let Causeway assume it (member/template.yaml).",
    QuotaExceeded: "Remove what is not needed, or raise the quota in Service Quotas.",
    ResourceNotFound: "Correct the request, or put it again to plan from what is there now.",
    PeeringConflict: "Remove the connection that is in the way, then put the request again.",
    RouteConflict: "Remove the route that is in the way, then put the request again.",
    AclEntryConflict: "Put the request again: it takes another number.",
    InvalidRequest: "Correct the request.",
}

OWN_REMEDIES: Mapping[str, str] = {
    "Blocked": "The account cannot be used: its owner has to settle that with AWS.",
    "PendingVerification": "AWS verifies the account first, which can take hours: put the request again after that.",
    "AccountDisabled": "The account cannot be used: its owner has to settle that with AWS.",
    "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled": "Switch enableDnsSupport and enableDnsHostnames on in both VPCs, "
    'or leave "dns_resolution" out.',
    "TagPolicyViolation": "The organization's tag policy refuses a tag: correct the item's tags, or let the policy allow Name "
    "and causeway:request-id.",
}
"""Of single codes, where that of their kind would not help."""


@contextmanager
def translated(where: str, special: Mapping[str, ErrorClass] | None = None) -> Iterator[None]:
    """Raises the domain's error for what boto3 raises inside, with AWS's own words and the boto3 error as its cause.

    Args:
        where: The resource, the account and the region that the call is about.
        special: Error codes that mean something else for this call than they do in general.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        kind = (special or {}).get(code) or _kind_of(error)
        remedy = OWN_REMEDIES.get(code, REMEDIES[kind])
        place = f"{error.operation_name} on {where}"
        raise kind(f"{code}: {_sentence(message_of(error))}", where=place, remedy=remedy) from error
    except (HTTPClientError, NotConnectedError) as error:
        raise ServiceUnavailable(_sentence(str(error)), where=where, remedy=REMEDIES[ServiceUnavailable]) from error
    except (NoCredentialsError, CredentialRetrievalError) as error:
        raise AccessDenied(_sentence(str(error)), where=where, remedy="Give this process AWS credentials.") from error
    except BotoCoreError as error:
        raise InvalidRequest(_sentence(str(error)), where=where, remedy=REMEDIES[InvalidRequest]) from error


def code_of(error: ClientError) -> str:
    return error.response["Error"].get("Code", "Unknown")


def message_of(error: ClientError) -> str:
    """AWS's words that are meant for people.

    A refused signature is followed by the canonical request, session token included; a refused operation by an encoded
    message of some thousand characters.
    """
    words = error.response["Error"].get("Message") or "AWS gave no message."
    first_line = words.splitlines()[0]
    return first_line.partition(" Encoded authorization failure message")[0]


def kind_of(code: str) -> ErrorClass:
    """What is to be done about a code; `InvalidRequest` where nothing is known of it."""
    known = (kind for kind, codes in CODES.items() if code in codes.split())
    family = (kind for pattern, kind in FAMILIES if pattern.fullmatch(code))
    return next(chain(known, family), InvalidRequest)


def _kind_of(error: ClientError) -> ErrorClass:
    """That of its code. A code that nothing is known of is unavailability where AWS says that the fault is its own."""
    kind = kind_of(code_of(error))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return ServiceUnavailable if kind is InvalidRequest and status >= SERVER_FAULT else kind


def _sentence(words: str) -> str:
    return f"{words.rstrip('. ')}."
