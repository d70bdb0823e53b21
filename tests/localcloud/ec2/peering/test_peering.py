"""The life of a VPC peering connection, from both of its sides."""

from datetime import timedelta
from typing import Any

import pytest
from moto.ec2.models import ec2_backends

from localcloud.ec2 import Timing, configure

HUB, TEST, PRODUCTION, OTHER = "123456789012", "111111111111", "222222222222", "333333333333"
EAST, WEST = "us-east-1", "us-west-2"
NOT_FOUND = "InvalidVpcPeeringConnectionID.NotFound"


@pytest.fixture
def vpcs(world: Any) -> tuple[str, str]:
    return world.vpc("10.0.0.0/16"), world.vpc("192.168.0.0/16", account=PRODUCTION)


def test_a_request_passes_every_state_until_it_is_active(world: Any, vpcs: Any) -> None:
    ec2, peer = world.ec2(), world.ec2(PRODUCTION)
    created = ec2.create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=vpcs[1], PeerOwnerId=PRODUCTION)
    connection = created["VpcPeeringConnection"]
    pcx = connection["VpcPeeringConnectionId"]
    assert connection["Status"] == {"Code": "initiating-request", "Message": f"Initiating Request to {PRODUCTION}"}
    assert world.status(pcx) == "initiating-request"
    world.wait(seconds=0.2)
    assert world.status(pcx) == "pending-acceptance"
    accepted = peer.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert accepted["VpcPeeringConnection"]["Status"]["Code"] == "provisioning"
    assert world.status(pcx) == world.status(pcx, PRODUCTION) == "provisioning"
    world.wait(seconds=0.3)
    assert world.status(pcx) == world.status(pcx, PRODUCTION) == "active"


def test_with_no_delays_each_state_follows_at_once(world: Any, vpcs: Any) -> None:
    configure(Timing(visibility=0, provisioning=0, deleting=0), clock=lambda: world.now)
    answer = world.ec2().create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=vpcs[1], PeerOwnerId=PRODUCTION)
    pcx = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert answer["VpcPeeringConnection"]["Status"]["Code"] == "initiating-request"
    accepted = world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert accepted["VpcPeeringConnection"]["Status"]["Code"] == "provisioning"
    assert world.status(pcx) == "active"
    world.ec2().delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert world.status(pcx) == "deleted"


def test_right_after_the_create_the_accepters_side_does_not_find_it(world: Any, vpcs: Any, refused: Any) -> None:
    peer = world.ec2(PRODUCTION)
    answer = world.ec2().create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=vpcs[1], PeerOwnerId=PRODUCTION)
    pcx = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    with refused(NOT_FOUND):
        peer.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused(NOT_FOUND):
        peer.describe_vpc_peering_connections(VpcPeeringConnectionIds=[pcx])
    with refused(NOT_FOUND):
        peer.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused(NOT_FOUND):
        peer.create_tags(Resources=[pcx], Tags=[{"Key": "Owner", "Value": "payments"}])
    with refused(NOT_FOUND):
        peer.modify_vpc_peering_connection_options(
            VpcPeeringConnectionId=pcx, AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": True}
        )
    assert peer.describe_vpc_peering_connections()["VpcPeeringConnections"] == []
    world.wait(seconds=0.2)
    assert world.status(pcx, PRODUCTION) == "pending-acceptance"


def test_within_one_account_too_the_acceptance_can_come_too_early(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16")
    pcx = world.ec2().create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    with refused(NOT_FOUND):
        world.ec2().accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert world.status(pcx) == "initiating-request"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["10.0.0.0/16"], ["10.0.0.0/16"]),
        (["10.0.0.0/16"], ["10.0.128.0/20"]),
        (["10.0.0.0/16", "10.1.0.0/16"], ["172.16.0.0/16", "10.1.4.0/24"]),
    ],
)
def test_overlapping_blocks_end_in_failed(world: Any, ours: list[str], theirs: list[str]) -> None:
    pcx = world.request(world.vpc(*ours), world.vpc(*theirs, account=PRODUCTION))
    assert world.connection(pcx)["Status"] == {
        "Code": "failed",
        "Message": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
    }


def test_overlapping_ipv6_blocks_end_in_failed(world: Any) -> None:
    vpc = world.vpc("10.0.0.0/16", ipv6=True)
    peer = world.vpc("10.1.0.0/16", ipv6=True, account=PRODUCTION)
    ours, theirs = (
        next(iter(ec2_backends[owner][EAST].vpcs[vpc_id].get_cidr_block_association_set(ipv6=True)))
        for owner, vpc_id in ((TEST, vpc), (PRODUCTION, peer))
    )
    theirs["cidr_block"] = ours["cidr_block"].replace("::/56", "::/60")
    assert world.status(world.request(vpc, peer)) == "failed"


