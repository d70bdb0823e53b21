from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.reader import Reader
from causeway.aws.ec2.rules import Revoker, RuleWriter
from causeway.domain.model.errors import AccessDenied, NetworkNotSettled, PeeringNotActive, ResourceNotFound, ServiceUnavailable
from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import AuthorizeRule, RevokeRule
from tests.aws.conftest import PRODUCTION, WEST, World, target

SSH = PortRange(first=22, last=22)


@pytest.fixture
def writer(world: World) -> RuleWriter:
    return RuleWriter(world.sessions)


def permission(
    protocol: str = "tcp", ports: PortRange | None = SSH, peer: str = "192.168.0.0/16", direction: Direction = Direction.INGRESS
) -> Permission:
    return Permission(direction=direction, protocol=protocol, ports=ports, peer=peer)


def rule(group: str, content: Permission) -> AuthorizeRule:
    return AuthorizeRule(side=Side.REQUESTER, security_group_id=group, permission=content)


PING = permission("icmp", None)
EGRESS = permission(direction=Direction.EGRESS)


def tagged(world: World, vpc: VpcRef, group: str) -> list[dict[str, Any]]:
    answer = world.ec2(vpc).describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return [each for each in answer["SecurityGroupRules"] if each.get("Tags")]


def added(world: World, writer: RuleWriter, vpc: VpcRef, *changes: AuthorizeRule, request_id: str = "one") -> list[RevokeRule]:
    """Adds the rules and returns what takes the request's rules away again."""
    assert writer.add(target(vpc, request_id, tags={}), changes).error is None
    return [
        RevokeRule(
            side=Side.REQUESTER, security_group_id=each.security_group_id, rule_id=each.rule_id, permission=each.permission
        )
        for each in Reader(world.sessions).observe(Side.REQUESTER, vpc, dns=False).owned_rules
        if each.request_id == request_id
    ]


