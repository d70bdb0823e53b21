"""IAM's policies and roles, as tests make them. IAM is eventually consistent: what a role may do it may do after a while."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.conformance.accounts import Account
from tests.conformance.expecting import until

DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
}
"""The codes with which services say that a caller may not do it."""


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def letting(service: str, action: str, resource: str, **condition: Any) -> dict[str, Any]:
    """A statement of a resource's policy that lets a service in."""
    return {**allow(action, resource, **condition), "Principal": {"Service": f"{service}.amazonaws.com"}}


def trusting(principal: dict[str, str], **condition: Any) -> dict[str, Any]:
    """A statement of a role's trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}


def outcome(call: Callable[[], Any]) -> str:
    """The error code that a call is refused with; `ok` where it is not refused."""
    try:
        call()
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    return "ok"


def permitted(call: Callable[[], Any]) -> str:
    """A call's outcome once IAM knows that it is permitted: any but a denial."""
    return until(lambda: outcome(call), lambda code: code not in DENIED)


def forbidden(call: Callable[[], Any]) -> str:
    """A call's outcome once IAM knows that it is not permitted: a denial."""
    return until(lambda: outcome(call), lambda code: code in DENIED)


class Roles:
    """New roles of an account."""

    def __init__(self, account: Account, unique: Callable[[], str]) -> None:
        self.account = account
        self._unique = unique

    def make(self, *statements: dict[str, Any], trust: dict[str, Any] | None = None, path: str = "/") -> str:
        """Make a role with these permissions that trusts its own account, or as `trust` says; its ARN."""
        iam, name = self.account.client("iam"), self._unique()
        trusted = policy(trust or trusting({"AWS": self.account.id}))
        role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trusted)["Role"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*statements))
        arn: str = role["Arn"]
        return arn

    def acting(self, *statements: dict[str, Any], path: str = "/") -> Account:
        """The account as a new role with these permissions sees it."""
        return self.assume(self.make(*statements, path=path))

    def assume(self, arn: str, by: Account | None = None, **more: str) -> Account:
        """The account as a role of it sees it, which the account itself or another caller assumes."""
        sts = (by or self.account).client("sts")
        sessions: list[Account] = []

        def assumed() -> None:
            answer = sts.assume_role(RoleArn=arn, RoleSessionName="session", **more)
            sessions.append(self.account.session(answer["Credentials"]))

        code = permitted(assumed)
        assert code == "ok", f"{arn} is not assumed: {code}"
        return sessions[-1]