def test_a_vpc_with_itself_ends_in_failed(world: Any) -> None:
    vpc = world.vpc("10.0.0.0/16")
    assert world.status(world.request(vpc, vpc, owner=TEST)) == "failed"


def test_a_missing_vpc_of_another_account_ends_in_failed(world: Any) -> None:
    assert world.status(world.request(world.vpc("10.0.0.0/16"), "vpc-0123456789abcdef0")) == "failed"


def test_a_missing_vpc_of_ones_own_account_is_refused(world: Any, refused: Any) -> None:
    with refused("InvalidVpcID.NotFound"):
        world.request(world.vpc("10.0.0.0/16"), "vpc-0123456789abcdef0", owner=TEST)


def test_an_unknown_region_is_refused(world: Any, vpcs: Any, refused: Any) -> None:
    with refused("InvalidParameterValue"):
        world.request(*vpcs, region="xx-nowhere-1")


def test_a_failed_connection_is_seen_by_its_requester_for_two_hours(world: Any, refused: Any) -> None:
    pcx = world.request(world.vpc("10.0.0.0/16"), world.vpc("10.0.0.0/16", account=PRODUCTION))
    assert world.ec2(PRODUCTION).describe_vpc_peering_connections()["VpcPeeringConnections"] == []
    world.wait(hours=1.9)
    assert world.status(pcx) == "failed"
    world.wait(hours=0.2)
    with refused(NOT_FOUND):
        world.status(pcx)


@pytest.mark.parametrize("state", ["failed", "rejected", "deleted", "expired"])
def test_what_has_ended_can_be_neither_accepted_nor_deleted(world: Any, vpcs: Any, refused: Any, state: str) -> None:
    ec2, peer = world.ec2(), world.ec2(PRODUCTION)
    if state == "failed":
        pcx = world.request(vpcs[0], vpcs[0], owner=TEST)
        peer = ec2
    else:
        pcx = world.request(*vpcs)
    if state == "rejected":
        peer.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    if state == "deleted":
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        world.settle()
    if state == "expired":
        world.wait(days=7)
    assert world.status(pcx) == state
    for call in (ec2.delete_vpc_peering_connection, peer.reject_vpc_peering_connection):
        with refused("InvalidStateTransition"):
            call(VpcPeeringConnectionId=pcx)
    if state != "failed":
        with refused("InvalidStateTransition"):
            peer.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_a_pending_request_expires_after_seven_days(world: Any, vpcs: Any) -> None:
    started = world.now
    pcx = world.request(*vpcs)
    assert world.connection(pcx)["ExpirationTime"] == started + timedelta(days=7)
    world.wait(days=6, hours=23)
    assert world.status(pcx) == "pending-acceptance"
    world.wait(hours=1)
    assert world.status(pcx) == world.status(pcx, PRODUCTION) == "expired"
    assert "ExpirationTime" not in world.connection(pcx)
    world.wait(days=2)
    assert world.ec2().describe_vpc_peering_connections()["VpcPeeringConnections"] == []


def test_a_deleted_connection_is_seen_for_two_hours_here_and_two_days_there(world: Any, vpcs: Any, refused: Any) -> None:
    pcx = world.peer(*vpcs)
    world.ec2(PRODUCTION).delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert world.status(pcx) == "deleting"
    world.settle()
    assert world.connection(pcx)["Status"] == {"Code": "deleted", "Message": f"Deleted by {PRODUCTION}"}
    world.wait(hours=3)
    assert world.status(pcx) == "deleted"
    with refused(NOT_FOUND):
        world.status(pcx, PRODUCTION)
    world.wait(days=2)
    with refused(NOT_FOUND):
        world.status(pcx)


def test_the_same_direction_again_answers_the_existing_connection(world: Any, vpcs: Any) -> None:
    pcx = world.request(*vpcs)
    assert world.request(*vpcs) == pcx
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert world.request(*vpcs) == pcx
    world.ec2().delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert world.request(*vpcs) != pcx


@pytest.mark.parametrize("first_is_active", [True, False])
def test_the_reversed_direction_makes_a_second_one_that_cannot_be_accepted(
    world: Any, vpcs: Any, refused: Any, first_is_active: bool
) -> None:
    first = world.peer(*vpcs) if first_is_active else world.request(*vpcs)
    second = world.request(vpcs[1], vpcs[0], owner=TEST, account=PRODUCTION)
    assert second != first
    with refused("VpcPeeringConnectionAlreadyExists"):
        world.ec2(TEST).accept_vpc_peering_connection(VpcPeeringConnectionId=second)


