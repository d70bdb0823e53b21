"""Security-group rules: all of a group's direction in one call, the groups at once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from causeway.aws.errors import code_of, translated
from causeway.domain.model.errors import (
    CausewayError,
    NetworkNotSettled,
    PeeringNotActive,
    ResourceNotFound,
    ServiceUnavailable,
)
from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.tags import REQUEST_ID_TAG

from . import conversion
from .applied import Applied
from .pages import describe_all
from .writer import KindWriter, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

    from causeway.domain.model.request import VpcRef
    from causeway.domain.planning.kinds import AuthorizeRule, RevokeRule

STILL_SHOWN: dict[str, type[CausewayError]] = {
    "InvalidSecurityGroupRuleId.NotFound": ServiceUnavailable,
    "InvalidGroup.NotFound": ServiceUnavailable,
}
"""EC2 is eventually consistent: what it shows and does not find is looked at again by the next attempt."""


class RuleWriter(KindWriter):
    """Authorises and revokes rules: all of a group's direction in one call, and the groups at once."""

    def add(self, target: Target, changes: Sequence[AuthorizeRule]) -> Applied:
        """Adds the rules, with the request's tags and its id as their description. One that is there already is done."""
        authorizer = Authorizer(self._client(target.vpc), target.vpc, target.request_id, target.tags)
        batches: defaultdict[RuleBatch, list[Permission]] = defaultdict(list)
        for change in changes:
            batches[_batch_of(change)].append(change.permission)
        with self._pool() as pool:
            errors = dict(zip(batches, pool.map(authorizer.authorize, batches.keys(), batches.values()), strict=True))
        return Applied.of({change: errors[_batch_of(change)] for change in changes})

    def remove(self, target: Target, changes: Sequence[RevokeRule]) -> Applied:
        """Revokes the rules that carry the request's tag. One that is not shown with it is done."""
        revoker = Revoker(self._client(target.vpc), target.vpc, target.request_id)
        try:
            present = revoker.present()
        except CausewayError as error:
            return Applied.of(dict.fromkeys(changes, error))
        ours = [change for change in changes if change.rule_id in present]
        batches: defaultdict[RuleBatch, list[str]] = defaultdict(list)
        for change in ours:
            batches[_batch_of(change)].append(change.rule_id)
        with self._pool() as pool:
            errors = dict(zip(batches, pool.map(revoker.revoke, batches.keys(), batches.values()), strict=True))
        hidden = (change for change in changes if change.rule_id not in present)
        return Applied.of(dict.fromkeys(changes) | {change: errors[_batch_of(change)] for change in ours}, hidden)


class RuleBatch(NamedTuple):
    """What one call to EC2 can authorise or revoke: a group's rules in one direction."""

    security_group_id: str
    direction: Direction


class Authorizer:
    """Authorises rules in one VPC's groups, with the request's id as their tag and description."""

    def __init__(self, client: EC2Client, vpc: VpcRef, request_id: str, tags: Mapping[str, str]) -> None:
        self._client = client
        self._vpc = vpc
        self._description = f"causeway: {request_id}"
        self._tags = conversion.tag_list({**tags, REQUEST_ID_TAG: request_id})

    def authorize(self, batch: RuleBatch, permissions: Sequence[Permission]) -> CausewayError | None:
        """Authorises what is not there yet, and returns what went wrong.

        AWS refuses all of a call's rules for one that exists: then the group is read, and only the missing ones are sent.
        """
        try:
            with translated(f"{batch.security_group_id} of {self._vpc}", _special(permissions)):
                try:
                    self._send(batch, permissions)
                except ClientError as error:
                    if code_of(error) != "InvalidPermission.Duplicate":
                        raise
                    self._send_missing(batch, permissions)
        except CausewayError as error:
            return error
        return None

    def _send_missing(self, batch: RuleBatch, permissions: Sequence[Permission]) -> None:
        (raw,) = self._client.describe_security_groups(GroupIds=[batch.security_group_id])["SecurityGroups"]
        present = conversion.security_group(raw, self._vpc).permissions
        missing = [permission for permission in permissions if permission not in present]
        if missing:
            self._send(batch, missing)

    def _send(self, batch: RuleBatch, permissions: Sequence[Permission]) -> None:
        ingress = batch.direction is Direction.INGRESS
        authorize = self._client.authorize_security_group_ingress if ingress else self._client.authorize_security_group_egress
        authorize(
            GroupId=batch.security_group_id,
            IpPermissions=[conversion.ip_permission(permission, self._description) for permission in permissions],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": self._tags}],
        )


class Revoker:
    """Revokes rules in one VPC's groups that carry the request's tag."""

    def __init__(self, client: EC2Client, vpc: VpcRef, request_id: str) -> None:
        self._client = client
        self._vpc = vpc
        self._tagged: FilterTypeDef = {"Name": f"tag:{REQUEST_ID_TAG}", "Values": [request_id]}

    def present(self) -> frozenset[str]:
        """The ids of the request's rules in this account and region."""
        rules = describe_all(self._client, self._vpc, "describe_security_group_rules", "SecurityGroupRules", [self._tagged])
        return frozenset(rule["SecurityGroupRuleId"] for rule in rules)

    def revoke(self, batch: RuleBatch, rule_ids: Sequence[str]) -> CausewayError | None:
        """Revokes what is still there, and returns what went wrong.

        AWS refuses all of a call's rules for one that is gone: then the rules are read again, and only those that are left
        are sent.
        """
        try:
            try:
                self._send(batch, rule_ids)
            except ResourceNotFound:
                self._send_present(batch, rule_ids)
        except CausewayError as error:
            return error
        return None

    def _send_present(self, batch: RuleBatch, rule_ids: Sequence[str]) -> None:
        present = self.present()
        left = [rule_id for rule_id in rule_ids if rule_id in present]
        if left:
            self._send(batch, left, STILL_SHOWN)

    def _send(
        self, batch: RuleBatch, rule_ids: Sequence[str], special: Mapping[str, type[CausewayError]] | None = None
    ) -> None:
        ingress = batch.direction is Direction.INGRESS
        revoke = self._client.revoke_security_group_ingress if ingress else self._client.revoke_security_group_egress
        with translated(f"{batch.security_group_id} of {self._vpc}", special):
            revoke(GroupId=batch.security_group_id, SecurityGroupRuleIds=rule_ids)


def _batch_of(change: AuthorizeRule | RevokeRule) -> RuleBatch:
    return RuleBatch(change.security_group_id, change.permission.direction)


def _special(permissions: Sequence[Permission]) -> dict[str, type[CausewayError]]:
    """What two errors mean here.

    The peer's group is unknown until its side of the connection knows that it is active. A rule that exists, and that the
    look at its group did not show, is looked at again by the next attempt.
    """
    names_a_group = any(permission.peer.startswith("sg-") for permission in permissions)
    unknown = {"InvalidGroup.NotFound": PeeringNotActive} if names_a_group else {}
    return {"InvalidPermission.Duplicate": NetworkNotSettled, **unknown}
