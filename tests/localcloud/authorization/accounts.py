"""Accounts behind an endpoint, roles in them, and the policies that tests give them."""

import json
from typing import Any

from botocore.client import BaseClient

from tests.localcloud.http_endpoint import REGION, Endpoint, refused


class Accounts:
    """The accounts behind an endpoint, and roles in them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.client, self.assume = endpoint.client, endpoint.assume

    def admin(self, account_id: str) -> dict[str, str]:
        return self.assume(account_id, "Administrator")

    def role(self, account_id: str, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> None:
        """Make a role, maybe under a path; without a `trust` statement it trusts its own account."""
        iam = self.client("iam", self.admin(account_id))
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account_id}, **(trust or {})}
        path, _, role_name = f"/{name}".rpartition("/")
        iam.create_role(RoleName=role_name, Path=f"{path}/", AssumeRolePolicyDocument=policy(trusted))
        if statements:
            iam.put_role_policy(RoleName=role_name, PolicyName="inline", PolicyDocument=policy(*statements))

    def acting(self, account_id: str, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """Credentials of a new role with these permissions."""
        self.role(account_id, name, *statements)
        return self.assume(account_id, name, by=self.admin(account_id))


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def ec2_arn(account_id: str, kind: str, name: str = "*") -> str:
    return f"arn:aws:ec2:{REGION}:{account_id}:{kind}/{name}"


def refusal(client: BaseClient, operation: str, **parameters: Any) -> tuple[str, str]:
    """The code and the message with which the call is refused."""
    error = refused(client, operation, **parameters)["Error"]
    return error["Code"], error["Message"]