def test_only_the_accepters_account_accepts(world: Any, vpcs: Any, refused: Any) -> None:
    pcx = world.request(*vpcs)
    with refused("OperationNotPermitted"):
        world.ec2(TEST).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("OperationNotPermitted"):
        world.ec2(TEST).reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused(NOT_FOUND):
        world.ec2(OTHER).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_only_the_accepters_region_accepts(world: Any, refused: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION, region=WEST)
    pcx = world.request(vpc, peer, region=WEST)
    with refused("OperationNotPermitted", "must be accepted in region us-west-2"):
        world.ec2(PRODUCTION, EAST).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.ec2(PRODUCTION, WEST).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.settle()
    assert world.status(pcx) == world.status(pcx, PRODUCTION, WEST) == "active"
    assert world.connection(pcx)["AccepterVpcInfo"]["Region"] == WEST


def test_an_accepted_connection_is_not_accepted_again(world: Any, vpcs: Any, refused: Any) -> None:
    pcx = world.peer(*vpcs)
    with refused("InvalidStateTransition"):
        world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_only_the_requester_deletes_a_pending_request(world: Any, vpcs: Any, refused: Any) -> None:
    pcx = world.request(*vpcs)
    with refused("OperationNotPermitted"):
        world.ec2(PRODUCTION).delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.ec2().delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.settle()
    assert world.status(pcx) == "deleted"


def test_each_side_sees_the_others_blocks_only_once_active(world: Any, vpcs: Any) -> None:
    world.ec2().associate_vpc_cidr_block(VpcId=vpcs[0], CidrBlock="10.1.0.0/16")
    pcx = world.request(*vpcs)
    blocks = [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}]
    assert world.connection(pcx)["RequesterVpcInfo"]["CidrBlockSet"] == blocks
    assert "CidrBlock" not in world.connection(pcx)["AccepterVpcInfo"]
    assert "CidrBlockSet" not in world.connection(pcx, PRODUCTION)["RequesterVpcInfo"]
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.settle()
    assert world.connection(pcx, PRODUCTION)["RequesterVpcInfo"]["CidrBlockSet"] == blocks
    assert world.connection(pcx)["AccepterVpcInfo"]["CidrBlock"] == "192.168.0.0/16"


def test_ipv6_blocks_are_listed_once_active(world: Any) -> None:
    vpc = world.vpc("10.0.0.0/16")
    peer = world.vpc("10.1.0.0/16", account=PRODUCTION, ipv6=True)
    (block,) = world.connection(world.peer(vpc, peer))["AccepterVpcInfo"]["Ipv6CidrBlockSet"]
    assert block["Ipv6CidrBlock"].endswith("::/56")


def test_describe_refuses_an_unknown_id_and_an_unknown_filter(world: Any, refused: Any) -> None:
    with refused(NOT_FOUND):
        world.status("pcx-0123456789abcdef0")
    with refused("InvalidParameterValue"):
        world.ec2().describe_vpc_peering_connections(Filters=[{"Name": "colour", "Values": ["red"]}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status-code", "active"),
        ("requester-vpc-info.owner-id", TEST),
        ("requester-vpc-info.cidr-block", "10.7.0.0/16"),
        ("accepter-vpc-info.owner-id", PRODUCTION),
        ("accepter-vpc-info.cidr-block", "192.168.*"),
        ("tag:Owner", "pay*"),
        ("tag-key", "Owner"),
    ],
)
def test_describe_filters(world: Any, name: str, value: str) -> None:
    ec2 = world.ec2()
    wanted = world.peer(world.vpc("10.7.0.0/16"), world.vpc("192.168.0.0/16", account=PRODUCTION))
    ec2.create_tags(Resources=[wanted], Tags=[{"Key": "Owner", "Value": "payments"}])
    world.request(world.vpc("10.1.0.0/16", account=HUB), world.vpc("10.2.0.0/16"), owner=TEST, account=HUB)
    found = ec2.describe_vpc_peering_connections(Filters=[{"Name": name, "Values": ["none", value]}])
    assert [each["VpcPeeringConnectionId"] for each in found["VpcPeeringConnections"]] == [wanted]


def test_describe_filters_by_vpc_and_by_connection(world: Any, vpcs: Any) -> None:
    pcx = world.request(*vpcs)
    other = world.request(world.vpc("10.1.0.0/16"), vpcs[1])

    def found(name: str, value: str) -> list[str]:
        answer = world.ec2().describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
        return [each["VpcPeeringConnectionId"] for each in answer["VpcPeeringConnections"]]

    assert found("requester-vpc-info.vpc-id", vpcs[0]) == [pcx]
    assert found("accepter-vpc-info.vpc-id", vpcs[1]) == [pcx, other]
    assert found("vpc-peering-connection-id", other) == [other]