def test_all_of_a_groups_direction_is_one_call_and_every_rule_says_whose_it_is(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    groups = [world.security_group(requester, f"app-{number}") for number in range(3)]
    ipv6 = permission("icmpv6", None, "2600:1f18::/56")
    changes = [rule(group, content) for group in groups for content in (permission(), PING, ipv6, EGRESS)]

    applied = writer.add(target(requester, "one", tags={"Owner": "payments"}), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert Counter(world.calls)["AuthorizeSecurityGroupIngress"] == 3
    assert Counter(world.calls)["AuthorizeSecurityGroupEgress"] == 3
    for group in groups:
        rules = tagged(world, requester, group)
        assert len(rules) == 4
        assert {each["Description"] for each in rules} == {"causeway: one"}
        for each in rules:
            assert {tag["Key"]: tag["Value"] for tag in each["Tags"]} == {"Owner": "payments", REQUEST_ID_TAG: "one"}


def test_a_repetition_adds_nothing_and_says_the_same(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    changes = [rule(group, permission()), rule(group, PING)]
    first = writer.add(target(requester, "one", tags={}), changes)
    rules = tagged(world, requester, group)

    assert writer.add(target(requester, "one", tags={}), changes) == first
    assert tagged(world, requester, group) == rules


def test_only_the_missing_rules_are_added_to_those_that_are_there(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    writer.add(target(requester, "one", tags={}), [rule(group, PING)])
    changes = [rule(group, permission()), rule(group, PING)]

    applied = writer.add(target(requester, "one", tags={}), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert len(tagged(world, requester, group)) == 2
    assert Counter(world.calls)["DescribeSecurityGroups"] == 1


def test_a_group_that_is_gone_is_an_error_and_the_others_are_done(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    gone = "sg-0123456789abcdef0"

    applied = writer.add(target(requester, "one", tags={}), [rule(gone, PING), rule(group, PING)])

    assert applied.done == (rule(group, PING),)
    assert isinstance(applied.error, ResourceNotFound)
    assert gone in str(applied.error)


def test_a_peers_group_that_is_not_known_yet_is_tried_again_later(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    changes = [rule(group, permission(peer="sg-0123456789abcdef0"))]

    applied = writer.add(target(requester, "one", tags={}), changes)

    assert applied.done == ()
    assert isinstance(applied.error, PeeringNotActive)


def test_a_group_of_another_account_is_named_with_its_owner(
    world: World, writer: RuleWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    ours, theirs = world.security_group(requester, "web"), world.security_group(accepter, "api")
    content = replace(permission(peer=theirs), peer_account_id=accepter.account_id)
    connection_id = world.request_peering(requester, accepter)

    early = writer.add(target(requester, "one", tags={}), [rule(ours, content)])
    world.ec2(accepter).accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    applied = writer.add(target(requester, "one", tags={}), [rule(ours, content)])
    repeated = writer.add(target(requester, "one", tags={}), [rule(ours, content)])

    assert isinstance(early.error, PeeringNotActive)
    assert applied == repeated == Applied(done=(rule(ours, content),))
    (seen,) = Reader(world.sessions).observe(Side.REQUESTER, requester, dns=False).owned_rules
    assert seen.permission == content


def test_rules_are_revoked_with_one_call_for_each_group_and_direction(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    groups = [world.security_group(requester, f"app-{number}") for number in range(3)]
    ipv6 = permission("icmpv6", None, "2600:1f18::/56")
    permissions = (permission(), PING, ipv6, EGRESS)
    changes = added(world, writer, requester, *(rule(group, content) for group in groups for content in permissions))
    assert len(changes) == 12
    world.calls.clear()

    applied = writer.remove(target(requester, "one"), changes)

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert not any(tagged(world, requester, group) for group in groups)
    assert Counter(world.calls) == Counter(
        DescribeSecurityGroupRules=1, RevokeSecurityGroupIngress=3, RevokeSecurityGroupEgress=3
    )


def test_a_rule_that_exists_and_is_not_shown_yet_is_tried_again_later(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    """The answer that told of it was lost, and the look at its group is too old."""
    group = world.security_group(requester, "app")
    world.deny("ec2", "AuthorizeSecurityGroupIngress", about=group, code="InvalidPermission.Duplicate")

    assert isinstance(writer.add(target(requester, "one"), [rule(group, PING)]).error, NetworkNotSettled)


def test_a_revocation_that_was_begun_is_ended_and_then_repeated_without_a_call(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    group = world.security_group(requester, "app")
    changes = added(world, writer, requester, rule(group, permission()), rule(group, PING), rule(group, EGRESS))
    gone = [change for change in changes if change.permission == PING]
    writer.remove(target(requester, "one"), gone)
    world.calls.clear()

    for hidden in (gone, changes):
        applied = writer.remove(target(requester, "one"), changes)
        assert applied == Applied(done=tuple(changes), hidden=tuple(hidden))

    assert Counter(call for call in world.calls if call.startswith("Revoke")).total() == 2
    assert tagged(world, requester, group) == []


def test_only_rules_with_the_requests_own_tag_are_revoked(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    others = added(world, writer, requester, rule(group, permission()), request_id="another")
    untagged = added(world, writer, requester, rule(group, PING))
    world.ec2(requester).delete_tags(Resources=[untagged[0].rule_id], Tags=[{"Key": REQUEST_ID_TAG}])
    changes = [*others, *untagged]

    applied = writer.remove(target(requester, "one"), changes)

    assert applied == Applied(done=tuple(changes), hidden=tuple(changes))
    answer = world.ec2(requester).describe_security_group_rules(SecurityGroupRuleIds=[each.rule_id for each in changes])
    assert len(answer["SecurityGroupRules"]) == 2
    assert "RevokeSecurityGroupIngress" not in world.calls


def test_rules_that_name_a_group_are_revoked_in_each_region(world: World, writer: RuleWriter, accepter: VpcRef) -> None:
    here = world.vpc("172.16.0.0/16", region=WEST)
    there = world.vpc("172.17.0.0/16", account=PRODUCTION, region=WEST)
    world.peer(here, there)
    ours, theirs = world.security_group(here, "web"), world.security_group(there, "api")
    content = replace(permission(peer=theirs), peer_account_id=PRODUCTION)
    elsewhere = world.security_group(accepter, "db")
    kept = added(world, writer, accepter, rule(elsewhere, permission(peer="10.0.0.0/16")))
    changes = added(world, writer, here, rule(ours, content))

    assert writer.remove(target(here, "one"), changes) == Applied(done=tuple(changes))

    assert tagged(world, here, ours) == []
    assert [each["SecurityGroupRuleId"] for each in tagged(world, accepter, elsewhere)] == [kept[0].rule_id]


def test_rules_of_a_group_that_is_gone_are_revoked(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    gone, present = world.security_group(requester, "gone"), world.security_group(requester, "present")
    changes = added(world, writer, requester, rule(gone, PING), rule(present, PING))
    world.ec2(requester).delete_security_group(GroupId=gone)

    applied = writer.remove(target(requester, "one"), changes)

    assert applied == Applied(done=tuple(changes), hidden=tuple(each for each in changes if each.security_group_id == gone))
    assert tagged(world, requester, present) == []


def test_rules_that_vanish_between_the_look_and_the_revocation_are_revoked(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    group = world.security_group(requester, "app")
    changes = added(world, writer, requester, rule(group, permission()), rule(group, PING))
    administrator = world.ec2(requester)
    first = changes[0].rule_id
    world.before(
        "RevokeSecurityGroupIngress",
        lambda: administrator.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[first]),
    )

    assert writer.remove(target(requester, "one"), changes) == Applied(done=tuple(changes))

    assert tagged(world, requester, group) == []
    assert Counter(world.calls)["DescribeSecurityGroupRules"] >= 2


def test_a_group_that_vanishes_before_the_revocation_took_its_rules_along(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    group = world.security_group(requester, "app")
    changes = added(world, writer, requester, rule(group, PING))
    administrator = world.ec2(requester)
    world.before("RevokeSecurityGroupIngress", lambda: administrator.delete_security_group(GroupId=group))

    assert writer.remove(target(requester, "one"), changes) == Applied(done=tuple(changes))


def test_a_rule_that_is_shown_but_not_found_is_looked_at_again_later(
    world: World, writer: RuleWriter, requester: VpcRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = world.security_group(requester, "app")
    changes = added(world, writer, requester, rule(group, PING))
    seen = frozenset({changes[0].rule_id})
    writer.remove(target(requester, "one"), changes)
    monkeypatch.setattr(Revoker, "present", lambda _: seen)

    applied = writer.remove(target(requester, "one"), changes)

    assert applied.done == ()
    assert isinstance(applied.error, ServiceUnavailable)
    assert group in str(applied.error)


def test_one_refused_group_does_not_stop_the_others_nor_undo_what_is_gone(
    world: World, writer: RuleWriter, requester: VpcRef
) -> None:
    guarded, free = world.security_group(requester, "guarded"), world.security_group(requester, "free")
    changes = added(world, writer, requester, rule(guarded, permission()), rule(guarded, PING), rule(free, PING))
    here = [each for each in changes if each.security_group_id == guarded]
    writer.remove(target(requester, "one"), here[:1])
    world.deny("ec2", "RevokeSecurityGroupIngress", about=guarded)

    applied = writer.remove(target(requester, "one"), changes)

    assert set(changes) - set(applied.done) == set(here[1:])
    assert isinstance(applied.error, AccessDenied)
    assert tagged(world, requester, free) == []


def test_rules_that_may_not_be_looked_at_are_kept(world: World, writer: RuleWriter, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    changes = added(world, writer, requester, rule(group, PING))
    world.deny("ec2", "DescribeSecurityGroupRules", about="request-id")

    applied = writer.remove(target(requester, "one"), changes)

    assert applied.done == ()
    assert isinstance(applied.error, AccessDenied)
    assert len(tagged(world, requester, group)) == 1
