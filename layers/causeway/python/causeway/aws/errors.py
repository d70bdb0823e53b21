"""From the errors of AWS to the errors of the domain.

The codes are those of "Error codes for the Amazon EC2 API" and of each service's "Common errors".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnectedError

from causeway.domain.model.errors import (
    AccessDenied,
    AclEntryConflict,
    CausewayError,
    InvalidRequest,
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

KINDS: tuple[tuple[re.Pattern[str], ErrorClass], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (
            r"RequestLimitExceeded|(EC2|Request)?(Throttling|Throttled)(Exception)?|TooManyRequests(Exception)?|SlowDown",
            Throttled,
        ),
        (r"ProvisionedThroughputExceededException|BandwidthLimitExceeded|PriorRequestNotComplete", Throttled),
        (
            r"Internal(Error|Failure|ServerError)|(Service)?Unavailable(Exception)?|RequestTimeout(Exception)?",
            ServiceUnavailable,
        ),
        (r"Transaction(Conflict|InProgress)(Exception)?", ServiceUnavailable),
        (r"AccessDenied.*|UnauthorizedOperation|AuthFailure|OptInRequired|RegionDisabledException", AccessDenied),
        (r"UnrecognizedClientException|InvalidClientTokenId|ExpiredToken(Exception)?|SignatureDoesNotMatch", AccessDenied),
        (r".*LimitExceeded(Exception)?", QuotaExceeded),
        (r"Invalid.*\.NotFound|ResourceNotFoundException|StateMachineDoesNotExist", ResourceNotFound),
    )
)
"""The first pattern that a whole error code matches says what kind it is; `RequestLimitExceeded` is a rate, not a quota."""

REMEDIES: dict[ErrorClass, str] = {
    Throttled: "It is tried again; if it lasts, ask for a higher rate in the account.",
    ServiceUnavailable: "It is tried again; if it lasts, see the AWS Health Dashboard.",
    PeeringNotVisible: "It is tried again.",
    PeeringNotActive: "It is tried again.",
    WitnessesNotReady: "It is tried again.",
    AccessDenied: "Let the account's Causeway role do this, and let Causeway assume it (member/template.yaml).",
    QuotaExceeded: "Remove what is not needed, or raise the quota in Service Quotas.",
    ResourceNotFound: "Correct the request, or put it again to plan from what is there now.",
    PeeringConflict: "Remove the connection that is in the way, then put the request again.",
    RouteConflict: "Remove the route that is in the way, then put the request again.",
    AclEntryConflict: "Put the request again: it takes another number.",
    InvalidRequest: "Correct the request.",
}


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
        kind = (special or {}).get(code_of(error)) or _kind_of(error)
        place = f"{error.operation_name} on {where}"
        raise kind(f"{code_of(error)}: {_sentence(message_of(error))}", where=place, remedy=REMEDIES[kind]) from error
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


def _kind_of(error: ClientError) -> ErrorClass:
    for pattern, kind in KINDS:
        if pattern.fullmatch(code_of(error)):
            return kind
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return ServiceUnavailable if status >= SERVER_FAULT else InvalidRequest


def _sentence(words: str) -> str:
    return f"{words.rstrip('. ')}."
