"""The life of a VPC peering connection, from both of its sides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import (
    NOT_FOUND,
    Vpc,
    accept,
    ask,
    await_status,
    connection,
    connections,
    delete_peering,
    ipv6_block,
    lasting_status,
    make_peering,
    make_vpc,
    request_peering,
)
from tests.conformance.expecting import eventually, refused, until

MISSING_VPC = "vpc-0123456789abcdef0"


@pytest.fixture
def requester(account: Account) -> Vpc:
    return make_vpc(account, "10.0.0.0/16")


@pytest.fixture
def accepter(peer: Account) -> Vpc:
    return make_vpc(peer, "192.168.0.0/16")


def test_a_request_passes_every_state_until_it_is_active(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-basics."""
    asked = ask(requester, accepter)
    pcx = asked["VpcPeeringConnectionId"]
    assert asked["Status"]["Code"] == "initiating-request"
    await_status(requester, pcx, "pending-acceptance")
    await_status(accepter, pcx, "pending-acceptance")
    accepted = accepter.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert accepted["VpcPeeringConnection"]["Status"]["Code"] == "provisioning"
    await_status(requester, pcx, "active")
    await_status(accepter, pcx, "active")


def test_a_pending_request_says_that_it_expires_after_seven_days(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-basics; EC2 API: VpcPeeringConnection."""
    pcx = request_peering(requester, accepter)
    lasts = connection(requester, pcx)["ExpirationTime"] - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < lasts <= timedelta(days=7)
    accept(requester, accepter, pcx)
    assert "ExpirationTime" not in connection(requester, pcx)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["10.0.0.0/16"], ["10.0.0.0/16"]),
        (["10.0.0.0/16"], ["10.0.128.0/20"]),
        (["10.0.0.0/16", "10.1.0.0/16"], ["10.2.0.0/16", "10.1.4.0/24"]),
    ],
    ids=["equal", "inside", "secondary blocks"],
)
def test_overlapping_blocks_end_in_failed(account: Account, peer: Account, ours: list[str], theirs: list[str]) -> None:
    """EC2 API: CreateVpcPeeringConnection; VPC Peering Guide: vpc-peering-basics."""
    requester = make_vpc(account, *ours)
    pcx = ask(requester, make_vpc(peer, *theirs))["VpcPeeringConnectionId"]
    assert lasting_status(requester, pcx) == "failed"


def test_a_vpc_with_itself_ends_in_failed(requester: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-basics."""
    assert lasting_status(requester, ask(requester, requester)["VpcPeeringConnectionId"]) == "failed"


def test_a_missing_vpc_of_another_account_ends_in_failed(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-basics."""
    missing = Vpc(accepter.ec2, MISSING_VPC, accepter.owner, accepter.region)
    assert lasting_status(requester, ask(requester, missing)["VpcPeeringConnectionId"]) == "failed"


def test_a_missing_vpc_of_ones_own_account_is_refused(requester: Vpc) -> None:
    """EC2 API: CreateVpcPeeringConnection; EC2 API: errors-overview."""
    with refused("InvalidVpcID.NotFound"):
        ask(requester, Vpc(requester.ec2, MISSING_VPC, requester.owner, requester.region))


def test_an_unknown_region_is_refused(requester: Vpc, accepter: Vpc) -> None:
    """EC2 API: CreateVpcPeeringConnection; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        ask(requester, Vpc(accepter.ec2, accepter.id, accepter.owner, "xx-nowhere-1"))


def test_only_its_requester_sees_a_failed_connection(requester: Vpc, peer: Account) -> None:
    """VPC Peering Guide: vpc-peering-basics."""
    overlapping = make_vpc(peer, "10.0.0.0/16")
    pcx = ask(requester, overlapping)["VpcPeeringConnectionId"]
    await_status(requester, pcx, "failed")
    assert connections(overlapping, pcx) == []


@pytest.mark.parametrize("state", ["failed", "rejected", "deleted"])
def test_what_has_ended_can_be_neither_accepted_nor_deleted(requester: Vpc, accepter: Vpc, state: str) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection; EC2 API: errors-overview."""
    answering = requester if state == "failed" else accepter
    pcx = ask(requester, answering)["VpcPeeringConnectionId"]
    lasting_status(answering, pcx)
    if state == "rejected":
        accepter.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    if state == "deleted":
        requester.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    await_status(requester, pcx, state)
    with refused("InvalidStateTransition"):
        requester.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("InvalidStateTransition"):
        answering.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("InvalidStateTransition"):
        answering.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_the_same_direction_again_answers_the_existing_connection(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-basics; EC2 API: CreateVpcPeeringConnection."""
    pcx = request_peering(requester, accepter)
    assert ask(requester, accepter)["VpcPeeringConnectionId"] == pcx
    accept(requester, accepter, pcx)
    assert ask(requester, accepter)["VpcPeeringConnectionId"] == pcx
    delete_peering(requester, pcx)
    assert ask(requester, accepter)["VpcPeeringConnectionId"] != pcx


@pytest.mark.parametrize("first", ["pending", "active"])
def test_the_reversed_direction_makes_a_second_one_that_cannot_be_accepted(requester: Vpc, accepter: Vpc, first: str) -> None:
    """VPC Peering Guide: vpc-peering-basics; EC2 API: errors-overview."""
    existing = request_peering(requester, accepter)
    if first == "active":
        accept(requester, accepter, existing)
    second = request_peering(accepter, requester)
    assert second != existing
    with refused("VpcPeeringConnectionAlreadyExists"):
        requester.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=second)


def test_only_the_accepters_account_accepts_and_rejects(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: accept-vpc-peering-connection; EC2 API: AcceptVpcPeeringConnection."""
    pcx = request_peering(requester, accepter)
    with refused("OperationNotPermitted"):
        requester.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("OperationNotPermitted"):
        requester.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_only_the_accepters_region_accepts(requester: Vpc, peer: Account, other_region: str) -> None:
    """VPC Peering Guide: accept-vpc-peering-connection."""
    away = make_vpc(peer, "192.168.0.0/16", region=other_region)
    pcx = request_peering(requester, away)
    with refused("OperationNotPermitted"):
        peer.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    accept(requester, away, pcx)
    assert connection(requester, pcx)["AccepterVpcInfo"]["Region"] == other_region


def test_an_accepted_connection_is_not_accepted_again(requester: Vpc, accepter: Vpc) -> None:
    """EC2 API: AcceptVpcPeeringConnection; EC2 API: errors-overview."""
    pcx = make_peering(requester, accepter)
    with refused("InvalidStateTransition"):
        accepter.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)


def test_only_the_requester_deletes_a_pending_request(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection; EC2 API: DeleteVpcPeeringConnection."""
    pcx = request_peering(requester, accepter)
    with refused("OperationNotPermitted"):
        accepter.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    delete_peering(requester, pcx)


def test_either_side_deletes_an_active_connection_and_is_named(requester: Vpc, accepter: Vpc) -> None:
    """VPC Peering Guide: delete-vpc-peering-connection; EC2 API: VpcPeeringConnectionStateReason."""
    pcx = make_peering(requester, accepter)
    accepter.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    await_status(requester, pcx, "deleted")
    assert connection(requester, pcx)["Status"]["Message"] == f"Deleted by {accepter.owner}"


def test_each_side_sees_the_others_blocks_only_once_active(account: Account, accepter: Vpc) -> None:
    """EC2 API: VpcPeeringConnectionVpcInfo; EC2 API: DescribeVpcPeeringConnections."""
    requester = make_vpc(account, "10.0.0.0/16", "10.1.0.0/16")
    pcx = request_peering(requester, accepter)
    blocks = [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}]
    assert connection(requester, pcx)["RequesterVpcInfo"]["CidrBlockSet"] == blocks
    assert "CidrBlock" not in connection(requester, pcx)["AccepterVpcInfo"]
    assert "CidrBlockSet" not in connection(accepter, pcx)["RequesterVpcInfo"]
    accept(requester, accepter, pcx)
    eventually(lambda: connection(accepter, pcx)["RequesterVpcInfo"]["CidrBlockSet"], blocks)
    assert connection(requester, pcx)["AccepterVpcInfo"]["CidrBlock"] == "192.168.0.0/16"


def test_a_deleted_connection_shows_no_blocks(requester: Vpc, accepter: Vpc) -> None:
    """EC2 API: VpcPeeringConnectionVpcInfo; EC2 API: DescribeVpcPeeringConnections."""
    pcx = make_peering(requester, accepter)
    delete_peering(requester, pcx)
    seen = connection(requester, pcx)
    for info in (seen["RequesterVpcInfo"], seen["AccepterVpcInfo"]):
        assert not {"CidrBlock", "CidrBlockSet", "Ipv6CidrBlockSet"} & info.keys()


def test_ipv6_blocks_are_listed_once_active(requester: Vpc, peer: Account) -> None:
    """EC2 API: VpcPeeringConnectionVpcInfo."""
    accepter = make_vpc(peer, "192.168.0.0/16", ipv6=True)
    pcx = make_peering(requester, accepter)
    assert connection(requester, pcx)["AccepterVpcInfo"]["Ipv6CidrBlockSet"] == [{"Ipv6CidrBlock": ipv6_block(accepter)}]


def test_an_unknown_connection_is_not_found(account: Account) -> None:
    """EC2 API: DescribeVpcPeeringConnections; EC2 API: errors-overview."""
    with refused(NOT_FOUND):
        account.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=["pcx-0123456789abcdef0"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status-code", "active"),
        ("requester-vpc-info.owner-id", "{requester.owner}"),
        ("requester-vpc-info.cidr-block", "10.0.0.0/16"),
        ("requester-vpc-info.vpc-id", "{requester.id}"),
        ("accepter-vpc-info.owner-id", "{accepter.owner}"),
        ("accepter-vpc-info.cidr-block", "192.168.*"),
        ("accepter-vpc-info.vpc-id", "{accepter.id}"),
        ("vpc-peering-connection-id", "{pcx}"),
        ("tag:Owner", "pay?ents"),
        ("tag-key", "Owner"),
    ],
)
def test_connections_are_filtered(peerings: Any, name: str, value: str) -> None:
    """EC2 API: DescribeVpcPeeringConnections."""
    requester, accepter, pcx = peerings["wanted"]
    (_, _, other) = peerings["other"]
    wanted = value.format(requester=requester, accepter=accepter, pcx=pcx)
    found = requester.ec2.describe_vpc_peering_connections(Filters=[{"Name": name, "Values": ["none", wanted]}])
    ids = {each["VpcPeeringConnectionId"] for each in found["VpcPeeringConnections"]}
    assert (pcx in ids, other in ids) == (True, False)


