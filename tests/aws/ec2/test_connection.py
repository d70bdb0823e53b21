"""The connection itself: requested, accepted, given its DNS options and deleted."""

from collections import Counter

import pytest
from moto.ec2.models import ec2_backends
from msgspec.structs import replace

from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.ec2.dns import DnsWriter
from causeway.domain.model.errors import PeeringConflict, PeeringNotActive, PeeringNotVisible, ServiceUnavailable
from causeway.domain.model.request import VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import AcceptPeering, CreatePeering, DeletePeering, SetDnsResolution
from localcloud import ec2 as emulated_ec2
from tests.aws.conftest import PRODUCTION, WEST, World, target

TAGS = {"Name": "causeway one", REQUEST_ID_TAG: "one"}


@pytest.fixture
def writer(world: World) -> ConnectionWriter:
    return ConnectionWriter(world.sessions)


@pytest.fixture
def create(requester: VpcRef, accepter: VpcRef) -> CreatePeering:
    return CreatePeering(vpc=requester, peer=accepter, tags=TAGS)


@pytest.fixture
def accept(requester: VpcRef, accepter: VpcRef) -> AcceptPeering:
    return AcceptPeering(vpc=accepter, peer=requester, tags=TAGS)


@pytest.fixture
def delete(requester: VpcRef, accepter: VpcRef) -> DeletePeering:
    return DeletePeering(vpc=requester, peer=accepter)


def allow_dns(world: World, vpc: VpcRef, connection_id: str, side: Side) -> None:
    DnsWriter(world.sessions).add(target(vpc, connection_id=connection_id), [SetDnsResolution(side=side, allow=True)])


def seen(world: World, vpc: VpcRef, connection_id: str) -> tuple[str, dict[str, str]]:
    answer = world.ec2(vpc).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    connection = answer["VpcPeeringConnections"][0]
    return connection["Status"]["Code"], {tag["Key"]: tag["Value"] for tag in connection["Tags"]}


def test_a_connection_is_requested_tagged_and_accepted_in_the_least_calls(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    connection_id = writer.request_peering(create)
    writer.accept_peering(accept, connection_id)

    assert seen(world, create.vpc, connection_id) == ("active", TAGS)
    assert seen(world, accept.vpc, connection_id) == ("active", TAGS)
    assert Counter(world.calls) - Counter(["AssumeRole", "AssumeRole"]) == Counter(
        ["CreateVpcPeeringConnection", "DescribeVpcPeeringConnections", "AcceptVpcPeeringConnection", "CreateTags"]
    )


def test_a_connection_across_regions_is_accepted_in_the_accepters(
    world: World, writer: ConnectionWriter, requester: VpcRef
) -> None:
    west = world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST)

    connection_id = writer.request_peering(CreatePeering(vpc=requester, peer=west, tags=TAGS))
    writer.accept_peering(AcceptPeering(vpc=west, peer=requester, tags=TAGS), connection_id)

    assert seen(world, west, connection_id) == ("active", TAGS)


