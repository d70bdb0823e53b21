"""EC2's most common refusals, whose messages say what is wrong."""

from moto.ec2.exceptions import EC2ClientError


def invalid_parameter(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterValue", message)
    return error


def invalid_combination(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterCombination", message)
    return error
