from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from causeway.aws.reader import Reader
from causeway.aws.writer import Applied, Writer
from causeway.domain.errors import PeeringNotActive, ResourceNotFound
from causeway.domain.network import Direction, Permission
from causeway.domain.ownership import REQUEST_ID_TAG
from causeway.domain.plan import AuthorizeRule
from causeway.domain.request import VpcRef
from causeway.domain.values import PortRange, Side

from .conftest import World

SSH = PortRange(first=22, last=22)


@pytest.fixture
def writer(world: World) -> Writer:
    return Writer(world.sessions)


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


def test_all_of_a_groups_direction_is_one_call_and_every_rule_says_whose_it_is(
    world: World, writer: Writer, requester: VpcRef
) -> None:
    groups = [world.security_group(requester, f"app-{number}") for number in range(3)]
    ipv6 = permission("icmpv6", None, "2600:1f18::/56")
    changes = [rule(group, content) for group in groups for content in (permission(), PING, ipv6, EGRESS)]

    applied = writer.authorize_rules(requester, "one", changes, tags={"Owner": "payments"})

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert Counter(world.calls)["AuthorizeSecurityGroupIngress"] == 3
    assert Counter(world.calls)["AuthorizeSecurityGroupEgress"] == 3
    for group in groups:
        rules = tagged(world, requester, group)
        assert len(rules) == 4
        assert {each["Description"] for each in rules} == {"causeway: one"}
        for each in rules:
            assert {tag["Key"]: tag["Value"] for tag in each["Tags"]} == {"Owner": "payments", REQUEST_ID_TAG: "one"}


def test_a_repetition_adds_nothing_and_says_the_same(world: World, writer: Writer, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    changes = [rule(group, permission()), rule(group, PING)]
    first = writer.authorize_rules(requester, "one", changes, tags={})
    rules = tagged(world, requester, group)

    assert writer.authorize_rules(requester, "one", changes, tags={}) == first
    assert tagged(world, requester, group) == rules


def test_only_the_missing_rules_are_added_to_those_that_are_there(world: World, writer: Writer, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    writer.authorize_rules(requester, "one", [rule(group, PING)], tags={})
    changes = [rule(group, permission()), rule(group, PING)]

    applied = writer.authorize_rules(requester, "one", changes, tags={})

    assert (applied.done, applied.error) == (tuple(changes), None)
    assert len(tagged(world, requester, group)) == 2
    assert Counter(world.calls)["DescribeSecurityGroups"] == 1


def test_a_group_that_is_gone_is_an_error_and_the_others_are_done(world: World, writer: Writer, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    gone = "sg-0123456789abcdef0"

    applied = writer.authorize_rules(requester, "one", [rule(gone, PING), rule(group, PING)], tags={})

    assert applied.done == (rule(group, PING),)
    assert isinstance(applied.error, ResourceNotFound)
    assert gone in str(applied.error)


def test_a_peers_group_that_is_not_known_yet_is_tried_again_later(world: World, writer: Writer, requester: VpcRef) -> None:
    group = world.security_group(requester, "app")
    changes = [rule(group, permission(peer="sg-0123456789abcdef0"))]

    applied = writer.authorize_rules(requester, "one", changes, tags={})

    assert applied.done == ()
    assert isinstance(applied.error, PeeringNotActive)


def test_a_group_of_another_account_is_named_with_its_owner(
    world: World, writer: Writer, requester: VpcRef, accepter: VpcRef
) -> None:
    ours, theirs = world.security_group(requester, "web"), world.security_group(accepter, "api")
    content = replace(permission(peer=theirs), peer_account_id=accepter.account_id)
    connection_id = world.request_peering(requester, accepter)

    early = writer.authorize_rules(requester, "one", [rule(ours, content)], tags={})
    world.ec2(accepter).accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    applied = writer.authorize_rules(requester, "one", [rule(ours, content)], tags={})
    repeated = writer.authorize_rules(requester, "one", [rule(ours, content)], tags={})

    assert isinstance(early.error, PeeringNotActive)
    assert applied == repeated == Applied(done=(rule(ours, content),))
    (seen,) = Reader(world.sessions).observe(Side.REQUESTER, requester, dns=False).owned_rules
    assert seen.permission == content