def test_a_repetition_ends_in_the_same_connection(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    connection_id = writer.request_peering(create)
    assert writer.request_peering(create) == connection_id
    writer.accept_peering(accept, connection_id)
    world.calls.clear()

    assert writer.request_peering(create) == connection_id
    writer.accept_peering(accept, connection_id)

    assert world.calls == ["CreateVpcPeeringConnection", "DescribeVpcPeeringConnections"]


def test_a_crash_between_the_acceptance_and_the_tags_is_mended(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    connection_id = writer.request_peering(create)
    world.ec2(accept.vpc).accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)

    writer.accept_peering(accept, connection_id)

    assert seen(world, accept.vpc, connection_id) == ("active", TAGS)


def test_a_connection_that_failed_is_a_conflict_though_only_the_requester_sees_it(
    world: World, writer: ConnectionWriter, create: CreatePeering
) -> None:
    overlapping = world.vpc("10.0.0.0/16", account=PRODUCTION)
    connection_id = writer.request_peering(replace(create, peer=overlapping))

    with pytest.raises(PeeringConflict, match=r"failed: .*overlapping CIDR range"):
        writer.accept_peering(AcceptPeering(vpc=overlapping, peer=create.vpc, tags=TAGS), connection_id)


def test_the_connection_of_another_request_is_a_conflict(writer: ConnectionWriter, create: CreatePeering) -> None:
    writer.request_peering(create)

    with pytest.raises(PeeringConflict, match="Request one made this connection"):
        writer.request_peering(replace(create, tags={**TAGS, REQUEST_ID_TAG: "two"}))


def test_an_existing_connection_without_our_tag_is_never_taken_as_ours(
    world: World, writer: ConnectionWriter, create: CreatePeering
) -> None:
    theirs = world.request_peering(create.vpc, create.peer)

    with pytest.raises(PeeringConflict, match=f"is somebody else's.*{theirs}"):
        writer.request_peering(create)
    assert seen(world, create.vpc, theirs) == ("pending-acceptance", {})


def test_an_existing_connection_that_carries_our_tag_is_ours(
    world: World, writer: ConnectionWriter, create: CreatePeering
) -> None:
    """The answer that told of it was lost, and AWS refuses a second one."""
    connection_id = writer.request_peering(create)
    world.deny("ec2", "CreateVpcPeeringConnection", about=create.vpc.vpc_id, code="VpcPeeringConnectionAlreadyExists")

    assert writer.request_peering(create) == connection_id


@pytest.mark.parametrize("reversed_direction", [False, True])
def test_a_refused_request_finds_who_is_in_the_way(
    world: World, writer: ConnectionWriter, create: CreatePeering, reversed_direction: bool
) -> None:
    ends = (create.peer, create.vpc) if reversed_direction else (create.vpc, create.peer)
    theirs = world.request_peering(*ends)
    world.deny("ec2", "CreateVpcPeeringConnection", about=create.vpc.vpc_id, code="VpcPeeringConnectionAlreadyExists")

    with pytest.raises(PeeringConflict, match=f"is somebody else's.*{theirs}"):
        writer.request_peering(create)


def test_an_existing_connection_that_is_not_shown_yet_is_tried_again_later(
    world: World, writer: ConnectionWriter, create: CreatePeering
) -> None:
    world.deny("ec2", "CreateVpcPeeringConnection", about=create.vpc.vpc_id, code="VpcPeeringConnectionAlreadyExists")

    with pytest.raises(PeeringNotVisible, match="does not show it yet"):
        writer.request_peering(create)


def test_a_connection_that_the_accepter_cannot_see_yet_is_tried_again_later(
    writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    emulated_ec2.configure(emulated_ec2.Timing(visibility=60))
    connection_id = writer.request_peering(create)

    with pytest.raises(PeeringNotVisible, match=connection_id):
        writer.accept_peering(accept, connection_id)


def test_a_connection_with_other_vpcs_is_never_accepted(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    stranger = world.vpc("10.7.0.0/16")
    connection_id = world.request_peering(stranger, accept.vpc)

    with pytest.raises(PeeringConflict, match=f"joins {stranger.vpc_id} .*the plan {accept.peer.vpc_id}"):
        writer.accept_peering(accept, connection_id)
    assert seen(world, accept.vpc, connection_id)[0] == "pending-acceptance"


def test_a_connection_in_a_terminal_state_is_a_conflict(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    connection_id = writer.request_peering(create)
    world.ec2(accept.vpc).reject_vpc_peering_connection(VpcPeeringConnectionId=connection_id)

    with pytest.raises(PeeringConflict, match="rejected"):
        writer.accept_peering(accept, connection_id)


def test_a_connection_in_the_reversed_direction_makes_the_acceptance_a_conflict(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering
) -> None:
    world.peer(accept.vpc, create.vpc)

    with pytest.raises(PeeringConflict):
        writer.accept_peering(accept, writer.request_peering(create))


def test_each_side_sets_its_own_dns_option(world: World, writer: ConnectionWriter, requester: VpcRef, accepter: VpcRef) -> None:
    connection_id = world.peer(requester, accepter)
    for vpc in (requester, accepter):
        world.ec2(vpc).modify_vpc_attribute(VpcId=vpc.vpc_id, EnableDnsHostnames={"Value": True})

    DnsWriter(world.sessions).add(
        target(accepter, connection_id=connection_id), [SetDnsResolution(side=Side.ACCEPTER, allow=True)]
    )

    answer = world.ec2(requester).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    connection = answer["VpcPeeringConnections"][0]
    assert connection["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert connection["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is False
    allow_dns(world, requester, connection_id, Side.REQUESTER)


def test_a_dns_option_waits_until_the_connection_is_active(
    world: World, writer: ConnectionWriter, requester: VpcRef, accepter: VpcRef
) -> None:
    emulated_ec2.configure(emulated_ec2.Timing(visibility=0, provisioning=60))
    connection_id = world.peer(requester, accepter)

    with pytest.raises(PeeringNotActive):
        allow_dns(world, requester, connection_id, Side.REQUESTER)


def test_an_active_connection_is_deleted_once(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)
    writer.accept_peering(accept, connection_id)
    world.calls.clear()

    for _ in range(2):
        writer.delete_peering(delete, connection_id, "one")

    assert seen(world, create.vpc, connection_id)[0] == "deleted"
    assert world.calls == [
        "DescribeVpcPeeringConnections",
        "DeleteVpcPeeringConnection",
        "DescribeVpcPeeringConnections",
    ]


def test_a_connection_that_nobody_accepted_is_deleted_by_its_requester(
    world: World, writer: ConnectionWriter, create: CreatePeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)

    writer.delete_peering(delete, connection_id, "one")

    assert seen(world, create.vpc, connection_id)[0] == "deleted"


def test_a_connection_across_regions_is_deleted_in_the_requesters(
    world: World, writer: ConnectionWriter, requester: VpcRef
) -> None:
    west = world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST)
    connection_id = writer.request_peering(CreatePeering(vpc=west, peer=requester, tags=TAGS))
    writer.accept_peering(AcceptPeering(vpc=requester, peer=west, tags=TAGS), connection_id)

    writer.delete_peering(DeletePeering(vpc=west, peer=requester), connection_id, "one")

    assert seen(world, requester, connection_id)[0] == "deleted"


def test_a_connection_that_is_being_deleted_is_done(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)
    writer.accept_peering(accept, connection_id)
    emulated_ec2.configure(emulated_ec2.Timing(deleting=60))

    for _ in range(2):
        writer.delete_peering(delete, connection_id, "one")

    assert seen(world, create.vpc, connection_id)[0] == "deleting"
    assert Counter(world.calls)["DeleteVpcPeeringConnection"] == 1


def test_a_connection_that_ended_otherwise_or_is_forgotten_is_done(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)
    world.ec2(accept.vpc).reject_vpc_peering_connection(VpcPeeringConnectionId=connection_id)

    assert writer.delete_peering(delete, connection_id, "one")
    assert not writer.delete_peering(delete, "pcx-0123456789abcdef0", "one")

    assert "DeleteVpcPeeringConnection" not in world.calls


def test_a_connection_with_other_vpcs_is_never_deleted(
    world: World, writer: ConnectionWriter, create: CreatePeering, delete: DeletePeering
) -> None:
    stranger = world.vpc("10.7.0.0/16", account=PRODUCTION)
    connection_id = writer.request_peering(replace(create, peer=stranger))

    with pytest.raises(PeeringConflict, match=rf"joins .*{stranger.vpc_id} .*, the plan .*{delete.peer.vpc_id}"):
        writer.delete_peering(delete, connection_id, "one")
    assert seen(world, create.vpc, connection_id)[0] == "pending-acceptance"


def test_a_connection_in_the_reversed_direction_is_never_deleted(
    world: World, writer: ConnectionWriter, create: CreatePeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(CreatePeering(vpc=create.peer, peer=create.vpc, tags=TAGS))
    world.ec2(create.vpc).create_tags(Resources=[connection_id], Tags=[{"Key": REQUEST_ID_TAG, "Value": "one"}])

    with pytest.raises(PeeringConflict, match="joins"):
        writer.delete_peering(delete, connection_id, "one")
    assert seen(world, create.vpc, connection_id)[0] == "pending-acceptance"


def test_a_connection_without_the_requests_tag_is_never_deleted(
    world: World, writer: ConnectionWriter, create: CreatePeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)

    with pytest.raises(PeeringConflict, match=r"does not carry the tag causeway:request-id=two"):
        writer.delete_peering(delete, connection_id, "two")
    assert seen(world, create.vpc, connection_id)[0] == "pending-acceptance"


def test_a_connection_that_ends_before_its_deletion_is_looked_at_again(
    world: World, writer: ConnectionWriter, create: CreatePeering, accept: AcceptPeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)
    administrator = world.ec2(accept.vpc)
    world.before(
        "DeleteVpcPeeringConnection",
        lambda: administrator.reject_vpc_peering_connection(VpcPeeringConnectionId=connection_id),
    )

    with pytest.raises(ServiceUnavailable, match=connection_id):
        writer.delete_peering(delete, connection_id, "one")
    writer.delete_peering(delete, connection_id, "one")


def test_a_connection_that_is_forgotten_between_the_look_and_the_deletion_is_done(
    world: World, writer: ConnectionWriter, create: CreatePeering, delete: DeletePeering
) -> None:
    connection_id = writer.request_peering(create)
    world.before("DeleteVpcPeeringConnection", ec2_backends.clear)

    writer.delete_peering(delete, connection_id, "one")
