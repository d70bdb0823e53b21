"""Tags, above all those of the two sides of a peering connection."""

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, ask, await_status, connection, make_vpc
from tests.conformance.expecting import eventually, refused


def tags(side: Vpc, resource: str) -> dict[str, str]:
    found = side.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def shown(side: Vpc, connection_id: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in connection(side, connection_id)["Tags"]}


@pytest.fixture
def tagged(account: Account) -> Vpc:
    """A VPC with two tags."""
    vpc = make_vpc(account, "10.0.0.0/16")
    vpc.ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": "Owner", "Value": "payments"}, {"Key": "Tier", "Value": ""}])
    eventually(lambda: tags(vpc, vpc.id), {"Owner": "payments", "Tier": ""})
    return vpc


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same region", "other region"])
def test_each_side_of_a_connection_has_tags_of_its_own(vpc: Vpc, peer: Account, other_region: str, elsewhere: bool) -> None:
    """VPC Peering Guide: vpc-peering-basics; EC2 API: CreateTags."""
    away = make_vpc(peer, "172.16.0.0/16", region=other_region if elsewhere else peer.region)
    specification = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "Side", "Value": "requester"}]}]
    asked = ask(vpc, away, TagSpecifications=specification)
    pcx = asked["VpcPeeringConnectionId"]
    assert asked["Tags"] == [{"Key": "Side", "Value": "requester"}]
    await_status(away, pcx, "pending-acceptance")
    assert shown(away, pcx) == {}
    away.ec2.create_tags(Resources=[pcx], Tags=[{"Key": "Side", "Value": "accepter"}])
    eventually(lambda: (shown(away, pcx), tags(away, pcx)), ({"Side": "accepter"},) * 2)
    assert shown(vpc, pcx) == tags(vpc, pcx) == {"Side": "requester"}
    vpc.ec2.delete_tags(Resources=[pcx], Tags=[{"Key": "Side"}])
    eventually(lambda: shown(vpc, pcx), {})
    assert shown(away, pcx) == {"Side": "accepter"}


def test_a_tag_without_a_value_has_an_empty_one(account: Account) -> None:
    """EC2 API: CreateTags; EC2 API: Tag."""
    vpc = make_vpc(account, "10.0.0.0/16")
    vpc.ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": "Tier"}])
    eventually(lambda: tags(vpc, vpc.id), {"Tier": ""})


def test_create_tags_overwrites(tagged: Vpc) -> None:
    """EC2 API: CreateTags."""
    tagged.ec2.create_tags(Resources=[tagged.id], Tags=[{"Key": "Owner", "Value": "orders"}])
    eventually(lambda: tags(tagged, tagged.id), {"Owner": "orders", "Tier": ""})


def test_delete_tags_without_tags_deletes_them_all(tagged: Vpc) -> None:
    """EC2 API: DeleteTags."""
    tagged.ec2.delete_tags(Resources=[tagged.id])
    eventually(lambda: tags(tagged, tagged.id), {})


def test_delete_tags_with_a_value_deletes_only_that_value(tagged: Vpc) -> None:
    """EC2 API: DeleteTags."""
    other_values = [{"Key": "Owner", "Value": "orders"}, {"Key": "Tier", "Value": ""}, {"Key": "Missing"}]
    tagged.ec2.delete_tags(Resources=[tagged.id], Tags=other_values)
    eventually(lambda: tags(tagged, tagged.id), {"Owner": "payments"})
    tagged.ec2.delete_tags(Resources=[tagged.id], Tags=[{"Key": "Owner", "Value": "payments"}])
    eventually(lambda: tags(tagged, tagged.id), {})


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("sgr-0123456789abcdef0", "InvalidSecurityGroupRuleId.NotFound"),
        ("pcx-0123456789abcdef0", "InvalidVpcPeeringConnectionID.NotFound"),
    ],
)
def test_what_does_not_exist_is_not_tagged(account: Account, resource: str, code: str) -> None:
    """EC2 API: CreateTags; EC2 API: DeleteTags; EC2 API: errors-overview."""
    for call in (account.ec2.create_tags, account.ec2.delete_tags):
        with refused(code):
            call(Resources=[resource], Tags=[{"Key": "Owner", "Value": "payments"}])


def test_who_does_not_see_the_connection_does_not_tag_it(peering: str, peer: Account, other_region: str) -> None:
    """EC2 API: CreateTags; EC2 API: DeleteTags; EC2 API: errors-overview."""
    away = peer.client("ec2", other_region)
    for call in (away.create_tags, away.delete_tags):
        with refused("InvalidVpcPeeringConnectionID.NotFound"):
            call(Resources=[peering], Tags=[{"Key": "Owner", "Value": "payments"}])


def test_a_call_with_one_unknown_resource_tags_nothing(vpc: Vpc) -> None:
    """EC2 API: CreateTags; EC2 API: errors-overview."""
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        vpc.ec2.create_tags(Resources=[vpc.id, "pcx-0123456789abcdef0"], Tags=[{"Key": "Owner", "Value": "payments"}])
    assert tags(vpc, vpc.id) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        [{"Key": "aws:owner", "Value": "payments"}],
        [{"Key": "Owner", "Value": "a"}, {"Key": "Owner", "Value": "b"}],
        [{"Key": "k" * 129, "Value": "v"}],
        [{"Key": "k", "Value": "v" * 257}],
    ],
    ids=["reserved", "twice", "key too long", "value too long"],
)
def test_what_cannot_be_a_tag_is_refused(vpc: Vpc, wrong: list[dict[str, str]]) -> None:
    """EC2 Guide: Using_Tags; EC2 API: CreateTags."""
    with refused("InvalidParameterValue"):
        vpc.ec2.create_tags(Resources=[vpc.id], Tags=wrong)
    assert tags(vpc, vpc.id) == {}


def test_a_resource_has_up_to_fifty_tags(account: Account) -> None:
    """EC2 Guide: Using_Tags; EC2 API: errors-overview."""
    vpc = make_vpc(account, "10.0.0.0/16")
    vpc.ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    with refused("TagLimitExceeded"):
        vpc.ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": "more", "Value": "v"}])
