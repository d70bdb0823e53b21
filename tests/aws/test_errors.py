from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError, ReadTimeoutError

from causeway.aws.errors import translated
from causeway.domain.model import errors


def refusal(code: str, message: str = "AWS's own words.", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CreateRoute")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RequestLimitExceeded", errors.Throttled),
        ("Throttling", errors.Throttled),
        ("ThrottlingException", errors.Throttled),
        ("EC2ThrottledException", errors.Throttled),
        ("ProvisionedThroughputExceededException", errors.Throttled),
        ("InternalError", errors.ServiceUnavailable),
        ("Unavailable", errors.ServiceUnavailable),
        ("ServiceUnavailable", errors.ServiceUnavailable),
        ("RequestTimeout", errors.ServiceUnavailable),
        ("TransactionConflictException", errors.ServiceUnavailable),
        ("AccessDenied", errors.AccessDenied),
        ("AccessDeniedException", errors.AccessDenied),
        ("UnauthorizedOperation", errors.AccessDenied),
        ("AuthFailure", errors.AccessDenied),
        ("RouteLimitExceeded", errors.QuotaExceeded),
        ("RulesPerSecurityGroupLimitExceeded", errors.QuotaExceeded),
        ("VpcPeeringConnectionsPerVpcLimitExceeded", errors.QuotaExceeded),
        ("OutstandingVpcPeeringConnectionLimitExceeded", errors.QuotaExceeded),
        ("InvalidVpcID.NotFound", errors.ResourceNotFound),
        ("InvalidRouteTableID.NotFound", errors.ResourceNotFound),
        ("InvalidGroup.NotFound", errors.ResourceNotFound),
        ("InvalidRoute.NotFound", errors.ResourceNotFound),
        ("ResourceNotFoundException", errors.ResourceNotFound),
        ("InvalidParameterValue", errors.InvalidRequest),
        ("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled", errors.InvalidRequest),
    ],
)
def test_each_code_becomes_the_error_that_says_what_to_do(code: str, kind: type[errors.CausewayError]) -> None:
    with pytest.raises(errors.CausewayError) as caught, translated("rtb-1 of vpc-1 (111111111111, us-east-1)"):
        raise refusal(code)

    assert type(caught.value) is kind


def test_a_fault_of_the_server_is_unavailability_whatever_its_code() -> None:
    with pytest.raises(errors.ServiceUnavailable), translated("vpc-1"):
        raise refusal("SomethingNew", status=503)


def test_a_code_can_mean_something_else_for_one_call() -> None:
    with pytest.raises(errors.RouteConflict), translated("rtb-1", {"RouteAlreadyExists": errors.RouteConflict}):
        raise refusal("RouteAlreadyExists")


def test_the_message_says_what_where_and_what_to_do_and_keeps_the_cause() -> None:
    with pytest.raises(errors.QuotaExceeded) as caught, translated("rtb-1 of vpc-1 (111111111111, us-east-1)"):
        raise refusal("RouteLimitExceeded", "The maximum number of routes has been reached.")

    assert str(caught.value) == (
        "RouteLimitExceeded: The maximum number of routes has been reached. "
        "Where: CreateRoute on rtb-1 of vpc-1 (111111111111, us-east-1). "
        "Remove what is not needed, or raise the quota in Service Quotas."
    )
    assert isinstance(caught.value.__cause__, ClientError)


def test_the_message_leaves_out_what_is_not_for_people() -> None:
    canonical_request = "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:IQoJb3JpZ2lu"
    with pytest.raises(errors.AccessDenied) as refused, translated("vpc-1"):
        raise refusal("SignatureDoesNotMatch", canonical_request)
    encoded = "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaW"
    with pytest.raises(errors.AccessDenied) as unauthorized, translated("vpc-1"):
        raise refusal("UnauthorizedOperation", encoded)

    assert "IQoJb3JpZ2lu" not in str(refused.value)
    assert "4GIOHlTkIaW" not in str(unauthorized.value)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (EndpointConnectionError(endpoint_url="https://ec2.nowhere-1.amazonaws.com"), errors.ServiceUnavailable),
        (ReadTimeoutError(endpoint_url="https://ec2.us-east-1.amazonaws.com"), errors.ServiceUnavailable),
        (NoCredentialsError(), errors.AccessDenied),
        (ParamValidationError(report="VpcId is missing"), errors.InvalidRequest),
    ],
)
def test_what_never_reached_aws_is_translated_too(raised: Exception, kind: type[errors.CausewayError]) -> None:
    with pytest.raises(errors.CausewayError) as caught, translated("vpc-1"):
        raise raised

    assert type(caught.value) is kind


def test_what_is_no_error_of_aws_passes_as_it_is() -> None:
    with pytest.raises(KeyError), translated("vpc-1"):
        raise KeyError
