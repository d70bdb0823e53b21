"""Security-group rules for the flows. Each carries the request's tag, which says whose it is."""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from causeway.domain.model.addressing import FAMILIES, contains, is_block, is_ipv6
from causeway.domain.model.network import Direction, OwnedRule, PeeringConnection, Permission, SecurityGroup, Snapshot, Vpc
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.protocols import ICMP_OF_FAMILY, Protocol, ec2_protocol
from causeway.domain.model.request import Flow, Peer, Request
from causeway.domain.model.selection import selected_groups
from causeway.domain.model.values import PerSide, Side
from causeway.domain.reachability.rule_coverage import covers, covers_traffic

from .base import BaseChange, BaseGrant, Kind, Phase, Undoing, of_type
from .context import OwnedThing, PlanContext, UndoContext
from .quota import Demand, Quota, weight

QUOTA = Quota(code="L-0EA8095F", default=60, counts="rules")

type RulePlace = tuple[str, Permission]
"""A security group's id and a rule's content."""


class RuleGrant(BaseGrant, tag_field="kind", tag="rule"):
    """A side's security groups let this through."""

    side: Side
    permission: Permission

    def covers(self, needed: BaseGrant) -> bool:
        """Fewer ports or a part of a block is no more."""
        return isinstance(needed, RuleGrant) and self.side is needed.side and covers(self.permission, needed.permission)


class RuleChange(BaseChange):
    """What the changes of a security-group rule have in common: its group and content."""

    side: Side
    security_group_id: str
    permission: Permission

    @property
    def resource_id(self) -> str:
        return self.security_group_id

    @property
    def rule(self) -> str:
        """The rule in words: `tcp/22 from 10.0.0.0/16 in sg-0a1b`."""
        word = "from" if self.permission.direction is Direction.INGRESS else "to"
        return f"{self.permission.what} {word} {self.permission.peer} in {self.security_group_id}"


class AuthorizeRule(RuleChange, tag_field="kind", tag="authorize_rule"):
    """Add one rule to a security group."""

    @property
    def sentence(self) -> str:
        return f"Allow {self.rule}"

    @property
    def grant(self) -> RuleGrant:
        return RuleGrant(side=self.side, permission=self.permission)

    def is_shown(self, context: UndoContext) -> bool:
        """EC2 shows a rule twice: in its group, and by itself with its tags."""
        shown = context.permissions(self.side, self.security_group_id) or ()
        return self.permission in shown and super().is_shown(context)

    def undoing(self, context: UndoContext) -> "Undoing[RevokeRule] | None":
        wanted = (context.request.request_id, self.security_group_id, self.permission)
        for rule in context.now[self.side].owned_rules:
            if (rule.request_id, rule.security_group_id, rule.permission) == wanted:
                return Undoing(revocation(self.side, rule))
        return None


class RevokeRule(RuleChange, tag_field="kind", tag="revoke_rule"):
    """Take a rule of ours out of a security group."""

    phase = Phase.REMOVE

    rule_id: str

    @property
    def sentence(self) -> str:
        return f"No longer allow {self.rule}"

    def undoing(self, context: UndoContext) -> Undoing[AuthorizeRule] | None:
        shown = context.permissions(self.side, self.security_group_id)
        if shown is None or self.permission in shown:
            return None
        again = AuthorizeRule(side=self.side, security_group_id=self.security_group_id, permission=self.permission)
        return Undoing(None if context.has_ended else again)


