from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError, ReadTimeoutError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from botocore.session import get_session

from causeway.aws.errors import CODES, kind_of, translated
from causeway.domain.model import errors
from tests.aws.known_errors import BY_SERVICE, CALLS, OF_EVERY_SERVICE, codes_of


def refusal(code: str, message: str = "AWS's own words.", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CreateRoute")


@pytest.mark.parametrize(
    ("service", "code", "kind"),
    [
        pytest.param(service, code, kind, id=f"{service} {code}")
        for service, table in {"any": OF_EVERY_SERVICE, **BY_SERVICE}.items()
        for code, kind in codes_of(table).items()
    ],
)
def test_each_code_becomes_the_error_that_says_what_to_do(service: str, code: str, kind: type[errors.CausewayError]) -> None:
    with pytest.raises(errors.CausewayError) as caught, translated(f"a call of {service}"):
        raise refusal(code)

    assert type(caught.value) is kind


@pytest.mark.parametrize("service", CALLS)
def test_every_error_that_a_call_can_answer_has_its_place(service: str) -> None:
    model = get_session().get_service_model(service)
    shapes = {shape for call in CALLS[service] for shape in model.operation_model(call).error_shapes}
    answered = {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}

    assert answered - codes_of(BY_SERVICE[service]).keys() - codes_of(OF_EVERY_SERVICE).keys() == set()


def test_what_botocore_repeats_by_itself_is_repeated_after_it_too() -> None:
    transient: Any = TransientRetryableChecker
    throttled: Any = ThrottledRetryableChecker
    repeated = {*transient._TRANSIENT_ERROR_CODES, *throttled._THROTTLED_ERROR_CODES}

    assert {code for code in repeated if not issubclass(kind_of(code), errors.RetryNowError)} == set()


def test_no_code_has_two_places() -> None:
    placed = [code for codes in CODES.values() for code in codes.split()]

    assert len(placed) == len(set(placed))


def test_a_code_with_a_remedy_of_its_own_says_that_one() -> None:
    with pytest.raises(errors.InvalidRequest, match="tag policy"), translated("pcx-1"):
        raise refusal("TagPolicyViolation")


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
