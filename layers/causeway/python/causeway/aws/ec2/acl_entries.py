"""Network ACL entries: created at once, looked at where a number is taken already, and before they are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causeway.aws.errors import REMEDIES, translated
from causeway.domain.model.errors import AclEntryConflict, CausewayError, ResourceNotFound, ServiceUnavailable
from causeway.domain.model.network import Direction

from . import conversion
from .applied import Applied
from .pages import describe_all
from .writer import KindWriter, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2 import EC2Client

    from causeway.domain.model.network import AclEntry
    from causeway.domain.model.request import VpcRef
    from causeway.domain.planning.kinds import CreateAclEntry, DeleteAclEntry

    type EntryNumber = tuple[str, Direction, int]
    """What only one entry can have: an ACL, by its id, a direction and a number there."""

SPECIAL: dict[str, type[CausewayError]] = {"NetworkAclEntryAlreadyExists": AclEntryConflict}


class AclEntryWriter(KindWriter):
    """Creates and deletes network ACL entries, a side's at once."""

    def add(self, target: Target, changes: Sequence[CreateAclEntry]) -> Applied:
        """Adds the entries. One that is there already is done; another one at its number is a conflict."""
        client, vpc = self._client(target.vpc), target.vpc
        with self._pool() as pool:
            outcomes = dict(zip(changes, pool.map(lambda change: _create(client, vpc, change), changes), strict=True))
        taken = [change for change, error in outcomes.items() if isinstance(error, AclEntryConflict)]
        if taken:
            outcomes |= _look_at(client, vpc, taken)
        return Applied.of(outcomes)

    def remove(self, target: Target, changes: Sequence[DeleteAclEntry]) -> Applied:
        """Deletes the entries that are as the plan saw them. One that is not shown, or has another content by now, is done.

        IAM knows no condition on an entry, so the ACLs are looked at first.
        """
        client, vpc = self._client(target.vpc), target.vpc
        try:
            present = _present(client, vpc)
        except CausewayError as error:
            return Applied.of(dict.fromkeys(changes, error))
        ours = [change for change in changes if present.get(_number_of(change)) == change.entry]
        with self._pool() as pool:
            errors = dict(zip(ours, pool.map(lambda change: _delete(client, vpc, change), ours), strict=True))
        hidden = (change for change in changes if _number_of(change) not in present)
        return Applied.of(dict.fromkeys(changes) | errors, hidden)


def _create(client: EC2Client, vpc: VpcRef, change: CreateAclEntry) -> CausewayError | None:
    try:
        with translated(f"{change.network_acl_id} of {vpc}", SPECIAL):
            client.create_network_acl_entry(NetworkAclId=change.network_acl_id, **conversion.acl_entry_parameters(change.entry))
    except CausewayError as error:
        return error
    return None


def _delete(client: EC2Client, vpc: VpcRef, change: DeleteAclEntry) -> CausewayError | None:
    try:
        with translated(f"{change.network_acl_id} of {vpc}"):
            client.delete_network_acl_entry(
                NetworkAclId=change.network_acl_id,
                RuleNumber=change.entry.number,
                Egress=change.entry.direction is Direction.EGRESS,
            )
    except ResourceNotFound:
        return None
    except CausewayError as error:
        return error
    return None


def _look_at(client: EC2Client, vpc: VpcRef, taken: Sequence[CreateAclEntry]) -> dict[CreateAclEntry, CausewayError | None]:
    """AWS refuses a taken number, also where the entry would be the same: its content decides whose it is."""
    try:
        present = _present(client, vpc)
    except CausewayError as error:
        return dict.fromkeys(taken, error)
    return {change: _judge(vpc, change, present.get(_number_of(change))) for change in taken}


def _judge(vpc: VpcRef, change: CreateAclEntry, present: AclEntry | None) -> CausewayError | None:
    if present == change.entry:
        return None
    kind = ServiceUnavailable if present is None else AclEntryConflict
    shown = "does not show it yet" if present is None else "it is another one than the planned"
    return kind(
        f"AWS says that entry {change.entry.number} ({change.entry.direction}) exists, and {shown}.",
        where=f"{change.network_acl_id} of {vpc}",
        remedy=REMEDIES[kind],
    )


def _present(client: EC2Client, vpc: VpcRef) -> dict[EntryNumber, AclEntry]:
    raw = describe_all(client, vpc, "describe_network_acls", "NetworkAcls", [{"Name": "vpc-id", "Values": [vpc.vpc_id]}])
    acls = map(conversion.network_acl, raw)
    return {(acl.network_acl_id, each.direction, each.number): each for acl in acls for each in acl.entries}


def _number_of(change: CreateAclEntry | DeleteAclEntry) -> EntryNumber:
    return change.network_acl_id, change.entry.direction, change.entry.number
