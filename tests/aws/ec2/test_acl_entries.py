"""Network ACL entries on a strict EC2: made, made again, in the way, and deleted only while they are what the plan saw."""

from typing import Any

import pytest
from msgspec.structs import replace

from causeway.aws.ec2.acl_entries import AclEntryWriter
from causeway.aws.ec2.applied import Applied
from causeway.aws.ec2.reader import Reader
from causeway.domain.model.errors import AclEntryConflict
from causeway.domain.model.network import AclEntry, Direction
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateAclEntry, DeleteAclEntry
from tests.aws.conftest import World, target

SSH = AclEntry(
    number=20000,
    direction=Direction.INGRESS,
    allow=True,
    protocol="tcp",
    cidr_block="192.168.0.0/16",
    ports=PortRange(first=22, last=22),
)
CONTENTS: tuple[dict[str, Any], ...] = (
    {},
    {"direction": Direction.EGRESS, "ports": PortRange(first=1024, last=65535)},
    {"number": 20001, "protocol": "udp"},
    {"number": 20002, "protocol": "icmp", "ports": None},
    {"number": 20003, "protocol": "icmpv6", "ports": None, "cidr_block": "2600:1f18:1234:5600::/56"},
    {"number": 20004, "protocol": "-1", "ports": None},
)


def with_content(**content: Any) -> AclEntry:
    return replace(SSH, **content)


@pytest.fixture
def writer(world: World) -> AclEntryWriter:
    return AclEntryWriter(world.sessions)


@pytest.fixture
def acl_id(world: World, requester: VpcRef) -> str:
    answer = world.ec2(requester).describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [requester.vpc_id]}])
    (acl,) = answer["NetworkAcls"]
    found: str = acl["NetworkAclId"]
    return found


def creation(acl_id: str, entry: AclEntry = SSH) -> CreateAclEntry:
    return CreateAclEntry(side=Side.REQUESTER, network_acl_id=acl_id, entry=entry)


def deletion(acl_id: str, entry: AclEntry = SSH) -> DeleteAclEntry:
    return DeleteAclEntry(side=Side.REQUESTER, network_acl_id=acl_id, entry=entry)


def entries(world: World, vpc: VpcRef) -> set[AclEntry]:
    (acl,) = Reader(world.sessions).observe(Side.REQUESTER, vpc, dns=False).network_acls
    return set(acl.entries)


def by_hand(world: World, vpc: VpcRef, acl_id: str, port: int) -> None:
    """Somebody's entry at the number of ours."""
    world.ec2(vpc).create_network_acl_entry(
        NetworkAclId=acl_id,
        RuleNumber=SSH.number,
        Egress=False,
        RuleAction="allow",
        Protocol="6",
        CidrBlock=SSH.cidr_block,
        PortRange={"From": port, "To": port},
    )


@pytest.mark.parametrize("content", CONTENTS)
def test_an_entry_is_read_back_as_it_was_planned_and_deleted_again(
    world: World, writer: AclEntryWriter, requester: VpcRef, acl_id: str, content: dict[str, Any]
) -> None:
    before, entry = entries(world, requester), with_content(**content)

    made = writer.add(target(requester), [creation(acl_id, entry)])

    assert made == Applied(done=(creation(acl_id, entry),))
    assert entries(world, requester) == before | {entry}
    assert writer.remove(target(requester), [deletion(acl_id, entry)]).error is None
    assert entries(world, requester) == before


def test_making_or_deleting_an_entry_twice_is_doing_it_once(
    world: World, writer: AclEntryWriter, requester: VpcRef, acl_id: str
) -> None:
    before = entries(world, requester)
    first = writer.add(target(requester), [creation(acl_id)])

    assert writer.add(target(requester), [creation(acl_id)]) == first
    assert entries(world, requester) == before | {SSH}
    done = (deletion(acl_id),)
    assert writer.remove(target(requester), done) == Applied(done=done)
    assert writer.remove(target(requester), done) == Applied(done=done, hidden=done)
    assert entries(world, requester) == before


def test_somebody_elses_entry_at_the_number_is_a_conflict_and_stays(
    world: World, writer: AclEntryWriter, requester: VpcRef, acl_id: str
) -> None:
    by_hand(world, requester, acl_id, 443)
    before, other = entries(world, requester), with_content(number=20001)

    applied = writer.add(target(requester), [creation(acl_id), creation(acl_id, other)])

    assert applied.done == (creation(acl_id, other),)
    assert isinstance(applied.error, AclEntryConflict)
    assert f"{acl_id} of {requester}" in str(applied.error)
    assert entries(world, requester) == before | {other}


def test_an_entry_that_is_another_one_by_now_is_left_as_it_is(
    world: World, writer: AclEntryWriter, requester: VpcRef, acl_id: str
) -> None:
    by_hand(world, requester, acl_id, 443)
    before = entries(world, requester)

    assert writer.remove(target(requester), [deletion(acl_id)]) == Applied(done=(deletion(acl_id),))
    assert entries(world, requester) == before


def test_an_entry_that_vanishes_under_our_eyes_is_deleted(
    world: World, writer: AclEntryWriter, requester: VpcRef, acl_id: str
) -> None:
    writer.add(target(requester), [creation(acl_id)])
    ec2 = world.ec2(requester)
    gone = {"NetworkAclId": acl_id, "RuleNumber": SSH.number, "Egress": False}
    world.before("DeleteNetworkAclEntry", lambda: ec2.delete_network_acl_entry(**gone))

    assert writer.remove(target(requester), [deletion(acl_id)]) == Applied(done=(deletion(acl_id),))
