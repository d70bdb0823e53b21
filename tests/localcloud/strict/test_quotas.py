"""Quotas: what Service Quotas answers is what EC2 enforces."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.strict import quotas

TEST, PRODUCTION = "111111111111", "222222222222"
EAST = "us-east-1"
DEFAULTS = {"L-7E9ECCDB": 50, "L-DC9F7029": 25, "L-93826ACB": 500, "L-0EA8095F": 60, "L-2AEEBF1A": 20}


@pytest.mark.parametrize(("code", "value"), DEFAULTS.items())
def test_service_quotas_answers_the_default(world: Any, code: str, value: int) -> None:
    quota = world.client("service-quotas", TEST, EAST).get_service_quota(ServiceCode="vpc", QuotaCode=code)["Quota"]
    assert quota["Value"] == value
    assert quota["QuotaArn"] == f"arn:aws:servicequotas:{EAST}:{TEST}:vpc/{code}"


def test_service_quotas_answers_an_accounts_own_value(world: Any) -> None:
    quotas.override(TEST, "L-93826ACB", 1000)

    def listed(account: str) -> float:
        answer = world.client("service-quotas", account, EAST).list_service_quotas(ServiceCode="vpc")
        value: float = {quota["QuotaCode"]: quota["Value"] for quota in answer["Quotas"]}["L-93826ACB"]
        return value

    assert listed(TEST) == 1000
    assert listed(PRODUCTION) == 500
    defaults = world.client("service-quotas", TEST, EAST).list_aws_default_service_quotas(ServiceCode="vpc")
    assert {quota["QuotaCode"]: quota["Value"] for quota in defaults["Quotas"]}["L-93826ACB"] == 500


def test_an_unknown_quota_is_refused(world: Any) -> None:
    client = world.client("service-quotas", TEST, EAST)
    for service, code in (("vpc", "L-00000000"), ("nothing", "L-93826ACB")):
        with pytest.raises(ClientError) as caught:
            client.get_service_quota(ServiceCode=service, QuotaCode=code)
        assert caught.value.response["Error"]["Code"] == "NoSuchResourceException"


def test_outstanding_requests_are_limited(world: Any, refused: Any) -> None:
    quotas.override(TEST, "L-DC9F7029", 1)
    vpc = world.vpc("10.0.0.0/16")
    pcx = world.request(vpc, world.vpc("10.1.0.0/16", account=PRODUCTION))
    with refused("OutstandingVpcPeeringConnectionLimitExceeded"):
        world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))


def test_active_peerings_of_a_vpc_are_limited(world: Any, refused: Any) -> None:
    quotas.override(TEST, "L-7E9ECCDB", 1)
    vpc = world.vpc("10.0.0.0/16")
    world.peer(vpc, world.vpc("10.1.0.0/16", account=PRODUCTION))
    with refused("VpcPeeringConnectionsPerVpcLimitExceeded"):
        world.request(vpc, world.vpc("10.2.0.0/16", account=PRODUCTION))
    world.request(world.vpc("10.3.0.0/16"), world.vpc("10.2.0.0/16", account=PRODUCTION))


def test_the_accepters_vpc_is_limited_too(world: Any, refused: Any) -> None:
    quotas.override(PRODUCTION, "L-7E9ECCDB", 1)
    peer = world.vpc("10.0.0.0/16", account=PRODUCTION)
    world.peer(world.vpc("10.1.0.0/16"), peer)
    pcx = world.request(world.vpc("10.2.0.0/16"), peer)
    with refused("VpcPeeringConnectionsPerVpcLimitExceeded"):
        world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