@pytest.fixture(scope="module")
def peerings(account: Account, peer: Account) -> dict[str, tuple[Vpc, Vpc, str]]:
    """An active connection with a tag, and one that the other account has asked for."""
    requester, accepter = make_vpc(account, "10.0.0.0/16"), make_vpc(peer, "192.168.0.0/16")
    pcx = make_peering(requester, accepter)
    account.ec2.create_tags(Resources=[pcx], Tags=[{"Key": "Owner", "Value": "payments"}])
    asking, asked = make_vpc(peer, "10.2.0.0/16"), make_vpc(account, "10.3.0.0/16")
    return {"wanted": (requester, accepter, pcx), "other": (asking, asked, request_peering(asking, asked))}


def test_an_unknown_filter_of_connections_is_refused(account: Account) -> None:
    """EC2 API: DescribeVpcPeeringConnections; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        account.ec2.describe_vpc_peering_connections(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_connections_come_in_pages(account: Account, requester: Vpc) -> None:
    """EC2 API: DescribeVpcPeeringConnections; EC2 API: Query-Requests."""
    made = set()
    for _ in range(6):
        pcx = ask(requester, requester)["VpcPeeringConnectionId"]
        await_status(requester, pcx, "failed")
        made.add(pcx)
    ours = [{"Name": "requester-vpc-info.vpc-id", "Values": [requester.id]}]
    pages = account.ec2.get_paginator("describe_vpc_peering_connections").paginate(
        Filters=ours, PaginationConfig={"PageSize": 5}
    )
    listed = [[each["VpcPeeringConnectionId"] for each in page["VpcPeeringConnections"]] for page in pages]
    assert [len(page) for page in listed] == [5, 1]
    assert {pcx for page in listed for pcx in page} == made


def test_an_invented_page_token_is_refused(account: Account) -> None:
    """EC2 API: errors-overview."""
    with refused("InvalidPaginationToken"):
        account.ec2.describe_vpc_peering_connections(NextToken="invented")


TEMPLATE = """
Resources:
  Peering:
    Type: AWS::EC2::VPCPeeringConnection
    Properties: {VpcId: %s, PeerVpcId: %s, PeerOwnerId: "%s", Tags: [{Key: Owner, Value: payments}]}