class Rules(Kind[RulePlace, AuthorizeRule, RevokeRule, RuleGrant]):
    """In every selected security group: egress for the flows that the side starts, ingress for those that it receives."""

    name = "rules"
    step = "UpdateSecurityGroups"
    additions = (AuthorizeRule,)
    removals = (RevokeRule,)

    def wanted(
        self, request: Request, side: Side, snapshots: PerSide[Snapshot], owned: Collection[OwnedThing] = ()
    ) -> tuple[RulePlace, ...]:
        del owned
        needed = tuple(dict.fromkeys(needed_permissions(request, side, snapshots)))
        return tuple((group.security_group_id, each) for group in selected_groups(request, snapshots[side]) for each in needed)

    def grants(self, side: Side, context: PlanContext) -> Iterator[RuleGrant]:
        wanted = context.claim.of(self, side) if context.claim else ()
        for permission in dict.fromkeys(permission for _, permission in wanted):
            yield RuleGrant(side=side, permission=permission)

    def missing(self, side: Side, context: PlanContext) -> Iterator[AuthorizeRule]:
        wanted = context.claim.of(self, side) if context.claim else ()
        here, peer = context.snapshots[side], context.snapshots[side.other].vpc
        for group in resolved(_lasting(here, wanted)).security_groups:
            needed = [permission for group_id, permission in wanted if group_id == group.security_group_id]
            for permission in missing_permissions(group.permissions, needed, peer):
                yield AuthorizeRule(side=side, security_group_id=group.security_group_id, permission=permission)

    def surplus(self, side: Side, context: PlanContext) -> Iterator[RevokeRule]:
        """The rules with our tag that no request wants, by group and content; in a group that both sides have, on neither."""
        wanted = context.wanted_by_any(self, side) | context.wanted_by_any(self, side.other)
        for rule in context.snapshots[side].owned_rules:
            if rule.request_id == context.request_id and (rule.security_group_id, rule.permission) not in wanted:
                yield revocation(side, rule)

    def projected(self, here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
        del connection
        added, revoked = of_type(changes, AuthorizeRule, here.side), of_type(changes, RevokeRule, here.side)
        gone = {change.rule_id for change in revoked}

        def with_rules(group: SecurityGroup) -> SecurityGroup:
            new = (each.permission for each in added if each.security_group_id == group.security_group_id)
            old = {each.permission for each in revoked if each.security_group_id == group.security_group_id}
            kept = (permission for permission in group.permissions if permission not in old)
            return replace(group, permissions=(*kept, *new))

        return replace(
            here,
            security_groups=tuple(map(with_rules, here.security_groups)),
            owned_rules=tuple(rule for rule in here.owned_rules if rule.rule_id not in gone),
        )

    def demands(self, here: Snapshot, changes: Iterable[BaseChange]) -> Iterator[Demand]:
        """Per group and direction, IPv4 and IPv6 apart; a rule that names a group counts in both."""
        added = of_type(changes, AuthorizeRule, here.side)
        for group in here.security_groups:
            needed = [change.permission for change in added if change.security_group_id == group.security_group_id]
            for direction in Direction:
                for family in FAMILIES:
                    yield Demand(
                        quota=QUOTA,
                        where=group.security_group_id,
                        used=_count(here, group.permissions, direction, family),
                        needed=_count(here, needed, direction, family),
                        part=f"IPv{family} {direction}",
                    )


RULES = Rules()


def revocation(side: Side, rule: OwnedRule) -> RevokeRule:
    """The end of a rule of ours."""
    return RevokeRule(side=side, security_group_id=rule.security_group_id, rule_id=rule.rule_id, permission=rule.permission)


def _lasting(here: Snapshot, wanted: Collection[RulePlace]) -> Snapshot:
    """The side with only what its groups allow for as long as the request wants it.

    A rule that is about to go cannot stand in for one that is needed, nor can one that another request made for itself.
    """
    passing = {(rule.security_group_id, rule.permission) for rule in here.owned_rules} - set(wanted)
    groups = (
        replace(group, permissions=tuple(rule for rule in group.permissions if (group.security_group_id, rule) not in passing))
        for group in here.security_groups
    )
    return replace(here, security_groups=tuple(groups))


def _count(here: Snapshot, permissions: Iterable[Permission], direction: Direction, family: int) -> int:
    return sum(weight(here, each.peer, family) for each in permissions if each.direction is direction)


def needed_permissions(request: Request, side: Side, snapshots: PerSide[Snapshot]) -> Iterator[Permission]:
    """What each selected group of a side must allow: egress for the flows it starts, ingress for those it receives."""
    for flow in request.flows:
        direction = Direction.EGRESS if flow.source is side else Direction.INGRESS
        yield from _permissions(flow, direction, _peers(flow, request, snapshots[side.other]))


def missing_permissions(present: Iterable[Permission], needed: Iterable[Permission], peer: Vpc) -> tuple[Permission, ...]:
    """What of the needed is neither present nor covered by something broader that is, in order and once."""
    allowed = list(present)
    missing = []
    for permission in needed:
        if not _is_covered(permission, allowed, peer):
            missing.append(permission)
            allowed.append(permission)
    return tuple(missing)


def _peers(flow: Flow, request: Request, other: Snapshot) -> Iterator[tuple[str, str | None, bool]]:
    """The other side as rules name it: CIDR block or group id, the group's owner if it is another account, whether IPv6."""
    if flow.peer is Peer.CIDR_BLOCKS:
        yield from ((block, None, is_ipv6(block)) for block in other.vpc.all_cidr_blocks)
        return
    owner = other.vpc.ref.account_id
    foreign_owner = owner if owner != request.vpc(other.side.other).account_id else None
    for group in selected_groups(request, other):
        yield group.security_group_id, foreign_owner, False
        if other.vpc.ipv6_cidr_blocks and flow.protocol is Protocol.ICMP:
            yield group.security_group_id, foreign_owner, True


def _permissions(flow: Flow, direction: Direction, peers: Iterable[tuple[str, str | None, bool]]) -> Iterator[Permission]:
    for peer, owner, ipv6 in peers:
        yield Permission(
            direction=direction,
            protocol=ec2_protocol(flow.protocol, ipv6=ipv6),
            ports=flow.ports,
            peer=peer,
            peer_account_id=owner,
        )


def _is_covered(needed: Permission, present: Iterable[Permission], peer: Vpc) -> bool:
    broad_enough = [permission for permission in present if covers_traffic(permission, needed)]
    if any(permission.peer == needed.peer for permission in broad_enough):
        return True
    return all(any(contains(permission.peer, block) for permission in broad_enough) for block in _blocks(needed, peer))


def _blocks(needed: Permission, peer: Vpc) -> tuple[str, ...]:
    """Where the traffic comes from or goes to: of a security group, all of its VPC's blocks of the protocol's family."""
    if is_block(needed.peer):
        return (needed.peer,)
    family = {ICMP_OF_FAMILY[4]: peer.cidr_blocks, ICMP_OF_FAMILY[6]: peer.ipv6_cidr_blocks}
    return family.get(needed.protocol, peer.all_cidr_blocks)