def test_describe_pages(world: Any) -> None:
    vpc = world.vpc("10.0.0.0/16")
    made = [world.request(vpc, world.vpc(f"10.{number}.0.0/16", account=PRODUCTION)) for number in range(1, 8)]
    pages = list(world.ec2().get_paginator("describe_vpc_peering_connections").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["VpcPeeringConnections"]) for page in pages] == [5, 2]
    listed = [each["VpcPeeringConnectionId"] for page in pages for each in page["VpcPeeringConnections"]]
    assert listed == made


def test_an_invented_page_token_is_refused(world: Any, refused: Any) -> None:
    with refused("InvalidPaginationToken"):
        world.ec2().describe_vpc_peering_connections(NextToken="invented")


DNS_ON = {"AllowDnsResolutionFromRemoteVpc": True}


def enable_dns_hostnames(world: Any, vpcs: Any) -> None:
    for account, vpc in zip((TEST, PRODUCTION), vpcs, strict=True):
        world.ec2(account).modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})


def test_dns_options_are_set_by_each_side_for_itself(world: Any, vpcs: Any, refused: Any) -> None:
    enable_dns_hostnames(world, vpcs)
    pcx = world.peer(*vpcs)
    ec2, peer = world.ec2(), world.ec2(PRODUCTION)
    with refused("OperationNotPermitted"):
        ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=pcx, AccepterPeeringConnectionOptions=DNS_ON)
    with refused("OperationNotPermitted"):
        peer.modify_vpc_peering_connection_options(VpcPeeringConnectionId=pcx, RequesterPeeringConnectionOptions=DNS_ON)
    answer = peer.modify_vpc_peering_connection_options(VpcPeeringConnectionId=pcx, AccepterPeeringConnectionOptions=DNS_ON)
    assert answer["AccepterPeeringConnectionOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert "RequesterPeeringConnectionOptions" not in answer
    seen = world.connection(pcx)
    assert seen["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert seen["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is False


def test_dns_options_wait_for_the_active_connection(world: Any, vpcs: Any, refused: Any) -> None:
    enable_dns_hostnames(world, vpcs)
    pcx = world.request(*vpcs)
    with refused("OperationNotPermitted"):
        world.ec2().modify_vpc_peering_connection_options(VpcPeeringConnectionId=pcx, RequesterPeeringConnectionOptions=DNS_ON)


def test_dns_options_need_dns_hostnames_in_both_vpcs(world: Any, vpcs: Any, refused: Any) -> None:
    world.ec2().modify_vpc_attribute(VpcId=vpcs[0], EnableDnsHostnames={"Value": True})
    pcx = world.peer(*vpcs)
    with refused("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled"):
        world.ec2().modify_vpc_peering_connection_options(VpcPeeringConnectionId=pcx, RequesterPeeringConnectionOptions=DNS_ON)


def test_within_one_account_and_region_one_call_sets_both_sides(world: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16")
    for each in (vpc, peer):
        world.ec2().modify_vpc_attribute(VpcId=each, EnableDnsHostnames={"Value": True})
    pcx = world.peer(vpc, peer, owner=TEST)
    world.ec2().modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=pcx,
        AccepterPeeringConnectionOptions=DNS_ON,
        RequesterPeeringConnectionOptions=DNS_ON,
    )
    seen = world.connection(pcx)
    assert seen["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    assert seen["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True


def test_cloudformation_accepts_within_its_account(world: Any) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16")
    template = """
    Resources:
      Peering:
        Type: AWS::EC2::VPCPeeringConnection
        Properties: {VpcId: %s, PeerVpcId: %s, Tags: [{Key: Owner, Value: payments}]}
    """
    world.client("cloudformation", TEST, EAST).create_stack(StackName="peering", TemplateBody=template % (vpc, peer))
    world.settle()
    (connection,) = world.ec2().describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert connection["Status"]["Code"] == "active"
    assert connection["Tags"][0] == {"Key": "Owner", "Value": "payments"}


def test_cloudformation_asks_the_account_that_it_is_told(world: Any, vpcs: Any) -> None:
    template = """
    Resources:
      Peering:
        Type: AWS::EC2::VPCPeeringConnection
        Properties: {VpcId: %s, PeerVpcId: %s, PeerOwnerId: "222222222222"}
    """
    world.client("cloudformation", TEST, EAST).create_stack(StackName="peering", TemplateBody=template % vpcs)
    world.settle()
    (connection,) = world.ec2(PRODUCTION).describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert connection["Status"]["Code"] == "pending-acceptance"
