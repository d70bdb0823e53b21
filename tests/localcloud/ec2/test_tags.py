"""Tags, above all those of the two sides of a peering connection."""

from typing import Any

import pytest

TEST, PRODUCTION = "111111111111", "222222222222"
WEST = "us-west-2"


def tags(world: Any, resource: str, *where: str) -> dict[str, str]:
    found = world.ec2(*where).describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def shown(world: Any, connection: str, *where: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in world.connection(connection, *where)["Tags"]}


@pytest.mark.parametrize("region", ["us-east-1", WEST])
def test_each_side_of_a_connection_has_tags_of_its_own(world: Any, region: str) -> None:
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION, region=region)
    answer = world.ec2().create_vpc_peering_connection(
        VpcId=vpc,
        PeerVpcId=peer,
        PeerOwnerId=PRODUCTION,
        PeerRegion=region,
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "Side", "Value": "requester"}]}],
    )
    pcx = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert answer["VpcPeeringConnection"]["Tags"] == [{"Key": "Side", "Value": "requester"}]
    world.settle()
    assert shown(world, pcx, PRODUCTION, region) == {}
    world.ec2(PRODUCTION, region).create_tags(Resources=[pcx], Tags=[{"Key": "Side", "Value": "accepter"}])
    assert shown(world, pcx) == tags(world, pcx) == {"Side": "requester"}
    assert shown(world, pcx, PRODUCTION, region) == tags(world, pcx, PRODUCTION, region) == {"Side": "accepter"}
    world.ec2().delete_tags(Resources=[pcx], Tags=[{"Key": "Side"}])
    assert shown(world, pcx) == {}
    assert shown(world, pcx, PRODUCTION, region) == {"Side": "accepter"}


def test_create_tags_overwrites(world: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "payments"}, {"Key": "Tier"}])
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "orders"}])
    assert tags(world, vpc) == {"Owner": "orders", "Tier": ""}


def test_delete_tags_without_tags_deletes_them_all(world: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "payments"}, {"Key": "Tier", "Value": "db"}])
    ec2.delete_tags(Resources=[vpc])
    assert tags(world, vpc) == {}


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("sgr-0123456789abcdef0", "InvalidSecurityGroupRuleId.NotFound"),
        ("pcx-0123456789abcdef0", "InvalidVpcPeeringConnectionID.NotFound"),
    ],
)
def test_what_does_not_exist_is_not_tagged(world: Any, refused: Any, resource: str, code: str) -> None:
    for call in (world.ec2().create_tags, world.ec2().delete_tags):
        with refused(code):
            call(Resources=[resource], Tags=[{"Key": "Owner", "Value": "payments"}])


def test_a_side_that_does_not_see_the_connection_does_not_tag_it(world: Any, refused: Any) -> None:
    pcx = world.peer(world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION))
    for call in (world.ec2(PRODUCTION, WEST).create_tags, world.ec2(PRODUCTION, WEST).delete_tags):
        with refused("InvalidVpcPeeringConnectionID.NotFound"):
            call(Resources=[pcx], Tags=[{"Key": "Owner", "Value": "payments"}])


def test_delete_tags_with_a_value_deletes_only_that_value(world: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "payments"}, {"Key": "Tier"}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "orders"}, {"Key": "Tier", "Value": ""}])
    assert tags(world, vpc) == {"Owner": "payments"}
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": ""}, {"Key": "Missing"}])
    assert tags(world, vpc) == {"Owner": "payments"}
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "payments"}])
    assert tags(world, vpc) == {}


def test_a_call_with_one_unknown_resource_tags_nothing(world: Any, refused: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        ec2.create_tags(Resources=[vpc, "pcx-0123456789abcdef0"], Tags=[{"Key": "Owner", "Value": "payments"}])
    assert tags(world, vpc) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        [{"Key": "aws:owner", "Value": "payments"}],
        [{"Key": "Owner", "Value": "a"}, {"Key": "Owner", "Value": "b"}],
        [{"Key": "k" * 129, "Value": "v"}],
        [{"Key": "k", "Value": "v" * 257}],
    ],
)
def test_what_cannot_be_a_tag_is_refused(world: Any, refused: Any, wrong: list[dict[str, str]]) -> None:
    vpc = world.vpc("10.0.0.0/16")
    with refused("InvalidParameterValue"):
        world.ec2().create_tags(Resources=[vpc], Tags=wrong)
    assert tags(world, vpc) == {}


def test_a_resource_has_up_to_fifty_tags(world: Any, refused: Any) -> None:
    vpc, ec2 = world.vpc("10.0.0.0/16"), world.ec2()
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "more", "Value": "v"}])
