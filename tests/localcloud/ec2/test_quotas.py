"""Quotas: what Service Quotas answers is what EC2 enforces."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.servicequotas import vpc_quotas

TEST, PRODUCTION = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"
DEFAULTS = {"L-7E9ECCDB": 50, "L-DC9F7029": 25, "L-93826ACB": 500, "L-0EA8095F": 60, "L-2AEEBF1A": 20}


@pytest.mark.parametrize(("code", "value"), DEFAULTS.items())
def test_service_quotas_answers_the_default(world: Any, code: str, value: int) -> None:
    quota = world.client("service-quotas", TEST, EAST).get_service_quota(ServiceCode="vpc", QuotaCode=code)["Quota"]
    assert quota["Value"] == value
    assert quota["QuotaArn"] == f"arn:aws:servicequotas:{EAST}:{TEST}:vpc/{code}"


def test_service_quotas_answers_an_accounts_own_value(world: Any) -> None:
    world.quota("L-93826ACB", 1000)

    assert _listed(world, TEST)["L-93826ACB"] == 1000
    assert _listed(world, TEST, WEST)["L-93826ACB"] == _listed(world, PRODUCTION)["L-93826ACB"] == 500


def _listed(world: Any, account: str, region: str = EAST) -> dict[str, float]:
    pages = world.client("service-quotas", account, region).get_paginator("list_service_quotas").paginate(ServiceCode="vpc")
    return {quota["QuotaCode"]: quota["Value"] for page in pages for quota in page["Quotas"]}


def test_quotas_come_in_pages(world: Any) -> None:
    client = world.client("service-quotas", TEST, EAST)
    first = client.list_service_quotas(ServiceCode="vpc")
    assert DEFAULTS.keys() - {quota["QuotaCode"] for quota in first["Quotas"]}
    everything = client.list_service_quotas(ServiceCode="vpc", MaxResults=100)
    assert "NextToken" not in everything
    assert {quota["QuotaCode"] for quota in everything["Quotas"]} == _listed(world, TEST).keys() > DEFAULTS.keys()
    with pytest.raises(ClientError) as caught:
        client.list_service_quotas(ServiceCode="vpc", NextToken="nowhere")
    assert caught.value.response["Error"]["Code"] == "InvalidPaginationTokenException"


def test_a_quota_holds_in_its_region(world: Any, refused: Any) -> None:
    world.quota("L-DC9F7029", 0, region=WEST)
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION)
    world.request(vpc, peer)
    there = world.vpc("10.2.0.0/16", region=WEST)
    with refused("OutstandingVpcPeeringConnectionLimitExceeded"):
        world.ec2(TEST, WEST).create_vpc_peering_connection(
            VpcId=there, PeerVpcId=peer, PeerOwnerId=PRODUCTION, PeerRegion=EAST
        )


def test_what_is_no_vpc_quota_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="L-00000000"):
        vpc_quotas.OwnQuota(TEST, EAST, "L-00000000", 1)


def test_an_unknown_quota_is_refused(world: Any) -> None:
    client = world.client("service-quotas", TEST, EAST)
    for service, code in (("vpc", "L-00000000"), ("nothing", "L-93826ACB")):
        with pytest.raises(ClientError) as caught:
            client.get_service_quota(ServiceCode=service, QuotaCode=code)
        assert caught.value.response["Error"]["Code"] == "NoSuchResourceException"


def test_outstanding_requests_are_limited(world: Any, refused: Any) -> None:
    world.quota("L-DC9F7029", 1)
    vpc = world.vpc("10.0.0.0/16")
    pcx = world.request(vpc, world.vpc("10.1.0.0/16", account=PRODUCTION))
    with refused("OutstandingVpcPeeringConnectionLimitExceeded"):
        world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))


def test_active_peerings_of_a_vpc_are_limited(world: Any, refused: Any) -> None:
    world.quota("L-7E9ECCDB", 1)
    vpc = world.vpc("10.0.0.0/16")
    world.peer(vpc, world.vpc("10.1.0.0/16", account=PRODUCTION))
    with refused("VpcPeeringConnectionsPerVpcLimitExceeded"):
        world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))
    world.request(world.vpc("10.3.0.0/16"), world.vpc("10.2.0.0/16", account=PRODUCTION))


def test_the_accepters_vpc_is_limited_too(world: Any, refused: Any) -> None:
    world.quota("L-7E9ECCDB", 1, account=PRODUCTION)
    peer = world.vpc("10.0.0.0/16", account=PRODUCTION)
    world.peer(world.vpc("10.1.0.0/16"), peer)
    pcx = world.request(world.vpc("10.2.0.0/16"), peer)
    with refused("VpcPeeringConnectionsPerVpcLimitExceeded"):
        world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
