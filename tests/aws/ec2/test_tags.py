"""Tags: set together with the one that says whose a thing is, taken away where they were ours, on what is still ours."""

from collections import Counter

import pytest

from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.reader import Reader
from causeway.aws.ec2.rules import RuleWriter
from causeway.aws.ec2.tags import TagWriter
from causeway.domain.model.errors import PeeringConflict, PeeringNotVisible, ServiceUnavailable
from causeway.domain.model.network import Direction, OwnedRule, Permission
from causeway.domain.model.request import VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import AuthorizeRule, TagPeering, TagRule
from causeway.domain.planning.kinds.tags import TagEdit
from tests.aws.conftest import World, target

ONE, TWO = (REQUEST_ID_TAG, "one"), (REQUEST_ID_TAG, "two")
OWNER, TEAM = ("Owner", "payments"), ("Team", "core")
EDIT = TagEdit(before=(OWNER, ONE), after=(TEAM, ONE))
HANDED_OVER = TagEdit(before=(OWNER, ONE), after=(TWO,))
PINGS = [
    Permission(direction=Direction.INGRESS, protocol=protocol, peer=peer)
    for protocol, peer in (("icmp", "192.168.0.0/16"), ("udp", "192.168.0.0/16"))
]


@pytest.fixture
def writer(world: World) -> TagWriter:
    return TagWriter(world.sessions)


def tagging(edit: TagEdit) -> TagPeering:
    return TagPeering(side=Side.REQUESTER, tags=edit)


def peered(world: World, requester: VpcRef, accepter: VpcRef, **tags: str) -> str:
    connection_id = world.peer(requester, accepter)
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.ec2(requester).create_tags(Resources=[connection_id], Tags=pairs)
    return connection_id


def tags_of(world: World, vpc: VpcRef, connection_id: str) -> dict[str, str]:
    answer = world.ec2(vpc).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    return {tag["Key"]: tag["Value"] for tag in answer["VpcPeeringConnections"][0].get("Tags", [])}


def with_rules(world: World, writer: TagWriter, vpc: VpcRef) -> tuple[OwnedRule, ...]:
    group = world.security_group(vpc, "app")
    changes = [AuthorizeRule(side=Side.REQUESTER, security_group_id=group, permission=each) for each in PINGS]
    assert RuleWriter(world.sessions).add(target(vpc, "one", tags=dict([OWNER])), changes).error is None
    return rules(world, vpc)


def rules(world: World, vpc: VpcRef) -> tuple[OwnedRule, ...]:
    return Reader(world.sessions).observe(Side.REQUESTER, vpc, dns=False).owned_rules


def retagging(rule: OwnedRule, edit: TagEdit) -> TagRule:
    return TagRule(
        side=Side.REQUESTER,
        security_group_id=rule.security_group_id,
        rule_id=rule.rule_id,
        permission=rule.permission,
        tags=edit,
    )


def test_a_connection_gets_new_tags_and_loses_old_ones_on_one_side(
    world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = peered(world, requester, accepter, **dict([OWNER, ONE]), Cost="1")

    assert writer.add(target(requester, connection_id=connection_id), [tagging(EDIT)]) == Applied(done=(tagging(EDIT),))

    assert tags_of(world, requester, connection_id) == {**dict([TEAM, ONE]), "Cost": "1"}
    assert tags_of(world, accepter, connection_id) == {}


def test_an_edit_that_was_done_half_is_finished_and_its_inverse_takes_it_back(
    world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = peered(world, requester, accepter, **dict([OWNER, TWO]))

    assert writer.add(target(requester, connection_id=connection_id), [tagging(HANDED_OVER)]).error is None
    assert tags_of(world, requester, connection_id) == dict([TWO])

    assert writer.add(target(requester, connection_id=connection_id), [tagging(HANDED_OVER.inverse)]).error is None
    assert tags_of(world, requester, connection_id) == dict([OWNER, ONE])


def test_a_tag_that_somebody_gave_another_value_stays(
    world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = peered(world, requester, accepter, **dict([ONE]), Owner="me")

    assert writer.add(target(requester, connection_id=connection_id), [tagging(EDIT)]).error is None

    assert tags_of(world, requester, connection_id) == {**dict([TEAM, ONE]), "Owner": "me"}


def test_a_side_without_tags_gets_its_first(world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef) -> None:
    connection_id = peered(world, requester, accepter, **dict([ONE]))

    first = TagPeering(side=Side.ACCEPTER, tags=TagEdit(after=(OWNER, ONE)))
    assert writer.add(target(accepter, connection_id=connection_id), [first]).error is None

    assert tags_of(world, accepter, connection_id) == dict([OWNER, ONE])


def test_somebody_elses_connection_is_not_tagged(world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef) -> None:
    connection_id = peered(world, requester, accepter, **dict([TWO]))

    assert isinstance(writer.add(target(requester, connection_id=connection_id), [tagging(EDIT)]).error, PeeringConflict)

    assert tags_of(world, requester, connection_id) == dict([TWO])


def test_a_connection_that_ended_is_a_conflict_and_one_that_is_not_there_may_come(
    world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = peered(world, requester, accepter, **dict([ONE]))
    world.ec2(requester).delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)

    assert isinstance(writer.add(target(requester, connection_id=connection_id), [tagging(EDIT)]).error, PeeringConflict)
    assert isinstance(
        writer.add(target(requester, connection_id="pcx-0123456789abcdef0"), [tagging(EDIT)]).error, PeeringNotVisible
    )


def test_rules_with_the_same_edit_are_tagged_in_one_call(world: World, writer: TagWriter, requester: VpcRef) -> None:
    changes = tuple(retagging(each, HANDED_OVER) for each in with_rules(world, writer, requester))
    world.calls.clear()

    assert writer.add(target(requester), changes) == Applied(done=changes)

    assert {(each.request_id, *each.tags) for each in rules(world, requester)} == {("two",)}
    assert Counter(world.calls)["CreateTags"] == Counter(world.calls)["DeleteTags"] == 1


def test_a_rule_that_is_gone_or_somebody_elses_by_now_is_done(world: World, writer: TagWriter, requester: VpcRef) -> None:
    gone, taken = with_rules(world, writer, requester)
    administrator = world.ec2(requester)
    administrator.revoke_security_group_ingress(GroupId=gone.security_group_id, SecurityGroupRuleIds=[gone.rule_id])
    administrator.create_tags(Resources=[taken.rule_id], Tags=[{"Key": REQUEST_ID_TAG, "Value": "three"}])
    changes = (retagging(gone, HANDED_OVER), retagging(taken, HANDED_OVER))

    assert writer.add(target(requester), changes) == Applied(done=changes, hidden=changes)

    assert [(each.request_id, each.tags) for each in rules(world, requester)] == [("three", dict([OWNER]))]


def test_tags_that_somebody_else_changes_at_the_same_time_are_tried_again(
    world: World, writer: TagWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = peered(world, requester, accepter, **dict(EDIT.before))
    world.deny("ec2", "CreateTags", about=connection_id, code="ConcurrentTagAccess")

    made = writer.add(target(requester, connection_id=connection_id), [tagging(EDIT)])

    assert isinstance(made.error, ServiceUnavailable)