"""


def test_cloudformation_accepts_within_its_account(account: Account, requester: Vpc, unique: Any) -> None:
    """CloudFormation Reference: aws-resource-ec2-vpcpeeringconnection."""
    other = make_vpc(account, "10.1.0.0/16")
    body = TEMPLATE % (requester.id, other.id, account.id)
    account.client("cloudformation").create_stack(StackName=unique(), TemplateBody=body)
    found = until(lambda: _between(requester, other), lambda found: found == ["active"])
    assert found == ["active"]


def test_cloudformation_asks_the_account_that_it_is_told(requester: Vpc, accepter: Vpc, account: Account, unique: Any) -> None:
    """CloudFormation Reference: aws-resource-ec2-vpcpeeringconnection."""
    body = TEMPLATE % (requester.id, accepter.id, accepter.owner)
    account.client("cloudformation").create_stack(StackName=unique(), TemplateBody=body)
    assert until(lambda: _between(accepter, accepter)) == ["pending-acceptance"]


def _between(side: Vpc, accepter: Vpc) -> list[str]:
    """The states of the connections to the accepter's VPC that a side sees."""
    to_it = [{"Name": "accepter-vpc-info.vpc-id", "Values": [accepter.id]}]
    found = side.ec2.describe_vpc_peering_connections(Filters=to_it)["VpcPeeringConnections"]
    return [each["Status"]["Code"] for each in found]
