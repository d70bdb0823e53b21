"""Everything that a proof has made is taken away again, however far it came: it is found by its name."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from proof.accounts import Account, Accounts
from proof.names import Names

PATIENCE = 1200.0
"""Seconds for a stack's deletion. The hub's takes some minutes."""
_PAUSE = 2.0
_TRIES = 3
_LIVE = ["initiating-request", "pending-acceptance", "provisioning", "active"]


def clean_up(accounts: Accounts, names: Names, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Take everything away; what could not be, in words.

    The hub goes first, so that nothing is made any more. The labs' networks go with their stacks once nothing peers them.
    """
    return tuple(_left(_steps(accounts, names), tell))


type Step = tuple[str, Callable[[], object]]


def _steps(accounts: Accounts, names: Names) -> Iterator[Step]:
    hub = accounts.hub
    yield f"stack {names.hub} and its tables in account {hub.id}", partial(_delete_hub, hub, names.hub)
    for account in accounts.members:
        yield f"peerings of stack {names.lab} in account {account.id}", partial(_delete_connections, account, names.lab)
    for account in accounts.members:
        yield f"stack {names.lab} in account {account.id}", partial(_delete_stack, account, names.lab)
        yield f"stack {names.member} in account {account.id}", partial(_delete_member, account, names)
    yield f"bucket {names.bucket(hub.id)} in account {hub.id}", partial(_delete_bucket, hub, names.bucket(hub.id))


def _left(steps: Iterator[Step], tell: Callable[[str], None]) -> Iterator[str]:
    """Do every step, and tell those that failed."""
    for what, do in steps:
        tell(f"taking away: {what}")
        try:
            do()
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with one thing, the others go
            yield f"{what}: {error}"


class LeftBehindError(Exception):
    """Something is still there."""


def _delete_hub(account: Account, stack: str) -> None:
    """The stack keeps its tables, so these go after it."""
    kept = _of_type(account, stack, "AWS::DynamoDB::Table")
    _delete_stack(account, stack)
    tables = account.client("dynamodb")
    for table in kept:
        try:
            tables.update_table(TableName=table, DeletionProtectionEnabled=False)
        except tables.exceptions.ResourceNotFoundException:
            continue
        tables.get_waiter("table_exists").wait(TableName=table)
        tables.delete_table(TableName=table)
        tables.get_waiter("table_not_exists").wait(TableName=table)


def _delete_connections(account: Account, stack: str) -> None:
    ec2 = account.client("ec2")
    for vpc in _of_type(account, stack, "AWS::EC2::VPC"):
        for side in ("requester", "accepter"):
            of_it = {"Name": f"{side}-vpc-info.vpc-id", "Values": [vpc]}
            live = {"Name": "status-code", "Values": _LIVE}
            found = ec2.describe_vpc_peering_connections(Filters=[of_it, live])["VpcPeeringConnections"]
            for connection in found:
                ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection["VpcPeeringConnectionId"])


def _delete_member(account: Account, names: Names) -> None:
    """CloudFormation deletes no role that has a policy which is not from its template."""
    iam = account.client("iam")
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=names.role("write"), PolicyName=names.refusal)
    _delete_stack(account, names.member)


def _delete_bucket(account: Account, bucket: str) -> None:
    s3 = account.client("s3")
    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    except s3.exceptions.NoSuchBucket:
        return
    for page in pages:
        if keys := [{"Key": content["Key"]} for content in page.get("Contents", [])]:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    s3.delete_bucket(Bucket=bucket)


def _delete_stack(account: Account, name: str) -> None:
    """Delete a stack if there is one; again where a deletion failed, because what was in the way may have gone meanwhile.

    Raises:
        LeftBehindError: it is still there.
    """
    status = ""
    for _ in range(_TRIES):
        if (found := _stack(account, name)) is None:
            return
        account.client("cloudformation").delete_stack(StackName=found["StackId"])
        status = _ended(account, found["StackId"])
        if status == "DELETE_COMPLETE":
            return
    raise LeftBehindError(f"its status is {status}")


def _stack(account: Account, name: str) -> Any:
    """The stack as it is described; None where there is none."""
    try:
        return account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None


def _ended(account: Account, stack_id: str) -> str:
    """The stack's status once its deletion has ended, or patience has."""
    deadline = time.monotonic() + PATIENCE
    while True:
        described = _stack(account, stack_id)
        status = described["StackStatus"] if described else "DELETE_COMPLETE"
        if status in {"DELETE_COMPLETE", "DELETE_FAILED"} or time.monotonic() > deadline:
            return str(status)
        time.sleep(_PAUSE)


def _of_type(account: Account, stack: str, kind: str) -> list[str]:
    """The physical ids of a stack's resources of one type; none where there is no such stack."""
    if _stack(account, stack) is None:
        return []
    pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = (resource for page in pages for resource in page["StackResourceSummaries"])
    return [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == kind and "PhysicalResourceId" in resource
    ]
