"""EC2's most common refusals, whose messages say what is wrong."""

from moto.ec2.exceptions import EC2ClientError


def invalid_parameter(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterValue", message)
    return error


def in_use(kind: str, resource_id: str) -> Exception:
    error: Exception = EC2ClientError(
        "DependencyViolation", f"The {kind} '{resource_id}' has dependencies and cannot be deleted."
    )
    return error


def not_emulated(what: str) -> Exception:
    """For what AWS does and the embedded AWS does not: refused rather than answered wrongly."""
    error: Exception = EC2ClientError("NotEmulated", f"The embedded AWS does not emulate {what}.")
    return error


def invalid_combination(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterCombination", message)
    return error
